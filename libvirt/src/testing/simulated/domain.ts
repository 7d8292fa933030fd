// SPDX-License-Identifier: Apache-2.0
// One simulated domain: its state, and how long it has really run, which is what its counters grow with.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import type { DomainRef } from '../../protocol/types.ts';
import { Monitor } from './monitor.ts';
import { Noise } from './noise.ts';
import type { DomainSpec } from './spec.ts';

/** A domain as it is now. */
export class SimulatedDomain {
  readonly spec: DomainSpec;
  readonly monitor: Monitor;
  readonly noise: Noise;
  state: number;
  reason: number;
  /** -1 while inactive. */
  id: number;
  persistent: boolean;
  autostart: boolean;
  managedSave: boolean;
  /** A reboot was asked for and ignored: libvirt turns the guest's next power-off into one. */
  rebootPending = false;
  readonly #now: () => number;
  #ranMs: number;
  #runningSince: number | null;

  constructor(spec: DomainSpec, id: number, now: () => number) {
    this.spec = spec;
    this.monitor = new Monitor(now);
    this.noise = new Noise(spec.uuid);
    this.state = spec.state;
    this.reason = spec.reason;
    this.id = isActive(spec.state) ? id : -1;
    this.persistent = spec.persistent;
    this.autostart = spec.autostart;
    this.managedSave = spec.managedSave;
    this.#now = now;
    this.#ranMs = isActive(spec.state) ? spec.uptimeSeconds * 1000 : 0;
    this.#runningSince = spec.state === STATE.VIR_DOMAIN_RUNNING ? now() : null;
  }

  get ref(): DomainRef {
    return { name: this.spec.name, uuid: this.spec.uuid, id: this.id };
  }

  get isActive(): boolean {
    return this.id !== -1;
  }

  /** Seconds its CPUs have run since its last start. */
  get ranSeconds(): number {
    return (this.#ranMs + (this.#runningSince === null ? 0 : this.#now() - this.#runningSince)) / 1000;
  }

  /** Changes the state; counters stand still unless it is running. */
  become(state: number, reason: number): void {
    this.#ranMs = this.ranSeconds * 1000;
    this.#runningSince = state === STATE.VIR_DOMAIN_RUNNING ? this.#now() : null;
    this.state = state;
    this.reason = reason;
  }

  /** A new QEMU: counters begin at zero. */
  boot(id: number, state: number, reason: number): void {
    this.id = id;
    this.rebootPending = false;
    this.become(state, reason);
    this.#ranMs = 0;
  }

  /** Its QEMU ends, and with it whoever waited for an answer. */
  stop(reason: number): void {
    this.become(STATE.VIR_DOMAIN_SHUTOFF, reason);
    this.id = -1;
    this.monitor.thaw();
  }
}

function isActive(state: number): boolean {
  return state !== STATE.VIR_DOMAIN_SHUTOFF && state !== STATE.VIR_DOMAIN_NOSTATE;
}
