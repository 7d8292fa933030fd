// SPDX-License-Identifier: Apache-2.0
// What a metric family is: its name, type, labels, and which libvirt field it comes from in which unit. The families
// themselves are in the metrics-*.ts tables; the encoder, the docs and the plugin all read those.

/** `info` is always 1 and carries facts as labels; `stateset` has one 0/1 series per state, exactly one of them 1. */
export type MetricType = 'counter' | 'gauge' | 'info' | 'stateset';

/** How a libvirt value becomes a base unit: `value * multiply / divide`. One of the two is always 1, so ns stay exact. */
export const SCALES = {
  asIs: { multiply: 1, divide: 1, libvirtUnit: '' },
  nsToSeconds: { multiply: 1, divide: 1e9, libvirtUnit: 'ns' },
  usToSeconds: { multiply: 1, divide: 1e6, libvirtUnit: 'µs' },
  msToSeconds: { multiply: 1, divide: 1e3, libvirtUnit: 'ms' },
  kbToBytes: { multiply: 1000, divide: 1, libvirtUnit: 'kB' },
  kibToBytes: { multiply: 1024, divide: 1, libvirtUnit: 'KiB' },
  mibToBytes: { multiply: 1024 * 1024, divide: 1, libvirtUnit: 'MiB' },
  mhzToHertz: { multiply: 1e6, divide: 1, libvirtUnit: 'MHz' },
  percentToRatio: { multiply: 1, divide: 100, libvirtUnit: '%' },
} as const satisfies Record<string, { multiply: number; divide: number; libvirtUnit: string }>;
/** One of {@link SCALES}. */
export type Scale = keyof typeof SCALES;

/**
 * Where a statistic stands in libvirt's answer, the last three in the domain's XML; the indexed groups have one series
 * per device.
 */
export type StatisticGroup =
  'domain' | 'vcpu' | 'block' | 'backing' | 'net' | 'iothread' | 'job' | 'iotune' | 'bandwidth' | 'tune';

/** Where the value of a family comes from. */
export type MetricSource =
  /** One field of CONNECT_GET_ALL_DOMAIN_STATS, DOMAIN_GET_JOB_STATS or the XML, scaled; absent when libvirt omits it. */
  | { readonly kind: 'statistic'; readonly group: StatisticGroup; readonly field: string; readonly scale: Scale }
  /** Something the snapshot of a host says; `from` names the libvirt call, element or part of Vireo behind it. */
  | { readonly kind: 'fact'; readonly from: string }
  /** Vireo about its own process, kept by its client library and not per snapshot. */
  | { readonly kind: 'process'; readonly from: string };

/** What other exporters call the same thing: {@link SAME}, or their name where it differs. */
export interface PeerNames {
  /** inovex/prometheus-libvirt-exporter 2.5. */
  readonly inovex?: string;
  /** Tinkoff/libvirt-exporter 2.3. */
  readonly tinkoff?: string;
}

/** The peer uses our name. */
export const SAME = 'same name';

/** One metric family. */
export interface MetricFamily {
  /** As exposed in text format 0.0.4; counters end in `_total`, info families in `_info`. */
  readonly name: string;
  readonly type: MetricType;
  /** One sentence with a full stop; names the source. */
  readonly help: string;
  /** The base unit the name ends in ("seconds", "bytes"), or nothing. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly source: MetricSource;
  /** libvirt says 0 for "never" or "not known" here, so 0 makes no series. */
  readonly zeroIsUnknown: boolean;
  readonly peers: PeerNames;
}

/** What a table says of a family that is not one plain statistic; the key of the table is its name. */
export interface FactSpec {
  readonly type: MetricType;
  readonly labels: readonly string[];
  /** The help sentence without its source and full stop. */
  readonly what: string;
  /** The libvirt call or XML element, or the part of Vireo, the value comes from. */
  readonly from: string;
  readonly peers?: PeerNames;
}

const UNIT = /_((?:bytes|pages|requests)_per_second|seconds|bytes|hertz|ratio|joules|farads)(?:_total)?$/;

function unitOf(name: string): string {
  return UNIT.exec(name)?.[1] ?? '';
}

/** Builds a family from one entry of a table of facts. */
export function factFamily(kind: 'fact' | 'process', name: string, spec: FactSpec): MetricFamily {
  return {
    name,
    type: spec.type,
    help: `${spec.what} (${spec.from}).`,
    unit: unitOf(name),
    labels: spec.labels,
    source: { kind, from: spec.from },
    zeroIsUnknown: false,
    peers: spec.peers ?? {},
  };
}

const GROUP_LABELS: Record<StatisticGroup, readonly string[]> = {
  domain: ['host', 'domain'],
  vcpu: ['host', 'domain', 'vcpu'],
  block: ['host', 'domain', 'target_device'],
  backing: ['host', 'domain', 'target_device', 'index'],
  net: ['host', 'domain', 'target_device'],
  iothread: ['host', 'domain', 'iothread'],
  job: ['host', 'domain'],
  iotune: ['host', 'domain', 'target_device'],
  bandwidth: ['host', 'domain', 'target_device'],
  tune: ['host', 'domain'],
};

const GROUP_PREFIX: Record<StatisticGroup, string> = {
  domain: 'libvirt statistics ',
  vcpu: 'libvirt statistics vcpu.N.',
  block: 'libvirt statistics block.N.',
  backing: 'libvirt statistics with backing images, block.N.',
  net: 'libvirt statistics net.N.',
  iothread: 'libvirt statistics iothread.ID.',
  job: 'libvirt job statistics ',
  iotune: 'libvirt domain XML devices/disk/iotune/',
  bandwidth: 'libvirt domain XML devices/interface/bandwidth ',
  tune: 'libvirt domain XML ',
};

/** The libvirt field behind a statistic, as shown in help and docs: "libvirt statistics block.N.rd.times, in ns". */
export function statisticText(group: StatisticGroup, field: string, scale: Scale): string {
  const { libvirtUnit } = SCALES[scale];
  return `${GROUP_PREFIX[group]}${field}${libvirtUnit === '' ? '' : `, in ${libvirtUnit}`}`;
}

/** Options of a statistic family. */
export interface StatisticOptions {
  readonly scale?: Scale;
  readonly zeroIsUnknown?: true;
  readonly peers?: PeerNames;
}

/** Declares one family that is one field. */
export type DeclareStatistic = (name: string, field: string, what: string, options?: StatisticOptions) => MetricFamily;

/** The two ways to declare a family that is one field of one group of statistics. */
export interface StatisticTable {
  readonly counter: DeclareStatistic;
  readonly gauge: DeclareStatistic;
}

/** Declares families of one group. */
export function statisticsOf(group: StatisticGroup): StatisticTable {
  const family = (
    type: 'counter' | 'gauge',
    name: string,
    field: string,
    what: string,
    options: StatisticOptions = {},
  ): MetricFamily => {
    const scale = options.scale ?? 'asIs';
    return {
      name,
      type,
      help: `${what} (${statisticText(group, field, scale)}).`,
      unit: unitOf(name),
      labels: GROUP_LABELS[group],
      source: { kind: 'statistic', group, field, scale },
      zeroIsUnknown: options.zeroIsUnknown ?? false,
      peers: options.peers ?? {},
    };
  };
  return {
    counter: (name, field, what, options) => family('counter', name, field, what, options),
    gauge: (name, field, what, options) => family('gauge', name, field, what, options),
  };
}
