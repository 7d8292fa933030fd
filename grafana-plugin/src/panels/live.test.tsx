// SPDX-License-Identifier: Apache-2.0
// Panels follow the events of the tab together.

import { act, screen, waitFor } from '@testing-library/react';
import React from 'react';
import { FakeEventSource } from '../testing/FakeEventSource';
import { type FakeApi, fakeApi, signIn } from '../testing/fakeApi';
import { aDomain, aHost, aPage, UUID } from '../testing/fixtures';
import { onDashboard } from '../testing/panel';
import { renderAt } from '../testing/render';
import { DomainActions } from './domain-actions/DomainActions';
import { DomainConsolePanel } from './domain-console/DomainConsolePanel';
import type { DomainConsoleOptions } from './domain-console/options';
import { DomainXmlPanel } from './domain-xml/DomainXmlPanel';
import { HostXmlPanel } from './host-xml/HostXmlPanel';
import type { DomainOptions, HostOptions } from './named';

const domain = { uuid: UUID, name: 'web-1' };
const change = { type: 'domain.state', at: '2026-11-24T10:00:00.000Z', host: 'kvm1', from: 'running', to: 'paused' };
let api: FakeApi;
let state: string;

beforeAll(() => void Object.assign(globalThis, { EventSource: FakeEventSource }));
beforeEach(() => {
  state = 'running';
  FakeEventSource.opened = [];
  signIn('operator');
  api = fakeApi()
    .on('GET /hosts', aPage(aHost()))
    .on('GET /hosts/*/xml', '<capabilities/>')
    .on('GET /tasks', aPage())
    .on('GET /domains', () => aPage(aDomain({ state, reason: state === 'running' ? 'booted' : 'user' })))
    .on('GET /hosts/*/domains/*', () => aDomain({ state }))
    .on('GET /hosts/*/domains/*/xml', '<domain/>');
});

const asked = () => api.requests.filter(({ path }) => path === '/domains').length;

function showAll() {
  const one: DomainOptions = { domain: 'web-1', host: 'kvm1' };
  return renderAt(
    <>
      {onDashboard(DomainActions, { ...one, buttons: ['start'], hasMenu: false, domainsMax: 10 })}
      {onDashboard(DomainXmlPanel, { ...one, view: 'live' })}
      {onDashboard<DomainConsoleOptions>(DomainConsolePanel, { ...one, hasScreenshot: false, refreshSeconds: 0 })}
      {onDashboard<HostOptions>(HostXmlPanel, one)}
    </>,
  );
}

// With a stream they ask every half a minute: that a change shows at all is the event's work.
it('all of a dashboard have one stream, show what it tells, and close it with the last of them', async () => {
  const { unmount } = showAll();
  await waitFor(() => expect(screen.getAllByText('running')).toHaveLength(3));
  expect(screen.getAllByText('Connecting')).toHaveLength(3);
  expect(FakeEventSource.opened).toHaveLength(1);
  const [stream] = FakeEventSource.opened;
  act(() => stream?.say('ready'));
  expect(screen.getAllByText('Live')).toHaveLength(3);

  state = 'paused';
  act(() => stream?.say('domain.state', { ...change, domain, reason: 'user' }));
  await waitFor(() => expect(screen.getAllByText('paused')).toHaveLength(3));
  unmount();
  expect(stream?.isClosed).toBe(true);
});

it('without a stream they ask every five seconds, and say so', async () => {
  showAll();
  await waitFor(() => expect(screen.getAllByText('running')).toHaveLength(3));
  act(() => FakeEventSource.opened[0]?.say('error'));
  expect(screen.getAllByText('Every 5 s')).toHaveLength(3);
  state = 'paused';
  await waitFor(() => expect(screen.getAllByText('paused')).toHaveLength(3));
});

it('ask nothing when another domain changes, of which a large fleet has thousands', async () => {
  showAll();
  await waitFor(() => expect(screen.getAllByText('running')).toHaveLength(3));
  const [stream] = FakeEventSource.opened;
  const first = asked();
  act(() => stream?.say('ready'));
  await waitFor(() => expect(asked()).toBe(first + 3));
  const other = { uuid: UUID.replace('5', '6'), name: 'db-1' };
  act(() => stream?.say('domain.state', { ...change, domain: other, reason: 'user' }));
  act(() => stream?.say('domain.state', { ...change, host: 'kvm2', domain, reason: 'user' }));
  expect(asked()).toBe(first + 3);
  act(() => stream?.say('domain.state', { ...change, domain, reason: 'user' }));
  await waitFor(() => expect(asked()).toBe(first + 6));
});
