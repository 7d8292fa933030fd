// SPDX-License-Identifier: Apache-2.0
// XML text to a tree of elements, with the limits a hostile daemon or guest owner runs into: size, depth, no DTD, no
// entity but XML's own five and characters by number. The only file that knows fast-xml-parser.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { XmlError } from './xml-error.ts';

/** Longest XML read, in UTF-16 units. The parser takes half a second for that much, and blocks everybody meanwhile. */
export const XML_LENGTH_MAX = 1024 * 1024;
/** Deepest nesting of elements read; libvirt allows 200 images below a disk, each inside the one above it. */
export const XML_DEPTH_MAX = 256;

/** One element; names are as written, prefix and all. */
export class XmlElement {
  readonly name: string;
  /** Child elements in document order. */
  readonly elements: readonly XmlElement[];
  /** Its own text and CDATA, decoded, as written with all white space. */
  readonly text: string;
  readonly #attributes: ReadonlyMap<string, string>;

  constructor(name: string, attributes: ReadonlyMap<string, string>, elements: readonly XmlElement[], text: string) {
    this.name = name;
    this.#attributes = attributes;
    this.elements = elements;
    this.text = text;
  }

  /** The first child element of this name. */
  child(name: string): XmlElement | undefined {
    return this.elements.find((element) => element.name === name);
  }

  /** All child elements of this name. */
  children(name: string): readonly XmlElement[] {
    return this.elements.filter((element) => element.name === name);
  }

  /** The decoded value of an attribute; absent also when it is empty, which libvirt never means as a value. */
  attribute(name: string): string | undefined {
    const value = this.#attributes.get(name);
    return value === '' ? undefined : value;
  }

  /** All attributes by name, decoded, in document order; an empty one is `''` here. */
  get attributes(): ReadonlyMap<string, string> {
    return this.#attributes;
  }
}

const TAG = 'tag ';
const ATTRIBUTES = ':@';
const TEXT = '#text';
const CDATA = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: CDATA,
  maxNestedTags: XML_DEPTH_MAX,
  // Keys the parser makes can then neither meet `__proto__` and its kind nor its own `#text` and `:@`. It transforms the
  // name of an empty element twice; no name can start with TAG by itself, as that has a space in it.
  transformTagName: (name) => (name.startsWith(TAG) ? name : TAG + name),
});

/**
 * Reads one XML document.
 *
 * @throws {@link XmlError}
 */
export function parseXml(xml: string): XmlElement {
  if (xml.length > XML_LENGTH_MAX) {
    throw new XmlError(`XML of ${String(xml.length)} characters is longer than ${String(XML_LENGTH_MAX)}`);
  }
  refuseDoctype(xml);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is the same code as one more dependency
  const wellFormed = XMLValidator.validate(xml);
  if (wellFormed !== true) {
    // The parser's text quotes the document, which may hold secrets: the position must do.
    const { line, col } = wellFormed.err;
    throw new XmlError(`XML is not well-formed: line ${String(line)}, column ${String(col)}`);
  }
  const roots = readNodes(parse(xml)).elements;
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw new XmlError(`XML has ${String(roots.length)} root elements`);
  return root;
}

function parse(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch (error) {
    const tooDeep = error instanceof Error && error.message === 'Maximum nested tags exceeded';
    const why = tooDeep ? `elements nest deeper than ${String(XML_DEPTH_MAX)}` : 'it is not well-formed';
    throw new XmlError(`XML cannot be read: ${why}`);
  }
}

/** A DTD can only stand in the prolog; libvirt never writes one, and refusing it ends every trick with entities. */
function refuseDoctype(xml: string): void {
  const prolog = /^\uFEFF?(?:\s+|<\?[^]*?\?>|<!--[^]*?-->)*/.exec(xml);
  const start = prolog?.[0].length ?? 0;
  if (xml.startsWith('<!', start)) throw new XmlError('XML with a document type declaration is refused');
}

function readNodes(nodes: unknown): { elements: XmlElement[]; text: string } {
  const elements: XmlElement[] = [];
  let text = '';
  for (const node of asArray(nodes)) {
    if (!isRecord(node)) continue;
    const { [ATTRIBUTES]: attributes, ...content } = node;
    for (const [key, value] of Object.entries(content)) {
      if (key === TEXT) text += decodeXml(asString(value));
      else if (key === CDATA) text += asArray(value).map(rawText).join('');
      else if (key.startsWith(TAG)) {
        const inner = readNodes(value);
        elements.push(
          new XmlElement(key.slice(TAG.length), readAttributes(attributes), inner.elements, own(inner.text)),
        );
      }
    }
  }
  return { elements, text };
}

function readAttributes(attributes: unknown): ReadonlyMap<string, string> {
  if (!isRecord(attributes)) return new Map();
  return new Map(Object.entries(attributes).map(([name, value]) => [name.slice(1), own(decodeXml(asString(value)))]));
}

/**
 * The text in memory of its own. What V8 cuts out of a string, from 13 characters on, keeps the whole string alive: a
 * UUID that a domain is known by would keep its XML of many kilobytes.
 */
function own(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}

function rawText(node: unknown): string {
  return isRecord(node) ? asString(node[TEXT]) : '';
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text with XML's five entities and numbered characters as what they stand for. Throws {@link XmlError} at any other. */
export function decodeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d+);|#x([\da-fA-F]+);|(\w+);)?/g, (...match: unknown[]) => {
    const [, decimal, hex, name] = match;
    if (typeof decimal === 'string') return character(Number.parseInt(decimal, 10));
    if (typeof hex === 'string') return character(Number.parseInt(hex, 16));
    const named = typeof name === 'string' ? NAMED.get(name) : undefined;
    if (named === undefined) throw new XmlError('XML refers to an entity that is not one of the five of XML itself');
    return named;
  });
}

/** @see https://www.w3.org/TR/xml/#NT-Char */
function character(code: number): string {
  const allowed =
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  if (!allowed) throw new XmlError('XML refers to a character that XML does not allow');
  return String.fromCodePoint(code);
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
