// SPDX-License-Identifier: Apache-2.0
// A Host that watches a fake daemon at a quick beat, for the tests of this room.

import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { FakeDaemon, simulatedFleet } from '@vireo/libvirt/testing';
import type { FakeDaemonOptions, FleetOptions, SimulatedHost } from '@vireo/libvirt/testing';
import { METRIC_GROUPS } from '../contract/groups.ts';
import type { HostChange } from './changes.ts';
import { Host } from './host.ts';
import type { PollOptions } from './session.ts';
import type { DomainSnapshot, HostSnapshot } from './snapshot.ts';

/** A beat that is quick, and slow enough for a busy machine. */
export const POLL: PollOptions = {
  intervalMs: 200,
  deadlineMs: 250,
  chunkDomains: 4,
  staleAfterPolls: 3,
  slowIntervalMs: 60_000,
  groups: new Set(METRIC_GROUPS),
  maxInFlight: 4,
};

/** What a test wants different. */
export interface WatchOptions {
  readonly poll?: Partial<PollOptions>;
  readonly fleet?: FleetOptions;
  readonly daemon?: FakeDaemonOptions;
  /** Whether the daemon reaches the hypervisor over the network. */
  readonly isFar?: boolean;
  /** What to do to the daemon before the host connects. */
  readonly prepare?: (daemon: FakeDaemon, simulated: SimulatedHost) => void;
}

/** A host that is watched. */
export interface Watch {
  readonly host: Host;
  readonly daemon: FakeDaemon;
  readonly simulated: SimulatedHost;
  /** Everything that was published, oldest first. */
  readonly snapshots: readonly HostSnapshot[];
  readonly changes: readonly HostChange[];
  /** Every connection that was opened. */
  readonly connections: readonly Connection[];
  /** Whether opening another connection fails. */
  refuseConnections: boolean;
  /** The newest record of the domain of this name. */
  domain(name: string): DomainSnapshot | undefined;
  /** Resolves with the next polls' end: `count` more successful inventories. */
  polls(count: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts a host that watches a simulated one. End it. */
export async function watchHost(options: WatchOptions = {}): Promise<Watch> {
  const [simulated] = simulatedFleet({ hosts: 1, domainsPerHost: 12, guestMs: 50, ...options.fleet });
  if (simulated === undefined) throw new Error('no simulated host');
  const daemon = await FakeDaemon.listen({ host: simulated, ...options.daemon });
  options.prepare?.(daemon, simulated);
  const snapshots: HostSnapshot[] = [];
  const changes: HostChange[] = [];
  const connections: Connection[] = [];
  const poll = { ...POLL, ...options.poll };
  const host = new Host({
    name: 'kvm1',
    uri: 'qemu:///system',
    simulated: true,
    poll,
    isFar: options.isFar ?? false,
    open: async (signal) => {
      if (watch.refuseConnections) throw new Error('no more connections');
      const connection = await connect(daemon.uri, { signal, maxInFlight: poll.maxInFlight });
      connections.push(connection);
      return connection;
    },
    openControl: async (signal) =>
      await connect(daemon.uri, { readOnly: false, signal, maxInFlight: poll.maxInFlight }),
    onSnapshot: (snapshot) => snapshots.push(snapshot),
    onChange: (change) => changes.push(change),
  });
  const watch: Watch = {
    host,
    daemon,
    simulated,
    snapshots,
    changes,
    connections,
    refuseConnections: false,
    domain: (name) => [...host.snapshot.domains.values()].find((domain) => domain.name === name),
    polls: async (count) => {
      for (let i = 0; i < count; i++) {
        const before = host.snapshot.polls.get('statistics');
        await until(() => host.snapshot.polls.get('statistics') !== before, 'another poll');
      }
    },
    end: async () => {
      await host.stop();
      simulated.close();
      await daemon.close();
    },
  };
  host.start(0);
  return watch;
}

/** Resolves when `condition` holds; rejects when it still does not after `withinMs`. */
export async function until(condition: () => boolean, what: string, withinMs = 20_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await delay(5);
  }
}
