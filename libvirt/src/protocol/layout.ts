// SPDX-License-Identifier: Apache-2.0
// How a value lies on the wire. A layout both writes and reads it, and TypeScript infers the value's type from the
// layout, so a procedure is declared once.

import { XdrError } from '../xdr/xdr-error.ts';
import type { XdrReader } from '../xdr/reader.ts';
import type { XdrWriter } from '../xdr/writer.ts';

/** The wire form of a `T`. */
export interface Layout<T> {
  /** The fewest bytes a value takes; a count of elements is checked against it before anything is allocated. */
  readonly minBytes: number;
  write(writer: XdrWriter, value: T): void;
  read(reader: XdrReader): T;
}

/** The TypeScript type of a layout's values. */
export type Value<L> = L extends Layout<infer T> ? T : never;

/** REMOTE_STRING_MAX (libvirt 9.0.0 to 12.3). */
export const REMOTE_STRING_MAX = 4_194_304;

/** XDR int. */
export const int: Layout<number> = {
  minBytes: 4,
  write: (writer, value) => {
    writer.writeInt(value);
  },
  read: (reader) => reader.readInt(),
};

/** XDR unsigned int; also `unsigned char` and `unsigned short`, which XDR widens to four bytes. */
export const uint: Layout<number> = {
  minBytes: 4,
  write: (writer, value) => {
    writer.writeUint(value);
  },
  read: (reader) => reader.readUint(),
};

/** An int used as a truth value; any non-zero reads as true, as in libvirt. */
export const bool: Layout<boolean> = {
  minBytes: 4,
  write: (writer, value) => {
    writer.writeInt(value ? 1 : 0);
  },
  read: (reader) => reader.readInt() !== 0,
};

/** XDR hyper. */
export const hyper: Layout<bigint> = {
  minBytes: 8,
  write: (writer, value) => {
    writer.writeHyper(value);
  },
  read: (reader) => reader.readHyper(),
};

/** XDR unsigned hyper. */
export const uhyper: Layout<bigint> = {
  minBytes: 8,
  write: (writer, value) => {
    writer.writeUhyper(value);
  },
  read: (reader) => reader.readUhyper(),
};

/** XDR double. */
export const double: Layout<number> = {
  minBytes: 8,
  write: (writer, value) => {
    writer.writeDouble(value);
  },
  read: (reader) => reader.readDouble(),
};

/** XDR string of at most `maxBytes` bytes of UTF-8. */
export function stringOf(maxBytes: number): Layout<string> {
  return {
    minBytes: 4,
    write: (writer, value) => {
      writer.writeString(value, maxBytes);
    },
    read: (reader) => reader.readString(maxBytes),
  };
}

/** remote_nonnull_string. */
export const string: Layout<string> = stringOf(REMOTE_STRING_MAX);

/** VIR_UUID_BUFLEN raw bytes on the wire; the dashed lower-case text in TypeScript. */
export const uuid: Layout<string> = {
  minBytes: 16,
  write: (writer, value) => {
    const hex = value.replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/iu.test(hex)) throw new XdrError(`"${value}" is no UUID`);
    writer.writeOpaque(Buffer.from(hex, 'hex'));
  },
  read: (reader) => {
    const hex = reader.readOpaque(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

/** XDR opaque of at most `maxBytes` bytes. What is read shares the message's memory. */
export function opaque(maxBytes: number): Layout<Uint8Array> {
  return {
    minBytes: 4,
    write: (writer, value) => {
      writer.writeVariableOpaque(value, maxBytes);
    },
    read: (reader) => reader.readVariableOpaque(maxBytes),
  };
}

/** `char name[length]`: each char takes four bytes on the wire. Reads up to the first NUL. */
export function chars(length: number): Layout<string> {
  return {
    minBytes: length * 4,
    write: (writer, value) => {
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length > length) throw new XdrError(`"${value}" is longer than ${String(length)} bytes`);
      for (let i = 0; i < length; i++) writer.writeInt(bytes[i] ?? 0);
    },
    read: (reader) => {
      const bytes = Buffer.alloc(length);
      for (let i = 0; i < length; i++) bytes[i] = reader.readInt() & 0xff;
      const end = bytes.indexOf(0);
      return bytes.toString('utf8', 0, end === -1 ? length : end);
    },
  };
}

/** `char data<maxLength>`: a count, then four bytes for each byte (SASL data). */
export function charArray(maxLength: number): Layout<Uint8Array> {
  return {
    minBytes: 4,
    write: (writer, value) => {
      writer.writeCount(value.length, maxLength);
      for (const byte of value) writer.writeInt(byte > 127 ? byte - 256 : byte);
    },
    read: (reader) => {
      const bytes = new Uint8Array(reader.readCount(maxLength, 4));
      for (let i = 0; i < bytes.length; i++) bytes[i] = reader.readInt() & 0xff;
      return bytes;
    },
  };
}

/** An XDR optional (a pointer in the .x file): `null` when absent. */
export function optional<T>(layout: Layout<T>): Layout<T | null> {
  return {
    minBytes: 4,
    write: (writer, value) => {
      writer.writeInt(value === null ? 0 : 1);
      if (value !== null) layout.write(writer, value);
    },
    read: (reader) => (reader.readInt() === 0 ? null : layout.read(reader)),
  };
}

/** An XDR array of at most `maxCount` elements. */
export function array<T>(layout: Layout<T>, maxCount: number): Layout<readonly T[]> {
  return {
    minBytes: 4,
    write: (writer, value) => {
      writer.writeCount(value.length, maxCount);
      for (const element of value) layout.write(writer, element);
    },
    read: (reader) => {
      const count = reader.readCount(maxCount, layout.minBytes);
      const elements: T[] = [];
      for (let i = 0; i < count; i++) elements.push(layout.read(reader));
      return elements;
    },
  };
}

/** The fields of a struct, in wire order. */
export type Fields = Readonly<Record<string, Layout<unknown>>>;

/** The value of a struct made of `F`. */
export type StructValue<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

/** An XDR struct: its fields one after another, in the order of the object's keys. */
export function struct<F extends Fields>(fields: F): Layout<StructValue<F>> {
  const entries = Object.entries(fields);
  return {
    minBytes: entries.reduce((sum, [, layout]) => sum + layout.minBytes, 0),
    write: (writer, value) => {
      for (const [name, layout] of entries) layout.write(writer, value[name]);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, layout] of entries) value[name] = layout.read(reader);
      return value as StructValue<F>;
    },
  };
}
