// SPDX-License-Identifier: Apache-2.0
// What lies inside one domain: devices and their counters, jobs, what its guest agent knows, screen and console.

import { array, bool, hyper, int, opaque, optional, string, struct, uhyper, uint } from './layout.ts';
import { remoteProcedure } from './procedure.ts';
import { typedParams } from './typed-params.ts';
import { domain } from './types.ts';

/** REMOTE_DOMAIN_MEMORY_STATS_MAX */
const MEMORY_STATS_MAX = 1024;
/** REMOTE_DOMAIN_BLOCK_STATS_PARAMETERS_MAX */
const BLOCK_STATS_MAX = 16;
/** REMOTE_VCPUINFO_MAX */
const VCPUINFO_MAX = 16_384;
/** REMOTE_CPUMAPS_MAX */
const CPUMAPS_MAX = 8_388_608;
/** REMOTE_DOMAIN_GET_CPU_STATS_MAX, REMOTE_DOMAIN_GUEST_INFO_PARAMS_MAX */
const PARAMS_MAX = 2048;
/** REMOTE_DOMAIN_JOB_STATS_MAX */
export const JOB_STATS_MAX = 64;
/** REMOTE_DOMAIN_DISK_ERRORS_MAX, REMOTE_DOMAIN_FSINFO_MAX, REMOTE_DOMAIN_FSINFO_DISKS_MAX */
const DISKS_MAX = 256;
/** REMOTE_DOMAIN_INTERFACE_MAX, REMOTE_DOMAIN_IP_ADDR_MAX, REMOTE_DOMAIN_MESSAGES_MAX */
const DEVICES_MAX = 2048;
/** REMOTE_DOMAIN_SEND_KEY_MAX */
const SEND_KEY_MAX = 16;

const onDomain = { dom: domain, flags: uint };

/** tags are virDomainMemoryStatTags. QEMU answers only while its monitor does. */
export const DOMAIN_MEMORY_STATS = remoteProcedure(159, 'DOMAIN_MEMORY_STATS', {
  args: { dom: domain, maxStats: uint, flags: uint },
  ret: { stats: array(struct({ tag: int, val: uhyper }), MEMORY_STATS_MAX) },
});
/** `period` in seconds, 0 off: without one QEMU never refreshes what the guest says about its memory. */
export const DOMAIN_SET_MEMORY_STATS_PERIOD = remoteProcedure(308, 'DOMAIN_SET_MEMORY_STATS_PERIOD', {
  args: { dom: domain, period: int, flags: uint },
});

/** `path` is a target ('vda') or a source; the result is in bytes. */
export const DOMAIN_GET_BLOCK_INFO = remoteProcedure(194, 'DOMAIN_GET_BLOCK_INFO', {
  args: { dom: domain, path: string, flags: uint },
  ret: { allocation: uhyper, capacity: uhyper, physical: uhyper },
});
/** -1 is unknown. For the drivers without bulk statistics. */
export const DOMAIN_BLOCK_STATS = remoteProcedure(64, 'DOMAIN_BLOCK_STATS', {
  args: { dom: domain, path: string },
  ret: { rd_req: hyper, rd_bytes: hyper, wr_req: hyper, wr_bytes: hyper, errs: hyper },
});
/** Two steps: nparams 0 asks how many there are. */
export const DOMAIN_BLOCK_STATS_FLAGS = remoteProcedure(243, 'DOMAIN_BLOCK_STATS_FLAGS', {
  args: { dom: domain, path: string, nparams: int, flags: uint },
  ret: { params: typedParams(BLOCK_STATS_MAX), nparams: int },
});
/** `device` is a tap name or a MAC address; -1 is unknown. For the drivers without bulk statistics. */
export const DOMAIN_INTERFACE_STATS = remoteProcedure(65, 'DOMAIN_INTERFACE_STATS', {
  args: { dom: domain, device: string },
  ret: {
    rx_bytes: hyper,
    rx_packets: hyper,
    rx_errs: hyper,
    rx_drop: hyper,
    tx_bytes: hyper,
    tx_packets: hyper,
    tx_errs: hyper,
    tx_drop: hyper,
  },
});
/** `error`: 1 unspecified, 2 no space. `maxerrors` 0 asks how many disks there are. */
export const DOMAIN_GET_DISK_ERRORS = remoteProcedure(263, 'DOMAIN_GET_DISK_ERRORS', {
  args: { dom: domain, maxerrors: uint, flags: uint },
  ret: { errors: array(struct({ disk: string, error: int }), DISKS_MAX), nerrors: int },
});

/** `maplen` is the bytes of one CPU map; cpumaps holds them one after another. cpu_time in nanoseconds. */
export const DOMAIN_GET_VCPUS = remoteProcedure(20, 'DOMAIN_GET_VCPUS', {
  args: { dom: domain, maxinfo: int, maplen: int },
  ret: {
    info: array(struct({ number: uint, state: int, cpu_time: uhyper, cpu: int }), VCPUINFO_MAX),
    cpumaps: opaque(CPUMAPS_MAX),
  },
});
/** `start_cpu` -1 is the total. Two steps: nparams 0 asks how many there are. */
export const DOMAIN_GET_CPU_STATS = remoteProcedure(262, 'DOMAIN_GET_CPU_STATS', {
  args: { dom: domain, nparams: uint, start_cpu: int, ncpus: uint, flags: uint },
  ret: { params: typedParams(PARAMS_MAX), nparams: int },
});

/** `flags`: 1 COMPLETED reads the last job's result and clears it, 2 KEEP_COMPLETED leaves it. */
export const DOMAIN_GET_JOB_STATS = remoteProcedure(298, 'DOMAIN_GET_JOB_STATS', {
  args: onDomain,
  ret: { type: int, params: typedParams(JOB_STATS_MAX) },
});
/** Times in milliseconds, the rest in bytes. */
export const DOMAIN_GET_JOB_INFO = remoteProcedure(163, 'DOMAIN_GET_JOB_INFO', {
  args: { dom: domain },
  ret: {
    type: int,
    timeElapsed: uhyper,
    timeRemaining: uhyper,
    dataTotal: uhyper,
    dataProcessed: uhyper,
    dataRemaining: uhyper,
    memTotal: uhyper,
    memProcessed: uhyper,
    memRemaining: uhyper,
    fileTotal: uhyper,
    fileProcessed: uhyper,
    fileRemaining: uhyper,
  },
});
export const DOMAIN_ABORT_JOB = remoteProcedure(164, 'DOMAIN_ABORT_JOB', { args: { dom: domain } });
/** libvirt 8.5.0. `flags`: 1 POSTCOPY. */
export const DOMAIN_ABORT_JOB_FLAGS = remoteProcedure(442, 'DOMAIN_ABORT_JOB_FLAGS', { args: onDomain });
/** `found` false: no job on that disk. `type` is a virDomainBlockJobType, `bandwidth` MiB/s. */
export const DOMAIN_GET_BLOCK_JOB_INFO = remoteProcedure(238, 'DOMAIN_GET_BLOCK_JOB_INFO', {
  args: { dom: domain, path: string, flags: uint },
  ret: { found: bool, type: int, bandwidth: uhyper, cur: uhyper, end: uhyper },
});

/** `source`: 0 LEASE, 1 AGENT (read-write connections only), 2 ARP. An address' `type`: 0 IPv4, 1 IPv6. */
export const DOMAIN_INTERFACE_ADDRESSES = remoteProcedure(353, 'DOMAIN_INTERFACE_ADDRESSES', {
  args: { dom: domain, source: uint, flags: uint },
  ret: {
    ifaces: array(
      struct({
        name: string,
        hwaddr: optional(string),
        addrs: array(struct({ type: int, addr: string, prefix: uint }), DEVICES_MAX),
      }),
      DEVICES_MAX,
    ),
  },
});

/**
 * Asks the guest agent; refused on a read-only connection. `types` 0 is all it supports: 1 USERS, 2 OS, 4 TIMEZONE,
 * 8 HOSTNAME, 16 FILESYSTEM, 32 DISKS, 64 INTERFACES, 128 LOAD.
 */
export const DOMAIN_GET_GUEST_INFO = remoteProcedure(418, 'DOMAIN_GET_GUEST_INFO', {
  args: { dom: domain, types: uint, flags: uint },
  ret: { params: typedParams(PARAMS_MAX) },
});
/** Guest agent. */
export const DOMAIN_GET_FSINFO = remoteProcedure(349, 'DOMAIN_GET_FSINFO', {
  args: onDomain,
  ret: {
    info: array(
      struct({ mountpoint: string, name: string, fstype: string, dev_aliases: array(string, DISKS_MAX) }),
      DISKS_MAX,
    ),
    ret: uint,
  },
});
/** Guest agent, or DHCP leases: `flags` 1 LEASE, 2 AGENT. */
export const DOMAIN_GET_HOSTNAME = remoteProcedure(277, 'DOMAIN_GET_HOSTNAME', {
  args: onDomain,
  ret: { hostname: string },
});
/** Guest agent; since the epoch. */
export const DOMAIN_GET_TIME = remoteProcedure(337, 'DOMAIN_GET_TIME', {
  args: onDomain,
  ret: { seconds: hyper, nseconds: uint },
});
/** Warnings about the domain, in words. `flags`: 0 all, 1 DEPRECATION, 2 TAINTING, 4 IOERRORS. libvirt 7.1.0. */
export const DOMAIN_GET_MESSAGES = remoteProcedure(426, 'DOMAIN_GET_MESSAGES', {
  args: onDomain,
  ret: { msgs: array(string, DEVICES_MAX) },
});
/** `type`: 0 DESCRIPTION, 1 TITLE, 2 ELEMENT of the namespace `uri`. VIR_ERR_NO_DOMAIN_METADATA if there is none. */
export const DOMAIN_GET_METADATA = remoteProcedure(265, 'DOMAIN_GET_METADATA', {
  args: { dom: domain, type: int, uri: optional(string), flags: uint },
  ret: { metadata: string },
});

export const DOMAIN_INJECT_NMI = remoteProcedure(210, 'DOMAIN_INJECT_NMI', { args: onDomain });
/** `codeset` is a virKeycodeSet, `holdtime` milliseconds. */
export const DOMAIN_SEND_KEY = remoteProcedure(226, 'DOMAIN_SEND_KEY', {
  args: { dom: domain, codeset: uint, holdtime: uint, keycodes: array(uint, SEND_KEY_MAX), flags: uint },
});

/** Opens a stream from the daemon with an image of the type `mime`. Read-write connections only. */
export const DOMAIN_SCREENSHOT = remoteProcedure(211, 'DOMAIN_SCREENSHOT', {
  args: { dom: domain, screen: uint, flags: uint },
  ret: { mime: optional(string) },
});
/** Opens a stream both ways. `dev_name` null is the first. `flags`: 1 FORCE throws out who has it, 2 SAFE. */
export const DOMAIN_OPEN_CONSOLE = remoteProcedure(201, 'DOMAIN_OPEN_CONSOLE', {
  args: { dom: domain, dev_name: optional(string), flags: uint },
});
/** Opens a stream both ways. `name` null is the first. `flags`: 1 FORCE. */
export const DOMAIN_OPEN_CHANNEL = remoteProcedure(296, 'DOMAIN_OPEN_CHANNEL', {
  args: { dom: domain, name: optional(string), flags: uint },
});
