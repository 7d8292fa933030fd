// SPDX-License-Identifier: Apache-2.0
// Opening, closing and asking about the host: REMOTE_PROC_CONNECT_* and REMOTE_PROC_NODE_*.
// Lists of objects and bulk statistics live with their objects.

import { array, bool, chars, int, opaque, optional, string, struct, uhyper, uint } from './layout.ts';
import { remoteProcedure } from './procedure.ts';

/** REMOTE_NODE_CPU_STATS_MAX and REMOTE_NODE_MEMORY_STATS_MAX */
const NODE_STATS_MAX = 16;
/** REMOTE_NODE_MAX_CELLS */
const NODE_MAX_CELLS = 1024;
/** REMOTE_CPUMAP_MAX */
export const CPUMAP_MAX = 2048;

const nodeStats = array(struct({ field: string, value: uhyper }), NODE_STATS_MAX);

/**
 * The daemon tries `name` as a connection URI of its own; '' lets it choose, `null` is refused. `flags` 1 is
 * VIR_CONNECT_RO. A second OPEN on one connection fails and destroys the first.
 */
export const CONNECT_OPEN = remoteProcedure(1, 'CONNECT_OPEN', { args: { name: optional(string), flags: uint } });

/** The daemon closes the socket after its reply. */
export const CONNECT_CLOSE = remoteProcedure(2, 'CONNECT_CLOSE', {});

/** 'QEMU', 'Xen', 'LXC', 'TEST', ... */
export const CONNECT_GET_TYPE = remoteProcedure(3, 'CONNECT_GET_TYPE', { ret: { type: string } });

/** The hypervisor's version: major * 1000000 + minor * 1000 + micro. */
export const CONNECT_GET_VERSION = remoteProcedure(4, 'CONNECT_GET_VERSION', { ret: { hv_ver: uhyper } });

/** The daemon's own version, in the same form. */
export const CONNECT_GET_LIB_VERSION = remoteProcedure(157, 'CONNECT_GET_LIB_VERSION', { ret: { lib_ver: uhyper } });

export const CONNECT_GET_HOSTNAME = remoteProcedure(59, 'CONNECT_GET_HOSTNAME', { ret: { hostname: string } });

/** What the daemon opened. */
export const CONNECT_GET_URI = remoteProcedure(110, 'CONNECT_GET_URI', { ret: { uri: string } });

/** Slow the first time after the daemon's start: it probes every emulator. */
export const CONNECT_GET_CAPABILITIES = remoteProcedure(7, 'CONNECT_GET_CAPABILITIES', {
  ret: { capabilities: string },
});

/** SMBIOS as XML; VIR_ERR_CONFIG_UNSUPPORTED on a host without it. */
export const CONNECT_GET_SYSINFO = remoteProcedure(203, 'CONNECT_GET_SYSINFO', {
  args: { flags: uint },
  ret: { sysinfo: string },
});

/** Says how the daemon reaches its driver, nothing about the way to the daemon. */
export const CONNECT_IS_SECURE = remoteProcedure(149, 'CONNECT_IS_SECURE', { ret: { secure: bool } });

/** Feature 10 also starts the daemon's keepalive, and may be asked before OPEN. */
export const CONNECT_SUPPORTS_FEATURE = remoteProcedure(60, 'CONNECT_SUPPORTS_FEATURE', {
  args: { feature: int },
  ret: { supported: bool },
});

/** VIR_DRV_FEATURE_PROGRAM_KEEPALIVE */
export const FEATURE_PROGRAM_KEEPALIVE = 10;
/** VIR_DRV_FEATURE_REMOTE_EVENT_CALLBACK: the event procedures with callback ids, libvirt 1.2.1. */
export const FEATURE_REMOTE_EVENT_CALLBACK = 14;
/** VIR_DRV_FEATURE_REMOTE_CLOSE_CALLBACK */
export const FEATURE_REMOTE_CLOSE_CALLBACK = 15;

/**
 * ret => model: char[32] at four bytes each, memory KiB, then cpus and their topology: 160 bytes.
 * On odd topologies nodes * sockets * cores * threads may exceed cpus; cpus is right.
 */
export const NODE_GET_INFO = remoteProcedure(6, 'NODE_GET_INFO', {
  ret: {
    model: chars(32),
    memory: uhyper,
    cpus: int,
    mhz: int,
    nodes: int,
    sockets: int,
    cores: int,
    threads: int,
  },
});

/**
 * Two steps: with nparams 0 the reply's nparams says how many there are; QEMU refuses any other number than that.
 * cpuNum -1 is all CPUs together. Values are cumulative nanoseconds.
 */
export const NODE_GET_CPU_STATS = remoteProcedure(227, 'NODE_GET_CPU_STATS', {
  args: { cpuNum: int, nparams: int, flags: uint },
  ret: { params: nodeStats, nparams: int },
});

/** Two steps like NODE_GET_CPU_STATS, but the arguments come in another order. Values are KiB; cellNum -1 is all. */
export const NODE_GET_MEMORY_STATS = remoteProcedure(228, 'NODE_GET_MEMORY_STATS', {
  args: { nparams: int, cellNum: int, flags: uint },
  ret: { params: nodeStats, nparams: int },
});

/** Bytes. */
export const NODE_GET_FREE_MEMORY = remoteProcedure(102, 'NODE_GET_FREE_MEMORY', { ret: { freeMem: uhyper } });

/** Bytes of each NUMA cell from startCell on; maxcells is at least 1. */
export const NODE_GET_CELLS_FREE_MEMORY = remoteProcedure(101, 'NODE_GET_CELLS_FREE_MEMORY', {
  args: { startCell: int, maxcells: int },
  ret: { cells: array(uhyper, NODE_MAX_CELLS) },
});

/**
 * Free pages of each size in KiB and each of cellCount cells from startCell on: all sizes of one cell, then the next
 * cell's. Fails as a whole when a cell has no pages of one of the sizes. libvirt 1.2.6.
 */
export const NODE_GET_FREE_PAGES = remoteProcedure(340, 'NODE_GET_FREE_PAGES', {
  args: { pages: array(uint, NODE_MAX_CELLS), startCell: int, cellCount: uint, flags: uint },
  ret: { counts: array(uhyper, NODE_MAX_CELLS) },
});

/** Bit i, lowest first, of the map says whether CPU i is online; `ret` is the number of CPUs. */
export const NODE_GET_CPU_MAP = remoteProcedure(293, 'NODE_GET_CPU_MAP', {
  args: { need_map: int, need_online: int, flags: uint },
  ret: { cpumap: opaque(CPUMAP_MAX), online: uint, ret: int },
});

/** The message CONNECT_EVENT_CONNECTION_CLOSED may come afterwards, from daemons that forward to others. */
export const CONNECT_REGISTER_CLOSE_CALLBACK = remoteProcedure(360, 'CONNECT_REGISTER_CLOSE_CALLBACK', {});

export const CONNECT_UNREGISTER_CLOSE_CALLBACK = remoteProcedure(361, 'CONNECT_UNREGISTER_CLOSE_CALLBACK', {});
