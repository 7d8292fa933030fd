// SPDX-License-Identifier: Apache-2.0
// CONNECT_GET_ALL_DOMAIN_STATS as QEMU's driver answers it: one domain after another, so one frozen QEMU holds up the
// whole reply. Measured on libvirtd 9.0.0: see research 3.6 and 8.2.

import {
  CONNECT_GET_ALL_DOMAIN_STATS,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS as FLAG,
} from '../../protocol/domain-stats.ts';
import { ERROR_FROM, daemonError, unsupportedFlags } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import { ALL_GROUPS, MONITOR_GROUPS, domainStatsParams } from './domain-stats.ts';
import type { SimulatedDomain } from './domain.ts';
import type { SimulatedHost } from './host.ts';
import { DOMAIN_FILTERS, passes } from './list-filter.ts';

/** The filter bits this call shares with the list of domains. */
const FILTER_BITS = 0xff;
const API = 'remoteDispatchConnectGetAllDomainStats';

/** Answers bulk statistics. */
export function serveStats(table: HandlerTable, host: SimulatedHost): void {
  table.on(CONNECT_GET_ALL_DOMAIN_STATS, async ({ doms, stats, flags }) => {
    checkFlags(stats, flags);
    const listed = doms.length === 0 ? host.domains : doms.flatMap(({ uuid }) => host.find(uuid) ?? []);
    const wanted = listed.filter((domain) => passes(domain, flags & FILTER_BITS, DOMAIN_FILTERS));
    const waitMs = (flags & FLAG.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) !== 0 ? 0 : host.jobWaitMs;
    const retStats = [];
    // Backwards, as nobody may rely on the order.
    for (const domain of wanted.toReversed()) {
      const monitor = await hasMonitor(domain, stats, waitMs);
      const params = domainStatsParams(domain, stats, { monitor, daemonCpuSeconds: cpuSeconds(host), now: host.now() });
      if (params.length > host.parametersMax) {
        const limit = `too many parameters '${String(params.length)}' for limit '${String(host.parametersMax)}'`;
        throw daemonError('RPC', ERROR_FROM.NONE, limit);
      }
      retStats.push({ dom: domain.ref, params });
    }
    return { retStats };
  });
}

async function hasMonitor(domain: SimulatedDomain, stats: number, waitMs: number): Promise<boolean> {
  const needed = stats === 0 || (stats & MONITOR_GROUPS) !== 0;
  return needed && domain.isActive && (await domain.monitor.enter(API, waitMs)) && domain.isActive;
}

function checkFlags(stats: number, flags: number): void {
  const { VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: nowait, VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING: backing } = FLAG;
  const enforce = FLAG.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS;
  const unknownFlags = (flags & ~(FILTER_BITS | nowait | backing | enforce)) >>> 0;
  if (unknownFlags !== 0) throw unsupportedFlags(unknownFlags, 'qemuConnectGetAllDomainStats');
  const unknown = (stats & ~ALL_GROUPS) >>> 0;
  if (unknown === 0 || (flags & enforce) === 0) return;
  const bits = `Stats types bits 0x${unknown.toString(16)} are not supported by this daemon or QEMU`;
  throw daemonError('ARGUMENT_UNSUPPORTED', ERROR_FROM.QEMU, bits);
}

function cpuSeconds(host: SimulatedHost): number {
  return host.uptimeSeconds * 0.003;
}
