// SPDX-License-Identifier: Apache-2.0
// Searches what a run of the tests wrote for the secrets they planted. A leak is told by file, line and the secret's name;
// its value is told nowhere.
//   node test/leaks.mjs DIRECTORY   exit code 1 and one line for each leak
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REGISTRY = join(dirname(fileURLToPath(import.meta.url)), 'planted-secrets.json');
/** What the lab made itself and planted while it ran, in the directory: one `{ name, value }` a line. */
const GENERATED = 'planted.jsonl';
/** How much of a file is looked at in one piece: a long run's output does not fit into memory. */
const PIECE_BYTES = 16 * 1024 * 1024;

/**
 * Every secret planted in a line of any file of a directory.
 *
 * @returns {{ leaks: string[], files: number, bytes: number }}
 */
export function findLeaks(directory) {
  const needles = plantedIn(directory).flatMap(({ name, value }) => formsOf(value).map((form) => ({ name, form })));
  const longest = Math.max(...needles.map(({ form }) => form.length));
  const leaks = new Set();
  const files = readdirSync(directory).filter((file) => file !== GENERATED);
  let bytes = 0;
  for (const file of files) {
    let line = 1;
    for (const { text, fresh } of piecesOf(join(directory, file), longest - 1)) {
      bytes += fresh;
      for (const { name, form } of needles) {
        for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
          leaks.add(`${file}:${String(line + newlines(text.slice(0, at)))}: ${name}`);
        }
      }
      // What comes again at the beginning of the next piece is counted there.
      line += newlines(text.slice(0, Math.max(0, text.length - (longest - 1))));
    }
  }
  return { leaks: [...leaks], files: files.length, bytes };
}

function newlines(text) {
  return text.split('\n').length - 1;
}

/** A file in pieces, each with the last `overlap` characters of the one before: a secret may stand across the border. */
function* piecesOf(path, overlap) {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    let tail = '';
    for (let fresh = readSync(file, buffer); fresh > 0; fresh = readSync(file, buffer)) {
      const text = tail + buffer.latin1Slice(0, fresh);
      yield { text, fresh };
      tail = text.slice(-overlap);
    }
  } finally {
    closeSync(file);
  }
}

function plantedIn(directory) {
  const fixed = Object.entries(JSON.parse(readFileSync(REGISTRY, 'utf8'))).map(([name, value]) => ({ name, value }));
  const file = readdirSync(directory).includes(GENERATED) ? readFileSync(join(directory, GENERATED), 'utf8') : '';
  return [
    ...fixed,
    ...file
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  ];
}

/** As it is, in a URL, in hexadecimal, and in base64 wherever in a longer text it stands. */
function formsOf(value) {
  const bytes = Buffer.from(value);
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    // Without the characters that depend on what stands before and behind.
    const known = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
    return ['base64', 'base64url'].map((encoding) => padded.toString(encoding).slice(...known));
  });
  const forms = [bytes.toString('latin1'), encodeURIComponent(value), bytes.toString('hex'), ...inBase64];
  return [...new Set(forms)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { leaks } = findLeaks(process.argv[2] ?? '.');
  for (const leak of leaks) process.stdout.write(`${leak}\n`);
  process.exitCode = leaks.length > 0 ? 1 : 0;
}
