// SPDX-License-Identifier: Apache-2.0
// What happens at a host when nobody asks: guests reboot, stop and come back, are paused for a while, crash.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import * as happens from './domain-events.ts';
import type { SimulatedDomain } from './domain.ts';
import type { SimulatedHost } from './host.ts';
import { Noise } from './noise.ts';
import { create } from './serve-actions.ts';

/** How lively a host is. */
export interface LifeOptions {
  /** Milliseconds between two happenings, on average. */
  readonly meanMs: number;
  /** How long a domain stays paused or off. */
  readonly pauseMs: number;
}

type Happening = (host: SimulatedHost, domain: SimulatedDomain, pauseMs: number) => void;

/** virDomainPausedReason, virDomainRunningReason */
const PAUSED_USER = 1;
const RUNNING_UNPAUSED = 5;

const HAPPENINGS: readonly [Happening, ...Happening[]] = [
  (host, domain) => {
    host.rebooted(domain);
  },
  (host, domain, pauseMs) => {
    host.poweredOff(domain);
    startLater(host, domain, pauseMs);
  },
  (host, domain, pauseMs) => {
    const { id } = domain;
    domain.become(STATE.VIR_DOMAIN_PAUSED, PAUSED_USER);
    host.emit(happens.suspended(domain, happens.SUSPENDED.PAUSED));
    host.later(pauseMs, () => {
      if (domain.id !== id || domain.state !== STATE.VIR_DOMAIN_PAUSED) return;
      domain.become(STATE.VIR_DOMAIN_RUNNING, RUNNING_UNPAUSED);
      host.emit(happens.resumed(domain, happens.RESUMED.UNPAUSED));
    });
  },
  (host, domain, pauseMs) => {
    host.crash(domain.spec.name);
    startLater(host, domain, pauseMs);
  },
];

/** Begins; it ends with the host. The same seed makes the same things happen to the same domains. */
export function startLife(host: SimulatedHost, { meanMs, pauseMs }: LifeOptions): void {
  let turn = 0;
  const live = (): void => {
    const noise = new Noise(`${host.spec.hostname}/life/${String(turn++)}`);
    const candidates = host.domains.filter((domain) => mayHappenTo(domain));
    const domain = candidates[noise.integer('who', 0, candidates.length - 1)];
    if (domain !== undefined) noise.pick('what', HAPPENINGS)(host, domain, pauseMs);
    host.later(meanMs * (0.5 + noise.fraction('when')), live);
  };
  host.later(meanMs, live);
}

/** Whoever is in trouble, at work or does not last is left alone. */
function mayHappenTo({ state, persistent, monitor, spec }: SimulatedDomain): boolean {
  return state === STATE.VIR_DOMAIN_RUNNING && persistent && !monitor.isFrozen && spec.job === null;
}

function startLater(host: SimulatedHost, domain: SimulatedDomain, ms: number): void {
  host.later(ms, () => {
    if (!domain.isActive && host.find(domain.spec.uuid) === domain) create(host, domain, 0);
  });
}
