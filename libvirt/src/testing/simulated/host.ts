// SPDX-License-Identifier: Apache-2.0
// A host that lives: domains whose counters grow with time and whose states change by request, by accident and by the
// guests' own doing. It knows nothing of sockets; a FakeDaemon speaks for it.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import { ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { DaemonError } from '../daemon-error.ts';
import type { HostEvent } from '../events.ts';
import { SimulatedDomain } from './domain.ts';
import * as happens from './domain-events.ts';
import type { DomainSpec, HostSpec, NetworkSpec, PoolSpec } from './spec.ts';

/** How a simulation runs. */
export interface SimulationOptions {
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
  /** How long a call waits for a domain that another call holds; libvirt's 30 000 by default. */
  readonly jobWaitMs?: number;
  /** How long an obedient guest takes to shut down, or to come back from a reboot; default 3000. */
  readonly guestMs?: number;
}

/** A pool as it is now. */
export interface SimulatedPool {
  readonly spec: PoolSpec;
  /** virStoragePoolState */
  state: number;
  autostart: boolean;
}

/** A host with its domains, pools and networks. */
export class SimulatedHost {
  readonly spec: HostSpec;
  readonly now: () => number;
  readonly jobWaitMs: number;
  readonly guestMs: number;
  /** Parameters a record of bulk statistics may have: libvirt 9.0.0's limit, which was 4096 before. */
  parametersMax = 262_144;
  readonly startedAt: number;
  readonly pools: readonly SimulatedPool[];
  readonly #domains = new Map<string, SimulatedDomain>();
  readonly #listeners = new Set<(event: HostEvent) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #nextId = 1;

  constructor(spec: HostSpec, options: SimulationOptions = {}) {
    this.spec = spec;
    this.now = options.now ?? Date.now;
    this.jobWaitMs = options.jobWaitMs ?? 30_000;
    this.guestMs = options.guestMs ?? 3000;
    this.startedAt = this.now();
    this.pools = spec.pools.map((pool) => ({ spec: pool, state: pool.state, autostart: pool.autostart }));
    for (const domain of spec.domains) this.#add(domain);
  }

  /** All domains, in no particular order, as libvirt gives them. */
  get domains(): readonly SimulatedDomain[] {
    return [...this.#domains.values()];
  }

  get networks(): readonly NetworkSpec[] {
    return this.spec.networks;
  }

  /** Seconds since the host booted. */
  get uptimeSeconds(): number {
    return this.spec.uptimeSeconds + (this.now() - this.startedAt) / 1000;
  }

  /** Tells of everything that happens. Returns how to stop. */
  onEvent(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(...events: readonly HostEvent[]): void {
    for (const event of events) {
      for (const listener of this.#listeners) listener(event);
    }
  }

  /** By UUID only, as QEMU's driver looks domains up. */
  find(uuid: string): SimulatedDomain | undefined {
    return this.#domains.get(uuid);
  }

  /** @throws DaemonError NO_DOMAIN, quoting the name the caller sent */
  domain(ref: { readonly name: string; readonly uuid: string }): SimulatedDomain {
    const domain = this.#domains.get(ref.uuid);
    if (domain === undefined) throw noDomain(`uuid '${ref.uuid}' (${ref.name})`);
    return domain;
  }

  /** For tests: the domain of this name. */
  named(name: string): SimulatedDomain {
    const domain = this.domains.find((candidate) => candidate.spec.name === name);
    if (domain === undefined) throw new Error(`no simulated domain is called ${name}`);
    return domain;
  }

  takeId(): number {
    return this.#nextId++;
  }

  /** A domain is defined. */
  define(spec: DomainSpec): SimulatedDomain {
    const domain = this.#add(spec);
    this.emit(happens.defined(domain));
    return domain;
  }

  /** A domain's definition goes; an active one becomes transient. */
  undefine(domain: SimulatedDomain): void {
    domain.persistent = false;
    this.forgetIfGone(domain);
    this.emit(happens.removed(domain));
  }

  /** A transient domain that stopped exists no more. */
  forgetIfGone(domain: SimulatedDomain): void {
    if (!domain.persistent && !domain.isActive) this.#domains.delete(domain.spec.uuid);
  }

  /** The QEMU process stops answering, as one that got SIGSTOP. */
  freeze(name: string): void {
    this.named(name).monitor.freeze();
  }

  /** It goes on. */
  thaw(name: string): void {
    this.named(name).monitor.thaw();
  }

  /** The QEMU process dies. Captured: libvirt calls it STOPPED/FAILED, and the domain shutoff, crashed. */
  crash(name: string): void {
    const domain = this.named(name);
    domain.stop(SHUTOFF_CRASHED);
    this.forgetIfGone(domain);
    this.emit(happens.stopped(domain, happens.STOPPED.FAILED));
  }

  /** The guest panics, and the domain keeps what is left (on_crash preserve). */
  panic(name: string): void {
    const domain = this.named(name);
    domain.become(STATE.VIR_DOMAIN_CRASHED, 1);
    this.emit(happens.panicked(domain));
  }

  /** A disk fails, and the domain is paused. */
  failDisk(name: string): void {
    const domain = this.named(name);
    domain.become(STATE.VIR_DOMAIN_PAUSED, PAUSED_IOERROR);
    this.emit(...happens.ioError(domain), happens.suspended(domain, happens.SUSPENDED.IOERROR));
  }

  /** The guest switches itself off; if it once ignored a reboot, libvirt starts it again instead. */
  guestPowersOff(name: string): void {
    const domain = this.named(name);
    if (domain.rebootPending) this.rebooted(domain);
    else this.poweredOff(domain);
  }

  poweredOff(domain: SimulatedDomain): void {
    domain.become(STATE.VIR_DOMAIN_SHUTDOWN, 0);
    this.emit(happens.shutdown(domain, happens.SHUTDOWN.GUEST));
    domain.stop(SHUTOFF_SHUTDOWN);
    this.forgetIfGone(domain);
    this.emit(happens.stopped(domain, happens.STOPPED.SHUTDOWN));
  }

  rebooted(domain: SimulatedDomain): void {
    domain.rebootPending = false;
    domain.become(STATE.VIR_DOMAIN_RUNNING, RUNNING_BOOTED);
    this.emit(
      happens.shutdown(domain, happens.SHUTDOWN.GUEST),
      happens.rebooted(domain),
      happens.resumed(domain, happens.RESUMED.UNPAUSED),
    );
  }

  /** A pool starts or stops. */
  setPoolState(name: string, state: number): void {
    const pool = this.pools.find((candidate) => candidate.spec.name === name);
    if (pool === undefined) throw new Error(`no simulated pool is called ${name}`);
    pool.state = state;
    this.emit(happens.poolChanged(pool.spec, state === 0 ? happens.POOL.STOPPED : happens.POOL.STARTED));
  }

  /** Runs a task later, unless the host is closed before. */
  later(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, ms).unref();
    this.#timers.add(timer);
  }

  /** Nothing happens any more by itself. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#listeners.clear();
  }

  #add(spec: DomainSpec): SimulatedDomain {
    const active = spec.state !== STATE.VIR_DOMAIN_SHUTOFF;
    const domain = new SimulatedDomain(spec, active ? this.takeId() : -1, this.now);
    this.#domains.set(spec.uuid, domain);
    return domain;
  }
}

/** virDomainShutoffReason, virDomainPausedReason, virDomainRunningReason */
const SHUTOFF_SHUTDOWN = 1;
const SHUTOFF_CRASHED = 3;
const PAUSED_IOERROR = 5;
const RUNNING_BOOTED = 1;

/** As QEMU's driver says it. */
export function noDomain(matching: string): DaemonError {
  return daemonError('NO_DOMAIN', ERROR_FROM.QEMU, `no domain with matching ${matching}`);
}
