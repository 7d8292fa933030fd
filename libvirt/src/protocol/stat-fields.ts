// SPDX-License-Identifier: Apache-2.0
// Statistics by name, kept small: ten thousand domains have the same few lists of names, so each list is kept once, with
// where a name is in it, and a domain or device has nothing of its own but its values.

/** Some statistics by name: libvirt's units, 64-bit counters as doubles (exact up to 2^53), booleans as 0 and 1. */
export interface StatFields extends Iterable<readonly [string, number | string]> {
  readonly size: number;
  get(name: string): number | string | undefined;
  has(name: string): boolean;
}

/** A name, and whether its values are text. One object for each within a {@link StatShapes}. */
export interface StatColumn {
  readonly name: string;
  readonly isText: boolean;
}

/** More lists than any fleet has; a daemon that makes up names cannot make the memory grow. */
const SHAPES_MAX = 16_384;

/** A list of names, found name by name from the empty one. */
class Shape {
  readonly before: Shape | undefined;
  readonly column: StatColumn | undefined;
  /** What came next last time, and so most likely does again. */
  #next: Shape | undefined;
  /** All that ever came next, if more than one. */
  #longer: Map<StatColumn, Shape> | undefined;
  #places: ReadonlyMap<string, number> | undefined;

  constructor(before?: Shape, column?: StatColumn) {
    this.before = before;
    this.column = column;
  }

  /** The list with one more name; `onNew` is told when there was none. */
  with(column: StatColumn, onNew: () => void): Shape {
    const before = this.#next;
    if (before?.column === column) return before;
    let longer = this.#longer?.get(column);
    if (longer === undefined) {
      longer = new Shape(this, column);
      onNew();
      if (before?.column !== undefined) {
        this.#longer ??= new Map([[before.column, before]]);
        this.#longer.set(column, longer);
      }
    }
    this.#next = longer;
    return longer;
  }

  /** By name: a position among the numbers, or the complement (`~`) of one among the texts. */
  get places(): ReadonlyMap<string, number> {
    this.#places ??= placesOf(this);
    return this.#places;
  }
}

function placesOf(last: Shape): ReadonlyMap<string, number> {
  const columns: StatColumn[] = [];
  for (let shape: Shape | undefined = last; shape?.column !== undefined; shape = shape.before) {
    columns.push(shape.column);
  }
  const places = new Map<string, number>();
  let numbers = 0;
  let texts = 0;
  for (const { name, isText } of columns.reverse()) places.set(name, isText ? ~texts++ : numbers++);
  return places;
}

/** The lists of names that one decoder has met. */
export class StatShapes {
  #empty = new Shape();
  #count = 0;
  readonly #onNew = (): void => {
    this.#count++;
  };

  /** The empty list, to begin with. Lists made before may be forgotten here: values that have them keep them. */
  begin(): Shape {
    if (this.#count > SHAPES_MAX) {
      this.#empty = new Shape();
      this.#count = 0;
    }
    return this.#empty;
  }

  /** The list with one more name. */
  longer(shape: Shape, column: StatColumn): Shape {
    return shape.with(column, this.#onNew);
  }
}

const NO_TEXTS: readonly string[] = [];

/** Collects fields in the order they come; used again and again. */
export class StatFieldsBuilder {
  readonly #shapes: StatShapes;
  #shape: Shape;
  // Doubles from the beginning: an array that once held anything else would box each number.
  readonly #numbers: number[] = [0.5];
  #numberCount = 0;
  readonly #texts: string[] = [];
  #textCount = 0;

  constructor(shapes: StatShapes) {
    this.#shapes = shapes;
    this.#shape = shapes.begin();
  }

  /** Begins anew, with the fields that were collected before. */
  begin(before?: CompactFields): void {
    this.#shape = before?.shape ?? this.#shapes.begin();
    this.#numberCount = 0;
    this.#textCount = 0;
    for (const value of before?.numbers ?? []) this.#numbers[this.#numberCount++] = value;
    for (const text of before?.texts ?? []) this.#texts[this.#textCount++] = text;
  }

  addNumber(column: StatColumn, value: number): void {
    this.#shape = this.#shapes.longer(this.#shape, column);
    this.#numbers[this.#numberCount++] = value;
  }

  addText(column: StatColumn, value: string): void {
    this.#shape = this.#shapes.longer(this.#shape, column);
    this.#texts[this.#textCount++] = value;
  }

  /** What was collected, in memory of its own, and no more of it than it needs. */
  finish(): CompactFields {
    const numbers = this.#numbers.slice(0, this.#numberCount);
    const texts = this.#textCount === 0 ? NO_TEXTS : this.#texts.slice(0, this.#textCount);
    return new CompactFields(this.#shape, numbers, texts);
  }
}

/** Statistics that share their names with others. */
export class CompactFields implements StatFields {
  readonly shape: Shape;
  readonly numbers: readonly number[];
  readonly texts: readonly string[];

  /** Made by {@link StatFieldsBuilder}. */
  constructor(shape: Shape, numbers: readonly number[], texts: readonly string[]) {
    this.shape = shape;
    this.numbers = numbers;
    this.texts = texts;
  }

  get size(): number {
    return this.shape.places.size;
  }

  get(name: string): number | string | undefined {
    const place = this.shape.places.get(name);
    if (place === undefined) return undefined;
    return place >= 0 ? this.numbers[place] : this.texts[~place];
  }

  has(name: string): boolean {
    return this.shape.places.has(name);
  }

  *[Symbol.iterator](): Iterator<readonly [string, number | string]> {
    for (const [name, place] of this.shape.places) {
      const value = place >= 0 ? this.numbers[place] : this.texts[~place];
      if (value !== undefined) yield [name, value];
    }
  }
}
