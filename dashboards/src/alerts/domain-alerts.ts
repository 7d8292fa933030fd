// SPDX-License-Identifier: Apache-2.0
// Alerts about domains.

import { fact, statistic } from '../metric.ts';
import { once } from './alert.ts';
import type { Alert, AlertGroup } from './alert.ts';

const DOMAIN = { uid: 'vireo-domain', variables: ['host', 'domain'] };
const WHERE = 'domain {{ $labels.domain }} at host {{ $labels.host }}';

const domain = (series: string): string => once('host, domain', series);
const reason = (state: string, why: string): string =>
  domain(fact('libvirt_domain_state_reason_info', { state: `=~"${state}"`, reason: `=~"${why}"` }));
const usable = domain(statistic('libvirt_domain_memory_stats_usable_bytes'));
const guestMemory = domain(statistic('libvirt_domain_memory_stats_available_bytes'));
const delay = statistic('libvirt_domain_vcpu_delay_seconds_total');
const connected = fact('libvirt_domain_guest_agent_connected');
const receiveErrors = statistic('libvirt_domain_interface_stats_receive_errors_total');
const transmitErrors = statistic('libvirt_domain_interface_stats_transmit_errors_total');

const alerts: readonly Alert[] = [
  {
    name: 'LibvirtDomainStuck',
    severity: 'critical',
    for: '2m',
    expr: `${domain(fact('libvirt_domain_timed_out'))} == 1`,
    summary: `QEMU of ${WHERE} does not answer`,
    description: `The statistics of ${WHERE} do not come in time, so Vireo asks for them no more. Mostly its emulator hangs; libvirt_domain_control_state says what libvirt waits for.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainPausedByIoError',
    severity: 'critical',
    for: '0m',
    expr: `${reason('paused', 'ioerror')} == 1`,
    summary: `An I/O error paused ${WHERE}`,
    description: `A disk of ${WHERE} could not be read or written, so its hypervisor paused it. It does nothing until somebody resumes it.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainCrashed',
    severity: 'critical',
    for: '0m',
    expr: `${reason('crashed|shutoff|paused', 'crashed|panicked')} == 1
or
${domain(fact('libvirt_domain_state', { state: '="crashed"' }))} == 1`,
    summary: `Crashed: ${WHERE}`,
    description: `The guest of ${WHERE} panicked, or its hypervisor process ended by itself.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainDiskError',
    severity: 'critical',
    for: '0m',
    expr: `${once('host, domain, target_device, error', fact('libvirt_domain_disk_error_info'))} == 1`,
    summary: `Disk {{ $labels.target_device }} of ${WHERE} has an error`,
    description: `The hypervisor reports {{ $labels.error }} for disk {{ $labels.target_device }} of ${WHERE}. no-space means that the storage below it is full.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainMemoryPressure',
    severity: 'warning',
    for: '15m',
    // Without a period the balloon driver reports never again, and what it once said is old.
    expr: `${usable} / ${guestMemory} < 0.05
and ${domain(fact('libvirt_domain_memory_stats_period_seconds'))} > 0`,
    summary: `Nearly out of memory: ${WHERE}`,
    description: `The guest of ${WHERE} says that only {{ $value | humanizePercentage }} of its memory could be used without swapping.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainSteal',
    severity: 'warning',
    for: '15m',
    expr: `sum by (host, domain) (${once('host, domain, vcpu', `rate(${delay}[5m])`)})
/ ${domain(statistic('libvirt_domain_vcpu_current'))} > 0.1`,
    summary: `The vCPUs of ${WHERE} wait for a CPU`,
    description: `The vCPUs of ${WHERE} were ready but without a CPU for {{ $value | humanizePercentage }} of the time. The guest sees it as steal.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainInterfaceErrors',
    severity: 'warning',
    for: '10m',
    expr: `${once('host, domain, target_device', `rate(${receiveErrors}[5m]) + rate(${transmitErrors}[5m])`)} > 0`,
    summary: `Interface {{ $labels.target_device }} of ${WHERE} has errors`,
    description: `Interface {{ $labels.target_device }} of ${WHERE} counts {{ $value | humanize }} errors a second, receiving and sending together.`,
    dashboard: { uid: 'vireo-storage-network', variables: ['host', 'domain'] },
  },
  {
    name: 'LibvirtDomainAutostartDown',
    severity: 'warning',
    for: '10m',
    expr: `${domain(fact('libvirt_domain_autostart'))} == 1
and ${domain(fact('libvirt_domain_active'))} == 0`,
    summary: `Not running although it is to start with its host: ${WHERE}`,
    description: `Autostart is on for ${WHERE}, and it has not been active for 10 minutes.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainSnapshotOld',
    severity: 'info',
    for: '1h',
    expr: `time() - ${domain(fact('libvirt_domain_snapshots_oldest_timestamp_seconds'))} > 14 * 86400`,
    summary: `An old snapshot of ${WHERE}`,
    description: `The oldest snapshot of ${WHERE} is {{ $value | humanizeDuration }} old. Snapshots grow with every write and are no backups.`,
    dashboard: DOMAIN,
  },
  {
    name: 'LibvirtDomainGuestAgentGone',
    severity: 'info',
    for: '15m',
    // A channel whose agent never came is a guest without one, not a fault.
    expr: `(
  ${domain(connected)} == 0
  and ${domain(`max_over_time(${connected}[1d])`)} == 1
)
or
${domain(fact('libvirt_domain_guest_agent_responding'))} == 0`,
    summary: `The guest agent of ${WHERE} is gone`,
    description: `The agent in ${WHERE} answered within the last day and does no longer. Clean shutdowns by agent, frozen file systems for backups and facts of the guest are not to be had.`,
    dashboard: DOMAIN,
  },
];

/** Domains. */
export const DOMAIN_ALERTS: AlertGroup = { name: 'vireo-domains', alerts };
