// SPDX-License-Identifier: Apache-2.0
// Bulk statistics of domains. Thousands of parameters come every few seconds, so besides the plain declaration there is
// a decoder that reads the wire straight into what metrics are made of: numbers as doubles, each name split once.

import { string, struct, uint } from './layout.ts';
import type { Layout } from './layout.ts';
import { REMOTE_PROGRAM, remoteProcedure } from './procedure.ts';
import type { Procedure } from './procedure.ts';
import { StatFieldsBuilder, StatShapes } from './stat-fields.ts';
import type { CompactFields, StatColumn, StatFields } from './stat-fields.ts';
import { VIR_TYPED_PARAM, typedParams, unknownTypedParam } from './typed-params.ts';
import { LIST_MAX, domain, listOf } from './types.ts';
import type { DomainRef } from './types.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import type { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';

/** REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX: parameters of one domain. */
const PARAMS_MAX = 262_144;

/** virDomainStatsTypes */
export const VIR_DOMAIN_STATS = {
  VIR_DOMAIN_STATS_STATE: 1,
  VIR_DOMAIN_STATS_CPU_TOTAL: 2,
  VIR_DOMAIN_STATS_BALLOON: 4,
  VIR_DOMAIN_STATS_VCPU: 8,
  VIR_DOMAIN_STATS_INTERFACE: 16,
  VIR_DOMAIN_STATS_BLOCK: 32,
  VIR_DOMAIN_STATS_PERF: 64,
  VIR_DOMAIN_STATS_IOTHREAD: 128,
  VIR_DOMAIN_STATS_MEMORY: 256,
  VIR_DOMAIN_STATS_DIRTYRATE: 512,
  VIR_DOMAIN_STATS_VM: 1024,
} as const;

/** virConnectGetAllDomainStatsFlags, but for the filters it shares with the list of domains. */
export const VIR_CONNECT_GET_ALL_DOMAINS_STATS = {
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE: 1,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE: 2,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: 0x2000_0000,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING: 0x4000_0000,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS: 0x8000_0000,
} as const;

const args = { doms: listOf(domain), stats: uint, flags: uint };

/** No `doms` means all that pass the filter bits of `flags`; vanished ones are left out of the reply. */
export const CONNECT_GET_ALL_DOMAIN_STATS = remoteProcedure(344, 'CONNECT_GET_ALL_DOMAIN_STATS', {
  args,
  ret: { retStats: listOf(struct({ dom: domain, params: typedParams(PARAMS_MAX) })) },
});

/** What the daemon could say about one domain. What is missing is not known, never zero. */
export interface DomainStats {
  readonly domain: DomainRef;
  /** Under libvirt's whole name: 'state.state', 'cpu.time', 'vcpu.current', 'block.count', 'vm.remote_tlb_flush.sum'. */
  readonly fields: StatFields;
  /** By virtual CPU; names without 'vcpu.N.': 'time', 'halt_exits.sum'. */
  readonly vcpu: ReadonlyMap<number, StatFields>;
  /** By position, which may shift after hot-plug: 'name' says which device it is. */
  readonly net: ReadonlyMap<number, StatFields>;
  /** By position, like `net`; 'name', 'path', 'rd.bytes', ... */
  readonly block: ReadonlyMap<number, StatFields>;
  /** By I/O thread id. */
  readonly iothread: ReadonlyMap<number, StatFields>;
}

/**
 * CONNECT_GET_ALL_DOMAIN_STATS whose reply is read by a {@link domainStatsRecord} of its own, each record when it is
 * asked for: ten thousand domains are too many to decode in one go. Going through them throws XdrError.
 */
export function fastDomainStats(): Procedure<
  { readonly doms: readonly DomainRef[]; readonly stats: number; readonly flags: number },
  { readonly retStats: Iterable<DomainStats> }
> {
  return {
    program: REMOTE_PROGRAM,
    number: CONNECT_GET_ALL_DOMAIN_STATS.number,
    name: CONNECT_GET_ALL_DOMAIN_STATS.name,
    args: struct(args),
    ret: struct({ retStats: oneByOne(domainStatsRecord(), LIST_MAX) }),
  };
}

/** As `array`, but each element is read when it is asked for. Nothing may be read behind it. */
function oneByOne<T>(layout: Layout<T>, maxCount: number): Layout<Iterable<T>> {
  return {
    minBytes: 4,
    write: () => {
      throw new XdrError('a list to be read one by one is never written');
    },
    read: (reader) => {
      const count = reader.readCount(maxCount, layout.minBytes);
      return (function* () {
        for (let i = 0; i < count; i++) yield layout.read(reader);
      })();
    },
  };
}

type Group = 'vcpu' | 'net' | 'block' | 'iothread';

/** Where a parameter goes: `group` null is `fields`. */
interface Place {
  readonly field: string;
  /** Its name and type as they lie on the wire. */
  readonly bytes: Buffer;
  readonly type: number;
  readonly group: Group | null;
  readonly index: number;
  readonly column: StatColumn;
  /** What followed it last time, and so most likely does again. */
  next: Place | undefined;
}

const INDEXED = /^(?<group>vcpu|net|block|iothread)\.(?<index>\d{1,9})\.(?<key>.+)$/u;

/** More names than any fleet has; a daemon that makes up names cannot make the memory grow. */
const PLACES_MAX = 65_536;

/** remote_domain_stats_record, read only. Make one for each connection: it remembers the names it has split. */
export function domainStatsRecord(): Layout<DomainStats> {
  const places = new Places();
  const shapes = new StatShapes();
  const fields = new StatFieldsBuilder(shapes);
  const devices = new DevicesBuilder(shapes);
  return {
    minBytes: 28,
    write: () => {
      throw new XdrError('a statistics record has lost its types: write CONNECT_GET_ALL_DOMAIN_STATS instead');
    },
    read: (reader) => {
      const dom = domain.read(reader);
      fields.begin();
      devices.begin();
      const count = reader.readCount(PARAMS_MAX, 12);
      let last: Place | undefined;
      for (let i = 0; i < count; i++) {
        const place = places.read(reader, last);
        last = place;
        const { group, column } = place;
        const target = group === null ? fields : devices.at(group, place.index);
        if (column.isText) target.addText(column, string.read(reader));
        else target.addNumber(column, readNumber(reader, place.type));
      }
      return { domain: dom, fields: fields.finish(), ...devices.finish() };
    },
  };
}

/** The names that were met, each split once. */
class Places {
  readonly #known = new Map<string, Place>();
  readonly #columns = new Map<string, StatColumn>();
  #first: Place | undefined;

  /** Reads name and type of the parameter that comes after `last`. */
  read(reader: XdrReader, last: Place | undefined): Place {
    const expected = last === undefined ? this.#first : last.next;
    if (expected !== undefined && reader.skipIf(expected.bytes)) return expected;
    const place = this.#placeOf(string.read(reader), reader.readInt());
    if (last === undefined) this.#first = place;
    else last.next = place;
    return place;
  }

  #placeOf(field: string, type: number): Place {
    const id = `${String(type)} ${field}`;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (!TYPES.has(type)) throw unknownTypedParam(field, type);
    if (this.#known.size >= PLACES_MAX) {
      this.#known.clear();
      this.#columns.clear();
    }
    const { group, index, key } = INDEXED.exec(field)?.groups ?? {};
    const writer = new XdrWriter(field.length + 12);
    string.write(writer, field);
    writer.writeInt(type);
    const named = { field, type, bytes: writer.bytes(), next: undefined };
    const place: Place =
      group === undefined || index === undefined || key === undefined
        ? { ...named, group: null, index: 0, column: this.#columnOf(field, type) }
        : { ...named, group: group as Group, index: Number(index), column: this.#columnOf(key, type) };
    this.#known.set(id, place);
    return place;
  }

  #columnOf(name: string, type: number): StatColumn {
    const isText = type === VIR_TYPED_PARAM.VIR_TYPED_PARAM_STRING;
    const id = `${String(isText)} ${name}`;
    const column = this.#columns.get(id) ?? { name, isText };
    this.#columns.set(id, column);
    return column;
  }
}

/** What most domains have of one group or another. */
const NO_DEVICES: ReadonlyMap<number, StatFields> = new Map();

type Devices = Pick<DomainStats, Group>;

/** Collects the devices of one domain; the parameters of one device mostly come together. */
class DevicesBuilder {
  readonly #builder: StatFieldsBuilder;
  #groups: Partial<Record<Group, Map<number, CompactFields>>> = {};
  #group: Group | undefined;
  #index = 0;

  constructor(shapes: StatShapes) {
    this.#builder = new StatFieldsBuilder(shapes);
  }

  begin(): void {
    this.#groups = {};
    this.#group = undefined;
  }

  at(group: Group, index: number): StatFieldsBuilder {
    if (group !== this.#group || index !== this.#index) {
      this.#keep();
      this.#builder.begin(this.#groups[group]?.get(index));
      this.#group = group;
      this.#index = index;
    }
    return this.#builder;
  }

  finish(): Devices {
    this.#keep();
    const { vcpu = NO_DEVICES, net = NO_DEVICES, block = NO_DEVICES, iothread = NO_DEVICES } = this.#groups;
    return { vcpu, net, block, iothread };
  }

  #keep(): void {
    if (this.#group === undefined) return;
    const devices = (this.#groups[this.#group] ??= new Map<number, CompactFields>());
    devices.set(this.#index, this.#builder.finish());
  }
}

const TYPES: ReadonlySet<number> = new Set(Object.values(VIR_TYPED_PARAM));

function readNumber(reader: XdrReader, type: number): number {
  switch (type) {
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_ULLONG:
      return reader.readUhyperAsDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_UINT:
      return reader.readUint();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_LLONG:
      return reader.readHyperAsDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_DOUBLE:
      return reader.readDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_BOOLEAN:
      return reader.readInt() === 0 ? 0 : 1;
    default:
      return reader.readInt();
  }
}
