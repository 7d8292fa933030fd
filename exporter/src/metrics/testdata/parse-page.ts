// SPDX-License-Identifier: Apache-2.0
// Reads a page of text format 0.0.4 the way Prometheus does, for tests. Independent of the encoder: it splits escapes
// by hand, so a wrong escape shows as a wrong value or an error.

/** One sample line. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample of a page; throws on a line that is neither comment nor sample. */
export function parsePage(page: Buffer | string): Sample[] {
  return page
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseSample);
}

/** The value of the one sample with this name and at least these labels; undefined when there is none. */
export function valueOf(page: Buffer | string, name: string, labels: Record<string, string> = {}): number | undefined {
  const found = parsePage(page).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${String(found.length)} samples of ${name} with ${JSON.stringify(labels)}`);
  return found[0]?.value;
}

/** Series that occur more than once. */
export function duplicateSeries(page: Buffer | string): string[] {
  const seen = new Set<string>();
  return parsePage(page)
    .map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]))
    .filter((key) => seen.size === seen.add(key).size);
}

function parseSample(line: string): Sample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(line.slice(at))?.[0] ?? '';
      at += label.length;
      if (label === '' || line.slice(at, at + 2) !== '="') throw new Error(`bad label at ${String(at)}: ${line}`);
      at += 2;
      let value = '';
      for (; line[at] !== '"'; at++) {
        if (at >= line.length) throw new Error(`label value without end: ${line}`);
        if (line[at] !== '\\') value += line.charAt(at);
        else value += unescape(line.charAt(++at), line);
      }
      at++;
      if (label in labels) throw new Error(`label ${label} twice: ${line}`);
      labels[label] = value;
      if (line[at] === ',') at++;
    }
    at++;
  }
  const value = line.slice(at + 1);
  if (name === '' || line[at] !== ' ' || !/^[-+0-9.e]+$/.test(value)) throw new Error(`not a sample: ${line}`);
  return { name, labels, value: Number(value) };
}

function unescape(character: string, line: string): string {
  switch (character) {
    case 'n':
      return '\n';
    case '\\':
    case '"':
      return character;
    default:
      throw new Error(`bad escape \\${character}: ${line}`);
  }
}
