// SPDX-License-Identifier: Apache-2.0
// Secrets inside a value: `password=x` among options, in a URL, in a JSON or YAML text, and what is a secret by its look
// (private keys, password hashes, tokens). Where a secret ends is a guess, so it is guessed too long rather than too
// short. Every pattern takes time in proportion to the text: whoever owns a domain writes its metadata.

import { isBoolean, isQemuReference, isSecretName, isSecretParameter } from './secret-names.ts';

/** What a value is, which says where something in it ends. */
export type TextKind =
  /** One thing: a path, a name. */
  | 'plain'
  /** Lines for people or programs; `name: value` counts besides `name=value`. */
  | 'lines'
  /** An option of an emulator: `a=1,b=2`. */
  | 'option'
  /** Words: a kernel's command line. */
  | 'words'
  /** Of a URL: `a=1&b=2`. */
  | 'query';

/** Characters of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a secret is replaced by. */
export const REDACTED = '[redacted]';

const END: Readonly<Record<TextKind, RegExp>> = {
  plain: /$/g,
  lines: /[\r\n]|$/g,
  // In QEMU's options a doubled comma is a comma.
  option: /(?<!,)(?:,,)*,(?!,)|$/g,
  words: /\s|$/g,
  query: /&|$/g,
};

/** The secrets in `text`, in no order; they may overlap. */
export function findSecrets(text: string, kind: TextKind): Span[] {
  if (text.includes('PRIVATE KEY-----')) return [{ start: 0, end: text.length }];
  return [...findByLook(text, kind), ...findInUrls(text, kind), ...findSeeds(text), ...findNamed(text, kind)];
}

/** Group `s` is the secret. */
const LOOKS: readonly RegExp[] = [
  // Public, but who may log in where is nobody's business either.
  /\b(?:ssh-[a-z\d]+|ecdsa-sha2-[a-z\d-]+)[^\S\n]+(?<s>AAAA[\w+/=]+)/dg,
  /\b(?:bearer|basic)[^\S\n]+(?<s>(?=[\w.~+/-]*[\d=])[\w.~+/-]{8,}=*)/dgi,
  /(?<![\w-])(?<s>eyJ[\w-]+\.[\w-]+\.[\w-]*)/dg,
  /(?<![\w-])(?<s>(?:gh[pousr]_|github_pat_|glpat-|glsa_|glc_|xox[abeprs]-|hvs\.|AKIA)[\w-]{10,})/dg,
  // crypt(3)
  /(?<s>\$(?:1|2[abxy]|5|6|7|y|gy)\$[^\s:"',<]+)/dg,
  // A key of Ceph.
  /(?<![\w+/])(?<s>AQ[\w+/]{36}==)/dg,
  // XML in a text.
  /<(?<name>[\w:.-]+)[^<>]*>(?<s>[^<]+)/dg,
  // A command line in one piece.
  /(?<![\w-])--?(?<name>[A-Za-z][\w-]*)[^\S\n]+(?=(?<s>\S+))/dg,
];

function findByLook(text: string, kind: TextKind): Span[] {
  const found: Span[] = [];
  for (const look of LOOKS) {
    for (const match of text.matchAll(look)) {
      const [start, end] = match.indices?.groups?.['s'] ?? [0, 0];
      const name = match.groups?.['name'];
      if (name === undefined || isSecretName(name)) found.push({ start, end });
    }
  }
  // What systemd takes as credentials from the firmware; the name may be any.
  let end = 0;
  for (const { 0: token, index } of text.matchAll(/io\.systemd\.credential(?:\.binary)?:[^=:\s]*=/g)) {
    const start = index + token.length;
    if (start < end) continue;
    end = endOf(text, start, kind);
    found.push({ start, end });
  }
  return found;
}

function findInUrls(text: string, kind: TextKind): Span[] {
  const found: Span[] = [];
  for (const { 0: token, index } of text.matchAll(/:\/\/[^\s/?#]*@/g)) {
    // iSCSI writes `user%password@`.
    const separator = token.slice(3).search(/[:%]/);
    if (separator !== -1) found.push({ start: index + 3 + separator + 1, end: index + token.length - 1 });
  }
  if (kind !== 'query' && !text.includes('://')) return found;
  for (const match of text.matchAll(/(?:^|[?&])([^=&?\s]*)=([^&\s"'<>#]*)/g)) {
    const [token, name = '', value = ''] = match;
    const start = match.index + token.length - value.length;
    if (isSecretParameter(name, value) && !isBoolean(value)) found.push({ start, end: start + value.length });
  }
  return found;
}

/** cloud-init's NoCloud: whoever knows the path gets the user data. */
function findSeeds(text: string): Span[] {
  if (!/nocloud/i.test(text)) return [];
  return [...text.matchAll(/(?<![\w-])(?:s|seedfrom)=[a-z]+:\/\/[^/\s;,]*\/(?<s>[^\s;,]+)/dgi)].map((match) => {
    const [start, end] = match.indices?.groups?.['s'] ?? [0, 0];
    return { start, end };
  });
}

/** `name=value`, `name: value`, `"name": value`, and JSON as a string in JSON: `\"name\": value`. */
const NAMED = /(?<![\w.-])(\\{0,8}["'])?([A-Za-z_-][\w.-]*)(\\{0,8}["'])?\s*([=:])[^\S\n]*/g;
const QUOTE = /\\{0,8}["']/y;

function findNamed(text: string, kind: TextKind): Span[] {
  const found: Span[] = [];
  const isSecret = kind === 'option' ? secretOptions(text) : isSecretName;
  const named = new RegExp(NAMED);
  for (let match = named.exec(text); match !== null; match = named.exec(text)) {
    const [, quote, name = '', closing, separator] = match;
    const isQuoted = quote !== undefined && quote === closing;
    if (separator === ':' && !isQuoted && kind !== 'lines') continue;
    if (!isSecret(name)) continue;
    const span = valueAt(text, named.lastIndex, { kind, isQuoted, isColon: separator === ':' });
    if (span.start >= span.end || isBoolean(text.slice(span.start, span.end).trim())) continue;
    found.push(span);
    named.lastIndex = span.end;
  }
  return found;
}

/** In an emulator's option, `data` of a secret and `string` of a firmware entry that is one are secrets too. */
function secretOptions(text: string): (name: string) => boolean {
  const makesSecret = /(?:^|[=,"])secret(?:_keyring)?(?:[,"]|$)/.test(text);
  const entry = /(?:^|,)name=([^,]*)/.exec(text)?.[1] ?? '';
  const isSecretEntry = isSecretFirmwareEntry(entry);
  return (name) =>
    (isSecretName(name) && !isQemuReference(name)) ||
    (makesSecret && name === 'data') ||
    (isSecretEntry && name === 'string');
}

/** Whether a firmware entry (fw_cfg) holds a secret: by its name, or as what first configures a guest. */
export function isSecretFirmwareEntry(name: string): boolean {
  return (
    /coreos|flatcar|ignition|cloud-?init|user-?data/i.test(name) || isSecretName(name) || name.includes('credential')
  );
}

function valueAt(
  text: string,
  at: number,
  { kind, isQuoted, isColon }: { kind: TextKind; isQuoted: boolean; isColon: boolean },
): Span {
  const first = text[at] ?? '';
  if (text.startsWith(REDACTED, at)) return { start: at, end: at };
  QUOTE.lastIndex = at;
  const opening = QUOTE.exec(text)?.[0];
  if (opening !== undefined) {
    const start = at + opening.length;
    const closing = closingQuote(text, start, opening);
    const isAll = /^[\s,;}\])&>/\\]?$/.test(text[closing + opening.length] ?? '');
    return isAll ? { start, end: closing } : { start: at, end: endOf(text, closing, kind) };
  }
  // A list, an object, a YAML block: how far it goes is not worth a parser, so the rest goes with it.
  const isBlock = (isColon && /^[|>\r\n]?$/.test(first)) || ((isColon || isQuoted) && /^[[{]$/.test(first));
  if (isBlock) {
    const rest = text.slice(at);
    const trimmed = rest.trim();
    const start = at + rest.indexOf(trimmed);
    return trimmed === REDACTED ? { start, end: start } : { start, end: start + trimmed.length };
  }
  if (isQuoted) {
    const length = text.slice(at).search(/[,}\]\s]/);
    return { start: at, end: length === -1 ? text.length : at + length };
  }
  return { start: at, end: endOf(text, at, kind) };
}

/** Where the text after an opening quote ends; the whole text's end when it does not. */
function closingQuote(text: string, start: number, quote: string): number {
  for (let i = start; i < text.length; i++) {
    if (text.startsWith(quote, i)) return i;
    if (text[i] === '\\') i += 1;
  }
  return text.length;
}

function endOf(text: string, at: number, kind: TextKind): number {
  const end = END[kind];
  end.lastIndex = at;
  return end.exec(text)?.index ?? text.length;
}

/** Of a message of libvirt's is shown. */
const SHOWN_LENGTH_MAX = 500;
/** Is searched: a secret that is cut in the middle would not be known for one, and what is shown is far from this end. */
const SCANNED_LENGTH_MAX = 8192;

/**
 * What may be shown of a message of libvirt's, which may quote a command line, whose words are options, or a URL: its
 * beginning, without secrets.
 */
export function shownText(message: string): string {
  const text = message.slice(0, SCANNED_LENGTH_MAX);
  const inOptions = [...text.matchAll(/\S+/g)].flatMap(({ 0: word, index }) =>
    findSecrets(word, 'option').map(({ start, end }) => ({ start: index + start, end: index + end })),
  );
  const spans = [...findSecrets(text, 'words'), ...inOptions].sort((a, b) => a.start - b.start);
  let result = '';
  let end = 0;
  for (const span of spans) {
    if (span.start >= end) result += text.slice(end, span.start) + REDACTED;
    end = Math.max(end, span.end);
  }
  return (result + text.slice(end)).slice(0, SHOWN_LENGTH_MAX);
}
