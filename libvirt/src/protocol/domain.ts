// SPDX-License-Identifier: Apache-2.0
// Finding domains, what state they are in, their XML, and what makes them start, stop and sleep: REMOTE_PROC_DOMAIN_*.
// What lies inside a domain (devices, jobs, guest) is in domain-details.ts, statistics in domain-stats.ts.

import { bool, int, string, uhyper, uint, uuid } from './layout.ts';
import { remoteProcedure } from './procedure.ts';
import { domain, listArgs, listOf } from './types.ts';

/** `flags` are virConnectListAllDomainsFlags, 0 all: 1 ACTIVE, 2 INACTIVE, ... */
export const CONNECT_LIST_ALL_DOMAINS = remoteProcedure(273, 'CONNECT_LIST_ALL_DOMAINS', {
  args: listArgs,
  ret: { domains: listOf(domain), ret: uint },
});

export const DOMAIN_LOOKUP_BY_UUID = remoteProcedure(24, 'DOMAIN_LOOKUP_BY_UUID', {
  args: { uuid },
  ret: { dom: domain },
});
export const DOMAIN_LOOKUP_BY_NAME = remoteProcedure(23, 'DOMAIN_LOOKUP_BY_NAME', {
  args: { name: string },
  ret: { dom: domain },
});
/** Active domains only. */
export const DOMAIN_LOOKUP_BY_ID = remoteProcedure(22, 'DOMAIN_LOOKUP_BY_ID', {
  args: { id: int },
  ret: { dom: domain },
});

/** `flags`: 1 SECURE, 2 INACTIVE, 4 UPDATE_CPU, 8 MIGRATABLE; 1 and 8 are refused on a read-only connection. */
export const DOMAIN_GET_XML_DESC = remoteProcedure(14, 'DOMAIN_GET_XML_DESC', {
  args: { dom: domain, flags: uint },
  ret: { xml: string },
});

/** ret => state and nrVirtCpu are char and short, four bytes each; memory KiB, cpuTime ns: 32 bytes. */
export const DOMAIN_GET_INFO = remoteProcedure(16, 'DOMAIN_GET_INFO', {
  args: { dom: domain },
  ret: { state: uint, maxMem: uhyper, memory: uhyper, nrVirtCpu: uint, cpuTime: uhyper },
});

/** What `reason` means depends on `state`. */
export const DOMAIN_GET_STATE = remoteProcedure(212, 'DOMAIN_GET_STATE', {
  args: { dom: domain, flags: uint },
  ret: { state: int, reason: int },
});

/** Takes no lock, so it answers for a hung emulator too. `stateTime` is in milliseconds. */
export const DOMAIN_GET_CONTROL_INFO = remoteProcedure(229, 'DOMAIN_GET_CONTROL_INFO', {
  args: { dom: domain, flags: uint },
  ret: { state: uint, details: uint, stateTime: uhyper },
});

export const DOMAIN_IS_ACTIVE = remoteProcedure(150, 'DOMAIN_IS_ACTIVE', {
  args: { dom: domain },
  ret: { active: bool },
});
export const DOMAIN_IS_PERSISTENT = remoteProcedure(151, 'DOMAIN_IS_PERSISTENT', {
  args: { dom: domain },
  ret: { persistent: bool },
});
export const DOMAIN_GET_AUTOSTART = remoteProcedure(15, 'DOMAIN_GET_AUTOSTART', {
  args: { dom: domain },
  ret: { autostart: bool },
});
/** Fails for a transient domain. */
export const DOMAIN_SET_AUTOSTART = remoteProcedure(29, 'DOMAIN_SET_AUTOSTART', {
  args: { dom: domain, autostart: bool },
});
/** libvirt 11.2.0 */
export const DOMAIN_GET_AUTOSTART_ONCE = remoteProcedure(449, 'DOMAIN_GET_AUTOSTART_ONCE', {
  args: { dom: domain },
  ret: { autostart: bool },
});
/** libvirt 11.2.0 */
export const DOMAIN_SET_AUTOSTART_ONCE = remoteProcedure(450, 'DOMAIN_SET_AUTOSTART_ONCE', {
  args: { dom: domain, autostart: bool },
});

/** `flags`: 1 VALIDATE. Makes or changes a persistent domain. */
export const DOMAIN_DEFINE_XML_FLAGS = remoteProcedure(350, 'DOMAIN_DEFINE_XML_FLAGS', {
  args: { xml: string, flags: uint },
  ret: { dom: domain },
});
/** `flags`: 1 MANAGED_SAVE, 2 SNAPSHOTS_METADATA, 4 NVRAM, 8 KEEP_NVRAM, 16 CHECKPOINTS_METADATA. */
export const DOMAIN_UNDEFINE_FLAGS = remoteProcedure(231, 'DOMAIN_UNDEFINE_FLAGS', {
  args: { dom: domain, flags: uint },
});
/** Starts a transient domain. `flags` as for DOMAIN_CREATE_WITH_FLAGS. */
export const DOMAIN_CREATE_XML = remoteProcedure(10, 'DOMAIN_CREATE_XML', {
  args: { xml_desc: string, flags: uint },
  ret: { dom: domain },
});

export const DOMAIN_CREATE = remoteProcedure(9, 'DOMAIN_CREATE', { args: { dom: domain } });
/** `flags`: 1 PAUSED, 2 AUTODESTROY, 4 BYPASS_CACHE, 8 FORCE_BOOT, 16 VALIDATE, 32 RESET_NVRAM. */
export const DOMAIN_CREATE_WITH_FLAGS = remoteProcedure(196, 'DOMAIN_CREATE_WITH_FLAGS', {
  args: { dom: domain, flags: uint },
  ret: { dom: domain },
});
/** Returns when the request is sent. `flags`: 0 default, 1 ACPI, 2 AGENT, 4 INITCTL, 8 SIGNAL, 16 PARAVIRT. */
export const DOMAIN_SHUTDOWN_FLAGS = remoteProcedure(258, 'DOMAIN_SHUTDOWN_FLAGS', {
  args: { dom: domain, flags: uint },
});
/** Returns when the request is sent. `flags` as for shutdown. */
export const DOMAIN_REBOOT = remoteProcedure(27, 'DOMAIN_REBOOT', { args: { dom: domain, flags: uint } });
export const DOMAIN_RESET = remoteProcedure(245, 'DOMAIN_RESET', { args: { dom: domain, flags: uint } });
/** `flags`: 0 kill, 1 GRACEFUL (SIGTERM only), 2 REMOVE_LOGS. */
export const DOMAIN_DESTROY_FLAGS = remoteProcedure(234, 'DOMAIN_DESTROY_FLAGS', {
  args: { dom: domain, flags: uint },
});
export const DOMAIN_SUSPEND = remoteProcedure(34, 'DOMAIN_SUSPEND', { args: { dom: domain } });
export const DOMAIN_RESUME = remoteProcedure(28, 'DOMAIN_RESUME', { args: { dom: domain } });
/** `target`: 0 MEM, 1 DISK, 2 HYBRID. QEMU wants duration 0, and a guest agent. */
export const DOMAIN_PM_SUSPEND_FOR_DURATION = remoteProcedure(261, 'DOMAIN_PM_SUSPEND_FOR_DURATION', {
  args: { dom: domain, target: uint, duration: uhyper, flags: uint },
});
export const DOMAIN_PM_WAKEUP = remoteProcedure(267, 'DOMAIN_PM_WAKEUP', { args: { dom: domain, flags: uint } });
/** Writes the guest's memory to disk, so it takes long. `flags`: 1 BYPASS_CACHE, 2 RUNNING, 4 PAUSED, 8 RESET_NVRAM. */
export const DOMAIN_MANAGED_SAVE = remoteProcedure(182, 'DOMAIN_MANAGED_SAVE', { args: { dom: domain, flags: uint } });
export const DOMAIN_HAS_MANAGED_SAVE_IMAGE = remoteProcedure(183, 'DOMAIN_HAS_MANAGED_SAVE_IMAGE', {
  args: { dom: domain, flags: uint },
  ret: { result: bool },
});
export const DOMAIN_MANAGED_SAVE_REMOVE = remoteProcedure(184, 'DOMAIN_MANAGED_SAVE_REMOVE', {
  args: { dom: domain, flags: uint },
});
