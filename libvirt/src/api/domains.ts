// SPDX-License-Identifier: Apache-2.0
// Domains: finding them, their state and XML, starting and stopping them.

import {
  CONNECT_LIST_ALL_DOMAINS,
  DOMAIN_CREATE_WITH_FLAGS,
  DOMAIN_CREATE_XML,
  DOMAIN_DEFINE_XML_FLAGS,
  DOMAIN_DESTROY_FLAGS,
  DOMAIN_GET_AUTOSTART,
  DOMAIN_GET_AUTOSTART_ONCE,
  DOMAIN_GET_CONTROL_INFO,
  DOMAIN_GET_INFO,
  DOMAIN_GET_STATE,
  DOMAIN_GET_XML_DESC,
  DOMAIN_HAS_MANAGED_SAVE_IMAGE,
  DOMAIN_IS_ACTIVE,
  DOMAIN_IS_PERSISTENT,
  DOMAIN_LOOKUP_BY_ID,
  DOMAIN_LOOKUP_BY_NAME,
  DOMAIN_LOOKUP_BY_UUID,
  DOMAIN_MANAGED_SAVE,
  DOMAIN_MANAGED_SAVE_REMOVE,
  DOMAIN_PM_SUSPEND_FOR_DURATION,
  DOMAIN_PM_WAKEUP,
  DOMAIN_REBOOT,
  DOMAIN_RESET,
  DOMAIN_RESUME,
  DOMAIN_SET_AUTOSTART,
  DOMAIN_SET_AUTOSTART_ONCE,
  DOMAIN_SHUTDOWN_FLAGS,
  DOMAIN_SUSPEND,
  DOMAIN_UNDEFINE_FLAGS,
} from '../protocol/domain.ts';
import { DOMAIN_GET_MESSAGES, DOMAIN_GET_METADATA, DOMAIN_INJECT_NMI } from '../protocol/domain-details.ts';
import { domainControlErrorReason, domainControlState, domainReason, domainState } from '../protocol/enums.ts';
import type { DomainControlState, DomainReason, DomainState } from '../protocol/enums.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { LONG_MS, SLOW_MS, flagBits, kibToBytes, toNumber } from './units.ts';
import type { FlagOptions } from './units.ts';

// virConnectListAllDomainsFlags
const LIST_FLAGS = {
  active: 1,
  inactive: 2,
  persistent: 4,
  transient: 8,
  running: 16,
  paused: 32,
  shutoff: 64,
  otherState: 128,
  managedSave: 256,
  noManagedSave: 512,
  autostart: 1024,
  noAutostart: 2048,
  hasSnapshot: 4096,
  noSnapshot: 8192,
  hasCheckpoint: 16_384,
  noCheckpoint: 32_768,
} as const;
/** Which domains; of two that exclude each other both means either. Absent is all. */
export type DomainFilter = FlagOptions<typeof LIST_FLAGS>;

// virDomainXMLFlags
const XML_FLAGS = { secure: 1, inactive: 2, updateCpu: 4, migratable: 8 } as const;
/** `inactive` is what a running domain will start with next time; `secure` and `migratable` hold passwords. */
export type DomainXmlOptions = FlagOptions<typeof XML_FLAGS>;

// virDomainCreateFlags
const START_FLAGS = { paused: 1, autodestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16, resetNvram: 32 } as const;
/** `forceBoot` throws a managed save image away; `autodestroy` ends the domain with this connection. */
export type DomainStartOptions = FlagOptions<typeof START_FLAGS>;

// virDomainShutdownFlagValues, virDomainRebootFlagValues
const SHUTDOWN_FLAGS = { acpi: 1, agent: 2, initctl: 4, signal: 8, paravirt: 16 } as const;
/** Which ways may be tried; absent leaves it to the hypervisor. */
export type DomainShutdownOptions = FlagOptions<typeof SHUTDOWN_FLAGS>;

// virDomainDestroyFlagsValues
const DESTROY_FLAGS = { graceful: 1, removeLogs: 2 } as const;
/** `graceful` fails rather than kill an emulator that does not end by itself. */
export type DomainDestroyOptions = FlagOptions<typeof DESTROY_FLAGS>;

// virDomainSaveRestoreFlags
const SAVE_FLAGS = { bypassCache: 1, running: 2, paused: 4, resetNvram: 8 } as const;
/** `running` and `paused` say what the domain is to be when it is started again. */
export type DomainSaveOptions = FlagOptions<typeof SAVE_FLAGS>;

// virDomainUndefineFlagsValues
const UNDEFINE_FLAGS = {
  managedSave: 1,
  snapshotsMetadata: 2,
  nvram: 4,
  keepNvram: 8,
  checkpointsMetadata: 16,
} as const;
/** What goes with the definition; libvirt refuses when something is there and not named. */
export type DomainUndefineOptions = FlagOptions<typeof UNDEFINE_FLAGS>;

// virNodeSuspendTarget
const SUSPEND_TARGETS = { memory: 0, disk: 1, hybrid: 2 } as const;

/** A domain's state and size. */
export interface DomainInfo {
  readonly state: DomainState;
  readonly maxMemoryBytes: number;
  readonly memoryBytes: number;
  readonly vcpuCount: number;
  /** Since the domain's start; above 2^53 (104 days of one CPU) the nearest double. */
  readonly cpuTimeNs: number;
}

/** Whether a domain answers its daemon. */
export interface DomainControlInfo {
  readonly state: DomainControlState;
  /** What kind of error, for the state 'error'; 'none' otherwise. */
  readonly error: string;
  /** How long it has been so. */
  readonly stateTimeMs: number;
}

/**
 * Domains. Libvirt finds a domain by its UUID: VIR_ERR_NO_DOMAIN when it is gone. What changes a domain is refused on a
 * read-only connection (VIR_ERR_OPERATION_DENIED) and in the wrong state (VIR_ERR_OPERATION_INVALID). A method returns
 * when libvirt does; where that is before the thing has happened, its comment says so.
 */
export class DomainsApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async list(filter: DomainFilter = {}, options?: CallOptions): Promise<readonly DomainRef[]> {
    const args = { need_results: 1, flags: flagBits(LIST_FLAGS, filter) };
    return (await this.#rpc.call(CONNECT_LIST_ALL_DOMAINS, args, options)).domains;
  }

  async lookupByUuid(uuid: string, options?: CallOptions): Promise<DomainRef> {
    return (await this.#rpc.call(DOMAIN_LOOKUP_BY_UUID, { uuid }, options)).dom;
  }

  async lookupByName(name: string, options?: CallOptions): Promise<DomainRef> {
    return (await this.#rpc.call(DOMAIN_LOOKUP_BY_NAME, { name }, options)).dom;
  }

  /** Finds active domains only. */
  async lookupById(id: number, options?: CallOptions): Promise<DomainRef> {
    return (await this.#rpc.call(DOMAIN_LOOKUP_BY_ID, { id }, options)).dom;
  }

  /** The domain's definition. `secure` and `migratable` are refused on a read-only connection. */
  async xml(dom: DomainRef, xml: DomainXmlOptions = {}, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(DOMAIN_GET_XML_DESC, { dom, flags: flagBits(XML_FLAGS, xml) }, options)).xml;
  }

  async info(dom: DomainRef, options?: CallOptions): Promise<DomainInfo> {
    const info = await this.#rpc.call(DOMAIN_GET_INFO, { dom }, options);
    return {
      state: domainState(info.state),
      maxMemoryBytes: kibToBytes(info.maxMem),
      memoryBytes: kibToBytes(info.memory),
      vcpuCount: info.nrVirtCpu,
      cpuTimeNs: toNumber(info.cpuTime),
    };
  }

  /** The state, and why. Does not need the emulator. */
  async state(
    dom: DomainRef,
    options?: CallOptions,
  ): Promise<{ readonly state: DomainState; readonly reason: DomainReason }> {
    const ret = await this.#rpc.call(DOMAIN_GET_STATE, { dom, flags: 0 }, options);
    const state = domainState(ret.state);
    return { state, reason: domainReason(state, ret.reason) };
  }

  /** Whether the emulator answers. Takes no lock, so this does even when it does not. */
  async controlInfo(dom: DomainRef, options?: CallOptions): Promise<DomainControlInfo> {
    const ret = await this.#rpc.call(DOMAIN_GET_CONTROL_INFO, { dom, flags: 0 }, options);
    return {
      state: domainControlState(ret.state),
      error: domainControlErrorReason(ret.details),
      stateTimeMs: toNumber(ret.stateTime),
    };
  }

  /** libvirt's warnings about the domain, in words. libvirt 7.1.0. */
  async messages(dom: DomainRef, options?: CallOptions): Promise<readonly string[]> {
    return (await this.#rpc.call(DOMAIN_GET_MESSAGES, { dom, flags: 0 }, options)).msgs;
  }

  /**
   * Its title, its description, or as XML what an application has left under a namespace. VIR_ERR_NO_DOMAIN_METADATA
   * when there is none.
   */
  async metadata(
    dom: DomainRef,
    what: 'title' | 'description' | { readonly namespace: string },
    options?: CallOptions,
  ): Promise<string> {
    const type = what === 'description' ? 0 : what === 'title' ? 1 : 2;
    const uri = typeof what === 'object' ? what.namespace : null;
    return (await this.#rpc.call(DOMAIN_GET_METADATA, { dom, type, uri, flags: 0 }, options)).metadata;
  }

  async isActive(dom: DomainRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(DOMAIN_IS_ACTIVE, { dom }, options)).active;
  }

  async isPersistent(dom: DomainRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(DOMAIN_IS_PERSISTENT, { dom }, options)).persistent;
  }

  /** Whether the domain starts with its host. */
  async autostart(dom: DomainRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(DOMAIN_GET_AUTOSTART, { dom }, options)).autostart;
  }

  /** Refused for a transient domain. */
  async setAutostart(dom: DomainRef, autostart: boolean, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_SET_AUTOSTART, { dom, autostart }, options);
  }

  /** Whether the domain starts with its host the next time only. libvirt 11.2.0. */
  async autostartOnce(dom: DomainRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(DOMAIN_GET_AUTOSTART_ONCE, { dom }, options)).autostart;
  }

  /** libvirt 11.2.0. */
  async setAutostartOnce(dom: DomainRef, autostart: boolean, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_SET_AUTOSTART_ONCE, { dom, autostart }, options);
  }

  /** Makes a persistent domain, or changes what an existing one will start with next time. */
  async define(xml: string, options?: CallOptions): Promise<DomainRef> {
    return (await this.#rpc.call(DOMAIN_DEFINE_XML_FLAGS, { xml, flags: 0 }, options)).dom;
  }

  /** Removes the definition. An active domain runs on, transient. */
  async undefine(dom: DomainRef, undefine: DomainUndefineOptions = {}, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_UNDEFINE_FLAGS, { dom, flags: flagBits(UNDEFINE_FLAGS, undefine) }, options);
  }

  /** Starts a domain that is defined; returns it with its new id. A managed save image is resumed. */
  async start(dom: DomainRef, start: DomainStartOptions = {}, options?: CallOptions): Promise<DomainRef> {
    const args = { dom, flags: flagBits(START_FLAGS, start) };
    return (await this.#rpc.call(DOMAIN_CREATE_WITH_FLAGS, args, { deadlineMs: LONG_MS, ...options })).dom;
  }

  /** Starts a transient domain, which is gone when it stops. */
  async create(xml: string, start: DomainStartOptions = {}, options?: CallOptions): Promise<DomainRef> {
    const args = { xml_desc: xml, flags: flagBits(START_FLAGS, start) };
    return (await this.#rpc.call(DOMAIN_CREATE_XML, args, { deadlineMs: LONG_MS, ...options })).dom;
  }

  /** Asks the guest to shut down. Returns when the request is sent; guests may ignore it: wait for 'stopped'. */
  async shutdown(dom: DomainRef, shutdown: DomainShutdownOptions = {}, options?: CallOptions): Promise<void> {
    const args = { dom, flags: flagBits(SHUTDOWN_FLAGS, shutdown) };
    await this.#rpc.call(DOMAIN_SHUTDOWN_FLAGS, args, { deadlineMs: SLOW_MS, ...options });
  }

  /**
   * Asks the guest to reboot. Returns when the request is sent. With QEMU a request the guest ignores stays armed: the
   * next power-off becomes a reboot.
   */
  async reboot(dom: DomainRef, reboot: DomainShutdownOptions = {}, options?: CallOptions): Promise<void> {
    const args = { dom, flags: flagBits(SHUTDOWN_FLAGS, reboot) };
    await this.#rpc.call(DOMAIN_REBOOT, args, { deadlineMs: SLOW_MS, ...options });
  }

  /** Presses the reset button; the guest is not asked. Returns when the request is sent. */
  async reset(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_RESET, { dom, flags: 0 }, { deadlineMs: SLOW_MS, ...options });
  }

  /** Pulls the plug; in the lane `urgent`. Returns when the domain is off. A transient domain is gone then. */
  async destroy(dom: DomainRef, destroy: DomainDestroyOptions = {}, options?: CallOptions): Promise<void> {
    const args = { dom, flags: flagBits(DESTROY_FLAGS, destroy) };
    await this.#rpc.call(DOMAIN_DESTROY_FLAGS, args, { deadlineMs: SLOW_MS, lane: 'urgent', ...options });
  }

  /** Stops the CPUs. Returns when the domain is paused. */
  async suspend(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_SUSPEND, { dom }, { deadlineMs: SLOW_MS, ...options });
  }

  /** Starts the CPUs again. Returns when the domain runs. */
  async resume(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_RESUME, { dom }, { deadlineMs: SLOW_MS, ...options });
  }

  /** Sends a non-maskable interrupt, which makes many guests dump their memory. Returns when it is sent. */
  async injectNmi(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_INJECT_NMI, { dom, flags: 0 }, { deadlineMs: SLOW_MS, ...options });
  }

  /** Has the guest agent put the guest to sleep. Returns when the request is sent. */
  async pmSuspend(dom: DomainRef, target: keyof typeof SUSPEND_TARGETS, options?: CallOptions): Promise<void> {
    const args = { dom, target: SUSPEND_TARGETS[target], duration: 0n, flags: 0 };
    await this.#rpc.call(DOMAIN_PM_SUSPEND_FOR_DURATION, args, { deadlineMs: SLOW_MS, ...options });
  }

  /** Wakes a guest that sleeps. Returns when the request is sent. */
  async pmWakeup(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_PM_WAKEUP, { dom, flags: 0 }, { deadlineMs: SLOW_MS, ...options });
  }

  /** Writes the guest's memory to disk and turns the domain off. Takes as long as that takes: `jobs` shows how far. */
  async managedSave(dom: DomainRef, save: DomainSaveOptions = {}, options?: CallOptions): Promise<void> {
    const args = { dom, flags: flagBits(SAVE_FLAGS, save) };
    await this.#rpc.call(DOMAIN_MANAGED_SAVE, args, { deadlineMs: LONG_MS, lane: 'bulk', ...options });
  }

  /** Whether the next start resumes a saved image. */
  async hasManagedSave(dom: DomainRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(DOMAIN_HAS_MANAGED_SAVE_IMAGE, { dom, flags: 0 }, options)).result;
  }

  /** Throws the saved image away: the next start boots. */
  async managedSaveRemove(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_MANAGED_SAVE_REMOVE, { dom, flags: 0 }, options);
  }
}
