// SPDX-License-Identifier: Apache-2.0

import { act, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import { useLocation } from 'react-router-dom';
import { Pages } from '../../App';
import { FakeEventSource } from '../../testing/FakeEventSource';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aHost, aPage, aTask, UUID } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { tasksUrl, type TasksView } from '../../urls';

let api: FakeApi;
const BULK = '0b0f9c3e-8a55-4b57-8f0a-3f1c5a0f00b1';

beforeEach(() => {
  FakeEventSource.opened = [];
  signIn('viewer');
  api = fakeApi().on('GET /hosts', { items: [aHost(), aHost({ host: 'kvm2' })] });
});

function Address() {
  return <output data-testid="address">{useLocation().search}</output>;
}
const address = () => screen.getByTestId('address').textContent;

function open(view: TasksView = {}, openEvents?: (address: string) => EventSource) {
  const ui = (
    <>
      <Pages />
      <Address />
    </>
  );
  return renderAt(ui, { url: tasksUrl(view), ...(openEvents && { openEvents }) });
}

const row = async (text: string) => (await screen.findByText(text)).closest('tr') as HTMLElement;
/** The queries that the list was asked with. */
const asked = () => api.requests.filter(({ path }) => path === '/tasks').map(({ query }) => query.toString());

describe('the list of tasks', () => {
  it('tells who asked for what, where, why, and what came of it', async () => {
    api.on(
      'GET /tasks',
      aPage(
        aTask({
          state: 'failed',
          reason: 'patch day',
          error: { code: 'VIREO_TASK_OVERTAKEN', message: 'forced off meanwhile' },
        }),
      ),
    );
    const { container } = open();
    const line = await row('patch day');
    for (const text of ['web-1', 'kvm1', 'Shut down', 'Failed', 'VIREO_TASK_OVERTAKEN', 'ada']) {
      expect(line).toHaveTextContent(text);
    }
    expect(within(line).getByRole('link', { name: 'web-1' })).toHaveAttribute('href', expect.stringContaining(UUID));
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('that took less than a second says how many thousandths', async () => {
    api.on('GET /tasks', aPage(aTask({ state: 'succeeded', endedAt: '2026-11-24T10:00:00.008Z' })));
    const { user } = open();
    await row('web-1');
    await user.click(screen.getByRole('button', { name: /Toggle row/ }));
    expect(await screen.findByText('0.008 s')).toBeInTheDocument();
  });

  it('unfolds to the whole story: steps, error, options, and what belongs to it', async () => {
    api.on(
      'GET /tasks',
      aPage(
        aTask({
          action: 'autostart',
          options: { enabled: false },
          state: 'unknown',
          bulkId: BULK,
          endedAt: '2026-11-24T10:00:02.500Z',
          steps: [
            {
              at: '2026-11-24T10:00:01.000Z',
              code: 'done-by-others',
              what: 'somebody else was faster',
              detail: 'autostart is set already',
            },
          ],
          error: { code: 'VIREO_TASK_DAEMON_LOST', message: 'the daemon went away' },
          observed: { at: '2026-11-24T10:01:00.000Z', state: 'running', reason: 'booted' },
        }),
      ),
    );
    const { user, container } = open();
    expect(await row('web-1')).toHaveTextContent('Do not start with host');
    await user.click(screen.getByRole('button', { name: /Toggle row/ }));
    expect(await screen.findByText(/^\d\d:\d\d:\d\d somebody else was faster$/)).toBeInTheDocument();
    expect(screen.getByText('autostart is set already')).toBeInTheDocument();
    expect(screen.getByText(/whether it was done: Do not start with host\. Look/)).toBeInTheDocument();
    for (const text of ['the daemon went away', '{"enabled":false}', '2.5 s', 'running, booted', 'grafana-operate']) {
      expect(screen.getByText(text)).toBeInTheDocument();
    }
    expect(screen.getByRole('link', { name: 'All tasks of this domain' })).toHaveAttribute(
      'href',
      tasksUrl({ uuid: UUID, host: ['kvm1'] }),
    );
    expect(screen.getByRole('link', { name: 'What was asked for together with it' })).toHaveAttribute(
      'href',
      tasksUrl({ bulkId: BULK }),
    );
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('follows what is under way, as it happens, and stays unfolded', async () => {
    let task = aTask({ state: 'running' });
    api.on('GET /tasks', () => aPage(task));
    const { user } = open({}, FakeEventSource.open);
    const line = await row('web-1');
    expect(line).toHaveTextContent('Under way');
    expect(line).toHaveTextContent('until 10:01:30 at most');
    await user.click(screen.getByRole('button', { name: /Toggle row/ }));
    await screen.findByText('Under way: Shut down');
    task = aTask({ state: 'timed_out', error: { code: 'VIREO_TASK_TIMED_OUT', message: 'still running' } });
    const event = { type: 'task', at: task.acceptedAt, host: 'kvm1', domain: { uuid: UUID, name: 'web-1' }, task };
    act(() => FakeEventSource.opened.at(-1)?.say('ready'));
    act(() => FakeEventSource.opened.at(-1)?.say('task', event));
    expect(await screen.findByText('The guest did not react. Force off?')).toBeInTheDocument();
    expect(await row('web-1')).toHaveTextContent('No reaction');
  });

  it('is filtered as the address says, and the address by the filters', async () => {
    api.on('GET /tasks', aPage(aTask()));
    const { user } = open({ host: ['kvm1'], uuid: UUID, action: ['shutdown'], bulkId: BULK });
    await row('web-1');
    expect(asked()[0]).toBe(`host=kvm1&action=shutdown&uuid=${UUID}&bulkId=${BULK}&limit=100`);
    await user.click(screen.getByRole('button', { name: 'Failed' }));
    await user.click(screen.getByRole('button', { name: 'Only domain web-1' }));
    await user.click(await screen.findByRole('button', { name: 'Only what was asked for together' }));
    await waitFor(() => expect(asked().at(-1)).toBe('host=kvm1&state=failed&action=shutdown&limit=100'));
    expect(address()).toBe('?host=kvm1&action=shutdown&state=failed');
  });

  it('of which none fits says so, and takes the filters away', async () => {
    api.on('GET /tasks', ({ query }) => (query.has('state') ? aPage() : aPage(aTask())));
    const { user } = open({ state: ['failed'] });
    await user.click(await screen.findByRole('button', { name: 'Clear the filters' }));
    await row('web-1');
    expect(address()).toBe('');
  });

  it('loads more when there is more', async () => {
    const older = aTask({ id: BULK, domain: 'web-9' });
    api.on('GET /tasks', ({ query }) =>
      query.has('cursor') ? { items: [older], total: 2 } : { items: [aTask()], total: 2, nextCursor: 'more' },
    );
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Load more' }));
    await row('web-9');
    expect(screen.getByText('2 of 2')).toBeInTheDocument();
  });

  it('keeps what was read beside what failed later', async () => {
    let isBroken = false;
    api.on('GET /tasks', () => {
      if (isBroken) {
        throw problem('VIREO_LIBVIRT_TIMEOUT', 'too slow');
      }
      return aPage(aTask());
    });
    open({}, FakeEventSource.open);
    await row('web-1');
    isBroken = true;
    act(() => FakeEventSource.opened.at(-1)?.say('ready'));
    expect(await screen.findByText('too slow')).toBeInTheDocument();
    await row('web-1');
  });
});
