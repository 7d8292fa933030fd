// SPDX-License-Identifier: Apache-2.0
import { EventCounts } from './event-counts.ts';

const domain = { uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', name: 'web' };

describe('EventCounts', () => {
  it('counts events by kind and detail, and nothing else', () => {
    const counts = new EventCounts();
    counts.add({ kind: 'domain.event', domain, event: 'stopped', detail: 'crashed' });
    counts.add({ kind: 'domain.event', domain, event: 'stopped', detail: 'crashed' });
    counts.add({ kind: 'domain.event', domain, event: 'stopped', detail: 'destroyed' });
    counts.add({ kind: 'domain.removed', domain });
    expect(counts.snapshot()).toEqual([
      { event: 'stopped', detail: 'crashed', count: 2 },
      { event: 'stopped', detail: 'destroyed', count: 1 },
    ]);
  });

  it('begins at zero, and keeps what it counted before a new connection', () => {
    const counts = new EventCounts();
    counts.expect('stopped', 'crashed');
    expect(counts.snapshot()).toEqual([{ event: 'stopped', detail: 'crashed', count: 0 }]);
    counts.add({ kind: 'domain.event', domain, event: 'stopped', detail: 'crashed' });
    counts.expect('stopped', 'crashed');
    expect(counts.snapshot()).toEqual([{ event: 'stopped', detail: 'crashed', count: 1 }]);
  });

  it('makes no series of what QEMU writes into an I/O error, and never more than it bounds', () => {
    const counts = new EventCounts();
    for (const detail of ['enospc', 'x']) counts.add({ kind: 'domain.event', domain, event: 'io-error', detail });
    expect(counts.snapshot()).toEqual([{ event: 'io-error', detail: '', count: 2 }]);
    for (let i = 0; i < 1000; i++)
      counts.add({ kind: 'domain.event', domain, event: `unknown-${String(i)}`, detail: '' });
    expect(counts.snapshot()).toHaveLength(200);
  });
});
