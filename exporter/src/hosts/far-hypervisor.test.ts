// SPDX-License-Identifier: Apache-2.0
// A hypervisor that a daemon reaches over the network for us, and that stops answering it.

import { protocol } from '@vireo/libvirt';
import { until, watchHost } from './watch-host.fixture.ts';
import type { Watch } from './watch-host.fixture.ts';

let watch: Watch;
/** Set while the hypervisor hangs; ends it. */
let answer: (() => void) | undefined;

afterEach(async () => {
  answer?.();
  await watch.end();
});

/** Whether the daemon waits for the hypervisor, which is asked for its list. */
function hangs(): void {
  const answered = new Promise<void>((resolve) => (answer = resolve));
  watch.daemon.on(protocol.CONNECT_LIST_ALL_DOMAINS, async () => {
    await answered;
    const domains = watch.simulated.domains.map(({ ref }) => ref);
    return { domains, ret: domains.length };
  });
}

const isUp = (): boolean => watch.host.snapshot.state.kind === 'up';

test('loses the host and keeps the session, asks nothing more, and finds it again with its first answer', async () => {
  watch = await watchHost({ isFar: true, fleet: { driver: 'ESX', domainsPerHost: 3 } });
  await until(() => watch.host.snapshot.domains.size === 3, 'its domains are there');
  await watch.polls(1);
  hangs();
  await until(() => watch.host.snapshot.state.kind === 'lost', 'it is lost');
  expect(watch.host.snapshot.state).toMatchObject({ kind: 'lost', error: { code: 'VIREO_VIA_SILENT' } });
  await until(() => watch.host.snapshot.domains.size === 0, 'what it had is no longer shown');
  const load = (kind: 'inFlight' | 'abandoned' | 'queued'): number =>
    watch.connections.reduce((sum, connection) => sum + connection.load[kind], 0);
  await until(() => load('inFlight') + load('queued') === 0, 'what was under way is given up');
  const [opened, hung, from] = [watch.connections.length, load('abandoned'), watch.snapshots.length];
  await until(() => watch.snapshots.length > from + 5, 'five polls more are over');
  // Only what was under way when it fell silent.
  expect([watch.connections.length, load('abandoned')]).toEqual([opened, hung]);
  expect(hung).toBeLessThanOrEqual(6);
  answer?.();
  await until(() => isUp() && watch.host.snapshot.domains.size === 3, 'it is back');
  expect(watch.connections).toHaveLength(opened);
  expect(watch.changes.flatMap(({ kind }) => (kind.startsWith('host.') ? [kind] : []))).toEqual([
    ...['host.up', 'host.lost', 'host.up'],
  ]);
});

test('a single domain that hangs is no silence', async () => {
  watch = await watchHost({ isFar: true, fleet: { driver: 'ESX', domainsPerHost: 3 } });
  await until(() => watch.host.snapshot.domains.size === 3, 'its domains are there');
  const stuck = [...watch.host.snapshot.domains.values()].find(({ id }) => id !== -1);
  const answered = new Promise<void>((resolve) => (answer = resolve));
  watch.daemon.on(protocol.DOMAIN_GET_INFO, async ({ dom }) => {
    if (dom.uuid === stuck?.uuid) await answered;
    return { state: 1, maxMem: 1024n, memory: 1024n, nrVirtCpu: 1, cpuTime: 0n };
  });
  await until(() => watch.host.snapshot.domains.get(stuck?.uuid ?? '')?.trouble !== undefined, 'it is found stuck');
  expect(isUp()).toBe(true);
});
