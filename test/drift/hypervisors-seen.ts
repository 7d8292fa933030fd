// SPDX-License-Identifier: Apache-2.0
// What the tests have seen of libvirt's drivers, and where: of each a test file and words in it that are only there while
// it is tested. docs/hypervisors.md shows it beside what libvirt's source says.

import type { DriverCall, DriverName } from '../../exporter/src/contract/driver-calls.ts';

/** Words of a file of test/integration. */
export interface Evidence {
  readonly file: string;
  readonly words: string;
}

type Seen = Readonly<Partial<Record<DriverName, Readonly<Partial<Record<DriverCall, Evidence>>>>>>;

const at =
  (file: string) =>
  (words: string): Evidence => ({ file, words });

const matrix = at('actions-matrix.test.ts');
const observations = at('observations.test.ts');
const lxc = at('lxc.test.ts');
const esx = at('esx.test.ts');
const xen = at('xen.test.ts');

/** By driver and call. */
export const SEEN: Seen = {
  qemu: {
    CONNECT_GET_ALL_DOMAIN_STATS: at('exporter-watches.test.ts')('libvirt_domain_block_stats_read_bytes_total'),
    CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: at('exporter-watches.test.ts')('within a second, by event'),
    NODE_GET_CPU_STATS: at('exporter-watches.test.ts')('libvirt_host_cpu_seconds_total'),
    NODE_GET_FREE_MEMORY: at('api.test.ts')('node?.memoryBytes'),
    DOMAIN_GET_XML_DESC: at('inspection.test.ts')('/xml'),
    DOMAIN_GET_GUEST_INFO: observations('libvirt_domain_guest_filesystem_size_bytes'),
    DOMAIN_GET_DISK_ERRORS: observations('libvirt_domain_disk_errors'),
    DOMAIN_GET_BLOCK_JOB_INFO: observations('libvirt_domain_block_job_info'),
    DOMAIN_LIST_ALL_SNAPSHOTS: observations('snapshot'),
    DOMAIN_LIST_ALL_CHECKPOINTS: observations('checkpoint'),
    DOMAIN_SCREENSHOT: at('inspection.test.ts')('screenshot'),
    DOMAIN_OPEN_CONSOLE: at('console.test.ts')('and the serial console is'),
    DOMAIN_SEND_KEY: at('console-page.test.ts')('text is typed as keys of a US keyboard'),
    DOMAIN_CREATE: matrix('start: { off: done('),
    DOMAIN_SHUTDOWN: at('actions-http.test.ts')("'shutdown'"),
    DOMAIN_REBOOT: at('actions-http.test.ts')("'reboot'"),
    DOMAIN_RESET: matrix('reset: { off'),
    DOMAIN_SUSPEND: matrix('suspend: { off'),
    DOMAIN_RESUME: matrix('resume: { off'),
    DOMAIN_DESTROY: matrix('destroy: { off'),
    DOMAIN_MANAGED_SAVE: matrix("'managed-save': {"),
    DOMAIN_MANAGED_SAVE_REMOVE: matrix("'managed-save-remove': {"),
    DOMAIN_INJECT_NMI: matrix('nmi: { off'),
    DOMAIN_SET_AUTOSTART: matrix('autostart: { off: autostarts('),
  },
  xen: {
    CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: xen("toEqual(['started', 'stopped'])"),
    NODE_GET_INFO: xen("driver: 'Xen'"),
    NODE_GET_FREE_MEMORY: xen('libvirt_host_memory_free_bytes'),
    DOMAIN_GET_INFO: xen('CPU_TIME, WEB'),
    DOMAIN_GET_XML_DESC: xen('/xml`'),
    DOMAIN_MEMORY_STATS: xen('libvirt_domain_memory_stats_available_bytes'),
    DOMAIN_BLOCK_STATS: xen('libvirt_domain_block_stats_read_bytes_total'),
    DOMAIN_INTERFACE_STATS: xen('libvirt_domain_interface_stats_receive_packets_total'),
    DOMAIN_OPEN_CONSOLE: xen("ticket('serial')"),
    DOMAIN_CREATE: xen("done('start')"),
    DOMAIN_SHUTDOWN: xen("done('shutdown'"),
    DOMAIN_REBOOT: xen("done('reboot'"),
    DOMAIN_SUSPEND: xen("done('suspend')"),
    DOMAIN_RESUME: xen("done('resume')"),
    DOMAIN_DESTROY: xen("done('destroy')"),
  },
  lxc: {
    DOMAIN_GET_INFO: lxc('libvirt_domain_info_cpu_time_seconds_total'),
    DOMAIN_MEMORY_STATS: lxc('libvirt_domain_memory_stats_rss_bytes'),
    DOMAIN_CREATE: lxc("done('start')"),
    DOMAIN_SHUTDOWN: lxc("done('shutdown'"),
    DOMAIN_SUSPEND: lxc("done('suspend')"),
    DOMAIN_RESUME: lxc("done('resume')"),
    DOMAIN_DESTROY: lxc("done('destroy')"),
    DOMAIN_OPEN_CONSOLE: at('grafana-mixed.test.ts')('its text console is open'),
  },
  esx: {
    NODE_GET_INFO: esx("hypervisorVersion: '6.5.0'"),
    DOMAIN_GET_INFO: esx('libvirt_domain_info_maximum_memory_bytes'),
    DOMAIN_GET_XML_DESC: esx('/xml`'),
    DOMAIN_CREATE: esx("done('start')"),
    DOMAIN_SHUTDOWN: esx("done('shutdown')"),
    DOMAIN_REBOOT: esx("done('reboot')"),
    DOMAIN_SUSPEND: esx("done('suspend')"),
    DOMAIN_RESUME: esx("done('resume')"),
    DOMAIN_DESTROY: esx("done('destroy')"),
  },
};
