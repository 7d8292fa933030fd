// SPDX-License-Identifier: Apache-2.0
import { act, screen, waitFor } from '@testing-library/react';
import React from 'react';
import { LiveBadge } from '../components/LiveBadge';
import { FakeEventSource } from '../testing/FakeEventSource';
import { type FakeApi, fakeApi, signIn } from '../testing/fakeApi';
import { aDomain, aPage, aTask, UUID } from '../testing/fixtures';
import { renderAt } from '../testing/render';
import { Renewals } from './live';
import { useDomain, useDomains, useTask } from './queries';

let api: FakeApi;

beforeEach(() => {
  FakeEventSource.opened = [];
  signIn('viewer');
  api = fakeApi();
});
afterEach(() => jest.useRealTimers());

function Domain() {
  const { data } = useDomain({ host: 'kvm1', uuid: UUID });
  return (
    <div>
      <LiveBadge /> <p>{data?.state}</p>
    </div>
  );
}

const stateChange = {
  type: 'domain.state',
  at: '2026-11-24T10:00:00.000Z',
  host: 'kvm1',
  domain: { uuid: UUID, name: 'web-1' },
  from: 'running',
  to: 'paused',
  reason: 'user',
};

function stream(): FakeEventSource {
  const source = FakeEventSource.opened.at(-1);
  if (source === undefined) {
    throw new Error('no stream was opened');
  }
  return source;
}

describe('events', () => {
  // While they come, it asks every half a minute: that a change shows at all is the event's work.
  it('renew what they are about, at once', async () => {
    let state = 'running';
    api.on('GET /hosts/kvm1/domains/*', () => aDomain({ state }));
    renderAt(<Domain />, { openEvents: FakeEventSource.open });
    expect(stream().url).toBe('/api/plugin-proxy/vireo-libvirt-app/v1/events');
    act(() => stream().say('ready'));
    expect(await screen.findByText('Live')).toBeInTheDocument();
    await screen.findByText(/running/);

    state = 'paused';
    act(() => stream().say('domain.state', stateChange));
    await screen.findByText(/paused/);
  });

  it.each(['host.lost', 'host.up'])('%s renews what may be done about the domains of the host', async (type) => {
    let state = 'running';
    api.on('GET /hosts/kvm1/domains/*', () => aDomain({ state }));
    renderAt(<Domain />, { openEvents: FakeEventSource.open });
    act(() => stream().say('ready'));
    await screen.findByText(/running/);
    state = 'shutoff';
    act(() => stream().say(type, { type, at: stateChange.at, host: 'kvm1' }));
    await screen.findByText(/shutoff/);
  });

  it('about another domain ask nothing of this one', async () => {
    api.on('GET /hosts/kvm1/domains/*', aDomain());
    renderAt(<Domain />, { openEvents: FakeEventSource.open });
    act(() => stream().say('ready'));
    await screen.findByText(/running/);
    const asked = api.requests.length;
    const other = { uuid: UUID.replace('5', '6'), name: 'db-1' };
    act(() => stream().say('domain.state', { ...stateChange, domain: other }));
    act(() => stream().say('not JSON'));
    expect(api.requests).toHaveLength(asked);
  });

  it('of tasks show without asking', async () => {
    function TaskState() {
      return <p>{useTask(aTask().id).data?.state}</p>;
    }
    api.on('GET /tasks/*', aTask());
    renderAt(<TaskState />, { openEvents: FakeEventSource.open });
    act(() => stream().say('ready'));
    await screen.findByText('accepted');
    const task = aTask({
      state: 'succeeded',
      steps: [{ at: '2026-11-24T10:00:01.000Z', code: 'asked-by-acpi', what: 'asked by ACPI' }],
    });
    act(() => stream().say('task', { ...stateChange, type: 'task', task }));
    expect(await screen.findByText('succeeded')).toBeInTheDocument();
  });

  it('are asked for again, ever more seldom, when the stream breaks, and meanwhile it polls and says so', async () => {
    jest.useFakeTimers();
    api.on('GET /hosts/kvm1/domains/*', aDomain());
    renderAt(<Domain />, { openEvents: FakeEventSource.open });
    act(() => stream().say('ready'));
    act(() => stream().say('error'));
    expect(screen.getByText('Every 5 s')).toBeInTheDocument();
    expect(stream().isClosed).toBe(true);
    const counts = [];
    for (const afterMs of [1000, 1000, 1000]) {
      await act(() => jest.advanceTimersByTimeAsync(afterMs));
      counts.push(FakeEventSource.opened.length);
      act(() => stream().say('error'));
    }
    expect(counts).toEqual([2, 2, 3]);
    const asked = api.requests.length;
    await act(() => jest.advanceTimersByTimeAsync(5000));
    expect(api.requests.length).toBeGreaterThan(asked);
  });

  it('that never begin are no reason to wait: a proxy may hold them back', async () => {
    jest.useFakeTimers();
    api.on('GET /hosts/kvm1/domains/*', aDomain());
    renderAt(<Domain />, { openEvents: FakeEventSource.open });
    expect(screen.getByText('Connecting')).toBeInTheDocument();
    await act(() => jest.advanceTimersByTimeAsync(10_000));
    expect(screen.getByText('Every 5 s')).toBeInTheDocument();
  });

  it('are not followed by a hidden tab, nor after the page was left', async () => {
    api.on('GET /hosts/kvm1/domains/*', aDomain());
    const { unmount } = renderAt(<Domain />, { openEvents: FakeEventSource.open });
    const hidden = jest.spyOn(document, 'hidden', 'get');
    hidden.mockReturnValue(true);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(stream().isClosed).toBe(true);
    hidden.mockReturnValue(false);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(stream().isClosed).toBe(false);
    unmount();
    expect(stream().isClosed).toBe(true);
    hidden.mockRestore();
  });
});

describe('a storm of events', () => {
  it('renews at once, then not more than twice a second', () => {
    jest.useFakeTimers();
    const renew = jest.fn();
    const stale = new Renewals(renew);
    for (let i = 0; i < 1000; i += 1) {
      stale.mark(['domains']);
    }
    expect(renew).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(500);
    expect(renew).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(10_000);
    expect(renew).toHaveBeenCalledTimes(2);
    stale.clear();
  });
});

describe('a list', () => {
  it('comes page after page, with what was searched for', async () => {
    function Names() {
      const { items, total, hasMore, loadMore } = useDomains({ state: ['running', 'paused'], q: 'web' }, 1);
      return (
        <>
          <p>{`${items.map(({ name }) => name).join()} of ${String(total)}`}</p>
          {hasMore && <button onClick={loadMore}>more</button>}
        </>
      );
    }
    api.on('GET /domains', ({ query }) =>
      query.get('cursor') === 'two'
        ? { items: [aDomain({ name: 'web-2' })], total: 2 }
        : { ...aPage(aDomain()), total: 2, nextCursor: 'two' },
    );
    const { user } = renderAt(<Names />);
    await screen.findByText('web-1 of 2');
    await user.click(screen.getByRole('button', { name: 'more' }));
    await screen.findByText('web-1,web-2 of 2');
    await waitFor(() => expect(screen.queryByRole('button')).not.toBeInTheDocument());
    expect(api.requests.map(({ query }) => query.toString())).toEqual([
      'state=running&state=paused&q=web&limit=1',
      'state=running&state=paused&q=web&limit=1&cursor=two',
    ]);
  });
});
