// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { domainFull, domainList, hostFull, hostList, snapshotList, tokenFacts, xmlDiff } from '../../contract/api.ts';
import { OPERATIONS } from '../../contract/api-operations.ts';
import { parseDomainXml } from '../../xml/domain-xml.ts';
import type { InspectionPort } from '../deps.ts';
import { hostSnapshot, lost } from '../snapshots.fixture.ts';
import { ALL, WEB, byUuid, domain, noActions, startApi, token } from './api.fixture.ts';
import type { TestApi } from './api.fixture.ts';
import { viewHost } from './host-views.ts';

const XML = `<domain type='kvm'><name>web-1</name><uuid>00000000-0000-4000-8000-000000000001</uuid><title>Shop</title>
  <memory unit='KiB'>1024</memory><vcpu>2</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
  <disk type='file' device='disk'><source file='/a.img'/><target dev='vda' bus='virtio'/></disk>
  <interface type='bridge'><source bridge='br0'/><mac address='52:54:00:AA:00:01'/><target dev='vnet0'/></interface>
  <graphics type='vnc' port='5900' passwd='hunter2'/></devices></domain>`;

const STATS = {
  domain: { name: 'web-1', uuid: '00000000-0000-4000-8000-000000000001', id: 1 },
  fields: new Map([
    ['cpu.time', 2.5e9],
    ['balloon.current', 512],
    ['vcpu.current', 1],
  ]),
  vcpu: new Map(),
  net: new Map([
    [
      0,
      new Map<string, string | number>([
        ['name', 'vnet0'],
        ['rx.bytes', 7],
      ]),
    ],
  ]),
  block: new Map([
    [
      0,
      new Map<string, string | number>([
        ['name', 'vda'],
        ['rd.bytes', 512],
        ['capacity', -1],
      ]),
    ],
  ]),
  iothread: new Map(),
};

const kvm1 = hostSnapshot('kvm1', {
  domains: byUuid(
    domain(1, 'web-1', {
      xml: parseDomainXml(XML),
      stats: STATS,
      statsAt: 1000,
      startedAt: 500,
      observed: {
        addresses: [
          { mac: '52:54:00:aa:00:01', family: 'ipv4', address: '192.0.2.7', source: 'lease' },
          { mac: '52:54:00:aa:00:02', family: 'ipv4', address: '192.0.2.8', source: 'arp' },
        ],
      },
    }),
    domain(2, 'db-1', { state: 'shutoff', reason: 'saved', id: -1 }),
    domain(3, 'web-2', {
      state: 'paused',
      reason: 'ioerror',
      trouble: { since: 1000, controlState: 'occupied' },
      xml: {
        ...parseDomainXml(XML),
        title: 'Stock',
        nova: { instanceName: 'shop', rootType: 'image', createdAt: 2000 },
      },
    }),
  ),
});
const esx = hostSnapshot('esx 2/ü', { domains: byUuid(domain(1, 'web-1'), domain(9, 'Mail')) });
const gone = hostSnapshot('kvm3', { state: lost('LV_CONN_REFUSED', 'no'), domainsKnown: false });

const LARGE = `<domain>${randomBytes(3 * 1024 * 1024).toString('hex')}</domain>`;
const inspection = (host: string): InspectionPort => ({
  capabilitiesXml: () => Promise.resolve(`<capabilities host="${host}"/>`),
  domainXml: ({ name }, view) => Promise.resolve(name === 'db-1' ? LARGE : `<domain view="${view}"/>`),
  domainXmlDiff: () =>
    Promise.resolve({
      changes: [{ path: '/domain/vcpu', live: '1', config: '2' }],
      unified: '',
      live: '',
      config: '',
    }),
  snapshots: () =>
    Promise.resolve({
      items: [
        { name: 'a', createdAt: 1_700_000_000, state: 'shutoff' },
        { name: 'b', parent: 'a', createdAt: 999_999_999_999_999, current: true },
      ],
      total: 2,
    }),
  screenshot: (_domain, screen) =>
    Promise.resolve({ mime: 'image/png' as const, bytes: Buffer.from(`89504e470d0a1a0a0${String(screen)}`, 'hex') }),
});
const actions = noActions();

let api: TestApi;

beforeAll(async () => {
  api = await startApi([kvm1, esx, gone], { inspection, actions }, [
    ALL,
    WEB,
    token('blind', { privileges: ['power'] }),
    token('seer', { privileges: ['read'] }),
  ]);
});
afterAll(() => api.close());

const domainPath = (number: number, host = 'kvm1'): string =>
  `/api/v1/hosts/${encodeURIComponent(host)}/domains/${domain(number, '').uuid}`;

async function names(query: string, as = 'all'): Promise<string[]> {
  const { status, json } = await api.ask(`/api/v1/domains${query}`, { token: as });
  expect(status).toBe(200);
  return domainList.parse(json).items.map((item) => `${item.host}:${item.name}`);
}

describe('the token of the request', () => {
  it('is told what it may do, and nothing of others', async () => {
    const { json } = await api.ask('/api/v1/token', { token: 'web' });
    expect(tokenFacts.parse(json)).toEqual({
      name: 'web',
      privileges: ['read', 'power'],
      hosts: ['kvm1'],
      domains: ['web-*'],
    });
    expect((await api.ask('/api/v1/token?name=all', { token: 'web' })).status).toBe(400);
    expect((await api.ask('/api/v1/token', { token: 'nobody' })).status).toBe(401);
  });
});

describe('hosts', () => {
  it('are listed by name, with their states and what their domains do', async () => {
    const { json, headers } = await api.ask('/api/v1/hosts');
    const { items } = hostList.parse(json);
    expect(items.map(({ host, state }) => [host, state])).toEqual([
      ['esx 2/ü', 'up'],
      ['kvm1', 'up'],
      ['kvm3', 'lost'],
    ]);
    expect(items[1]).toMatchObject({
      driver: 'QEMU',
      domains: { total: 3, byState: { running: 1, shutoff: 1, paused: 1 } },
    });
    // Whichever domain its daemon lists first.
    expect(Object.keys(items[1]?.domains?.byState ?? {})).toEqual(['paused', 'running', 'shutoff']);
    expect(items[2]).toMatchObject({
      error: { code: 'LV_CONN_REFUSED', advice: expect.stringContaining('libvirtd') as string },
    });
    expect(items[2]).not.toHaveProperty('domains');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('are given in full by name', async () => {
    const { json } = await api.ask(`/api/v1/hosts/${encodeURIComponent('esx 2/ü')}`);
    expect(hostFull.parse(json)).toMatchObject({ host: 'esx 2/ü', pools: [], polls: { inventory: { success: true } } });
  });

  it('name their virtual networks once those are known', () => {
    const network = { uuid: 'n-1', name: 'default', active: true, autostart: true, persistent: true, leases: 0 };
    const view = viewHost(
      hostSnapshot('kvm1', { networks: [{ ...network, bridge: 'virbr0', leaseList: [] }] }),
      () => true,
    );
    expect(hostFull.parse(view).networks).toEqual([{ ...network, bridge: 'virbr0' }]);
    expect(viewHost(hostSnapshot('kvm1'), () => true)).not.toHaveProperty('networks');
  });

  it('tell why a part of the poll failed', () => {
    const error = { code: 'LV_TIMEOUT', message: 'no answer in time' };
    const polls = new Map([['pools', { success: false, durationSeconds: 2, error }] as const]);
    expect(hostFull.parse(viewHost(hostSnapshot('kvm1', { polls }), () => true)).polls).toEqual({
      pools: { success: false, durationSeconds: 2, error: { code: 'LV_TIMEOUT', message: 'no answer in time' } },
    });
  });

  it('outside the token’s scope do not exist, nor are they suggested; the audit tells', async () => {
    const { json } = await api.ask('/api/v1/hosts', { token: 'web' });
    expect(hostList.parse(json).items.map(({ host, domains }) => [host, domains?.total])).toEqual([['kvm1', 2]]);
    const before = api.denied.length;
    const hidden = await api.ask('/api/v1/hosts/kvm3', { token: 'web' });
    const absent = await api.ask('/api/v1/hosts/kvm9', { token: 'web' });
    expect([hidden.json, absent.json]).toMatchObject([
      { status: 404, code: 'VIREO_HOST_UNKNOWN', detail: 'no host is called "kvm3"; did you mean "kvm1"?' },
      { status: 404, code: 'VIREO_HOST_UNKNOWN', detail: 'no host is called "kvm9"; did you mean "kvm1"?' },
    ]);
    expect(api.denied.slice(before)).toMatchObject([{ tokenName: 'web', host: 'kvm3', privilege: 'read' }]);
  });
});

describe('the list of domains', () => {
  it('is sorted by name over all hosts', async () => {
    expect(await names('')).toEqual(['esx 2/ü:Mail', 'kvm1:db-1', 'esx 2/ü:web-1', 'kvm1:web-1', 'kvm1:web-2']);
    expect(await names('?sort=-name')).toEqual((await names('')).reverse());
    expect(await names('?sort=host')).toEqual([
      'esx 2/ü:Mail',
      'esx 2/ü:web-1',
      'kvm1:db-1',
      'kvm1:web-1',
      'kvm1:web-2',
    ]);
    expect((await names('?sort=state')).map((name) => name.split(':')[1])).toEqual([
      'web-2',
      'Mail',
      'web-1',
      'web-1',
      'db-1',
    ]);
  });

  it('is filtered by host, state and text', async () => {
    expect(await names('?host=kvm1&state=running&state=paused')).toEqual(['kvm1:web-1', 'kvm1:web-2']);
    expect(await names('?q=MAIL')).toEqual(['esx 2/ü:Mail']);
    expect(await names('?q=shop')).toEqual(['kvm1:web-1']);
    expect(await names('?q=8000-000000000009')).toEqual(['esx 2/ü:Mail']);
    expect(await names('?q=nobody')).toEqual([]);
  });

  it('shows a token what is in its scope', async () => {
    expect(await names('', 'web')).toEqual(['kvm1:web-1', 'kvm1:web-2']);
    expect(await api.code(`/api/v1/domains?host=${encodeURIComponent('esx 2/ü')}`, { token: 'web' })).toBe(
      'VIREO_HOST_UNKNOWN',
    );
  });

  it.each(['', '&sort=-name', '&sort=state', '&sort=-host'])(
    'comes in pages that together are the whole: %s',
    async (sort) => {
      const whole = await names(`?limit=100${sort}`);
      const collected: string[] = [];
      let cursor: string | undefined;
      do {
        const query = `?limit=2${sort}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
        const page = domainList.parse((await api.ask(`/api/v1/domains${query}`)).json);
        expect(page.total).toBe(5);
        collected.push(...page.items.map((item) => `${item.host}:${item.name}`));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(collected).toEqual(whole);
    },
  );

  it('gives no domain twice and forgets none while others come and go', async () => {
    const first = domainList.parse((await api.ask('/api/v1/domains?limit=2')).json);
    const { hosts } = api;
    api.hosts = [
      hostSnapshot('kvm1', { domains: byUuid(domain(20, 'aaa'), domain(1, 'web-1'), domain(3, 'web-2')) }),
      esx,
      gone,
    ];
    const rest = await names(`?cursor=${first.nextCursor ?? ''}`);
    api.hosts = hosts;
    expect(rest).toEqual(['esx 2/ü:web-1', 'kvm1:web-1', 'kvm1:web-2']);
  });

  it('refuses a cursor of another order, and what is none', async () => {
    const { nextCursor = '' } = domainList.parse((await api.ask('/api/v1/domains?limit=1')).json);
    expect(await api.code(`/api/v1/domains?sort=host&cursor=${nextCursor}`)).toBe('VIREO_CURSOR');
    for (const cursor of ['x', 'W10', Buffer.from('["name",1,2,3]').toString('base64url')]) {
      expect(await api.code(`/api/v1/domains?cursor=${cursor}`)).toBe('VIREO_CURSOR');
    }
  });

  it.each(['limit=0', 'limit=10001', 'limit=x', 'limit=1&limit=2', 'sort=uuid', 'state=on', 'hots=kvm1', 'q='])(
    'refuses the parameter %s',
    async (query) => {
      expect(await api.code(`/api/v1/domains?${query}`)).toBe('VIREO_PARAMETER');
    },
  );
});

describe('a domain', () => {
  it('is given in full, without secrets; what is unknown is absent', async () => {
    const { json, body } = await api.ask(domainPath(1));
    expect(domainFull.parse(json)).toEqual({
      host: 'kvm1',
      uuid: '00000000-0000-4000-8000-000000000001',
      name: 'web-1',
      id: 1,
      state: 'running',
      reason: 'booted',
      persistent: true,
      autostart: false,
      title: 'Shop',
      driver: 'QEMU',
      allowedActions: ['suspend'],
      refusedActions: { start: 'needs the privilege power' },
      refusalCodes: { start: 'privilege' },
      startedAt: '1970-01-01T00:00:00.500Z',
      consoleSessions: 0,
      hypervisorType: 'kvm',
      os: { type: 'hvm', arch: 'x86_64', machine: 'pc' },
      vcpus: { current: 1, maximum: 2 },
      memory: { maximumBytes: 1024 * 1024, currentBytes: 512 * 1024 },
      disks: [{ targetDevice: 'vda', type: 'file', device: 'disk', bus: 'virtio', source: '/a.img', readBytes: 512 }],
      interfaces: [
        {
          type: 'bridge',
          targetDevice: 'vnet0',
          sourceBridge: 'br0',
          macAddress: '52:54:00:aa:00:01',
          addresses: [{ family: 'ipv4', address: '192.0.2.7', source: 'lease' }],
          receivedBytes: 7,
        },
      ],
      graphics: [{ type: 'vnc', port: 5900 }],
      guestAgentChannel: false,
      stats: { at: '1970-01-01T00:00:01.000Z', cpuSeconds: 2.5, diskReadBytes: 512, networkReceivedBytes: 7 },
    });
    expect(body.toString()).not.toContain('hunter2');
    const other = domainFull.parse((await api.ask(domainPath(3))).json);
    expect(other.trouble).toMatchObject({ controlState: 'occupied' });
    const openstack = { instanceName: 'shop', rootType: 'image', createdAt: '1970-01-01T00:00:02.000Z' };
    expect(other.openstack).toEqual(openstack);
  });

  it('is found by UUID in any case', async () => {
    expect(
      (await api.ask(domainPath(1).toUpperCase().replace('/API/V1/HOSTS/KVM1/DOMAINS', '/api/v1/hosts/kvm1/domains')))
        .status,
    ).toBe(200);
  });

  it('that is none, or out of scope, is 404; a bad UUID is 400; one of a lost host is 503', async () => {
    expect(await api.code(domainPath(77))).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(await api.code(domainPath(2), { token: 'web' })).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(await api.code(domainPath(1, 'esx 2/ü'), { token: 'web' })).toBe('VIREO_HOST_UNKNOWN');
    expect(await api.code('/api/v1/hosts/kvm1/domains/web-1')).toBe('VIREO_UUID');
    const answer = await api.ask(domainPath(1, 'kvm3'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.json).toMatchObject({
      code: 'VIREO_HOST_LOST',
      detail: expect.stringContaining('not connected') as string,
    });
  });

  it('of a host that is up and has not told its domains yet is 503, and not called a lost one', async () => {
    const { hosts } = api;
    api.hosts = [hostSnapshot('kvm1', { domainsKnown: false })];
    const answer = await api.ask(domainPath(1));
    api.hosts = hosts;
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.json).toMatchObject({
      code: 'VIREO_HOST_LOST',
      detail: 'the domains of host "kvm1" are not known yet',
    });
  });

  it('that is out of scope answers exactly like one that does not exist', async () => {
    const hidden = (await api.ask(domainPath(2), { token: 'web' })).json as Record<string, unknown>;
    const absent = (await api.ask(domainPath(77), { token: 'web' })).json as Record<string, unknown>;
    const uuid = (detail: unknown): string => String(detail).replace(/[0-9a-f-]{36}/, 'UUID');
    expect([hidden['code'], uuid(hidden['detail'])]).toEqual([absent['code'], uuid(absent['detail'])]);
  });
});

describe('XML', () => {
  it('comes with an ETag, and 304 when the client has it', async () => {
    const first = await api.ask(`${domainPath(1)}/xml?view=config`);
    expect(first.body.toString()).toBe('<domain view="config"/>');
    expect(first.headers).toMatchObject({
      'content-type': 'application/xml; charset=utf-8',
      'cache-control': 'private, no-cache',
      vary: 'Authorization',
    });
    const { etag = '' } = first.headers;
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await api.ask(`${domainPath(1)}/xml?view=config`, { headers: { 'if-none-match': header } });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    expect((await api.ask(`${domainPath(1)}/xml?view=live`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('is what runs, or the configuration of what does not, unless asked otherwise', async () => {
    expect((await api.ask(`${domainPath(1)}/xml`)).body.toString()).toBe('<domain view="live"/>');
    const diff = await api.ask(`${domainPath(1)}/xml?view=diff`);
    expect(diff.headers['content-type']).toMatch(/^application\/json/);
    expect(xmlDiff.parse(diff.json).changes).toEqual([{ path: '/domain/vcpu', live: '1', config: '2' }]);
    expect(await api.code(`${domainPath(1)}/xml?view=secure`)).toBe('VIREO_PARAMETER');
  });

  it('that is large arrives whole, in chunks', async () => {
    const { headers, body } = await api.ask(`${domainPath(2)}/xml`);
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(body.toString() === LARGE).toBe(true);
  });

  it('of a host needs the privilege too', async () => {
    expect((await api.ask('/api/v1/hosts/kvm1/xml')).body.toString()).toBe('<capabilities host="kvm1"/>');
    expect(await api.code('/api/v1/hosts/kvm1/xml', { token: 'seer' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(await api.code(`${domainPath(1)}/xml`, { token: 'seer' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(await api.code('/api/v1/hosts/kvm3/xml')).toBe('VIREO_HOST_LOST');
  });
});

describe('snapshots', () => {
  it('are listed with dates where those are dates, and an ETag', async () => {
    const { json, headers } = await api.ask(`${domainPath(1)}/snapshots`);
    expect(snapshotList.parse(json)).toEqual({
      items: [
        { name: 'a', createdAt: '2023-11-14T22:13:20.000Z', state: 'shutoff' },
        { name: 'b', parent: 'a', current: true },
      ],
      total: 2,
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      etag: expect.any(String) as string,
    });
  });

  it('need read, a domain in scope, and a host that is up', async () => {
    expect(await api.code(`${domainPath(1)}/snapshots`, { token: 'blind' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(await api.code(`${domainPath(2)}/snapshots`, { token: 'web' })).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(await api.code(`${domainPath(1, 'kvm3')}/snapshots`)).toBe('VIREO_HOST_LOST');
    expect(await api.code(`${domainPath(1)}/snapshots?roots=1`)).toBe('VIREO_PARAMETER');
  });
});

describe('a screenshot', () => {
  it('is a PNG that nobody keeps', async () => {
    const { headers, body } = await api.ask(`${domainPath(1)}/screenshot`);
    expect(headers).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'no-store' });
    expect(body.toString('hex')).toBe('89504e470d0a1a0a00');
    expect((await api.ask(`${domainPath(1)}/screenshot?screen=2`)).body.at(-1)).toBe(2);
    expect(await api.code(`${domainPath(1)}/screenshot?screen=16`)).toBe('VIREO_PARAMETER');
  });

  it('of a domain that is off, or without the privilege, is refused', async () => {
    expect(await api.code(`${domainPath(2)}/screenshot`)).toBe('VIREO_STATE');
    expect(await api.code(`${domainPath(1)}/screenshot`, { token: 'seer' })).toBe('VIREO_AUTH_PRIVILEGE');
  });
});

describe('whoever asks', () => {
  it('must be known, also for what does not exist', async () => {
    const paths = [
      '/api/v1/hosts',
      '/api/v1/nowhere',
      '/api/v1',
      domainPath(1),
      '/api/v1/events',
      '/api/v1/openapi.json',
    ];
    for (const path of paths) {
      expect(await api.code(path, { token: null })).toBe('VIREO_AUTH_MISSING');
      const { status, headers, json } = await api.ask(path, { token: 'wrong' });
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(json).toMatchObject({ code: 'VIREO_AUTH_TOKEN' });
    }
  });

  it('needs the privilege; the audit tells of which host and domain, or of none for a list', async () => {
    const common = { event: 'auth.denied', code: 'VIREO_AUTH_PRIVILEGE', tokenName: 'blind', privilege: 'read' };
    const line = { ...common, reason: 'privilege not granted', address: '127.0.0.1' };
    for (const [path, asked] of [
      ['/api/v1/hosts', {}],
      ['/api/v1/domains?host=kvm1', {}],
      ['/api/v1/hosts/kvm1', { host: 'kvm1' }],
      [domainPath(1), { host: 'kvm1', domain: 'web-1', uuid: domain(1, '').uuid }],
      // Not connected: which domains it has is not known.
      [domainPath(1, 'kvm3'), { host: 'kvm3', uuid: domain(1, '').uuid }],
    ] as const) {
      const before = api.denied.length;
      expect(await api.code(path, { token: 'blind' })).toBe('VIREO_AUTH_PRIVILEGE');
      expect(api.denied.slice(before)).toEqual([{ ...line, ...asked }]);
    }
  });

  it('is told which methods and paths there are', async () => {
    expect(await api.code('/api/v1/nowhere')).toBe('VIREO_HTTP_NOT_FOUND');
    expect(await api.code('/api/v1/hosts/')).toBe('VIREO_HTTP_NOT_FOUND');
    expect(await api.code('/api/v1/HOSTS')).toBe('VIREO_HTTP_NOT_FOUND');
    const { status, headers } = await api.ask('/api/v1/hosts', { method: 'DELETE' });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it.each(OPERATIONS.map(({ method, path }) => [method, path] as const))(
    'finds the documented operation %s %s, and no other method there',
    async (method, path) => {
      const { uuid } = domain(1, '');
      const url = `/api/v1${path.replace('{host}', 'kvm1').replace('{uuid}', uuid).replace('{id}', uuid)}`;
      const answer = await api.open(url, { method: method.toUpperCase() });
      answer.destroy();
      expect([404, 405]).not.toContain(path.startsWith('/tasks/') ? 200 : answer.statusCode);
      expect(await api.code(url, { method: 'PUT' })).toBe('VIREO_HTTP_METHOD');
    },
  );

  it.each([
    '/api/v1/hosts/%2e%2e/x',
    '/api/v1/hosts/..%2fmetrics',
    '/api/v1//hosts',
    '/api/v1/hosts/%255c',
    '/api/../metrics',
    '/metrics/%252e%252e/x',
  ])('gets nothing from the path %s', async (path) => {
    expect(await api.code(path)).toBe('VIREO_HTTP_PATH');
    expect(await api.code(path, { token: null })).toBe('VIREO_HTTP_PATH');
  });

  it('is not allowed anything while no tokens are configured', async () => {
    const off = await startApi([kvm1], { inspection, actions }, []);
    for (const path of ['/api/v1/hosts', '/api/v1/nowhere']) {
      for (const as of ['all', null]) expect(await off.code(path, { token: as })).toBe('VIREO_API_OFF');
    }
    await off.close();
  });
});
