// SPDX-License-Identifier: Apache-2.0
// Secrets that tests plant, and the output that is searched for them when all tests are over (test/leaks.mjs). Run by
// themselves, tests keep nothing.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './lab.ts';

/** The directory that keeps this run's output; test/run.mjs makes it. */
function outputDirectory(): string | undefined {
  return process.env['VIREO_TEST_OUTPUT'];
}

/** The value of a secret of test/planted-secrets.json. */
export function secret(name: string): string {
  // Found from the root: this file runs as a module under bench/ too.
  const registry = join(repositoryRoot(), 'test', 'planted-secrets.json');
  const value = (JSON.parse(readFileSync(registry, 'utf8')) as Readonly<Record<string, string>>)[name];
  if (value === undefined) throw new Error(`test/planted-secrets.json has no secret called ${name}`);
  return value;
}

/** Adds a private key that was made just now: each of its lines is a secret. */
export function plantKey(name: string, path: string): void {
  const directory = outputDirectory();
  if (directory === undefined) return;
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.length >= 40 && !line.startsWith('-----'));
  if (lines.length === 0) throw new Error(`${path} is no key in PEM`);
  // What follows the first characters, which all keys of a kind share.
  for (const line of lines) {
    appendFileSync(join(directory, 'planted.jsonl'), `${JSON.stringify({ name, value: line.slice(-20) })}\n`);
  }
}

/** Keeps a piece of output; pieces of one source stand one after the other. */
export function keepOutput(source: string, text: string | Buffer): void {
  const directory = outputDirectory();
  if (directory !== undefined) appendFileSync(join(directory, `${source.replaceAll(/[^\w.-]+/g, '_')}.log`), text);
}
