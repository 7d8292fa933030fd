// SPDX-License-Identifier: Apache-2.0
import { dateTime, FieldType } from '@grafana/data';
import { type DataSourceSrv, setDataSourceSrv } from '@grafana/runtime';
import { act, screen, waitFor, within } from '@testing-library/react';
import type { DomainFull } from '@vireo/exporter/contract';
import React from 'react';
import { Pages } from '../../App';
import { FakeEventSource } from '../../testing/FakeEventSource';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage, aTask, UUID } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { type DomainTab, domainUrl } from '../../urls';

let api: FakeApi;

beforeEach(() => {
  signIn('operator');
  api = fakeApi()
    .on('GET /hosts/kvm1', aHost())
    .on('GET /tasks', aPage())
    .on('GET /hosts/kvm1/domains/*/xml', "<domain><devices><console type='pty'/></devices></domain>");
});

function open(domain: DomainFull = aDomain(), tab?: DomainTab) {
  api.on('GET /hosts/kvm1/domains/*', domain);
  return renderAt(<Pages />, { url: domainUrl('kvm1', UUID, tab === undefined ? {} : { tab }) });
}

describe('the overview of a domain', () => {
  it('shows what is known and leaves out what is not', async () => {
    const startedAt = dateTime().subtract(3, 'days').toISOString();
    const { container } = open(
      aDomain({ startedAt, consoleSessions: 2, memory: { currentBytes: 2 ** 30, maximumBytes: 2 ** 31 } }),
    );
    expect(await screen.findByText(/3 days ago/)).toBeInTheDocument();
    expect(screen.getByText('1 GiB of at most 2 GiB')).toBeInTheDocument();
    const facts = (name: string) => screen.getByText(name).closest('div')?.textContent;
    expect(facts('Open consoles')).toBe('Open consoles2');
    expect(screen.queryByText('Saved state')).not.toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('says what to configure where there is no Prometheus', async () => {
    open();
    expect(await screen.findByText(/^No graphs:/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: /choose it in the configuration/ })).toHaveAttribute(
      'href',
      '/plugins/vireo-libvirt-app',
    );
  });

  it('tells who decides how long it runs and who looks at it', async () => {
    const { user } = open(aDomain({ startedAt: dateTime().subtract(3, 'days').toISOString(), consoleSessions: 2 }));
    await user.click(await screen.findByRole('button', { name: 'Suspend' }));
    const question = await screen.findByRole('dialog');
    expect(question).toHaveTextContent('Started 3 days ago');
    expect(question).toHaveTextContent('2 consoles of it are open');
  });

  it('says that its hypervisor does not answer', async () => {
    open(aDomain({ trouble: { since: dateTime().subtract(5, 'minutes').toISOString(), controlState: 'occupied' } }));
    expect(await screen.findByText('Its hypervisor process stopped answering 5 minutes ago')).toBeInTheDocument();
    expect(screen.getByText(/in the state occupied/)).toBeInTheDocument();
  });

  it('of a lost host says since when it is, and lets nobody act', async () => {
    const since = dateTime().subtract(10, 'minutes').toISOString();
    const error = {
      code: 'LV_CONN_REFUSED',
      message: 'connect failed: refused',
      advice: 'Start libvirtd.',
      nextAttemptAt: since,
    };
    api.on('GET /hosts/kvm1', aHost({ state: 'lost', since, error }));
    const { user, container } = open();
    const lost = 'kvm1 was lost 10 minutes ago: what stands here is older';
    expect(await screen.findByText(lost)).toBeInTheDocument();
    expect(screen.getByText('connect failed: refused')).toBeInTheDocument();
    expect(screen.getByText('Start libvirtd.')).toBeInTheDocument();
    for (const name of ['Shut down', 'Suspend', 'Force off', 'Console', 'Show the screen']) {
      expect(screen.getByRole('button', { name })).toHaveAttribute('aria-disabled', 'true');
    }
    await user.hover(screen.getByRole('button', { name: 'Shut down' }));
    expect(await screen.findAllByText(lost)).toHaveLength(2);
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('of a hypervisor without a console in the browser says at the button what to use', async () => {
    const use = 'the domain has no VNC screen; use the console of the vSphere Client';
    const { user } = open(aDomain({ driver: 'ESX', reason: 'unknown', consoleRefusal: use }));
    const button = await screen.findByRole('button', { name: 'Console' });
    await user.click(button);
    expect(await screen.findByText(use)).toBeInTheDocument();
    expect(screen.queryByText('unknown')).not.toBeInTheDocument();
    expect(button).toHaveAttribute('aria-disabled', 'true');
    expect(api.sent('POST')).toEqual([]);
  });

  it('shows a change as soon as its event comes', async () => {
    FakeEventSource.opened = [];
    api.on('GET /hosts/kvm1/domains/*', aDomain());
    renderAt(<Pages />, { url: domainUrl('kvm1', UUID), openEvents: FakeEventSource.open });
    expect(await screen.findByText('running')).toBeInTheDocument();
    const [source] = FakeEventSource.opened;
    act(() => source?.say('ready'));
    api.on('GET /hosts/kvm1/domains/*', aDomain({ state: 'paused', reason: 'user' }));
    const at = Date.now();
    act(() => screen.getByRole('button', { name: 'Suspend' }).focus());
    act(() =>
      source?.say('domain.state', {
        type: 'domain.state',
        at: new Date().toISOString(),
        host: 'kvm1',
        domain: { uuid: UUID, name: 'web-1' },
        from: 'running',
        to: 'paused',
        reason: 'user',
      }),
    );
    expect(await screen.findByText('paused')).toBeInTheDocument();
    // The page would ask anew after half a minute.
    expect(Date.now() - at).toBeLessThan(10_000);
    // The button is another one now, which says why it is not available.
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Suspend' })).toHaveAttribute('aria-disabled', 'true'),
    );
    expect(screen.getByRole('button', { name: 'Suspend' })).toHaveFocus();
  });
});

describe('the tabs of a domain', () => {
  it('stand in the address, and an unknown one is the overview', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('tab', { name: 'Devices' }));
    expect(screen.getByRole('tab', { name: 'Devices' })).toHaveAttribute('aria-selected', 'true');
    expect(await screen.findByText('Consoles, host devices and others')).toBeInTheDocument();
    await user.click(screen.getByRole('tab', { name: 'Overview' }));
    expect(await screen.findByText(/^No graphs:/)).toBeInTheDocument();
  });
});

describe('its devices', () => {
  const devices = {
    disks: [{ targetDevice: 'vda', type: 'file', device: 'disk', source: '/images/a.qcow2', capacityBytes: 2 ** 33 }],
    interfaces: [
      {
        type: 'network',
        targetDevice: 'vnet0',
        macAddress: '52:54:00:aa:00:01',
        linkState: 'down',
        addresses: [{ family: 'ipv4', address: '192.0.2.7', source: 'lease' }],
      },
    ],
    graphics: [],
  };

  it('are those of the API, and of the XML the rest; what nobody knows has no column', async () => {
    const { container } = open(aDomain(devices), 'devices');
    for (const text of [
      '/images/a.qcow2',
      '8 GiB',
      '192.0.2.7 (DHCP)',
      'down',
      'It has no screen.',
      'console',
      'pty',
    ]) {
      expect(await screen.findByText(text)).toBeInTheDocument();
    }
    expect(screen.queryByRole('columnheader', { name: 'Serial' })).not.toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('without the privilege to read XML are those of the API, and it is said why', async () => {
    api.on('GET /hosts/kvm1/domains/*/xml', () => {
      throw problem('VIREO_AUTH_PRIVILEGE', 'this needs the privilege xml');
    });
    open(aDomain(devices), 'devices');
    expect(await screen.findByText(/which you may not read/)).toBeInTheDocument();
    expect(screen.getByText('/images/a.qcow2')).toBeInTheDocument();
  });
});

describe('its XML', () => {
  it('is said to be forbidden, in words, without the privilege', async () => {
    api.on('GET /hosts/kvm1/domains/*/xml', () => {
      throw problem('VIREO_AUTH_PRIVILEGE', 'this needs the privilege xml');
    });
    open(aDomain(), 'xml');
    expect(await screen.findByText('You may not see or do this')).toBeInTheDocument();
    expect(screen.getByText('this needs the privilege xml')).toBeInTheDocument();
  });

  it('is chosen by the address', async () => {
    api.on('GET /hosts/kvm1/domains/*', aDomain()).on('GET /hosts/kvm1/domains/*/xml', ({ query }) => {
      const changes = [{ path: '/domain/vcpu', live: '1', config: '2' }];
      return query.get('view') === 'diff'
        ? { changes, unified: '@@ -1 +1 @@\n-<vcpu>1</vcpu>\n+<vcpu>2</vcpu>\n', live: '', config: '' }
        : `<domain view="${String(query.get('view'))}"/>`;
    });
    const { user } = renderAt(<Pages />, { url: `${domainUrl('kvm1', UUID, { tab: 'xml' })}&view=config` });
    // The editor takes the place of the plain text when it has come.
    await waitFor(() => expect(screen.getByText('<domain view="config"/>')).toBeInTheDocument());
    await user.click(screen.getByRole('radio', { name: 'What differs' }));
    expect(await screen.findByText(/-<vcpu>1<\/vcpu>/)).toBeInTheDocument();
  });
});

describe('its snapshots', () => {
  it('are listed, the newest first and the current one marked', async () => {
    api.on('GET /hosts/kvm1/domains/*/snapshots', {
      items: [
        { name: 'first', createdAt: '2026-11-01T10:00:00.000Z', state: 'shutoff' },
        { name: 'second', createdAt: '2026-11-02T10:00:00.000Z', parent: 'first', current: true },
      ],
      total: 2,
    });
    const { container } = open(aDomain(), 'snapshots');
    await screen.findByText('second');
    const rows = within(screen.getByRole('table')).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual([
      expect.stringContaining('secondcurrent'),
      expect.stringContaining('first'),
    ]);
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('may be none, be unknown to the driver, or fail', async () => {
    api.on('GET /hosts/kvm1/domains/*/snapshots', { items: [], total: 0 });
    const { unmount } = open(aDomain(), 'snapshots');
    expect(await screen.findByText('It has no snapshot')).toBeInTheDocument();
    unmount();
    api.on('GET /hosts/kvm1/domains/*/snapshots', () => {
      throw problem('VIREO_UNSUPPORTED', 'no such call');
    });
    const second = open(aDomain(), 'snapshots');
    expect(await screen.findByText('The driver of this host has no snapshots')).toBeInTheDocument();
    second.unmount();
    api.on('GET /hosts/kvm1/domains/*/snapshots', () => {
      throw problem('VIREO_HOST_LOST', 'host "kvm1" is not connected');
    });
    open(aDomain(), 'snapshots');
    expect(await screen.findByText('host "kvm1" is not connected')).toBeInTheDocument();
  });
});

describe('its timeline', () => {
  it('without Loki is what Vireo remembers, and says so', async () => {
    api.on('GET /tasks', aPage(aTask({ state: 'succeeded', reason: 'patch day' })));
    const { container } = open(aDomain(), 'timeline');
    expect(await screen.findByText('patch day')).toBeInTheDocument();
    expect(screen.getByText(/^Only the actions Vireo remembers/)).toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('with Loki is the log of Vireo about this domain', async () => {
    const asked: string[] = [];
    const about = { host: 'kvm1', domain: 'web-1' };
    const action = { ...about, action: 'shutdown', user: 'ada', tokenName: 'grafana-operate' };
    const lines = [
      { ...action, event: 'action.failed', code: 'VIREO_BUSY', detail: 'too much', msg: 'action.failed: shutdown' },
      { ...action, event: 'action.requested', reason: 'patch day', msg: 'action.requested: shutdown of web-1' },
      { ...about, event: 'domain.state', from: 'running', to: 'paused', reason: 'user', msg: 'domain web-1 is' },
      { ...about, event: 'domain.state', from: 'paused', to: 'running', reason: 'unknown', msg: 'domain web-1 is' },
      { ...about, event: 'domain.event', libvirtEvent: 'suspended', detail: 'paused', msg: 'domain web-1: suspended' },
      { ...about, event: 'console.opened', msg: 'console.opened: web-1 by ada' },
      'no JSON at all',
    ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const query = jest.fn(async ({ targets }: { targets: Array<{ expr: string }> }) => {
      asked.push(...targets.map(({ expr }) => expr));
      const values = lines.map((_, index) => Date.now() - index * 1000);
      return {
        data: [
          {
            fields: [
              { name: 'Time', type: FieldType.time, config: {}, values },
              { name: 'Line', type: FieldType.string, config: {}, values: lines },
            ],
            length: lines.length,
          },
        ],
      };
    });
    setDataSourceSrv({
      getList: ({ type }: { type: string }) => (type === 'loki' ? [{ uid: 'logs', isDefault: false }] : []),
      get: async () => ({ type: 'loki', query }),
    } as unknown as DataSourceSrv);
    const { container } = open(aDomain(), 'timeline');
    await screen.findByText('patch day');
    const texts = (elements: HTMLElement[]) => elements.map(({ textContent }) => textContent);
    const heads = screen.getAllByRole('columnheader');
    expect(texts(heads)).toEqual(['When', 'Event', 'What', 'Reason', 'Who']);
    const rows = screen.getAllByRole('row').slice(1);
    // Neither the event nor the domain is said twice.
    expect(rows.map((row) => texts(within(row).getAllByRole('cell')).slice(1))).toEqual([
      ['action.failed', expect.stringMatching(/^Shut down: .*too much/), '', 'ada'],
      ['action.requested', 'Shut down', 'patch day', 'ada'],
      ['domain.state', 'paused (user), was running', '', ''],
      ['domain.state', 'running, was paused', '', ''],
      ['domain.event', 'suspended (paused)', '', ''],
      ['console.opened', 'web-1 by ada', '', ''],
      ['', 'no JSON at all', '', ''],
    ]);
    expect(screen.getByText('From the log of Vireo, in Loki')).toBeInTheDocument();
    expect(asked).toEqual([`{service_name="vireo", host="kvm1"} | uuid="${UUID}"`]);
    expect(await accessibilityFaults(container)).toEqual([]);
    await waitFor(() => expect(query).toHaveBeenCalledTimes(1));
  });
});
