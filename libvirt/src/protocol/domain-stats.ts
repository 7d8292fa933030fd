// SPDX-License-Identifier: Apache-2.0
// Bulk statistics of domains. Thousands of parameters come every few seconds, so besides the plain declaration there is
// a decoder that reads the wire straight into the maps metrics are made of: numbers as doubles, each name split once.

import { string, struct, uint } from './layout.ts';
import type { Layout } from './layout.ts';
import { REMOTE_PROGRAM, remoteProcedure } from './procedure.ts';
import type { Procedure } from './procedure.ts';
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

/** Some statistics by name: libvirt's units, 64-bit counters as doubles (exact up to 2^53), booleans as 0 and 1. */
export type StatFields = ReadonlyMap<string, number | string>;

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
  /** The name as it lies on the wire. */
  readonly bytes: Buffer;
  readonly group: Group | null;
  readonly index: number;
  readonly key: string;
  /** What followed it last time, and so most likely does again. */
  next: Place | undefined;
}

const INDEXED = /^(?<group>vcpu|net|block|iothread)\.(?<index>\d{1,9})\.(?<key>.+)$/u;

/** More names than any fleet has; a daemon that makes up names cannot make the memory grow. */
const PLACES_MAX = 65_536;

/** remote_domain_stats_record, read only. Make one for each connection: it remembers the names it has split. */
export function domainStatsRecord(): Layout<DomainStats> {
  const places = new Map<string, Place>();
  let first: Place | undefined;

  function placeOf(field: string): Place {
    const known = places.get(field);
    if (known !== undefined) return known;
    if (places.size >= PLACES_MAX) places.clear();
    const place = split(field);
    places.set(field, place);
    return place;
  }

  return {
    minBytes: 28,
    write: () => {
      throw new XdrError('a statistics record has lost its types: write CONNECT_GET_ALL_DOMAIN_STATS instead');
    },
    read: (reader) => {
      const dom = domain.read(reader);
      const fields = new Map<string, number | string>();
      const groups = { vcpu: new Groups(), net: new Groups(), block: new Groups(), iothread: new Groups() };
      const count = reader.readCount(PARAMS_MAX, 12);
      let last: Place | undefined;
      for (let i = 0; i < count; i++) {
        let place: Place | undefined = last === undefined ? first : last.next;
        if (place === undefined || !reader.skipIf(place.bytes)) {
          place = placeOf(string.read(reader));
          if (last === undefined) first = place;
          else last.next = place;
        }
        last = place;
        const { group, index, key } = place;
        const value = readValue(reader, place.field);
        if (group === null) fields.set(key, value);
        else groups[group].at(index).set(key, value);
      }
      return {
        domain: dom,
        fields,
        vcpu: groups.vcpu.byIndex,
        net: groups.net.byIndex,
        block: groups.block.byIndex,
        iothread: groups.iothread.byIndex,
      };
    },
  };
}

/** The maps of one group; parameters of one index come together, so the last map is kept at hand. */
class Groups {
  readonly byIndex = new Map<number, Map<string, number | string>>();
  #index = -1;
  #fields = new Map<string, number | string>();

  at(index: number): Map<string, number | string> {
    if (index === this.#index) return this.#fields;
    const fields = this.byIndex.get(index) ?? new Map<string, number | string>();
    this.byIndex.set(index, fields);
    this.#index = index;
    this.#fields = fields;
    return fields;
  }
}

function split(field: string): Place {
  const { group, index, key } = INDEXED.exec(field)?.groups ?? {};
  const writer = new XdrWriter(field.length + 8);
  string.write(writer, field);
  const named = { field, bytes: writer.bytes(), next: undefined };
  if (group === undefined || index === undefined || key === undefined)
    return { ...named, group: null, index: 0, key: field };
  return { ...named, group: group as Group, index: Number(index), key };
}

function readValue(reader: XdrReader, field: string): number | string {
  const type = reader.readInt();
  switch (type) {
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_ULLONG:
      return reader.readUhyperAsDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_INT:
      return reader.readInt();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_UINT:
      return reader.readUint();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_LLONG:
      return reader.readHyperAsDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_DOUBLE:
      return reader.readDouble();
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_BOOLEAN:
      return reader.readInt() === 0 ? 0 : 1;
    case VIR_TYPED_PARAM.VIR_TYPED_PARAM_STRING:
      return string.read(reader);
    default:
      throw unknownTypedParam(field, type);
  }
}
