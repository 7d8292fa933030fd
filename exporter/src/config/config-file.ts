// SPDX-License-Identifier: Apache-2.0
// The YAML file: read, parsed, checked against the schema. Every problem names file, line, column and key.

import { readFileSync, statSync } from 'node:fs';
import { types } from 'node:util';
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { KEY_DOCS } from './key-docs.ts';
import { nearest } from './nearest.ts';
import { configFileSchema } from './schema.ts';
import type { ConfigFile } from './schema.ts';

/** Largest configuration file read, bytes. */
export const CONFIG_FILE_BYTES_MAX = 4 * 1024 * 1024;

/** A key inside the file: `['hosts', 0, 'uri']`. */
export type KeyPath = readonly PropertyKey[];

/** A file that was read, or why it was not. */
export interface LoadedFile<Content = ConfigFile> {
  /** What the file says; absent when there are problems. */
  readonly content?: Content;
  readonly problems: readonly string[];
  /** The line about one key: `vireo.yml:3:5: hosts[0].uri: text`. */
  problem(path: KeyPath, text: string): string;
}

/** Reads and checks Vireo's own file. Never throws: what is wrong is in `problems`. */
export function readConfigFile(file: string): LoadedFile {
  return readYamlFile(file, configFileSchema);
}

/** Reads a file and checks it against a schema whose keys all have a {@link KEY_DOCS}. Never throws. */
export function readYamlFile<Schema extends z.ZodObject>(file: string, schema: Schema): LoadedFile<z.infer<Schema>> {
  const text = readBounded(file, CONFIG_FILE_BYTES_MAX);
  const unread = (problem: string): LoadedFile<never> => ({
    problems: [`${file}: ${problem}`],
    problem: (_, why) => why,
  });
  if (typeof text !== 'string') return unread(text.problem);

  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${String(line)}:${String(col)}`;
  };
  const problem = (path: KeyPath, why: string): string => {
    const key = formatKey(path);
    return `${place(offsetOf(document, path))}: ${key === '' ? '' : `${key}: `}${why}`;
  };
  // A warning is a tag nobody knows: its value would silently be another than meant.
  const broken = [...document.errors, ...document.warnings].map(({ code, pos, message }) => {
    if (code === 'DUPLICATE_KEY')
      return `${place(pos[0])}: ${keyAt(text, pos[0])}: the key stands here twice; keep one`;
    return `${place(pos[0])}: not valid YAML: ${firstLine(message)}`;
  });
  if (broken.length > 0) return { problems: broken, problem };

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return unread('not usable YAML: its aliases refer to each other or unfold without end; write the values out');
  }
  const checked = schema.safeParse(value);
  if (checked.success) return { content: checked.data, problems: [], problem };
  return { problems: checked.error.issues.flatMap((issue) => explain(issue, schema, value, problem)), problem };
}

/** A file's text, or what went wrong, for a message. */
export function readBounded(file: string, bytesMax: number): string | { readonly problem: string } {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return { problem: 'is a directory; name a file' };
    if (stat.size > bytesMax) return { problem: `is larger than ${String(bytesMax)} bytes; is it the right file?` };
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    return { problem: readingFailure(error) };
  }
}

function readingFailure(error: unknown): string {
  // Not instanceof: an error of Node's own may come from another realm.
  if (!types.isNativeError(error)) return 'cannot be read';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file; create it or correct the path';
  if (code === 'EACCES') return 'permission denied; let the user that runs vireo read it';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `cannot be read: ${firstLine(error.message)}`;
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, root: z.ZodObject, whole: unknown, problem: LoadedFile['problem']): string[] {
  const schema = schemaAt(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    return issue.keys.map((key) => problem([...issue.path, key], unknownKey(key, allowed)));
  }
  const doc = schema === undefined ? undefined : KEY_DOCS.get(schema);
  const value = valueAt(whole, issue.path);
  const allowed = `must be ${doc?.allowed ?? 'something else'}`;
  if (value === undefined) return [problem(issue.path, `is missing; ${allowed}`)];
  if (value === null) return [problem(issue.path, `is empty; ${allowed}`)];
  return [problem(issue.path, doc?.secret === true ? allowed : `${describe(value)} is not allowed; ${allowed}`)];
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const list = `allowed here: ${allowed.join(', ')}`;
  if (/^(password|secret|token)$/i.test(key)) {
    if (allowed.includes('sha256')) {
      return `a token does not belong in this file, only its SHA-256: vireo token makes one and prints the line (${list})`;
    }
    return `secrets do not belong in this file; use credentials with password_file or password_env (${list})`;
  }
  const meant = nearest(key, allowed);
  return meant === undefined ? `unknown key; ${list}` : `unknown key; did you mean ${meant}? ${list}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** The schema of a key, without what only says that the key may be absent. */
function schemaAt(root: z.ZodObject, path: KeyPath): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = root;
  for (const step of path) {
    schema = withoutOptional(schema);
    if (schema instanceof z.ZodObject) {
      const shape: Record<string, z.core.$ZodType> = schema.shape;
      schema = shape[String(step)];
    } else if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else return undefined;
  }
  return withoutOptional(schema);
}

function withoutOptional(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}

function valueAt(whole: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined,
    whole,
  );
}

/** `hosts[0].uri` */
export function formatKey(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${String(step)}]`;
    const name = String(step);
    const shown = /^[\w-]{1,60}$/.test(name) ? name : JSON.stringify(name.slice(0, 60));
    return text === '' ? shown : `${text}.${shown}`;
  }, '');
}

/** Where a key stands; for one that is missing, where its parent does. */
function offsetOf(document: Document, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = rangeStart(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isScalar(node) || isSeq(node) ? node.range?.[0] : undefined;
}

function keyAt(text: string, offset: number): string {
  return /^["']?([\w.-]{1,60})/.exec(text.slice(offset, offset + 80))?.[1] ?? 'key';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
