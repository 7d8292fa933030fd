// SPDX-License-Identifier: Apache-2.0
// One host's snapshot to samples: the host itself, its pools, its polls, and every domain.

import { DOMAIN_STATES, libvirtNumber, STORAGE_POOL_STATES } from '../contract/libvirt-states.ts';
import { memoryOf } from '../hosts/host-memory.ts';
import type {
  DomainSnapshot,
  HostFacts,
  HostSnapshot,
  NodeSnapshot,
  PoolSnapshot,
  VolumeSnapshot,
} from '../hosts/snapshot.ts';
import { DomainSegments } from './domain-segments.ts';
import { encodeAllocation, encodeCells, encodeEvents, encodeNetworks } from './encode-resources.ts';
import { closeLabels, familyIndex, openLabels, SampleWriter } from './exposition.ts';
import type { LabelPairs } from './exposition.ts';
import type { Fragments, SampleMemory } from './sample-lines.ts';

const UP = familyIndex('libvirt_up');
const VERSIONS_INFO = familyIndex('libvirt_versions_info');
const HOST_INFO = familyIndex('libvirt_host_info');
const CPUS = familyIndex('libvirt_host_cpus');
const CPU_FREQUENCY = familyIndex('libvirt_host_cpu_frequency_hertz');
const NUMA_NODES = familyIndex('libvirt_host_numa_nodes');
const SOCKETS_PER_NODE = familyIndex('libvirt_host_sockets_per_numa_node');
const CORES_PER_SOCKET = familyIndex('libvirt_host_cores_per_socket');
const THREADS_PER_CORE = familyIndex('libvirt_host_threads_per_core');
const MEMORY_TOTAL = familyIndex('libvirt_host_memory_total_bytes');
const MEMORY_FREE = familyIndex('libvirt_host_memory_free_bytes');
const MEMORY_STATS = familyIndex('libvirt_host_memory_stats_bytes');
const CPU_SECONDS = familyIndex('libvirt_host_cpu_seconds_total');
const DOMAINS = familyIndex('libvirt_domains');
const DOMAINS_BY_STATE = familyIndex('libvirt_domains_by_state');
const POOL_STATE = familyIndex('libvirt_storage_pool_state');
const POOL_CAPACITY = familyIndex('libvirt_storage_pool_capacity_bytes');
const POOL_ALLOCATION = familyIndex('libvirt_storage_pool_allocation_bytes');
const POOL_AVAILABLE = familyIndex('libvirt_storage_pool_available_bytes');
const POOL_AUTOSTART = familyIndex('libvirt_storage_pool_autostart');
const POOL_PERSISTENT = familyIndex('libvirt_storage_pool_persistent');
const POOL_VOLUMES = familyIndex('libvirt_storage_pool_volumes');
const VOLUME_INFO = familyIndex('libvirt_storage_volume_info');
const VOLUME_CAPACITY = familyIndex('libvirt_storage_volume_capacity_bytes');
const VOLUME_ALLOCATION = familyIndex('libvirt_storage_volume_allocation_bytes');
const VOLUMES_LEFT_OUT = familyIndex('libvirt_storage_pool_volumes_left_out');
const POOL_TIMED_OUT = familyIndex('libvirt_storage_pool_timed_out');
const VIREO_HOST_INFO = familyIndex('vireo_host_info');
const CONNECTION_STATE = familyIndex('vireo_host_connection_state');
const CONNECTION_ERROR = familyIndex('vireo_host_connection_error_info');
const SNAPSHOT_AT = familyIndex('vireo_host_snapshot_timestamp_seconds');
const SERIES = familyIndex('vireo_host_series');
const FILTERED = familyIndex('vireo_host_filtered_domains');
const UNLABELLED = familyIndex('vireo_host_unlabelled_objects');
const POLL_DURATION = familyIndex('vireo_poll_duration_seconds');
const POLL_SUCCESS = familyIndex('vireo_poll_success');
const POLL_LAST_SUCCESS = familyIndex('vireo_poll_last_success_timestamp_seconds');

const NO_DOMAINS: ReadonlyMap<string, DomainSnapshot> = new Map();
const CONNECTION_STATES = ['connecting', 'up', 'lost'] as const;

/** Encodes the snapshots of one host; keeps the label text of its domains from one to the next. */
export class HostEncoder {
  private readonly open: string;
  private readonly plain: string;
  private readonly writer: SampleWriter;
  private readonly domains: DomainSegments;

  /** @param memory may be shared with other encoders; {@link newSampleMemory} makes it */
  constructor(host: string, memory?: SampleMemory) {
    this.open = openLabels([['host', host]]);
    this.plain = closeLabels(this.open);
    this.writer = new SampleWriter(memory);
    this.domains = new DomainSegments(host, memory);
  }

  /**
   * Encodes one snapshot, a slice at each step. Other encoders of the same memory may run between the steps; another
   * snapshot of this host may not.
   *
   * @param takenAt Milliseconds since the epoch when the page got it.
   * @returns All segments of the host; they belong together.
   */
  *encode(snapshot: HostSnapshot, takenAt: number): Generator<undefined, readonly Fragments[]> {
    const named = snapshot.domainsKnown ? uniqueByName(snapshot.domains.values()) : NO_DOMAINS;
    const shown = snapshot.inactiveSeries === false ? activeOf(named) : named;
    const domains = yield* this.domains.encode(shown, snapshot.groups);
    const { writer } = this;
    writer.begin(snapshot.groups);
    const up = snapshot.state.kind === 'up';
    writer.add(UP, this.plain, up ? 1 : 0);
    // Of a host that is gone, old facts are no facts; while it comes up, what is known already is true.
    if (up || snapshot.domainsKnown) {
      if (snapshot.facts !== undefined) this.encodeFacts(writer, snapshot.facts);
      if (snapshot.node !== undefined) this.encodeNode(writer, snapshot.node);
      const { totalBytes, freeBytes } = memoryOf(snapshot);
      writer.addGiven(MEMORY_TOTAL, this.plain, totalBytes);
      writer.addGiven(MEMORY_FREE, this.plain, freeBytes);
    }
    let unlabelled = domains.unlabelled;
    if (snapshot.domainsKnown) {
      unlabelled += snapshot.domains.size - named.size;
      this.encodeDomainCounts(writer, snapshot);
      unlabelled += this.encodePools(writer, snapshot.pools);
      encodeAllocation(writer, this.open, snapshot.domains.values());
      encodeCells(writer, this.open, snapshot.cells ?? []);
      unlabelled += encodeNetworks(writer, this.open, snapshot.networks ?? []);
      writer.addGiven(FILTERED, this.plain, snapshot.filteredDomains);
    }
    encodeEvents(writer, this.open, snapshot.events ?? []);
    this.encodeVireo(writer, snapshot, takenAt);
    writer.add(UNLABELLED, this.plain, unlabelled);
    writer.add(SERIES, this.plain, domains.series + writer.series);
    return [writer.finish(), ...domains.fragments];
  }

  private encodeFacts(writer: SampleWriter, facts: HostFacts): void {
    const versions: LabelPairs = [
      ['hypervisor_running', facts.hypervisorVersion],
      ['libvirtd_running', facts.libvirtVersion],
    ];
    writer.add(VERSIONS_INFO, closeLabels(this.open, versions), 1);
    const info: LabelPairs = [
      ['hostname', facts.hostname],
      ['driver', facts.driver],
      ['cpu_model', facts.node?.cpuModel],
    ];
    writer.add(HOST_INFO, closeLabels(this.open, info), 1);
    const { node } = facts;
    if (node === undefined) return;
    writer.add(CPUS, this.plain, node.cpuCount);
    // libvirt says 0 MHz where the platform does not tell (ARM).
    if (node.mhz > 0) writer.add(CPU_FREQUENCY, this.plain, node.mhz * 1e6);
    writer.add(NUMA_NODES, this.plain, node.numaNodeCount);
    writer.add(SOCKETS_PER_NODE, this.plain, node.socketsPerNode);
    writer.add(CORES_PER_SOCKET, this.plain, node.coresPerSocket);
    writer.add(THREADS_PER_CORE, this.plain, node.threadsPerCore);
  }

  private encodeNode(writer: SampleWriter, node: NodeSnapshot): void {
    for (const [kind, bytes] of node.memoryBytesByKind ?? []) {
      // A "total" among its parts would make every sum() wrong.
      if (kind !== 'total') writer.add(MEMORY_STATS, closeLabels(this.open, [['kind', kind]]), bytes);
    }
    for (const [mode, ns] of node.cpuNsByMode ?? []) {
      // Drivers without times give a percentage under this name.
      if (mode !== 'utilization') writer.add(CPU_SECONDS, closeLabels(this.open, [['mode', mode]]), ns / 1e9);
    }
  }

  private encodeDomainCounts(writer: SampleWriter, snapshot: HostSnapshot): void {
    writer.add(DOMAINS, this.plain, snapshot.domains.size);
    const counts = new Map<string, number>(DOMAIN_STATES.map((state) => [state, 0]));
    for (const { state } of snapshot.domains.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of counts) {
      writer.add(DOMAINS_BY_STATE, closeLabels(this.open, [['state', state]]), count);
    }
  }

  private encodePools(writer: SampleWriter, pools: readonly PoolSnapshot[]): number {
    const byName = new Map(pools.map((pool) => [pool.name, pool]));
    for (const [name, pool] of byName) {
      const labels = closeLabels(this.open, [['storage_pool', name]]);
      if (pool.state !== undefined) {
        writer.addGiven(POOL_STATE, labels, libvirtNumber(STORAGE_POOL_STATES, pool.state));
      }
      writer.addGiven(POOL_CAPACITY, labels, pool.capacityBytes);
      writer.addGiven(POOL_ALLOCATION, labels, pool.allocationBytes);
      writer.addGiven(POOL_AVAILABLE, labels, pool.availableBytes);
      writer.addBoolean(POOL_AUTOSTART, labels, pool.autostart);
      writer.addBoolean(POOL_PERSISTENT, labels, pool.persistent);
      writer.addGiven(POOL_VOLUMES, labels, pool.volumes);
      writer.addBoolean(POOL_TIMED_OUT, labels, pool.timedOut);
      if (pool.volumeList !== undefined) this.encodeVolumes(writer, labels, pool, pool.volumeList);
    }
    return pools.length - byName.size;
  }

  private encodeVolumes(
    writer: SampleWriter,
    ofPool: string,
    pool: PoolSnapshot,
    list: readonly VolumeSnapshot[],
  ): void {
    const byName = new Map(list.map((volume) => [volume.name, volume]));
    for (const [name, { type, capacityBytes, allocationBytes }] of byName) {
      const pairs: LabelPairs = [
        ['storage_pool', pool.name],
        ['volume', name],
      ];
      const labels = closeLabels(this.open, pairs);
      writer.add(VOLUME_INFO, closeLabels(this.open, [...pairs, ['volume_type', type]]), 1);
      writer.add(VOLUME_CAPACITY, labels, capacityBytes);
      writer.add(VOLUME_ALLOCATION, labels, allocationBytes);
    }
    writer.addGiven(VOLUMES_LEFT_OUT, ofPool, (pool.volumes ?? NaN) - byName.size);
  }

  private encodeVireo(writer: SampleWriter, snapshot: HostSnapshot, takenAt: number): void {
    writer.add(VIREO_HOST_INFO, closeLabels(this.open, [['simulated', String(snapshot.simulated)]]), 1);
    const { state } = snapshot;
    for (const kind of CONNECTION_STATES) {
      writer.add(CONNECTION_STATE, closeLabels(this.open, [['state', kind]]), kind === state.kind ? 1 : 0);
    }
    if (state.kind === 'lost') writer.add(CONNECTION_ERROR, closeLabels(this.open, [['code', state.error.code]]), 1);
    writer.add(SNAPSHOT_AT, this.plain, takenAt / 1000);
    for (const [group, outcome] of snapshot.polls) {
      const labels = closeLabels(this.open, [['group', group]]);
      writer.add(POLL_DURATION, labels, outcome.durationSeconds);
      writer.addBoolean(POLL_SUCCESS, labels, outcome.success);
      if (outcome.lastSuccessAt !== undefined) writer.add(POLL_LAST_SUCCESS, labels, outcome.lastSuccessAt / 1000);
    }
  }
}

/** libvirt lets no two domains of a host share a name, but a snapshot can catch a redefinition half way: the active one wins. */
function uniqueByName(domains: Iterable<DomainSnapshot>): ReadonlyMap<string, DomainSnapshot> {
  const byName = new Map<string, DomainSnapshot>();
  for (const domain of domains) {
    const other = byName.get(domain.name);
    if (other === undefined || (other.id < 0 && domain.id >= 0)) byName.set(domain.name, domain);
  }
  return byName;
}

function activeOf(domains: ReadonlyMap<string, DomainSnapshot>): ReadonlyMap<string, DomainSnapshot> {
  return new Map([...domains].filter(([, { id }]) => id >= 0));
}
