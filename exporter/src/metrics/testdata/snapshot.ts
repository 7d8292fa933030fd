// SPDX-License-Identifier: Apache-2.0
// A handmade host for tests: field names and units as libvirt 9.0.0 gives them, values chosen so that a wrong scale shows.

import type { DhcpLease, DomainStats } from '@vireo/libvirt';
import { METRIC_GROUPS } from '../../contract/groups.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import type { DomainXml } from '../../xml/domain-xml.ts';

/** 2026-11-20T12:00:00Z in milliseconds. */
export const T0 = 1_795_176_000_000;

export const WEB_UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

/** Statistics with the given groups; everything else empty. */
export function statsOf(name: string, uuid: string, groups: Partial<Omit<DomainStats, 'domain'>>): DomainStats {
  return {
    domain: { name, uuid, id: 1 },
    fields: new Map(),
    vcpu: new Map(),
    net: new Map(),
    block: new Map(),
    iothread: new Map(),
    ...groups,
  };
}

/** Fields from an object. */
export function fields(values: Record<string, number | string>): ReadonlyMap<string, number | string> {
  return new Map(Object.entries(values));
}

const PERF_EVENTS = [
  'cpu_clock',
  'task_clock',
  'cache_misses',
  'cache_references',
  'instructions',
  'cpu_cycles',
  'branch_instructions',
  'branch_misses',
  'bus_cycles',
  'stalled_cycles_frontend',
  'stalled_cycles_backend',
  'ref_cpu_cycles',
  'page_faults',
  'context_switches',
  'cpu_migrations',
  'page_faults_min',
  'page_faults_maj',
  'alignment_faults',
  'emulation_faults',
];

/** Every field the family table knows, for one domain with two vCPUs, two disks and two interfaces. */
export const WEB_STATS: DomainStats = statsOf('web', WEB_UUID, {
  fields: fields({
    'state.state': 1,
    'state.reason': 1,
    'cpu.time': 123_456_789_012_345,
    'cpu.user': 98_000_000_000,
    'cpu.system': 25_456_789_012,
    'cpu.haltpoll.success.time': 1_500_000,
    'cpu.haltpoll.fail.time': 2_500_000,
    'balloon.current': 2_097_152,
    'balloon.maximum': 4_194_304,
    'balloon.swap_in': 4,
    'balloon.swap_out': 8,
    'balloon.major_fault': 173,
    'balloon.minor_fault': 190_234,
    'balloon.unused': 1_000_000,
    'balloon.available': 2_040_000,
    'balloon.usable': 1_500_000,
    'balloon.last-update': 1_795_175_990,
    'balloon.disk_caches': 300_000,
    'balloon.hugetlb_pgalloc': 3,
    'balloon.hugetlb_pgfail': 1,
    'balloon.rss': 1_234_567,
    'vcpu.current': 2,
    'vcpu.maximum': 4,
    'block.count': 2,
    'net.count': 2,
    'iothread.count': 1,
    'dirtyrate.calc_status': 2,
    'dirtyrate.calc_start_time': 1_795_175_900,
    'dirtyrate.calc_period': 1,
    'dirtyrate.megabytes_per_second': 3,
    'dirtyrate.calc_mode': 'dirty-ring',
    'dirtyrate.vcpu.0.megabytes_per_second': 2,
    'vm.remote_tlb_flush.sum': 12,
    'vm.stall_ns.sum': 1_500_000_000,
    'vm.pages_4k.cur': 300,
    'vm.max_mmu_rmap_size.max': 5,
    'cpu.cache.monitor.count': 1,
    'cpu.cache.monitor.0.name': 'vcpus_0-3',
    'cpu.cache.monitor.0.vcpus': '0-3',
    'cpu.cache.monitor.0.bank.count': 2,
    'cpu.cache.monitor.0.bank.0.id': 0,
    'cpu.cache.monitor.0.bank.0.bytes': 4_505_600,
    'cpu.cache.monitor.0.bank.1.id': 1,
    'cpu.cache.monitor.0.bank.1.bytes': 5_586_944,
    'cpu.energy.monitor.count': 1,
    'cpu.energy.monitor.0.name': 'vcpus_0-3',
    'cpu.energy.monitor.0.pkg.count': 1,
    'cpu.energy.monitor.0.pkg.0.id': 0,
    'cpu.energy.monitor.0.pkg.0.core_energy': 100.25,
    'cpu.energy.monitor.0.pkg.0.activity': 1234.5,
    'memory.bandwidth.monitor.count': 1,
    'memory.bandwidth.monitor.0.name': 'vcpus_0-3',
    'memory.bandwidth.monitor.0.node.count': 1,
    'memory.bandwidth.monitor.0.node.0.id': 0,
    'memory.bandwidth.monitor.0.node.0.bytes.local': 5_000_000,
    'memory.bandwidth.monitor.0.node.0.bytes.total': 8_000_000,
    'perf.cmt': 4096,
    'perf.mbmt': 1_000_000,
    'perf.mbml': 900_000,
    ...Object.fromEntries(PERF_EVENTS.map((event, index) => [`perf.${event}`, 1000 + index])),
  }),
  vcpu: new Map([
    [
      0,
      fields({
        state: 1,
        time: 60_000_000_001,
        wait: 2_000_000,
        delay: 3_000_000,
        halted: 0,
        'exits.sum': 7,
        'halt_wait_ns.sum': 2_500_000_000,
        'blocking.cur': 1,
        'queue.max': 9,
      }),
    ],
    [3, fields({ state: 2, time: 63_456_789_012, wait: 0, delay: 1, halted: 1 })],
  ]),
  block: new Map([
    [
      0,
      fields({
        name: 'vda',
        path: '/var/lib/libvirt/images/web.qcow2',
        backingIndex: 1,
        'rd.reqs': 5000,
        'rd.bytes': 104_857_600,
        'rd.times': 7_500_000_000,
        'wr.reqs': 800,
        'wr.bytes': 8_388_608,
        'wr.times': 1_250_000_000,
        'fl.reqs': 40,
        'fl.times': 20_000_000,
        allocation: 1_073_741_824,
        capacity: 10_737_418_240,
        physical: 1_200_000_000,
        threshold: 5_000_000_000,
        errors: 2,
      }),
    ],
    [
      1,
      fields({
        name: 'vda',
        path: '/var/lib/libvirt/images/base.qcow2',
        backingIndex: 3,
        allocation: 0,
        capacity: 5_368_709_120,
        physical: 700_000_000,
        threshold: 600_000_000,
      }),
    ],
    [2, fields({ name: 'sda' })],
  ]),
  net: new Map([
    [
      0,
      fields({
        name: 'vnet3',
        'rx.bytes': 9_007_199_254_740_991,
        'rx.pkts': 12,
        'rx.errs': 1,
        'rx.drop': 2,
        'tx.bytes': 3000,
        'tx.pkts': 13,
        'tx.errs': 0,
        'tx.drop': 4,
      }),
    ],
    [1, fields({ 'rx.bytes': 77, 'tx.bytes': 78 })],
  ]),
  iothread: new Map([[1, fields({ 'poll-max-ns': 32_768, 'poll-grow': 0, 'poll-shrink': 0 })]]),
});

/** The facts of the same domain. */
export const WEB_XML: DomainXml = {
  hypervisorType: 'kvm',
  uuid: WEB_UUID,
  name: 'web',
  title: 'The "front" door\nof C:\\shop',
  osType: 'hvm',
  osArch: 'x86_64',
  osMachine: 'pc-q35-7.2',
  disks: [
    {
      targetDevice: 'vda',
      bus: 'virtio',
      type: 'file',
      device: 'disk',
      driverName: 'qemu',
      driverType: 'qcow2',
      cache: 'none',
      discard: 'unmap',
      sourceFile: '/var/lib/libvirt/images/web.qcow2',
      serial: 'WD-123',
      backing: [
        { type: 'file', index: 2, format: 'qcow2', sourceFile: '/var/lib/libvirt/images/base.qcow2' },
        { type: 'network', format: 'raw', sourceProtocol: 'rbd', sourceName: 'p/i', sourceHosts: 'mon1:6789' },
      ],
      limits: new Map(
        ['total', 'read', 'write'].flatMap((direction): [string, number][] => [
          [`${direction}_bytes_sec`, 1_048_576],
          [`${direction}_iops_sec`, 500],
          [`${direction}_bytes_sec_max`, 2_097_152],
          [`${direction}_iops_sec_max`, 900],
          [`${direction}_bytes_sec_max_length`, 3],
          [`${direction}_iops_sec_max_length`, 4],
          ['size_iops_sec', 4096],
        ]),
      ),
      limitGroup: 'slow',
    },
    {
      targetDevice: 'sda',
      bus: 'sata',
      type: 'network',
      device: 'cdrom',
      sourceProtocol: 'rbd',
      sourceName: 'iso/debian',
      sourceHosts: 'mon1:6789,mon2:6789',
    },
  ],
  interfaces: [
    {
      type: 'bridge',
      sourceBridge: 'br0',
      targetDevice: 'vnet3',
      macAddress: '52:54:00:12:34:56',
      modelType: 'virtio',
      mtuBytes: 9000,
      linkState: 'down',
      portId: '9f3e0000-1111',
      alias: 'net0',
      bandwidth: new Map([
        ['inbound.average', 1000],
        ['inbound.peak', 2000],
        ['inbound.burst', 512],
        ['inbound.floor', 100],
        ['outbound.average', 250],
        ['outbound.peak', 300],
        ['outbound.burst', 64],
      ]),
    },
    { type: 'hostdev', macAddress: '52:54:00:12:34:57', alias: 'hostdev0' },
  ],
  graphics: [
    { type: 'vnc', port: 5900, listen: '127.0.0.1' },
    { type: 'spice', socket: '/run/spice.sock' },
  ],
  tuning: {
    limits: new Map([
      ['cputune.shares', 2048],
      ...['', 'global_', 'emulator_', 'iothread_'].flatMap((thread): [string, number][] => [
        [`cputune.${thread}period`, 100_000],
        [`cputune.${thread}quota`, 50_000],
      ]),
      ['memtune.hard_limit', 4_294_967_296],
      ['memtune.soft_limit', 2_147_483_648],
      ['memtune.swap_hard_limit', 8_589_934_592],
      ['memtune.min_guarantee', 1_073_741_824],
    ]),
    vcpuPins: [{ id: 0, cpuset: '0-3,^2' }],
    iothreadPins: [{ id: 1, cpuset: '5' }],
    placement: new Map([
      ['cpuset', '0-7'],
      ['emulator_cpuset', '1-3'],
      ['numa_mode', 'strict'],
      ['numa_nodeset', '0'],
      ['numa_placement', 'static'],
      ['memory_source', 'memfd'],
      ['memory_access', 'shared'],
      ['memory_locked', 'true'],
    ]),
    numaCells: [{ cell: 0, mode: 'strict', nodeset: '1' }],
    hugepages: [{ sizeBytes: 2_097_152, nodeset: '0' }, {}],
  },
  metadata: new Map([['owner', 'Ops & "co"']]),
  balloonModel: 'virtio',
  balloonStatsPeriodSeconds: 10,
  guestAgentChannel: true,
  guestAgentState: 'connected',
  nova: {
    instanceName: 'shop-web-1',
    flavorName: 'm1.small',
    userName: 'alice',
    userId: 'd0a1',
    projectName: 'shop',
    projectId: '0f1e',
    rootType: 'image',
    rootId: '1111-2222',
    createdAt: Date.UTC(2026, 2, 1, 10, 11, 12),
  },
};

/** A domain with everything. */
export const WEB: DomainSnapshot = {
  uuid: WEB_UUID,
  name: 'web',
  id: 7,
  state: 'running',
  reason: 'booted',
  startedAt: T0 - 7_200_000,
  persistent: true,
  autostart: false,
  xml: WEB_XML,
  stats: WEB_STATS,
  statsAt: T0 - 1500,
  observed: {
    cpuOfVcpu: new Map([[0, 5]]),
    blockJobs: [{ target: 'vda', type: 'copy', current: 500, end: 1000, bandwidthBytesPerSecond: 1048576 }],
    diskErrors: [{ target: 'vda', error: 'no-space' }],
    addresses: [{ mac: '52:54:00:12:34:56', family: 'ipv4', address: '192.168.122.10', source: 'lease' }],
    snapshots: { count: 3, newestAt: T0 / 1000 - 60, oldestAt: T0 / 1000 - 3600, current: 'before "upgrade"' },
    checkpoints: { count: 2, newestAt: T0 / 1000 - 60, oldestAt: T0 / 1000 - 3600 },
    guest: {
      responding: true,
      hostname: 'web.example',
      osId: 'debian',
      osName: 'Debian GNU/Linux 12 (bookworm)',
      osVersionId: '12',
      kernelRelease: '6.1.0',
      machine: 'x86_64',
      timezone: 'CET',
      timezoneOffsetSeconds: 3600,
      userCount: 2,
      fileSystems: [{ mountPoint: '/', device: 'vda1', type: 'ext4', totalBytes: 1e9, usedBytes: 4e8 }],
    },
  },
  job: {
    type: 'unbounded',
    fields: fields({
      operation: 5,
      time_elapsed: 1500,
      time_remaining: 2500,
      data_total: 1000,
      data_processed: 600,
      data_remaining: 400,
      memory_total: 900,
      memory_processed: 500,
      memory_remaining: 399,
      disk_total: 100,
      disk_processed: 99,
      disk_remaining: 1,
      memory_bps: 125_000_000,
      disk_bps: 1_000_000,
      memory_dirty_rate: 4321,
      memory_page_size: 4096,
      memory_iteration: 3,
      memory_postcopy_requests: 0,
      downtime: 300,
      setup_time: 12,
      auto_converge_throttle: 20,
      time_elapsed_net: 1400,
      downtime_net: 250,
      memory_constant: 11,
      memory_normal: 12,
      memory_normal_bytes: 49_152,
      disk_temp_used: 65_536,
      disk_temp_total: 131_072,
      compression_cache: 67_108_864,
      compression_bytes: 13,
      compression_pages: 14,
      compression_cache_misses: 15,
      compression_overflow: 16,
    }),
  },
};

/** A domain whose emulator stands still: what the bulk call gives without it. */
export const FROZEN: DomainSnapshot = {
  uuid: '11111111-2222-3333-4444-555555555555',
  name: 'frozen',
  id: 8,
  state: 'running',
  reason: 'unknown',
  persistent: false,
  stats: statsOf('frozen', '11111111-2222-3333-4444-555555555555', {
    fields: fields({ 'cpu.time': 5_000_000_000, 'balloon.current': 1024 }),
    block: new Map([[0, fields({ name: 'vda', path: '/var/lib/libvirt/images/frozen.qcow2' })]]),
  }),
  trouble: { since: T0 - 60_000, controlState: 'occupied', controlStateMs: 61_500 },
};

/** A domain that is off. */
export const OFF: DomainSnapshot = {
  uuid: '99999999-8888-7777-6666-555555555555',
  name: 'off',
  id: -1,
  state: 'shutoff',
  reason: 'destroyed',
  persistent: true,
  autostart: true,
  xml: {
    hypervisorType: 'kvm',
    uuid: '99999999-8888-7777-6666-555555555555',
    name: 'off',
    disks: [],
    interfaces: [],
    graphics: [],
    memoryBytes: 2_147_483_648,
    vcpuMaximum: 4,
    guestAgentChannel: false,
  },
};

/** A host with the given domains and nothing else. */
export function hostWith(domains: readonly DomainSnapshot[], more: Partial<HostSnapshot> = {}): HostSnapshot {
  return {
    host: 'kvm1',
    uri: 'qemu+ssh://root@kvm1/system',
    simulated: false,
    state: { kind: 'up', since: T0 - 3_600_000 },
    groups: new Set(METRIC_GROUPS),
    generation: 1,
    domains: new Map(domains.map((domain) => [domain.uuid, domain])),
    domainsKnown: true,
    pools: [],
    polls: new Map(),
    ...more,
  };
}

function lease(facts: Partial<DhcpLease> & Pick<DhcpLease, 'address'>): DhcpLease {
  return {
    interface: 'virbr0',
    expiresAtSeconds: null,
    family: 'ipv4',
    mac: null,
    iaid: null,
    prefixLength: 24,
    hostname: null,
    clientId: null,
    ...facts,
  };
}

/** A host with everything; every family of the table has a series. */
export const KVM1: HostSnapshot = hostWith([WEB, FROZEN, OFF], {
  facts: {
    hostname: 'kvm1.example',
    driver: 'QEMU',
    hypervisorVersion: '7.2.22',
    libvirtVersion: '9.0.0',
    node: {
      cpuModel: 'x86_64',
      memoryBytes: 34_359_738_368,
      cpuCount: 16,
      mhz: 2800,
      numaNodeCount: 1,
      socketsPerNode: 1,
      coresPerSocket: 8,
      threadsPerCore: 2,
    },
  },
  node: {
    cpuNsByMode: new Map([
      ['kernel', 1_000_000_000_000],
      ['user', 2_500_000_000],
      ['idle', 9_000_000_000_000],
      ['iowait', 0],
    ]),
    memoryBytesByKind: new Map([
      ['total', 34_359_738_368],
      ['free', 1_073_741_824],
      ['buffers', 1024],
      ['cached', 2048],
    ]),
    freeMemoryBytes: 1_073_741_824,
  },
  pools: [
    {
      uuid: 'aaaaaaaa-0000-0000-0000-000000000001',
      name: 'default',
      state: 'running',
      capacityBytes: 500_000_000_000,
      allocationBytes: 200_000_000_000,
      availableBytes: 300_000_000_000,
      autostart: true,
      persistent: true,
      volumes: 12,
      volumeList: [
        { name: 'a "b".qcow2', type: 'file', capacityBytes: 21_474_836_480, allocationBytes: 1_048_576 },
        { name: 'install.iso', type: 'file', capacityBytes: 1000, allocationBytes: 4096 },
      ],
      timedOut: false,
    },
    { uuid: 'aaaaaaaa-0000-0000-0000-000000000002', name: 'nfs', timedOut: true },
  ],
  filteredDomains: 2,
  networks: [
    {
      uuid: 'bbbbbbbb-0000-0000-0000-000000000001',
      name: 'default',
      active: true,
      autostart: true,
      persistent: true,
      bridge: 'virbr0',
      leases: 3,
      leaseList: [
        lease({
          address: '192.168.122.10',
          mac: '52:54:00:00:00:01',
          hostname: 'web',
          expiresAtSeconds: T0 / 1000 + 3600,
        }),
        lease({ address: 'fd00::10', family: 'ipv6', expiresAtSeconds: null }),
      ],
    },
    {
      uuid: 'bbbbbbbb-0000-0000-0000-000000000002',
      name: 'lab',
      active: false,
      autostart: false,
      persistent: true,
    },
  ],
  cells: [
    {
      cell: 0,
      memoryBytes: 17_179_869_184,
      freeBytes: 1_073_741_824,
      cpus: 8,
      hugepages: [
        { sizeBytes: 2_097_152, total: 512, free: 100 },
        { sizeBytes: 1_073_741_824, total: 0 },
      ],
    },
    { cell: 2, memoryBytes: 17_179_869_184, freeBytes: 0 },
  ],
  events: [
    { event: 'stopped', detail: 'crashed', count: 2 },
    { event: 'watchdog', detail: '', count: 1 },
  ],
  polls: new Map([
    ['inventory', { success: true, durationSeconds: 0.012, lastSuccessAt: T0 - 500 }],
    ['statistics', { success: false, durationSeconds: 2, lastSuccessAt: T0 - 5500 }],
    ['pools', { success: false, durationSeconds: 0.5 }],
  ]),
});

/** A host that is gone for longer than its last inventory is worth. */
export const KVM2: HostSnapshot = hostWith([], {
  host: 'kvm2',
  state: {
    kind: 'lost',
    since: T0 - 90_000,
    error: { code: 'LV_CONN_REFUSED', message: 'connect failed: kvm2: nothing listens there' },
    nextAttemptAt: T0 + 5000,
  },
  domainsKnown: false,
  polls: new Map([['inventory', { success: false, durationSeconds: 0.001, lastSuccessAt: T0 - 95_000 }]]),
});

/** A member of the simulated fleet that is coming up. */
export const DEMO: HostSnapshot = hostWith([], {
  host: 'demo',
  simulated: true,
  state: { kind: 'connecting', since: T0 },
  domainsKnown: false,
});
