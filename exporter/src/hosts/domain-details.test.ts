// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from '@vireo/libvirt';
import { DomainDetails } from './domain-details.ts';
import { DomainTable } from './domain-table.ts';
import { DriverSupport } from './driver-support.ts';
import { HungCalls } from './hung-calls.ts';

const HOSTS = 30;

/** A host of one domain whose XML nobody has read; its daemon answers at once. */
function newHost(at: number): { readonly domains: DomainTable; readonly details: DomainDetails } {
  const uuid = `66695eb0-1f6a-4830-a79a-a97f2502e1${String(at).padStart(2, '0')}`;
  const domains = new DomainTable(() => undefined);
  const domain = { uuid, name: 'web', id: 1 };
  domains.applyInventory([{ domain, state: 'running', reason: 'booted' }], performance.now());
  const xml = `<domain type='kvm' id='1'><name>web</name><uuid>${uuid}</uuid><memory unit='KiB'>1024</memory></domain>`;
  const connection = { domains: { xml: async () => Promise.resolve(xml) } } as unknown as Connection;
  const details = new DomainDetails(
    {
      domains,
      support: new DriverSupport(),
      hung: new HungCalls(),
      acquire: async () => Promise.resolve(connection),
      suspect: async () => Promise.resolve(false),
      isQuarantined: () => false,
      deadlineMs: 1000,
      signal: new AbortController().signal,
      slowIntervalMs: 60_000,
      intervalMs: 5000,
    },
    { paths: undefined, onShown: () => undefined },
  );
  return { domains, details };
}

it('many hosts whose XML comes in one turn of the event loop share it: no more is parsed in it than it has time for', async () => {
  const hosts = Array.from({ length: HOSTS }, (_, at) => newHost(at));
  const parsed = (): number =>
    hosts.filter(({ domains }) => domains.all().every(({ xml }) => xml !== undefined)).length;
  // A slow machine: its clock goes on by three milliseconds whenever somebody looks at it.
  let now = performance.now();
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 3));
  const all = Promise.all(hosts.map(({ details }) => details.refreshXml()));
  try {
    for (let before = 0; before < HOSTS;) {
      await nextTurn();
      const inTurn = parsed() - before;
      before += inTurn;
      expect(inTurn).toBeLessThan(HOSTS / 3);
    }
  } finally {
    clock.mockRestore();
    await all;
  }
});
