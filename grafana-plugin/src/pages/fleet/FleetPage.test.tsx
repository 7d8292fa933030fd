// SPDX-License-Identifier: Apache-2.0

import { screen, within } from '@testing-library/react';
import React from 'react';
import { Pages } from '../../App';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { fakePrometheus } from '../../testing/fakePrometheus';
import { aDomain, aHost, aPage, aTask } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { fleetUrl } from '../../urls';

let api: FakeApi;

const lost = aHost({
  host: 'kvm2',
  state: 'lost',
  driver: 'Xen',
  error: {
    code: 'LV_CONN_REFUSED',
    message: 'nothing listens',
    advice: 'start it',
    nextAttemptAt: '2026-11-24T10:01:00.000Z',
  },
});

beforeEach(() => {
  api = fakeApi();
  signIn('operator');
  api.on('GET /hosts', { items: [aHost(), lost] });
  api.on('GET /domains', aPage());
  api.on('GET /tasks', aPage());
});

const item = async (list: string) => within(await screen.findByRole('list', { name: list }));

describe('what needs attention', () => {
  it('stands before the hosts, each with what is known and the way to act', async () => {
    const paused = { state: 'paused', allowedActions: ['resume'] } as const;
    api.on('GET /domains', aPage(aDomain({ ...paused, allowedActions: ['resume'], reason: 'ioerror' })));
    fakePrometheus({
      stuck: [[{ host: 'kvm1', domain: 'frozen' }, 1]],
      pools: [[{ host: 'kvm1', storage_pool: 'images' }, 0.01]],
    });
    const { container } = renderAt(<Pages />, { url: fleetUrl() });
    const hosts = await item('Host lost');
    expect(hosts.getByRole('link', { name: 'kvm2' })).toBeInTheDocument();
    expect(hosts.getByText('nothing listens')).toBeInTheDocument();
    const full = await item('Paused by an I/O error');
    expect(full.getByRole('link', { name: 'Resume: web-1' })).toHaveAttribute(
      'href',
      expect.stringMatching(/\?action=resume$/),
    );
    expect((await item('Stuck: does not answer')).getByRole('link', { name: 'frozen' })).toBeInTheDocument();
    expect((await item('Storage pool nearly full')).getByText('1.0 % free')).toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('offers nothing to a viewer', async () => {
    signIn('viewer');
    api.on('GET /domains', aPage(aDomain({ state: 'paused', reason: 'user', allowedActions: ['resume'] })));
    renderAt(<Pages />, { url: fleetUrl() });
    expect((await item('Paused')).getByRole('link', { name: 'web-1' })).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Resume: web-1' })).not.toBeInTheDocument();
  });

  it('is bounded: a few of a kind, and where the others are', async () => {
    const tasks = Array.from({ length: 8 }, (_, index) =>
      aTask({
        uuid: `0000000${String(index)}-9d7c-4c35-a7a5-0d3c3f9f6f01`,
        domain: `d-${String(index)}`,
        state: 'failed',
        endedAt: new Date().toISOString(),
      }),
    );
    api.on('GET /tasks', aPage(...tasks));
    renderAt(<Pages />, { url: fleetUrl() });
    const failed = await item('Action failed');
    expect(failed.getAllByRole('listitem')).toHaveLength(6);
    expect(failed.getByRole('link', { name: '3 more' })).toHaveAttribute(
      'href',
      expect.stringContaining('/tasks?state=failed'),
    );
  });

  it('is nothing where all is well and everything could be asked for', async () => {
    api.on('GET /hosts', { items: [aHost()] });
    fakePrometheus({});
    renderAt(<Pages />, { url: fleetUrl() });
    expect(await screen.findByText('Nothing')).toBeInTheDocument();
  });

  it('says what is not known rather than that nothing is wrong', async () => {
    api.on('GET /hosts', { items: [aHost()] });
    api.on('GET /tasks', () => {
      throw problem('VIREO_LIBVIRT_TIMEOUT', 'too late');
    });
    fakePrometheus({ stuck: new Error('Prometheus is down') });
    renderAt(<Pages />, { url: fleetUrl() });
    expect(await screen.findByText('Nothing that is known')).toBeInTheDocument();
    expect(screen.getByText('Failed actions are not known: too late')).toBeInTheDocument();
    expect(
      screen.getByText(/^Stuck domains and full storage pools are not known: Prometheus is down/),
    ).toBeInTheDocument();
  });
});

describe('the hosts', () => {
  it('have load and overcommitment from Prometheus, and a sign where that is too much', async () => {
    fakePrometheus({
      cpu: [[{ host: 'kvm1' }, 0.42]],
      promised: [[{ host: 'kvm1' }, 1.5]],
      vcpus: [[{ host: 'kvm1' }, 2]],
    });
    renderAt(<Pages />, { url: fleetUrl() });
    const row = within(await screen.findByRole('row', { name: /kvm1/ }));
    expect(await row.findByText('42 %')).toBeInTheDocument();
    expect(row.getByText('150 %')).toBeInTheDocument();
    expect(row.getByText('2.00')).toBeInTheDocument();
    expect(row.getByTestId('exclamation-triangle')).toBeInTheDocument();
  });

  it('are shown without a data source, and what is missing is said', async () => {
    renderAt(<Pages />, { url: fleetUrl() });
    expect(await screen.findByRole('row', { name: /kvm1/ })).toBeInTheDocument();
    expect(screen.queryByText('Memory promised')).not.toBeInTheDocument();
    expect(await screen.findByText(/Grafana has no Prometheus data source/)).toBeInTheDocument();
  });

  it('are those of the address; its filters can be undone', async () => {
    const { user } = renderAt(<Pages />, { url: fleetUrl({ state: ['lost'], driver: ['QEMU'] }) });
    expect(await screen.findByText('No host fits')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(await screen.findByText('2 of 2 hosts')).toBeInTheDocument();
    await user.type(screen.getByRole('textbox', { name: 'Search by name or URI' }), 'kvm2');
    expect(await screen.findByText('1 of 2 hosts')).toBeInTheDocument();
  });
});
