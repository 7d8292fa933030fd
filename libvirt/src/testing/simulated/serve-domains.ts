// SPDX-License-Identifier: Apache-2.0
// What can be read about domains one by one: lists, states, XML, jobs, devices.

import * as calls from '../../protocol/domain.ts';
import * as details from '../../protocol/domain-details.ts';
import {
  VIR_DOMAIN_CONTROL_STATE as CONTROL,
  VIR_DOMAIN_JOB_TYPE as JOB,
  VIR_VCPU_STATE as VCPU,
} from '../../protocol/enums.ts';
import { DOMAIN_LIST_ALL_CHECKPOINTS, DOMAIN_LIST_ALL_SNAPSHOTS } from '../../protocol/snapshot.ts';
import type { TypedParam } from '../../protocol/typed-params.ts';
import { ERROR_FROM, daemonError, unsupportedFlags } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import type { SimulatedDomain } from './domain.ts';
import { cpuNs, domainStatsParams, tapName } from './domain-stats.ts';
import { XML_SECURE, domainXml } from './domain-xml.ts';
import { noDomain } from './host.ts';
import type { SimulatedHost } from './host.ts';
import { DOMAIN_FILTERS, passes } from './list-filter.ts';

/** Answers the calls that read one domain, or list them. */
export function serveDomains(table: HandlerTable, host: SimulatedHost): void {
  serveLookups(table, host);
  serveStates(table, host);
  serveJobs(table, host);
  serveDevices(table, host);
}

function serveLookups(table: HandlerTable, host: SimulatedHost): void {
  table.on(calls.CONNECT_LIST_ALL_DOMAINS, ({ need_results, flags }) => {
    const domains = host.domains.filter((domain) => passes(domain, flags, DOMAIN_FILTERS)).map(({ ref }) => ref);
    return { domains: need_results === 0 ? [] : domains, ret: domains.length };
  });
  table.on(calls.DOMAIN_LOOKUP_BY_UUID, ({ uuid }) => {
    const domain = host.find(uuid);
    if (domain === undefined) throw noDomain(`uuid '${uuid}'`);
    return { dom: domain.ref };
  });
  table.on(calls.DOMAIN_LOOKUP_BY_NAME, ({ name }) => {
    const domain = host.domains.find(({ spec }) => spec.name === name);
    if (domain === undefined) throw noDomain(`name '${name}'`);
    return { dom: domain.ref };
  });
  table.on(calls.DOMAIN_LOOKUP_BY_ID, ({ id }) => {
    const domain = host.domains.find((candidate) => candidate.isActive && candidate.id === id);
    if (domain === undefined) throw noDomain(`id ${String(id)}`);
    return { dom: domain.ref };
  });
  table.on(calls.DOMAIN_GET_XML_DESC, ({ dom, flags }, { readOnly }) => {
    if (readOnly && (flags & (XML_SECURE | 8)) !== 0) {
      throw daemonError('OPERATION_DENIED', ERROR_FROM.DOMAIN, 'virDomainGetXMLDesc with secure flag');
    }
    return { xml: domainXml(host.domain(dom), flags) };
  });
}

function serveStates(table: HandlerTable, host: SimulatedHost): void {
  table.on(calls.DOMAIN_GET_STATE, ({ dom, flags }) => {
    if (flags !== 0) throw unsupportedFlags(flags, 'qemuDomainGetState');
    const { state, reason } = host.domain(dom);
    return { state, reason };
  });
  table.on(calls.DOMAIN_GET_INFO, ({ dom }) => {
    const domain = host.domain(dom);
    const memory = BigInt(domain.spec.memoryKiB);
    // ESX's driver gives none.
    const cpuTime = domain.isActive && host.spec.driver !== 'ESX' ? cpuNs(domain) : 0n;
    return { state: domain.state, maxMem: memory, memory, nrVirtCpu: domain.spec.vcpuCount, cpuTime };
  });
  table.on(calls.DOMAIN_GET_CONTROL_INFO, ({ dom }) => {
    const domain = active(host, dom);
    const { hold } = domain.monitor;
    if (hold === null) return { state: CONTROL.VIR_DOMAIN_CONTROL_OK, details: 0, stateTime: 0n };
    const stateTime = BigInt(Math.floor(host.now() - hold.since));
    return { state: CONTROL.VIR_DOMAIN_CONTROL_OCCUPIED, details: 0, stateTime };
  });
  table.on(details.DOMAIN_GET_VCPUS, ({ dom, maxinfo }) => {
    const domain = active(host, dom);
    const { vcpuCount } = domain.spec;
    const share = cpuNs(domain) / BigInt(vcpuCount);
    // They wander over the CPUs as the scheduler likes.
    const turn = Math.floor(host.uptimeSeconds / 7) + domain.id;
    const info = Array.from({ length: Math.min(maxinfo, vcpuCount) }, (_, number) => ({
      number,
      state: VCPU.VIR_VCPU_RUNNING,
      cpu_time: share,
      cpu: (turn + number) % host.spec.cpuCount,
    }));
    return { info, cpumaps: new Uint8Array() };
  });
  table.on(calls.DOMAIN_IS_ACTIVE, ({ dom }) => ({ active: host.domain(dom).isActive }));
  table.on(calls.DOMAIN_IS_PERSISTENT, ({ dom }) => ({ persistent: host.domain(dom).persistent }));
  table.on(calls.DOMAIN_GET_AUTOSTART, ({ dom }) => ({ autostart: host.domain(dom).autostart }));
  table.on(details.DOMAIN_GET_MESSAGES, ({ dom }) => {
    host.domain(dom);
    return { msgs: [] };
  });
  table.on(DOMAIN_LIST_ALL_SNAPSHOTS, ({ dom }) => {
    host.domain(dom);
    return { snapshots: [], ret: 0 };
  });
  table.on(DOMAIN_LIST_ALL_CHECKPOINTS, ({ dom }) => {
    host.domain(dom);
    return { checkpoints: [], ret: 0 };
  });
}

function serveJobs(table: HandlerTable, host: SimulatedHost): void {
  table.on(details.DOMAIN_GET_JOB_STATS, ({ dom }) => {
    const domain = active(host, dom);
    return domain.spec.job === null
      ? { type: JOB.VIR_DOMAIN_JOB_NONE, params: [] }
      : { type: JOB.VIR_DOMAIN_JOB_BOUNDED, params: backupProgress(domain) };
  });
  table.on(details.DOMAIN_GET_GUEST_INFO, ({ dom }) => {
    active(host, dom);
    throw daemonError('ARGUMENT_UNSUPPORTED', ERROR_FROM.QEMU, 'QEMU guest agent is not configured');
  });
}

const BACKUP_SECONDS = 600;

/** A backup of the first disk that begins anew every ten minutes. */
function backupProgress(domain: SimulatedDomain): readonly TypedParam[] {
  const elapsed = domain.ranSeconds % BACKUP_SECONDS;
  const total = BigInt(domain.spec.disks[0]?.capacityBytes ?? 0);
  const done = (total * BigInt(Math.floor(elapsed))) / BigInt(BACKUP_SECONDS);
  const ullong = (field: string, value: bigint): TypedParam => ({ field, type: 'ullong', value });
  return [
    { field: 'operation', type: 'int', value: 9 },
    ullong('time_elapsed', BigInt(Math.floor(elapsed * 1000))),
    ullong('disk_total', total),
    ullong('disk_processed', done),
    ullong('disk_remaining', total - done),
  ];
}

function serveDevices(table: HandlerTable, host: SimulatedHost): void {
  table.on(details.DOMAIN_MEMORY_STATS, async ({ dom, maxStats }) => {
    const domain = active(host, dom);
    if (!(await domain.monitor.enter('remoteDispatchDomainMemoryStats', host.jobWaitMs))) {
      throw daemonError('OPERATION_TIMEOUT', ERROR_FROM.NONE, 'cannot acquire state change lock');
    }
    const stats = [...statsOf(host, domain)].flatMap(([field, val]) => {
      const tag = MEMORY_TAGS.get(field);
      return tag === undefined || typeof val !== 'bigint' ? [] : [{ tag, val }];
    });
    return { stats: stats.slice(0, maxStats) };
  });
  table.on(details.DOMAIN_BLOCK_STATS, ({ dom, path }) => {
    const domain = active(host, dom);
    const index = domain.spec.disks.findIndex((disk) => disk.target === path || disk.path === path);
    if (index === -1) throw daemonError('INVALID_ARG', ERROR_FROM.QEMU, `invalid path: ${path}`);
    const of = reader(statsOf(host, domain), `block.${String(index)}`);
    return {
      rd_req: of('rd.reqs'),
      rd_bytes: of('rd.bytes'),
      wr_req: of('wr.reqs'),
      wr_bytes: of('wr.bytes'),
      errs: -1n,
    };
  });
  table.on(details.DOMAIN_INTERFACE_STATS, ({ dom, device }) => {
    const domain = active(host, dom);
    const index = domain.spec.nics.findIndex(({ mac }, i) => mac === device || tapName(domain, i) === device);
    if (index === -1) throw daemonError('INVALID_ARG', ERROR_FROM.QEMU, `'${device}' is not a known interface`);
    const of = reader(statsOf(host, domain), `net.${String(index)}`);
    return {
      rx_bytes: of('rx.bytes'),
      rx_packets: of('rx.pkts'),
      rx_errs: of('rx.errs'),
      rx_drop: of('rx.drop'),
      tx_bytes: of('tx.bytes'),
      tx_packets: of('tx.pkts'),
      tx_errs: of('tx.errs'),
      tx_drop: of('tx.drop'),
    };
  });
  table.on(details.DOMAIN_INTERFACE_ADDRESSES, ({ dom }) => {
    const domain = active(host, dom);
    const ifaces = domain.spec.nics.map((nic, index) => ({
      name: tapName(domain, index),
      hwaddr: nic.mac,
      addrs: 'network' in nic.source ? [{ type: 0, addr: `192.168.122.${String(10 + domain.id)}`, prefix: 24 }] : [],
    }));
    return { ifaces };
  });
}

/** virDomainMemoryStatTags by the name bulk statistics use. */
const MEMORY_TAGS: ReadonlyMap<string, number> = new Map(
  [
    'swap_in',
    'swap_out',
    'major_fault',
    'minor_fault',
    'unused',
    'available',
    'current',
    'rss',
    'usable',
    'last-update',
  ]
    .concat(['disk_caches', 'hugetlb_pgalloc', 'hugetlb_pgfail'])
    .map((field, tag) => [`balloon.${field}`, tag]),
);

function statsOf(host: SimulatedHost, domain: SimulatedDomain): ReadonlyMap<string, unknown> {
  const params = domainStatsParams(domain, 0, { monitor: true, daemonCpuSeconds: 0, now: host.now() });
  return new Map(params.map(({ field, value }) => [field, value]));
}

function reader(fields: ReadonlyMap<string, unknown>, prefix: string): (key: string) => bigint {
  return (key) => {
    const value = fields.get(`${prefix}.${key}`);
    return typeof value === 'bigint' ? value : -1n;
  };
}

function active(host: SimulatedHost, dom: { readonly name: string; readonly uuid: string }): SimulatedDomain {
  const domain = host.domain(dom);
  if (!domain.isActive) throw daemonError('OPERATION_INVALID', ERROR_FROM.DOMAIN, 'domain is not running');
  return domain;
}
