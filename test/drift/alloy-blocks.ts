// SPDX-License-Identifier: Apache-2.0
// Reads Grafana Alloy's configuration language as far as our files use it: blocks, attributes, strings, lists, maps and
// references. Nothing of Alloy is in npm or Debian; its own parser (github.com/grafana/alloy/syntax) took these files too.

/** A value: a text, a reference such as `loki.write.vireo.receiver`, a list or a map. */
export type AlloyValue =
  | string
  | { readonly reference: string }
  | readonly AlloyValue[]
  | { readonly fields: ReadonlyMap<string, AlloyValue> };

/** `name "label" { ... }` */
export interface AlloyBlock {
  readonly name: string;
  readonly label: string | undefined;
  readonly attributes: ReadonlyMap<string, AlloyValue>;
  readonly blocks: readonly AlloyBlock[];
}

const TOKENS = /\s+|\/\/[^\n]*|("(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w.]*|[{}[\],=])/gy;

class Reader {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    TOKENS.lastIndex = 0;
    while (TOKENS.lastIndex < text.length) {
      const { lastIndex } = TOKENS;
      const match = TOKENS.exec(text);
      if (match === null) throw new SyntaxError(`not Alloy: ${text.slice(lastIndex, lastIndex + 40)}`);
      if (match[1] !== undefined) this.#tokens.push(match[1]);
    }
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  take(wanted?: string): string {
    const token = this.next;
    if (token === undefined || (wanted !== undefined && token !== wanted)) {
      throw new SyntaxError(`${String(token)} instead of ${wanted ?? 'something'}`);
    }
    this.#at += 1;
    return token;
  }
}

/** The blocks of a file; throws SyntaxError. */
export function parseAlloy(text: string): readonly AlloyBlock[] {
  const reader = new Reader(text);
  const { attributes, blocks } = body(reader, undefined);
  if (attributes.size > 0) throw new SyntaxError('an attribute outside of any block');
  return blocks;
}

function body(reader: Reader, end: string | undefined): Pick<AlloyBlock, 'attributes' | 'blocks'> {
  const attributes = new Map<string, AlloyValue>();
  const blocks: AlloyBlock[] = [];
  while (reader.next !== end) {
    const name = reader.take();
    if (!/^[A-Za-z_]/.test(name)) throw new SyntaxError(`${name} where a name belongs`);
    if (reader.next === '=') {
      reader.take();
      if (attributes.has(name)) throw new SyntaxError(`${name} twice`);
      attributes.set(name, value(reader));
      continue;
    }
    const label = reader.next?.startsWith('"') === true ? text(reader.take()) : undefined;
    reader.take('{');
    blocks.push({ name, label, ...body(reader, '}') });
    reader.take('}');
  }
  return { attributes, blocks };
}

function value(reader: Reader): AlloyValue {
  const token = reader.take();
  if (token.startsWith('"')) return text(token);
  if (token === '[') {
    const items: AlloyValue[] = [];
    while (reader.next !== ']') {
      items.push(value(reader));
      if (reader.next !== ']') reader.take(',');
    }
    reader.take(']');
    return items;
  }
  if (token === '{') {
    const fields = new Map<string, AlloyValue>();
    while (reader.next !== '}') {
      const key = reader.take();
      reader.take('=');
      fields.set(key, value(reader));
      if (reader.next !== '}') reader.take(',');
    }
    reader.take('}');
    return { fields };
  }
  if (/^[A-Za-z_]/.test(token)) return { reference: token };
  throw new SyntaxError(`${token} where a value belongs`);
}

function text(token: string): string {
  return JSON.parse(token) as string;
}
