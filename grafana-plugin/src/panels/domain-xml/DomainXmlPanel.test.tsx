// SPDX-License-Identifier: Apache-2.0
// The editor doesn't load in jsdom: the document is plain text here.
import { act, screen, waitFor } from '@testing-library/react';
import React, { useState } from 'react';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage, UUID } from '../../testing/fixtures';
import { aTimeRange, type Dashboard, onDashboard, series } from '../../testing/panel';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { DomainXmlPanel } from './DomainXmlPanel';
import { plugin } from './module';
import type { DomainXmlOptions } from './options';

let api: FakeApi;

beforeEach(() => {
  signIn('viewer');
  api = fakeApi()
    .on('GET /hosts', aPage(aHost()))
    .on('GET /domains', aPage(aDomain()))
    .on('GET /hosts/kvm1/domains/*/xml', ({ query }) =>
      query.get('view') === 'diff'
        ? {
            changes: [{ path: '/domain/vcpu', live: '1', config: '2' }],
            unified: '-<vcpu>1\n+<vcpu>2\n',
            live: '',
            config: '',
          }
        : `<domain view='${query.get('view') ?? ''}'/>`,
    );
});

const panel = (options: Partial<DomainXmlOptions>, dashboard?: Dashboard) =>
  onDashboard(DomainXmlPanel, { ...(plugin.defaults as DomainXmlOptions), ...options }, dashboard);
const show = (options: Partial<DomainXmlOptions>, dashboard?: Dashboard) => renderAt(panel(options, dashboard));
const views = () => api.sent('GET').flatMap(({ path, query }) => (path.endsWith('/xml') ? query.get('view') : []));

it('shows the XML of a running domain, what it will start with, and what differs', async () => {
  const { user, container } = show({}, { series: [series({ host: 'kvm1', domain: 'web-1' })] });
  expect(await screen.findByRole('region', { name: 'As it runs: XML of web-1' })).toHaveTextContent("view='live'");
  expect(await accessibilityFaults(container)).toEqual([]);
  await user.click(screen.getByRole('radio', { name: 'Configuration' }));
  expect(await screen.findByText(/view='config'/)).toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'What differs' }));
  expect(await screen.findByText('+<vcpu>2')).toBeInTheDocument();
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('keeps the focus in its views while they are gone through by keyboard', async () => {
  const { user } = show({ domain: 'web-1' });
  const view = (name: string) => screen.getByRole('radio', { name });
  await screen.findByText(/view='live'/);
  act(() => view('As it runs').focus());
  await user.keyboard('{ArrowRight}');
  await screen.findByText(/view='config'/);
  expect(view('Configuration')).toHaveFocus();
  await user.keyboard('{ArrowRight}');
  await screen.findByText('+<vcpu>2');
  expect(view('What differs')).toHaveFocus();
});

it('says that nothing differs', async () => {
  api.on('GET /hosts/kvm1/domains/*/xml', { changes: [], unified: '', live: '', config: '' });
  show({ domain: 'web-1', view: 'diff' });
  expect(await screen.findByText('Its next start changes nothing')).toBeVisible();
});

it('shows of a domain that is off what there is', async () => {
  api.on('GET /domains', aPage(aDomain({ id: -1, state: 'shutoff' })));
  show({ domain: 'web-1', view: 'live' });
  expect(await screen.findByText(/view='config'/)).toBeInTheDocument();
  expect(screen.getByRole('radio', { name: 'As it runs' })).toBeDisabled();
  expect(views()).toEqual(['config']);
});

it('is read anew when the dashboard is refreshed, and not because something else on it changes', async () => {
  const Refreshing = () => {
    const [, change] = useState(0);
    const [timeRange, refresh] = useState(aTimeRange);
    return (
      <>
        <button onClick={() => refresh(aTimeRange())}>refresh</button>
        <button onClick={() => change((times) => times + 1)}>change</button>
        {panel({ domain: 'web-1' }, { timeRange })}
      </>
    );
  };
  const { user } = renderAt(<Refreshing />);
  await screen.findByText(/view='live'/);
  await user.click(screen.getByRole('button', { name: 'change' }));
  expect(views()).toHaveLength(1);
  await user.click(screen.getByRole('button', { name: 'refresh' }));
  await waitFor(() => expect(views()).toHaveLength(2));
});

it('lets one choose when several domains fit', async () => {
  const other = aDomain({ host: 'kvm2', uuid: UUID.replace(/1$/, '2') });
  api.on('GET /domains', aPage(aDomain(), other)).on('GET /hosts/kvm2/domains/*/xml', '<of-kvm2/>');
  const { user } = show({ domain: 'web-1' });
  await user.click(await screen.findByRole('combobox', { name: 'Domain' }));
  await user.keyboard('{ArrowDown}{Enter}');
  expect(await screen.findByText('<of-kvm2/>')).toBeInTheDocument();
});

it('says why one may not read it', async () => {
  api.on('GET /hosts/kvm1/domains/*/xml', () => {
    throw problem('VIREO_AUTH_PRIVILEGE', 'token "x" lacks xml');
  });
  show({ domain: 'web-1' });
  expect(await screen.findByText('token "x" lacks xml')).toBeVisible();
});

it('says that no domain is named, or that there is none of the name', async () => {
  show({});
  expect(await screen.findByText('No domain is named')).toBeVisible();
  api.on('GET /domains', aPage()).on('GET /hosts', aPage(aHost({ state: 'lost' })));
  show({ domain: 'nobody' });
  expect(await screen.findByText(/There is no domain nobody/)).toBeVisible();
  expect(await screen.findByText(/Vireo does not reach kvm1/)).toBeVisible();
});
