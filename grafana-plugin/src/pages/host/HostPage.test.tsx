// SPDX-License-Identifier: Apache-2.0

import { screen, within } from '@testing-library/react';
import React from 'react';
import { Pages } from '../../App';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { fakePrometheus } from '../../testing/fakePrometheus';
import { aDomain, aHost, aPage } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { hostUrl } from '../../urls';

let api: FakeApi;

const host = aHost({
  node: {
    cpuModel: 'x86_64',
    cpus: 8,
    numaNodes: 1,
    socketsPerNumaNode: 1,
    coresPerSocket: 4,
    threadsPerCore: 2,
    memoryBytes: 2 ** 34,
  },
  pools: [
    {
      name: 'images',
      uuid: 'p-1',
      state: 'running',
      capacityBytes: 2 ** 40,
      allocationBytes: 1.05 * 10 ** 12,
      availableBytes: 2 ** 34,
    },
    { name: 'off', uuid: 'p-2', state: 'inactive' },
  ],
  networks: [{ name: 'default', uuid: 'n-1', active: false, autostart: true, persistent: true }],
  polls: {
    inventory: { success: true, durationSeconds: 0.1, lastSuccessAt: '2026-11-24T10:00:00.000Z' },
    pools: { success: false, durationSeconds: 2, error: { code: 'VIREO_CALL_HANGS', message: 'no answer for 2 s' } },
  },
});

beforeEach(() => {
  api = fakeApi();
  signIn('viewer');
  api.on('GET /hosts/kvm1', host);
  api.on('GET /domains', { items: [aDomain()], total: 20 });
});

const table = async (name: string) => within(await screen.findByRole('table', { name }));

it('shows what the host is and has, what is wrong with it, and the way to its domains', async () => {
  const { container } = renderAt(<Pages />, { url: hostUrl('kvm1') });
  expect(await screen.findByText('1 × 1 × 4 × 2')).toBeInTheDocument();
  const pools = await table('Storage pools');
  expect(within(pools.getByRole('row', { name: /images/ })).getByTestId('exclamation-triangle')).toBeInTheDocument();
  expect(pools.getByText('inactive')).toBeInTheDocument();
  expect((await table('Virtual networks')).getByText('default')).toBeInTheDocument();
  const [, worst] = (await table('Polls')).getAllByRole('row');
  expect(worst).toHaveTextContent('no answer for 2 s (VIREO_CALL_HANGS)');
  expect(await screen.findByRole('link', { name: 'web-1' })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'All 20 domains' })).toHaveAttribute(
    'href',
    expect.stringMatching(/domains\?host=kvm1$/),
  );
  expect(api.requests.find(({ path }) => path === '/domains')?.query.get('limit')).toBe('10');
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('names the daemon that opens a hypervisor for Vireo', async () => {
  api.on('GET /hosts/kvm1', { ...host, uri: 'esx://esx1.example/', via: 'qemu+ssh://kvm9/system', driver: 'ESX' });
  renderAt(<Pages />, { url: hostUrl('kvm1') });
  const name = await screen.findByText('Opened by the daemon');
  expect(name.nextElementSibling).toHaveTextContent('qemu+ssh://kvm9/system');
  expect(screen.getByText('esx://esx1.example/')).toBeInTheDocument();
});

it('adds load and overcommitment where there is a data source, and says so where there is none', async () => {
  const { unmount } = renderAt(<Pages />, { url: hostUrl('kvm1') });
  expect(await screen.findByText(/^Load and overcommitment are not known: Grafana has no/)).toBeInTheDocument();
  unmount();
  const asked = fakePrometheus({ vcpus: [[{ host: 'kvm1' }, 6.5]] });
  renderAt(<Pages />, { url: hostUrl('kvm1') });
  const ratio = await screen.findByText('6.50');
  expect(within(ratio.parentElement as HTMLElement).getByTestId('exclamation-triangle')).toBeInTheDocument();
  expect(asked.every((expr) => expr.includes('host="kvm1"'))).toBe(true);
});

it('says of a lost host since when, why, and what to do, and keeps what was seen', async () => {
  const error = {
    code: 'LV_CONN_REFUSED',
    message: 'nothing listens',
    advice: 'start it',
    nextAttemptAt: '2026-11-24T10:01:00.000Z',
  };
  api.on('GET /hosts/kvm1', { ...host, state: 'lost', error });
  const { container } = renderAt(<Pages />, { url: hostUrl('kvm1') });
  expect(await screen.findByText('nothing listens')).toBeInTheDocument();
  expect(screen.getByText('start it')).toBeInTheDocument();
  expect(screen.getByText('since 2026-11-24 10:00:00')).toBeInTheDocument();
  expect((await table('Storage pools')).getByText('images')).toBeInTheDocument();
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('says that nothing is known of a host that was never reached', async () => {
  api.on('GET /hosts/kvm1', {
    host: 'kvm1',
    uri: 'qemu:///system',
    simulated: false,
    state: 'connecting',
    since: host.since,
    pools: [],
    polls: {},
  });
  api.on('GET /domains', aPage());
  renderAt(<Pages />, { url: hostUrl('kvm1') });
  expect(await screen.findByText('Its domains are not known')).toBeInTheDocument();
  expect(screen.getByText('Its virtual networks are not known')).toBeInTheDocument();
});

it('opens the part that its address names: capabilities', async () => {
  api.on('GET /hosts/kvm1/xml', '<capabilities><host/></capabilities>');
  renderAt(<Pages />, { url: hostUrl('kvm1', { tab: 'capabilities' }) });
  expect(await screen.findByLabelText('Capabilities of kvm1')).toHaveTextContent('<capabilities>');
});

it('says why capabilities are not shown to a token without the privilege', async () => {
  api.on('GET /hosts/kvm1/xml', () => {
    throw problem('VIREO_AUTH_PRIVILEGE', 'this needs the privilege xml');
  });
  renderAt(<Pages />, { url: hostUrl('kvm1', { tab: 'capabilities' }) });
  expect(await screen.findByText('You may not see or do this')).toBeInTheDocument();
});

it('says what to configure where graphs have no data source', async () => {
  renderAt(<Pages />, { url: hostUrl('kvm1', { tab: 'metrics' }) });
  expect(await screen.findByText(/^Grafana has no Prometheus data source/)).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Choose one on the configuration page' })).toHaveAttribute(
    'href',
    '/plugins/vireo-libvirt-app',
  );
});
