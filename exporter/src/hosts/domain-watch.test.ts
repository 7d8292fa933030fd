// SPDX-License-Identifier: Apache-2.0

import type { HostChange } from './changes.ts';
import { DomainWatches } from './domain-watch.ts';

const A = { uuid: 'a', name: 'vm-a' };
const B = { uuid: 'b', name: 'vm-b' };
const rebooted = (domain: typeof A): HostChange => ({ kind: 'domain.event', domain, event: 'reboot', detail: '' });

test('tells of one domain, and of the host coming and going, until it is stopped', () => {
  const watches = new DomainWatches();
  const seen: string[] = [];
  const stop = watches.watch('a', (change) => seen.push(change.kind));
  watches.tell(rebooted(A));
  watches.tell(rebooted(B));
  watches.tell({ kind: 'host.up', driver: 'QEMU', libvirtVersion: '9.0.0' });
  watches.tell({ kind: 'poll.recovered', group: 'xml' });
  expect(seen).toEqual(['domain.event', 'host.up']);
  stop();
  watches.tell(rebooted(A));
  expect(seen).toHaveLength(2);
});

test('one listener that watches twice is told twice, and once after one of them stopped', () => {
  const watches = new DomainWatches();
  let count = 0;
  const listener = (): void => {
    count += 1;
  };
  const stop = watches.watch('a', listener);
  watches.watch('a', listener);
  watches.tell(rebooted(A));
  expect(count).toBe(2);
  stop();
  watches.tell(rebooted(A));
  expect(count).toBe(3);
});

test('a listener that stops another while it is told does not break the telling', () => {
  const watches = new DomainWatches();
  const seen: string[] = [];
  const stops: (() => void)[] = [];
  stops.push(
    watches.watch('a', () => {
      seen.push('first');
      for (const stop of stops) stop();
    }),
  );
  stops.push(watches.watch('a', () => seen.push('second')));
  watches.tell(rebooted(A));
  watches.tell(rebooted(A));
  expect(seen.filter((name) => name === 'first')).toHaveLength(1);
});
