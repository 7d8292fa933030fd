// SPDX-License-Identifier: Apache-2.0

import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { type DataSourceSrv, setDataSourceSrv } from '@grafana/runtime';
import { type DataQueryRequest, type DataQueryResponse, FieldType, toDataFrame } from '@grafana/data';
import type { DomainBrief } from '@vireo/exporter/contract';
import React from 'react';
import { useLocation } from 'react-router-dom';
import { Pages } from '../../App';
import { FakeEventSource } from '../../testing/FakeEventSource';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { domainsUrl, type DomainsView } from '../../urls';

let api: FakeApi;

beforeEach(() => {
  FakeEventSource.opened = [];
  signIn('operator');
  api = fakeApi().on('GET /hosts', { items: [aHost(), aHost({ host: 'kvm2' })] });
});

const uuidOf = (number: number) => `5f8e4a52-9d7c-4c35-a7a5-${String(number).padStart(12, '0')}`;

/** The row of a list: no more than the API gives there. */
function aRow(number: number, changes: Partial<DomainBrief> = {}): DomainBrief {
  const { host, id, state, reason, persistent, autostart, allowedActions, refusedActions, refusalCodes } = aDomain();
  const name = `web-${String(number)}`;
  return {
    ...{ host, id, state, reason, persistent, autostart, allowedActions, refusedActions, refusalCodes },
    uuid: uuidOf(number),
    name,
    driver: 'QEMU',
    ...changes,
  };
}

function Address() {
  return <output data-testid="address">{useLocation().search}</output>;
}
const address = () => new URLSearchParams(screen.getByTestId('address').textContent ?? '');

function open(view: DomainsView = {}, openEvents?: (address: string) => EventSource) {
  const ui = (
    <>
      <Pages />
      <Address />
    </>
  );
  return renderAt(ui, { url: domainsUrl(view), ...(openEvents && { openEvents }) });
}

/** Names of the rows in the document, from the top. */
const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).getAllByRole('link')[0]?.textContent);
const row = async (name: string) => (await screen.findByRole('link', { name })).closest('tr') as HTMLElement;

describe('the table of domains', () => {
  it('reads ten thousand and more, page after page, and draws those in view', async () => {
    const all = Array.from({ length: 10_002 }, (_, number) => aRow(number));
    api.on('GET /domains', ({ query }) =>
      query.get('cursor') === null
        ? { items: all.slice(0, 10_000), total: all.length, nextCursor: 'more' }
        : { items: all.slice(10_000), total: all.length },
    );
    open();
    expect(await screen.findByText('10,002 of 10,002 domains')).toBeInTheDocument();
    expect(api.requests.filter(({ path }) => path === '/domains').map(({ query }) => query.get('limit'))).toEqual([
      '10000',
      '10000',
    ]);
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '10003');
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
    const frame = screen.getByRole('region', { name: 'Domains' });
    frame.scrollTop = 10_002 * 36;
    fireEvent.scroll(frame);
    expect(names().at(-1)).toBe('web-10001');
  });

  it('is searched as one types, by name, UUID and title, without asking for it; the address has it', async () => {
    api.on('GET /domains', aPage(aRow(1), aRow(2, { title: 'Shop of Ada' }), aRow(3)));
    const { user } = open();
    await row('web-1');
    const search = screen.getByPlaceholderText('Search by name, UUID or title');
    await user.type(search, 'ADA');
    await waitFor(() => expect(names()).toEqual(['web-2']));
    expect(address().get('q')).toBe('ADA');
    await user.clear(search);
    await user.type(search, uuidOf(3).slice(-6));
    await waitFor(() => expect(names()).toEqual(['web-3']));
    expect(screen.getByText('1 of 3 domains')).toBeInTheDocument();
    expect(api.requests.filter(({ query }) => query.has('q'))).toEqual([]);
  });

  it('is filtered by state and hypervisor, sorted, and opened again as the address says', async () => {
    api.on(
      'GET /domains',
      aPage(
        aRow(10, { driver: 'Xen' }),
        aRow(9),
        aRow(1, { state: 'shutoff' }),
        aRow(2, { state: 'paused', driver: 'Xen' }),
      ),
    );
    const { user, unmount } = open();
    await row('web-1');
    // As people count, not as machines sort text.
    expect(names()).toEqual(['web-1', 'web-2', 'web-9', 'web-10']);
    await user.click(screen.getByRole('button', { name: 'running 2' }));
    await waitFor(() => expect(names()).toEqual(['web-9', 'web-10']));
    await user.click(screen.getByRole('button', { name: 'Xen 2' }));
    await waitFor(() => expect(names()).toEqual(['web-10']));
    await user.click(screen.getByRole('button', { name: /^running 2/ }));
    await user.click(screen.getByRole('button', { name: 'Domain' }));
    await waitFor(() => expect(names()).toEqual(['web-10', 'web-2']));
    expect(address().toString()).toBe('driver=Xen&sort=-name');
    unmount();
    open({ driver: ['Xen'], sort: '-name' });
    await waitFor(() => expect(names()).toEqual(['web-10', 'web-2']));
  });

  it('asks the API for the hosts that are chosen', async () => {
    api.on('GET /domains', aPage(aRow(1)));
    open({ host: ['kvm1', 'kvm2'] });
    await row('web-1');
    const [request] = api.requests.filter(({ path }) => path === '/domains');
    expect(request?.query.getAll('host')).toEqual(['kvm1', 'kvm2']);
  });

  it('of which nothing fits says so, and takes the filters away', async () => {
    api.on('GET /domains', aPage(aRow(1)));
    const { user } = open({ q: 'nothing', state: ['crashed'] });
    expect(await screen.findByText('No domain fits')).toBeInTheDocument();
    // What was chosen and no longer occurs can still be undone.
    expect(screen.getByRole('button', { name: 'crashed 0' })).toHaveAttribute('aria-pressed', 'true');
    await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
    await row('web-1');
    expect(address().toString()).toBe('');
  });

  it('of a fleet without domains says so', async () => {
    api.on('GET /domains', aPage());
    open();
    expect(await screen.findByText('There is no domain that you may see')).toBeInTheDocument();
  });

  it('says which hosts are lost, and how old their rows are', async () => {
    const since = new Date(Date.now() - 3 * 60_000).toISOString();
    api
      .on('GET /hosts', { items: [aHost(), aHost({ host: 'kvm2', state: 'lost', since })] })
      .on('GET /domains', aPage(aRow(1), aRow(2, { host: 'kvm2' })));
    const { container } = open();
    expect(await screen.findByText(/1 host is lost/)).toBeInTheDocument();
    expect(screen.getByText('lost 3 minutes ago; domains last seen then: 2')).toBeInTheDocument();
    expect(await row('web-2')).toHaveTextContent('seen 3 minutes ago');
    expect(await row('web-1')).not.toHaveTextContent('seen');
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('stays, and says what failed, when the hosts or a later read fail', async () => {
    api.on('GET /domains', aPage(aRow(1))).on('GET /hosts', () => {
      throw problem('VIREO_LIBVIRT_TIMEOUT', 'no answer');
    });
    open();
    await row('web-1');
    expect(await screen.findByText('Vireo does not tell which hosts are lost')).toBeInTheDocument();
  });

  it('shows a new state with its event, in a list too long to be read again each time', async () => {
    const all = Array.from({ length: 600 }, (_, number) => aRow(number));
    api
      .on('GET /domains', { items: all, total: 20_000 })
      .on('GET /hosts/kvm1/domains/*', aDomain({ uuid: uuidOf(3), state: 'paused', allowedActions: ['resume'] }));
    open({}, FakeEventSource.open);
    await row('web-3');
    const lists = () => api.requests.filter(({ path }) => path === '/domains').length;
    act(() => FakeEventSource.opened.at(-1)?.say('ready'));
    await waitFor(() => expect(lists()).toBe(2));
    await row('web-3');
    const event = { type: 'domain.state', at: '2026-11-24T10:00:00.000Z', host: 'kvm1', from: 'running', to: 'paused' };
    const change = { ...event, domain: { uuid: uuidOf(3), name: 'web-3' }, reason: 'user' };
    act(() => FakeEventSource.opened.at(-1)?.say('domain.state', change));
    await waitFor(async () => expect(await row('web-3')).toHaveTextContent('paused'));
    expect(await row('web-4')).toHaveTextContent('running');
    // The row is asked for alone, for what it allows now.
    await waitFor(() => expect(api.requests.some(({ path }) => path.endsWith(uuidOf(3)))).toBe(true));
  });
});

describe('the CPU of rows', () => {
  function prometheus(query: (expr: string) => DataQueryResponse): string[] {
    const asked: string[] = [];
    const source = {
      type: 'prometheus',
      query: ({ targets }: DataQueryRequest) =>
        Promise.resolve(
          query(
            targets
              .map((target) => (target as unknown as { expr: string }).expr)
              .map((expr) => {
                asked.push(expr);
                return expr;
              })
              .join(),
          ),
        ),
    };
    setDataSourceSrv({
      getList: () => [{ uid: 'prom-1', isDefault: true }],
      get: () => Promise.resolve(source),
    } as unknown as DataSourceSrv);
    return asked;
  }

  it('is asked for in one query about those in view', async () => {
    const asked = prometheus(() => ({
      data: [
        toDataFrame({
          refId: 'cpu',
          fields: [
            { name: 'Time', type: FieldType.time, values: [1, 2] },
            { name: 'Value', type: FieldType.number, values: [0.8, 0.35], labels: { host: 'kvm1', domain: 'web-2' } },
          ],
        }),
      ],
    }));
    api.on('GET /domains', aPage(...Array.from({ length: 500 }, (_, number) => aRow(number))));
    open();
    expect(await row('web-2')).toBeInTheDocument();
    await waitFor(async () => expect(await row('web-2')).toHaveTextContent('35 %'));
    expect(within(await row('web-2')).getByRole('img')).toHaveAccessibleName('At most 80 % of one CPU in 15 minutes');
    // Unknown is nothing, not zero.
    expect(await row('web-3')).not.toHaveTextContent('%');
    expect(asked[0]).toContain('libvirt_domain_info_cpu_time_seconds_total{host=~"kvm1",domain=~"web-0|web-1|');
    expect(asked.join()).not.toContain('web-400');
  });

  it('is missing without a data source, and no reason to fail', async () => {
    api.on('GET /domains', aPage(aRow(1)));
    open();
    await row('web-1');
    expect(screen.queryByRole('columnheader', { name: /CPU/ })).not.toBeInTheDocument();
  });

  it('that cannot be read is told in the head of its column', async () => {
    prometheus(() => ({ data: [], errors: [{ message: 'out of memory' }] }));
    api.on('GET /domains', aPage(aRow(1)));
    open();
    await row('web-1');
    expect(await screen.findByTitle('out of memory')).toBeInTheDocument();
  });
});

describe('a row', () => {
  it('offers what can be done with its domain, and asks about it as it is now', async () => {
    api
      .on('GET /domains', aPage(aRow(1), aRow(2)))
      .on('GET /hosts/kvm1/domains/*', aDomain({ name: 'web-2', uuid: uuidOf(2), consoleSessions: 2 }))
      .on('GET /tasks', aPage());
    const { user } = open();
    await row('web-2');
    await user.click(screen.getByRole('button', { name: 'Act on web-2' }));
    await user.click(await screen.findByRole('menuitem', { name: /Suspend/ }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('Suspend: web-2 on kvm1');
    expect(dialog).toHaveTextContent('2 consoles of it are open');
    expect(api.sent('POST')).toEqual([]);
  });

  it('whose domain is gone meanwhile says so', async () => {
    api.on('GET /domains', aPage(aRow(1))).on('GET /hosts/kvm1/domains/*', () => {
      throw problem('VIREO_DOMAIN_UNKNOWN', 'kvm1 has no such domain');
    });
    const { user } = open();
    await row('web-1');
    await user.click(screen.getByRole('button', { name: 'Act on web-1' }));
    await user.click(await screen.findByRole('menuitem', { name: /Suspend/ }));
    expect(await within(await screen.findByRole('dialog')).findByText('kvm1 has no such domain')).toBeInTheDocument();
  });

  it('offers a viewer nothing to select and nothing to do', async () => {
    signIn('viewer');
    api.on('GET /domains', aPage(aRow(1)));
    open();
    await row('web-1');
    expect(screen.queryByRole('checkbox')).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Act on/ })).not.toBeInTheDocument();
    expect(screen.queryByRole('group', { name: /selected/ })).not.toBeInTheDocument();
    expect(new Set(api.requests.map(({ route }) => route))).toEqual(new Set(['v1']));
  });
});
