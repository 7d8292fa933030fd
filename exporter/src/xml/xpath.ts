// SPDX-License-Identifier: Apache-2.0
// A part of XPath 1.0, for what the configuration looks up in a domain's XML: child steps with names, prefixes and `*`,
// conditions on attributes, child texts and positions, `//`, and an attribute or text at the end. No functions, no axes,
// no arithmetic, and `//` once: each path costs at most a walk over the document.

import type { XmlElement } from './parse-xml.ts';

/** A condition on an element: `[2]`, `[@id='x']`, `[@id]`, `[ns:name='x']`, `[name]`. */
type Condition =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'attribute'; readonly name: Name; readonly value: string | undefined }
  | { readonly kind: 'child'; readonly name: Name; readonly value: string | undefined };

/** A name; `namespace` undefined is any for `*`, none otherwise. */
interface Name {
  /** `*` is any. */
  readonly local: string;
  readonly namespace: string | undefined;
}

interface Step {
  /** After `//`: at any depth. */
  readonly anywhere: boolean;
  readonly name: Name;
  readonly conditions: readonly Condition[];
}

/** A path ready for use. */
export interface XPath {
  /** The first one is about the root element itself. */
  readonly steps: readonly Step[];
  /** The attribute that is the value; undefined: the text of the element. */
  readonly attribute: Name | undefined;
}

/** A path whose value becomes a label. */
export interface LabelledPath {
  readonly label: string;
  readonly path: XPath;
}

/** Why a path is not one. */
export class XPathError extends Error {
  override readonly name = 'XPathError';
}

/** Longest value that becomes a label, in UTF-16 units; what is longer is cut. */
const VALUE_LENGTH_MAX = 1024;
/** Longest path read. */
const PATH_LENGTH_MAX = 1024;

const TOKEN =
  /\/\/|[/@[\]=*]|\d+|(?:[\p{L}_][\p{L}\p{M}\p{N}._-]*:)?(?:[\p{L}_][\p{L}\p{M}\p{N}._-]*(?:\(\))?|\*)|'[^']*'|"[^"]*"/uy;

/**
 * Reads a path such as `/domain/metadata/app:owner/@name` or `//app:team[@role='ops']/text()`.
 *
 * @param namespaces URIs by prefix; the document's own prefixes do not matter.
 * @throws {@link XPathError}
 */
export function parseXPath(text: string, namespaces: Readonly<Record<string, string>> = {}): XPath {
  const tokens = new Tokens(text, new Map(Object.entries(namespaces)));
  const steps: Step[] = [];
  do {
    const separator = tokens.take();
    if (separator !== '/' && separator !== '//') {
      throw new XPathError(steps.length === 0 ? 'it must begin with / or //' : `unexpected ${shown(separator)}`);
    }
    const anywhere = separator === '//';
    if (anywhere && steps.some((step) => step.anywhere)) throw new XPathError('// may stand in it once');
    if (steps.length > 0 && !anywhere) {
      if (tokens.peek() === '@') {
        tokens.take();
        const attribute = tokens.name(tokens.take());
        tokens.end();
        return { steps, attribute };
      }
      if (tokens.peek() === 'text()') {
        tokens.take();
        tokens.end();
        return { steps, attribute: undefined };
      }
    }
    steps.push({ anywhere, name: tokens.name(tokens.take()), conditions: tokens.conditions() });
  } while (tokens.peek() !== undefined);
  return { steps, attribute: undefined };
}

class Tokens {
  readonly #tokens: readonly string[];
  readonly #namespaces: ReadonlyMap<string, string>;
  #at = 0;

  constructor(text: string, namespaces: ReadonlyMap<string, string>) {
    if (text.length > PATH_LENGTH_MAX) throw new XPathError(`it is longer than ${String(PATH_LENGTH_MAX)} characters`);
    this.#tokens = split(text);
    this.#namespaces = namespaces;
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  take(): string | undefined {
    return this.#tokens[this.#at++];
  }

  end(): void {
    if (this.peek() !== undefined)
      throw new XPathError(`nothing can follow the attribute or text: ${shown(this.peek())}`);
  }

  name(token: string | undefined): Name {
    if (token === '*') return { local: '*', namespace: undefined };
    if (token === undefined || !/^[\p{L}_]/u.test(token))
      throw new XPathError(`a name is missing before ${shown(token)}`);
    if (token.endsWith('()')) throw new XPathError(`${token} is not supported here; only text() at the end is`);
    const colon = token.indexOf(':');
    if (colon === -1) return { local: token, namespace: '' };
    const prefix = token.slice(0, colon);
    const namespace = this.#namespaces.get(prefix);
    if (namespace === undefined) throw new XPathError(`the prefix ${prefix} is not in namespaces`);
    return { local: token.slice(colon + 1), namespace };
  }

  conditions(): Condition[] {
    const conditions: Condition[] = [];
    while (this.peek() === '[') {
      this.take();
      conditions.push(this.#condition());
      if (this.take() !== ']')
        throw new XPathError('a condition is a position, an attribute or a child, and = with a text');
    }
    return conditions;
  }

  #condition(): Condition {
    const token = this.take();
    if (token !== undefined && /^\d/.test(token)) {
      const position = Number(token);
      if (position < 1) throw new XPathError('positions begin with 1');
      return { kind: 'position', position };
    }
    const isAttribute = token === '@';
    const name = this.name(isAttribute ? this.take() : token);
    if (this.peek() !== '=') return { kind: isAttribute ? 'attribute' : 'child', name, value: undefined };
    this.take();
    const literal = this.take();
    if (literal === undefined || !/^['"]/.test(literal)) throw new XPathError('after = comes a text in quotes');
    return { kind: isAttribute ? 'attribute' : 'child', name, value: literal.slice(1, -1) };
  }
}

function split(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined)
      throw new XPathError(`character ${String(at + 1)} is not understood: ${shown(text.charAt(at))}`);
    tokens.push(token);
  }
  return tokens;
}

function shown(token: string | undefined): string {
  return token === undefined ? 'the end' : JSON.stringify(token);
}

/** The values at these paths, by label; a path that leads nowhere or to nothing has none. */
export function readPaths(root: XmlElement, paths: readonly LabelledPath[]): ReadonlyMap<string, string> {
  const values = readValues(
    root,
    paths.map(({ path }) => path),
  );
  return new Map(
    paths.flatMap(({ label, path }) => {
      const value = values.get(path);
      return value === undefined ? [] : [[label, value] as const];
    }),
  );
}

/** The values at these paths, by path; as {@link readPaths}. */
export function readValues(root: XmlElement, paths: readonly XPath[]): ReadonlyMap<XPath, string> {
  const values = new Map<XPath, string>();
  if (paths.length === 0) return values;
  const document: Node = { element: root, namespaces: declared(root, new Map()) };
  for (const path of paths) {
    const value = firstValue(document, path);
    if (value !== undefined) values.set(path, value.slice(0, VALUE_LENGTH_MAX));
  }
  return values;
}

/** An element and the namespaces in force at it, by prefix. */
interface Node {
  readonly element: XmlElement;
  readonly namespaces: ReadonlyMap<string, string>;
}

function declared(element: XmlElement, outer: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  let own: Map<string, string> | undefined;
  for (const [name, value] of element.attributes) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    own ??= new Map(outer);
    own.set(name.slice(name.indexOf(':') + 1).replace(/^xmlns$/, ''), value);
  }
  return own ?? outer;
}

function childrenOf({ element, namespaces }: Node): Node[] {
  return element.elements.map((child) => ({ element: child, namespaces: declared(child, namespaces) }));
}

/** The element and all below it, in document order. */
function* withDescendants(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* withDescendants(child);
}

function firstValue(document: Node, { steps, attribute }: XPath): string | undefined {
  for (const { element, namespaces } of select(document, steps)) {
    const value = (attribute === undefined ? element.text : attributeOf(element, attribute, namespaces))?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

function select(document: Node, steps: readonly Step[]): readonly Node[] {
  // The first step looks among the document's children, of which there is one.
  let groups: readonly (readonly Node[])[] = [[document]];
  let found: readonly Node[] = [];
  steps.forEach((step, index) => {
    if (step.anywhere) {
      const roots = index === 0 ? [document] : found;
      const all = roots.flatMap((node) => [...withDescendants(node)]);
      groups = index === 0 ? [[document], ...all.map(childrenOf)] : all.map(childrenOf);
    } else if (index > 0) groups = found.map(childrenOf);
    // One element can be below several that were found.
    const elements = new Set<XmlElement>();
    found = groups
      .flatMap((siblings) => matching(siblings, step))
      .filter(({ element }) => {
        if (elements.has(element)) return false;
        elements.add(element);
        return true;
      });
  });
  return found;
}

/** A position counts among the siblings that fulfil what stands before it. */
function matching(siblings: readonly Node[], { name, conditions }: Step): readonly Node[] {
  let nodes = siblings.filter((node) => isNamed(node.element.name, name, node.namespaces, true));
  for (const condition of conditions) nodes = nodes.filter((node, index) => fulfils(node, index, condition));
  return nodes;
}

function fulfils(node: Node, index: number, condition: Condition): boolean {
  if (condition.kind === 'position') return index + 1 === condition.position;
  const { name, value } = condition;
  if (condition.kind === 'attribute') {
    const found = attributeOf(node.element, name, node.namespaces);
    return found !== undefined && (value === undefined || found === value);
  }
  return childrenOf(node).some(
    ({ element, namespaces }) =>
      isNamed(element.name, name, namespaces, true) && (value === undefined || element.text.trim() === value),
  );
}

function attributeOf(element: XmlElement, name: Name, namespaces: ReadonlyMap<string, string>): string | undefined {
  for (const [key, value] of element.attributes) {
    if (key !== 'xmlns' && !key.startsWith('xmlns:') && isNamed(key, name, namespaces, false)) return value;
  }
  return undefined;
}

/** The default namespace is for elements; an attribute without a prefix is in none. */
function isNamed(
  written: string,
  { local, namespace }: Name,
  namespaces: ReadonlyMap<string, string>,
  isElement: boolean,
): boolean {
  const colon = written.indexOf(':');
  if (local !== '*' && written.slice(colon + 1) !== local) return false;
  if (namespace === undefined) return true;
  const own = colon === -1 ? (isElement ? (namespaces.get('') ?? '') : '') : namespaces.get(written.slice(0, colon));
  return own === namespace;
}
