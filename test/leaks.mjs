// SPDX-License-Identifier: Apache-2.0
// Searches what a run of the tests wrote for the secrets they planted. A leak is told by file, line and the secret's name;
// its value is told nowhere.
//   node test/leaks.mjs DIRECTORY   exit code 1 and one line for each leak
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REGISTRY = join(dirname(fileURLToPath(import.meta.url)), 'planted-secrets.json');
/** What the lab made itself and planted while it ran, in the directory: one `{ name, value }` a line. */
const GENERATED = 'planted.jsonl';

/**
 * Every secret planted in a line of any file of a directory.
 *
 * @returns {{ leaks: string[], files: number, bytes: number }}
 */
export function findLeaks(directory) {
  const needles = plantedIn(directory).flatMap(({ name, value }) => formsOf(value).map((form) => ({ name, form })));
  const leaks = [];
  const files = readdirSync(directory).filter((file) => file !== GENERATED);
  let bytes = 0;
  for (const file of files) {
    const text = readFileSync(join(directory, file), 'latin1');
    bytes += text.length;
    for (const { name, form } of needles) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
        leaks.push(`${file}:${String(text.slice(0, at).split('\n').length)}: ${name}`);
      }
    }
  }
  return { leaks: [...new Set(leaks)], files: files.length, bytes };
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
