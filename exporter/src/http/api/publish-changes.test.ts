// SPDX-License-Identifier: Apache-2.0

import { changeEvent, taskEvent } from '../../contract/api.ts';
import type { HostChange } from '../../hosts/changes.ts';
import { EventFeed } from './event-feed.ts';
import { HostChangePublisher, publishTask } from './publish-changes.ts';

const domain = { uuid: '00000000-0000-4000-8000-000000000001', name: 'web-1' };
const error = { code: 'LV_CONN_REFUSED', message: 'no' };
const CHANGES: readonly HostChange[] = [
  { kind: 'host.up', driver: 'QEMU', libvirtVersion: '9.0.0' },
  { kind: 'host.lost', error, retryInMs: 1000 },
  { kind: 'domain.added', domain, state: 'shutoff' },
  { kind: 'domain.removed', domain },
  { kind: 'domain.state', domain, from: 'shutoff', to: 'running', reason: 'booted' },
  { kind: 'domain.stuck', domain, trouble: { since: 0, controlState: 'occupied' } },
  { kind: 'domain.recovered', domain, stuckMs: 5 },
  { kind: 'domain.event', domain, event: 'reboot', detail: '' },
  { kind: 'poll.failed', group: 'xml', error },
  { kind: 'poll.recovered', group: 'xml' },
];

/** What a feed holds, read back as its readers do. */
function told(feed: EventFeed): { type: string; host: string; domainName: string | undefined; data: unknown }[] {
  return Array.from({ length: feed.last }, (_, i) => {
    const { type = '', host = '', domainName, data = '' } = feed.after(i) ?? {};
    return { type, host, domainName, data: JSON.parse(data) as unknown };
  });
}

it.each(CHANGES.map((change) => [change.kind, change] as const))(
  '%s becomes an event as the contract has it',
  (kind, change) => {
    const feed = new EventFeed();
    const publisher = new HostChangePublisher(feed, 'kvm1');
    publisher.change(change);
    publisher.snapshot();
    const [event] = told(feed);
    expect(event).toMatchObject({ type: kind, host: 'kvm1', domainName: 'domain' in change ? 'web-1' : undefined });
    expect(changeEvent.parse(event?.data)).toMatchObject({ type: kind, host: 'kvm1' });
  },
);

it('tells what a snapshot shows once the snapshot shows it, the rest at once', () => {
  const feed = new EventFeed();
  const publisher = new HostChangePublisher(feed, 'kvm1');
  for (const change of CHANGES) publisher.change(change);
  expect(told(feed).map(({ type }) => type)).toEqual(['domain.event', 'poll.failed', 'poll.recovered']);
  publisher.snapshot();
  publisher.snapshot();
  expect(
    told(feed)
      .slice(3)
      .map(({ type }) => type),
  ).toEqual(CHANGES.slice(0, 7).map(({ kind }) => kind));
});

it('a poll that failed is told without what libvirt said, which may name a domain out of the reader’s scope', () => {
  const feed = new EventFeed();
  const secret = { code: 'VIR_ERR_INTERNAL_ERROR', message: "cannot read the image of domain 'payroll'" };
  new HostChangePublisher(feed, 'kvm1').change({ kind: 'poll.failed', group: 'xml', error: secret });
  expect(feed.after(0)?.data).not.toContain('payroll');
  expect(told(feed)[0]?.data).toMatchObject({ error: { code: secret.code } });
});

it('a task is told whole', () => {
  const feed = new EventFeed();
  const task = {
    id: '7f1f9a4e-5d0c-4f6a-9a55-3b8a1a2b3c4d',
    host: 'kvm1',
    uuid: domain.uuid,
    domain: 'web-1',
    action: 'start',
    options: {},
    state: 'running',
    acceptedAt: '2026-11-24T12:00:00.000Z',
    deadline: '2026-11-24T12:01:00.000Z',
    actor: { token: 'all', address: '::1' },
    steps: [],
  } as const;
  publishTask(feed, { ...task, steps: [] });
  const [event] = told(feed);
  expect(event).toMatchObject({ type: 'task', host: 'kvm1', domainName: 'web-1' });
  expect(taskEvent.parse(event?.data).task).toEqual(task);
});
