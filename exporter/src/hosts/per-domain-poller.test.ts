// SPDX-License-Identifier: Apache-2.0
// A driver without bulk statistics costs some calls a domain: how many in all for a hundred that run, and how many at a
// time. No machine for tests has room for a hundred Xen guests, so the host is simulated.

import { protocol } from '@vireo/libvirt';
import type { DomainSnapshot } from './snapshot.ts';
import { until, watchHost } from './watch-host.fixture.ts';
import type { Watch } from './watch-host.fixture.ts';

jest.setTimeout(120_000);

const { DOMAIN_BLOCK_STATS, DOMAIN_GET_INFO, DOMAIN_INTERFACE_STATS, DOMAIN_MEMORY_STATS } = protocol;
const CALLS = new Set(
  [DOMAIN_GET_INFO, DOMAIN_MEMORY_STATS, DOMAIN_BLOCK_STATS, DOMAIN_INTERFACE_STATS].map(({ number }) => number),
);
/** What the default poll has time for. */
const POLL_MS = 5000;

let watch: Watch;

afterEach(() => watch.end());

test('a hundred Xen domains that run fit into a poll, with few calls in flight', async () => {
  watch = await watchHost({
    fleet: { domainsPerHost: 135, driver: 'Xen' },
    poll: { deadlineMs: 10_000 },
    daemon: { faults: [{ fault: { kind: 'slow', ms: 1 }, times: Infinity }] },
  });
  const most = { ofConnection: 0, ofHost: 0 };
  const sampling = setInterval(() => {
    const loads = watch.connections.map(({ load }) => load.inFlight + load.abandoned);
    most.ofConnection = Math.max(most.ofConnection, ...loads);
    most.ofHost = Math.max(
      most.ofHost,
      loads.reduce((sum, load) => sum + load, 0),
    );
  }, 1);
  const active = (): DomainSnapshot[] => [...watch.host.snapshot.domains.values()].filter(({ id }) => id !== -1);
  const devices = (): number =>
    active().reduce((sum, { stats }) => sum + (stats?.block.size ?? 0) + (stats?.net.size ?? 0), 0);
  const measured = (): boolean =>
    active().length >= 100 && active().every(({ stats }) => (stats?.block.size ?? 0) > 0 && (stats?.net.size ?? 0) > 0);
  const made = (): number => watch.daemon.calls.filter(({ procedure }) => CALLS.has(procedure)).length;
  try {
    await until(measured, 'disks and network cards of all that run', 90_000);
    await watch.polls(1);
    const before = made();
    await watch.polls(1);
    // Two a domain, and one a device: nothing twice, and nothing that Xen lacks.
    expect(made() - before).toBeLessThanOrEqual(2 * active().length + devices());
    // Two at a time: what the emulated Xen host of test/integration takes for an answer is less.
    const answerMs = POLL_MS / ((2 * active().length + devices()) / 2);
    expect(answerMs).toBeGreaterThan(10);
  } finally {
    clearInterval(sampling);
  }
  // libvirtd has twenty workers, and reads no more of a connection when five of its calls are open.
  expect(most.ofConnection).toBeLessThanOrEqual(4);
  expect(most.ofHost).toBeLessThanOrEqual(8);
});
