// SPDX-License-Identifier: Apache-2.0
import { dateTime } from '@grafana/data';
import { act, screen, waitFor, within } from '@testing-library/react';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage, aTask, UUID } from '../../testing/fixtures';
import { type Dashboard, onDashboard, table } from '../../testing/panel';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { DomainActions } from './DomainActions';
import { plugin } from './module';
import type { DomainActionsOptions } from './options';

const OTHER = UUID.replace(/1$/, '2');
let api: FakeApi;

beforeEach(() => {
  signIn('operator');
  api = fakeApi().on('GET /tasks', aPage()).on('GET /hosts', aPage(aHost())).on('GET /hosts/*/domains/*', aDomain());
});

function show(options: Partial<DomainActionsOptions>, dashboard?: Dashboard) {
  return renderAt(onDashboard(DomainActions, { ...(plugin.defaults as DomainActionsOptions), ...options }, dashboard));
}
const button = (name: string) => screen.findByRole('button', { name });

describe('one domain', () => {
  beforeEach(() => api.on('GET /domains', aPage(aDomain(), aDomain({ name: 'web-10', uuid: OTHER }))));

  it('of a variable is shown with its state and buttons, and asked about with what speaks against it', async () => {
    api.on('GET /hosts/*/domains/*', aDomain({ consoleSessions: 2 }));
    const { user, container } = show({ domain: '$domain', host: 'kvm1' }, { variables: { domain: 'web-1' } });
    expect(await screen.findByRole('link', { name: 'web-1' })).toBeInTheDocument();
    expect(screen.getByText('running')).toBeInTheDocument();
    expect(await button('Start')).toHaveAttribute('aria-disabled', 'true');
    expect(await accessibilityFaults(container)).toEqual([]);
    await user.click(await button('Suspend'));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('Suspend: web-1 on kvm1');
    expect(await within(dialog).findByText('2 consoles of it are open')).toBeInTheDocument();
    expect(api.sent('POST')).toEqual([]);
  });

  it('of a host that is lost says how old what it shows is', async () => {
    const since = dateTime().subtract(10, 'minutes').toISOString();
    api.on('GET /hosts/kvm1', aHost({ state: 'lost', since }));
    show({ domain: 'web-1' });
    expect(await screen.findByText('host lost, seen 10 minutes ago')).toBeVisible();
    expect(screen.getByText('running')).toBeVisible();
  });

  it('keeps its dialog to the true outcome, even when the data leaves the domain out meanwhile', async () => {
    const done = aTask({ action: 'suspend', state: 'succeeded', changed: true });
    api.on('POST /hosts/kvm1/domains/*/actions', aTask({ action: 'suspend' })).on('GET /tasks/*', done);
    const row = { series: [table({ host: ['kvm1'], domain: ['web-1'] })] };
    const { user } = show({}, row);
    await user.click(await button('Suspend'));
    api.on('GET /domains', aPage());
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Suspend' }));
    expect(await screen.findByText('Done: Suspend')).toBeInTheDocument();
    expect(api.sent('POST')).toMatchObject([{ body: { action: 'suspend', ifDomainId: 7, ifDomainName: 'web-1' } }]);
    expect(await screen.findByText(/There is no domain web-1/)).toBeInTheDocument();
    expect(screen.getByText('Done: Suspend')).toBeInTheDocument();
  });

  it('has no other actions than its buttons without the menu', async () => {
    show({ domain: 'web-1', buttons: ['start'], hasMenu: false });
    await button('Start');
    expect(screen.getAllByRole('button')).toHaveLength(1);
  });
});

it.each([
  ['forbids actions', false],
  ['does not say that actions may run', undefined],
])('a dashboard that %s has buttons that say so', async (_what, canExecuteActions) => {
  api.on('GET /domains', aPage(aDomain()));
  const { user } = show({ domain: 'web-1' }, { canExecuteActions });
  const suspend = await button('Suspend');
  expect(suspend).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByText('This dashboard does not let you run actions.')).toBeVisible();
  await user.click(suspend);
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});

it('a viewer reads why, and which role it takes', async () => {
  signIn('viewer');
  api.on('GET /domains', aPage(aDomain()));
  show({ domain: 'web-1' });
  expect(await button('Suspend')).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByText('Needs the role "Vireo operator" of Grafana.')).toBeVisible();
});

describe('several domains', () => {
  const rows = table({ host: ['kvm1', 'kvm2', 'kvm1', 'kvm1'], domain: ['web-1', 'web-1', 'gone', 'web-3'] });

  it('are rows with buttons of their own; those that are missing or left out are told', async () => {
    const lost = aHost({ host: 'kvm2', state: 'lost' });
    api
      .on('GET /hosts', aPage(aHost(), lost))
      .on('GET /domains', aPage(aDomain(), aDomain({ name: 'db', uuid: OTHER })));
    const { container, user } = show({ domainsMax: 3 }, { series: [rows] });
    const row = await screen.findByRole('row', { name: /web-1/ });
    expect(screen.getAllByRole('row')).toHaveLength(2);
    expect(screen.getByText('Not found: web-1, gone')).toBeVisible();
    expect(await screen.findByText('Vireo does not reach kvm2: what runs there is not known.')).toBeVisible();
    expect(screen.getByText('1 more domain is left out')).toBeVisible();
    expect(within(row).queryByText(/^host lost/)).not.toBeInTheDocument();
    expect(
      api
        .sent('GET')
        .filter(({ path }) => path === '/domains')[0]
        ?.query.getAll('host'),
    ).toEqual(['kvm1', 'kvm2']);
    expect(await accessibilityFaults(container)).toEqual([]);
    const actions = within(row).getByRole('group', { name: 'Actions on web-1 on kvm1' });
    await user.click(within(actions).getByRole('button', { name: 'Reboot' }));
    expect(await screen.findByRole('dialog')).toHaveTextContent('Reboot: web-1 on kvm1');
  });

  it('leave the focus where it is when their states change', async () => {
    let state = 'running';
    api.on('GET /domains', () => aPage(aDomain({ state }), aDomain({ name: 'db', uuid: OTHER, state })));
    show({}, { series: [table({ host: ['kvm1', 'kvm1'], domain: ['web-1', 'db'] })] });
    const row = await screen.findByRole('row', { name: /db/ });
    const reboot = within(row).getByRole('button', { name: 'Reboot' });
    act(() => reboot.focus());
    state = 'paused';
    await waitFor(() => expect(row).toHaveTextContent('paused'), { timeout: 10_000 });
    expect(reboot).toHaveFocus();
  });

  it('give the focus back to the button of the question, which is another one when the state changed meanwhile', async () => {
    let [state, refusedActions] = ['running', {}];
    api
      .on('GET /domains', () => aPage(aDomain({ state, refusedActions }), aDomain({ name: 'db', uuid: OTHER })))
      .on('POST /hosts/kvm1/domains/*/actions', aTask({ action: 'suspend' }))
      .on('GET /tasks/*', aTask({ action: 'suspend', state: 'succeeded', changed: true }));
    const { user } = show({}, { series: [table({ host: ['kvm1', 'kvm1'], domain: ['web-1', 'db'] })] });
    const row = await screen.findByRole('row', { name: /web-1/ });
    const suspend = () => within(row).getByRole('button', { name: 'Suspend' });
    act(() => suspend().focus());
    await user.keyboard('{Enter}');
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Suspend' }));
    await screen.findByText('Done: Suspend');
    // Its button is gone, and behind the dialog nothing is to be reached.
    expect(dialog).toContainElement(document.activeElement as HTMLElement);
    [state, refusedActions] = ['paused', { suspend: 'paused: not running' }];
    await waitFor(() => expect(suspend()).toHaveAttribute('aria-disabled', 'true'), { timeout: 30_000 });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(suspend()).toHaveFocus());
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('of one name are told apart by their hosts, of which one may be lost', async () => {
    api.on('GET /hosts/kvm1', aHost()).on('GET /hosts/kvm2', aHost({ host: 'kvm2', state: 'lost' }));
    api.on('GET /domains', aPage(aDomain(), aDomain({ host: 'kvm2', uuid: OTHER })));
    show({ domain: 'web-1' });
    expect(await screen.findByText(/Several hosts have a domain of that name/)).toBeVisible();
    expect(screen.getAllByRole('row')).toHaveLength(3);
    expect(await within(screen.getByRole('row', { name: /kvm2/ })).findByText(/^host lost, seen /)).toBeVisible();
    expect(screen.getAllByText(/^host lost/)).toHaveLength(1);
  });

  it('on a host that Vireo does not have are not found, and nothing else fails', async () => {
    api.on('GET /domains', aPage(aDomain()));
    show({}, { series: [table({ host: ['kvm1', 'kvm9'], domain: ['web-1', 'x'] })] });
    expect(await screen.findByText('Not found: x')).toBeVisible();
    expect(
      api
        .sent('GET')
        .filter(({ path }) => path === '/domains')[0]
        ?.query.getAll('host'),
    ).toEqual(['kvm1']);
  });
});

describe('without a domain', () => {
  it('says how to name one when none is named, and asks for nothing', async () => {
    show({});
    expect(await screen.findByText('No domain is named')).toBeVisible();
    expect(api.requests).toEqual([]);
  });

  it('says that there is none of that name', async () => {
    api.on('GET /domains', aPage());
    show({ domain: 'nobody' });
    expect(await screen.findByText(/There is no domain nobody/)).toBeVisible();
  });

  it('says why it cannot look, and looks again', async () => {
    api.on('GET /domains', () => {
      throw problem('VIREO_HOST_UNKNOWN', 'there is no host kvm9');
    });
    const { user } = show({ domain: 'web-1', host: 'kvm9' });
    expect(await screen.findByText('there is no host kvm9')).toBeVisible();
    api.on('GET /domains', aPage(aDomain({ host: 'kvm9' })));
    await user.click(await button('Try again'));
    await waitFor(() => expect(screen.getByRole('link', { name: 'web-1' })).toBeVisible());
  });

  it('says that Grafana does not let one look', async () => {
    signIn('nobody');
    show({ domain: 'web-1' });
    expect(await screen.findByText(/APP_FORBIDDEN/)).toBeVisible();
    expect(api.requests).toEqual([]);
  });
});
