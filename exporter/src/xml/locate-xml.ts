// SPDX-License-Identifier: Apache-2.0
// Where things stand in an XML text: the same tree as parse-xml.ts makes, but of positions, so that a value can be
// replaced and every other character kept. Reads only what parse-xml.ts has accepted, and refuses what it cannot follow
// itself: a place that one reader sees and the other does not could hide a secret.

import { XML_DEPTH_MAX, decodeXml, parseXml } from './parse-xml.ts';
import { XmlError } from './xml-error.ts';

/** Characters of the document, from `start` up to and not including `end`. */
export interface XmlRange {
  readonly start: number;
  readonly end: number;
}

/** A value as one decoded string, and where in the document each of its characters is. */
export class LocatedText {
  /** Decoded; the pieces joined. */
  readonly text: string;
  readonly #pieces: readonly LocatedPiece[];

  constructor(pieces: readonly LocatedPiece[]) {
    this.#pieces = pieces;
    this.text = pieces.map((piece) => piece.text).join('');
  }

  /** Where the characters `start` to `end` of {@link text} stand: one range for each piece they touch. */
  ranges(start: number, end: number): XmlRange[] {
    const found: XmlRange[] = [];
    let offset = 0;
    for (const piece of this.#pieces) {
      const [from, to] = [Math.max(0, start - offset), Math.min(piece.text.length, end - offset)];
      if (from < to) found.push({ start: piece.position(from), end: piece.position(to) });
      offset += piece.text.length;
    }
    return found;
  }
}

/** An attribute; the name as written. */
export interface LocatedAttribute {
  readonly name: string;
  readonly value: LocatedText;
}

/** An element. */
export interface LocatedElement {
  /** As written, prefix and all. */
  readonly name: string;
  readonly attributes: readonly LocatedAttribute[];
  readonly elements: readonly LocatedElement[];
  /** Its own text and CDATA: one run before, between and after child elements; comments do not part a run. */
  readonly runs: readonly LocatedText[];
  /** What comments and processing instructions inside it say. */
  readonly remarks: readonly LocatedText[];
}

/** A document: its root, and the comments and processing instructions around it. */
export interface LocatedDocument {
  readonly root: LocatedElement;
  readonly remarks: readonly LocatedText[];
}

/** A run of text as it stands: decoded, with the places of its entities remembered. */
class LocatedPiece {
  readonly text: string;
  readonly #start: number;
  /** Where each decoded character, and the end, stand from `#start`; absent when each is its own. */
  readonly #offsets: readonly number[] | undefined;

  constructor(start: number, raw: string, isEncoded: boolean) {
    this.#start = start;
    if (!isEncoded || !raw.includes('&')) {
      this.text = raw;
      return;
    }
    let text = '';
    const offsets: number[] = [];
    for (const { 0: token, index } of raw.matchAll(/&[^;]*;?|[^&]+/g)) {
      const isEntity = token.startsWith('&');
      const decoded = isEntity ? decodeXml(token) : token;
      for (let i = 0; i < decoded.length; i++) offsets.push(isEntity ? index : index + i);
      text += decoded;
    }
    offsets.push(raw.length);
    this.text = text;
    this.#offsets = offsets;
  }

  /** Where a decoded character stands in the document. */
  position(index: number): number {
    return this.#start + (this.#offsets?.[index] ?? index);
  }
}

/** An element whose end tag has not come yet. */
interface OpenElement {
  readonly name: string;
  readonly attributes: readonly LocatedAttribute[];
  readonly elements: LocatedElement[];
  readonly runs: LocatedText[];
  /** Of the run that has not ended. */
  pieces: LocatedPiece[];
  readonly remarks: LocatedText[];
}

const NAME = /[^\s<>/=&'"!?][^\s<>/=&'"]*/y;
const ATTRIBUTE = /\s+([^\s<>/=&'"!?][^\s<>/=&'"]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;

/**
 * Reads where everything in a document stands. Takes time in proportion to its length.
 *
 * @throws {@link XmlError} as `parseXml` does
 */
export function locateXml(xml: string): LocatedDocument {
  parseXml(xml);
  return new Locator(xml).read();
}

class Locator {
  readonly #xml: string;
  readonly #open: OpenElement[] = [];
  readonly #remarks: LocatedText[] = [];
  #root: LocatedElement | undefined;
  #at = 0;

  constructor(xml: string) {
    this.#xml = xml;
  }

  read(): LocatedDocument {
    while (this.#at < this.#xml.length) {
      if (this.#next('<!--')) this.#remark('-->');
      else if (this.#next('<![CDATA[')) this.#cdata();
      else if (this.#next('<?')) this.#remark('?>');
      else if (this.#next('<!')) this.#fail();
      else if (this.#next('</')) this.#endTag();
      else if (this.#next('<')) this.#startTag();
      else this.#text();
    }
    if (this.#root === undefined || this.#open.length > 0) this.#fail();
    return { root: this.#root, remarks: this.#remarks };
  }

  #next(opening: string): boolean {
    if (!this.#xml.startsWith(opening, this.#at)) return false;
    this.#at += opening.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#xml);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  /** Up to `closing`, and past it. */
  #until(closing: string): XmlRange {
    const range = { start: this.#at, end: this.#xml.indexOf(closing, this.#at) };
    if (range.end === -1) this.#fail();
    this.#at = range.end + closing.length;
    return range;
  }

  #piece({ start, end }: XmlRange, isEncoded: boolean): LocatedPiece {
    return new LocatedPiece(start, this.#xml.slice(start, end), isEncoded);
  }

  #remark(closing: string): void {
    const text = new LocatedText([this.#piece(this.#until(closing), false)]);
    (this.#open.at(-1)?.remarks ?? this.#remarks).push(text);
  }

  #cdata(): void {
    const piece = this.#piece(this.#until(']]>'), false);
    const parent = this.#open.at(-1) ?? this.#fail();
    parent.pieces.push(piece);
  }

  #text(): void {
    const next = this.#xml.indexOf('<', this.#at);
    const range = { start: this.#at, end: next === -1 ? this.#xml.length : next };
    this.#at = range.end;
    const piece = this.#piece(range, true);
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.pieces.push(piece);
    else if (!/^[\s\uFEFF]*$/.test(piece.text)) this.#fail();
  }

  #startTag(): void {
    const name = this.#match(NAME)?.[0] ?? this.#fail();
    const attributes: LocatedAttribute[] = [];
    for (let match = this.#match(ATTRIBUTE); match !== null; match = this.#match(ATTRIBUTE)) {
      const [, attribute = '', double, single] = match;
      const end = this.#at - 1;
      const range = { start: end - (double ?? single ?? '').length, end };
      attributes.push({ name: attribute, value: new LocatedText([this.#piece(range, true)]) });
    }
    const end = this.#match(TAG_END) ?? this.#fail();
    if (this.#root !== undefined) this.#fail();
    this.#open.push({ name, attributes, elements: [], runs: [], pieces: [], remarks: [] });
    this.#endRun(this.#open.at(-2));
    if (this.#open.length > XML_DEPTH_MAX + 1) this.#fail();
    if (end[1] === '/') this.#close();
  }

  #endTag(): void {
    const name = this.#match(NAME)?.[0];
    const end = this.#match(TAG_END);
    if (end?.[1] !== '' || name !== this.#open.at(-1)?.name) this.#fail();
    this.#close();
  }

  #close(): void {
    const open = this.#open.pop() ?? this.#fail();
    this.#endRun(open);
    const { name, attributes, elements, runs, remarks } = open;
    const element = { name, attributes, elements, runs, remarks };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.elements.push(element);
  }

  #endRun(element: OpenElement | undefined): void {
    if (element === undefined || element.pieces.length === 0) return;
    element.runs.push(new LocatedText(element.pieces));
    element.pieces = [];
  }

  #fail(): never {
    throw new XmlError(`XML is not well-formed at character ${String(this.#at)}`);
  }
}
