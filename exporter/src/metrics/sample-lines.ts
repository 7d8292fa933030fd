// SPDX-License-Identifier: Apache-2.0
// Samples to lines of text, fast: most lines of a poll are those of the poll before, and of the others only the number
// changes. So the lines written last are kept with what they were made of, and copied as far as they still hold.

/** The encoded samples of one segment: one Buffer, and where each family's part of it begins. */
export interface Fragments {
  readonly bytes: Buffer;
  /** One entry per family of the table, and the total length as the last. */
  readonly offsets: Uint32Array;
}

/** Fragments with what they were made of, sample by sample in the order of the lines. */
export interface WrittenSamples extends Fragments {
  readonly labels: readonly string[];
  readonly values: Float64Array;
  /** Where each line ends in `bytes`. */
  readonly ends: Uint32Array;
  /** Per family its first sample, and their number as the last. */
  readonly firsts: Uint32Array;
}

/** The samples of one family while they are collected. */
class Column {
  count = 0;
  readonly labels: string[] = [];
  values = new Float64Array(16);

  add(labels: string, value: number): void {
    const { count } = this;
    if (count === this.values.length) {
      const values = new Float64Array(count * 2);
      values.set(this.values);
      this.values = values;
    }
    this.labels[count] = labels;
    this.values[count] = value;
    this.count = count + 1;
  }
}

/** How far a line is looked for among the lines written last: the series of a large domain that went away. */
const LOOK_AHEAD = 64;
/** Longest text of a number: "-1.2345678901234567e-300". */
const NUMBER_BYTES = 24;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const ZERO = 0x30;
/** Below it a tenth of a whole number, rounded to a double, never reaches the next whole number. */
const DIGITS_BELOW = 2 ** 48;

/** Memory in which samples are collected and lines written; one does for any number of writers that take turns. */
export class SampleMemory {
  private readonly names: readonly Buffer[];
  private readonly columns: readonly Column[];
  private out = Buffer.allocUnsafeSlow(4096);
  private at = 0;

  /** @param names of the families, in the order of their indexes */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => Buffer.from(name));
    this.columns = names.map(() => new Column());
  }

  /** Forgets what was collected. */
  clear(): void {
    for (const column of this.columns) column.count = 0;
  }

  /** Collects a sample of the family at this index. */
  add(family: number, labels: string, value: number): void {
    this.columns[family]?.add(labels, value);
  }

  /** Writes all that was collected, in memory of its own. */
  write(before: WrittenSamples | undefined): WrittenSamples {
    const total = this.columns.reduce((sum, { count }) => sum + count, 0);
    const offsets = new Uint32Array(this.columns.length + 1);
    const firsts = new Uint32Array(this.columns.length + 1);
    const labels = new Array<string>(total);
    const values = new Float64Array(total);
    const ends = new Uint32Array(total);
    this.at = 0;
    let first = 0;
    this.columns.forEach((column, family) => {
      offsets[family] = this.at;
      firsts[family] = first;
      this.writeFamily(family, column, before, ends, first);
      for (let i = 0; i < column.count; i++) labels[first + i] = column.labels[i] ?? '';
      values.set(column.values.subarray(0, column.count), first);
      first += column.count;
    });
    offsets[this.columns.length] = this.at;
    firsts[this.columns.length] = first;
    // Not from Node's pool: it lives as long as the generation, and would keep the whole pool slab alive.
    const bytes = Buffer.allocUnsafeSlow(this.at);
    this.out.copy(bytes, 0, 0, this.at);
    return { bytes, offsets, labels, values, ends, firsts };
  }

  private writeFamily(
    family: number,
    { count, labels, values }: Column,
    before: WrittenSamples | undefined,
    ends: Uint32Array,
    first: number,
  ): void {
    const name = this.names[family];
    if (name === undefined) return;
    let old = before?.firsts[family] ?? 0;
    const oldEnd = before?.firsts[family + 1] ?? 0;
    // Bytes of `before` that hold, not copied yet: neighbours go in one piece.
    let from = 0;
    let to = 0;
    for (let i = 0; i < count; i++) {
      const text = labels[i] ?? '';
      const value = values[i] ?? 0;
      const found = before === undefined ? -1 : find(before.labels, text, old, oldEnd);
      if (before === undefined || found === -1) {
        if (before !== undefined) this.copy(before.bytes, from, to);
        from = to = 0;
        this.writeLine(name, text, value);
      } else {
        const lineStart = found === 0 ? 0 : (before.ends[found - 1] ?? 0);
        const lineEnd = before.ends[found] ?? 0;
        if (lineStart !== to) {
          this.copy(before.bytes, from, to);
          from = lineStart;
        }
        to = lineEnd;
        old = found + 1;
        if (before.values[found] !== value) {
          this.copy(before.bytes, from, numberStart(before.bytes, lineEnd));
          from = to = lineEnd;
          this.reserve(NUMBER_BYTES + 1);
          this.writeNumber(value);
        }
      }
      ends[first + i] = this.at + to - from;
    }
    if (before !== undefined) this.copy(before.bytes, from, to);
  }

  private writeLine(name: Buffer, labels: string, value: number): void {
    this.reserve(name.length + 3 * labels.length + NUMBER_BYTES + 1);
    this.at += name.copy(this.out, this.at);
    this.at += this.out.write(labels, this.at);
    this.writeNumber(value);
  }

  /** The number and the end of its line. */
  private writeNumber(value: number): void {
    const { out } = this;
    // Digits of whole numbers without a string in between; String() gives the shortest text that parses back to
    // the same double, and Go reads all its forms ("1e+21").
    if (value >= 0 && value < DIGITS_BELOW && Math.floor(value) === value) {
      const digits = digitsOf(value);
      let rest = value;
      for (let i = this.at + digits - 1; i >= this.at; i--) {
        const tenth = Math.floor(rest / 10);
        out[i] = ZERO + rest - tenth * 10;
        rest = tenth;
      }
      this.at += digits;
    } else {
      const text = String(value);
      for (let i = 0; i < text.length; i++) out[this.at + i] = text.charCodeAt(i);
      this.at += text.length;
    }
    out[this.at++] = LINE_FEED;
  }

  private copy(source: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length <= 0) return;
    this.reserve(length);
    const { out } = this;
    // One line is too short for the detour through native code.
    if (length < 256) {
      for (let i = from, j = this.at; i < to; i++, j++) out[j] = source[i] ?? 0;
    } else {
      source.copy(out, this.at, from, to);
    }
    this.at += length;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.out.length * 2, this.at + bytes));
    this.out.copy(larger, 0, 0, this.at);
    this.out = larger;
  }
}

function find(labels: readonly string[], text: string, from: number, end: number): number {
  const last = Math.min(end, from + LOOK_AHEAD);
  for (let i = from; i < last; i++) if (labels[i] === text) return i;
  return -1;
}

/** A number has no space in it, and one before it. */
function numberStart(bytes: Buffer, lineEnd: number): number {
  let at = lineEnd - 1;
  while (at > 0 && bytes[at - 1] !== SPACE) at--;
  return at;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}
