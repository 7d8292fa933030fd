// SPDX-License-Identifier: Apache-2.0
// The table of docs/api.md that says what is answered to whom: every cell is asked for, over every operation it is about.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIONS } from '../../exporter/src/contract/actions.ts';
import { OPERATIONS } from '../../exporter/src/contract/api-operations.ts';
import type { Task } from '../../exporter/src/contract/api.ts';
import { PRIVILEGES } from '../../exporter/src/contract/privileges.ts';
import type { Privilege } from '../../exporter/src/contract/privileges.ts';
import {
  byUuid,
  domain,
  noActions,
  noConsoles,
  noInspection,
  startApi,
  token,
} from '../../exporter/src/http/api/api.fixture.ts';
import type { Ask, TestApi } from '../../exporter/src/http/api/api.fixture.ts';
import { hostSnapshot, lost, unreachedHost } from '../../exporter/src/http/snapshots.fixture.ts';

const PAGE = readFileSync(join(__dirname, '../../docs/api.md'), 'utf8');
const BLOCK = /<!-- begin order -->\n([^]*?)<!-- end order -->/.exec(PAGE)?.[1] ?? '';
const [HEADER = [], , ...ROWS] = BLOCK.trim()
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
const CELLS = ROWS.flatMap(([what = '', ...cells]) =>
  cells.map((expected, i) => [what, HEADER[i + 1] ?? '', expected] as const),
);

/** One request, without who makes it, and the privilege it needs. */
interface Question {
  readonly path: string;
  readonly options?: Ask;
  readonly privilege: Privilege;
}

const TASK: Task = {
  id: '7f1f9a4e-5d0c-4f6a-9a55-3b8a1a2b3c4d',
  host: 'kvm1',
  uuid: domain(1, '').uuid,
  domain: 'web-1',
  action: 'start',
  options: {},
  state: 'accepted',
  acceptedAt: '2026-11-24T12:00:00.000Z',
  deadline: '2026-11-24T12:01:00.000Z',
  actor: { token: 'with', address: '::1' },
  steps: [],
};

/** Every operation on one domain, as it stands in the contract. */
function onDomain(host: string, uuid: string, query = ''): Question[] {
  const paths = OPERATIONS.filter(({ path }) => path.startsWith('/hosts/{host}/domains/{uuid}'));
  expect(paths.length).toBeGreaterThanOrEqual(4);
  return paths.flatMap(({ path, method, privilege }): Question[] => {
    const url = `/api/v1${path.replace('{host}', host).replace('{uuid}', uuid)}${query}`;
    if (method === 'get') return [{ path: url, privilege: privilege ?? 'read' }];
    if (path.endsWith('/console/text')) {
      return [{ path: url, privilege: 'console.control', options: { method: 'POST', body: { text: 'x' } } }];
    }
    if (path.endsWith('/console')) {
      return (['view', 'control'] as const).map((mode) => ({
        path: url,
        privilege: `console.${mode}` as const,
        options: { method: 'POST', body: { mode } },
      }));
    }
    return (['suspend', 'destroy'] as const).map((action) => ({
      path: url,
      privilege: ACTIONS[action].privilege,
      options: { method: 'POST', body: { action } },
    }));
  });
}

const UUID = domain(1, '').uuid;
const QUESTIONS: Readonly<Record<string, () => Question[]>> = {
  'a path with ..': () => onDomain('kvm1', '..%2f..'),
  'a domain, by what is no UUID': () => [...onDomain('kvm1', 'web-1'), ...onDomain('kvm9', `${UUID}0`)],
  'a domain, with an unknown parameter': () => [...onDomain('kvm1', UUID, '?x=1'), ...onDomain('kvm9', UUID, '?x=1')],
  'a domain of an unknown host': () => onDomain('kvm9', UUID),
  'an unknown domain': () => onDomain('kvm1', domain(77, '').uuid),
  'a domain': () => onDomain('kvm1', UUID),
  'a domain of a host never reached': () => onDomain('kvm3', UUID),
  'an unknown host': () => ['', '/xml'].map((end) => get(`/hosts/kvm9${end}`)),
  'a host': () => ['', '/xml'].map((end) => get(`/hosts/kvm1${end}`)),
  'a task': () => [get(`/tasks/${TASK.id}`)],
  'a list': () => ['/hosts', '/domains', '/tasks'].map(get),
  'many domains at once': () => [
    {
      path: '/api/v1/actions',
      privilege: 'power',
      options: { method: 'POST', body: { targets: [{ host: 'kvm1', uuid: UUID }], action: 'suspend' } },
    },
  ],
};

function get(path: string): Question {
  return { path: `/api/v1${path}`, privilege: path.endsWith('/xml') ? 'xml' : 'read' };
}

function callerOf(column: string, { privilege }: Question): string | null {
  switch (column) {
    case 'without a token':
      return null;
    case 'other hosts in scope':
      return 'other-hosts';
    case 'other domains in scope':
      return 'other-domains';
    case 'without the privilege':
      return `no-${privilege}`;
    case 'with it':
      return `only-${privilege}`;
    default:
      throw new Error(`no token stands for the column ${column}`);
  }
}

let api: TestApi;

beforeAll(async () => {
  const hosts = [
    hostSnapshot('kvm1', { domains: byUuid(domain(1, 'web-1')) }),
    unreachedHost('kvm3', lost('LV_CONN_REFUSED', 'refused')),
  ];
  const inspection = {
    ...noInspection(),
    capabilitiesXml: () => Promise.resolve('<capabilities/>'),
    domainXml: () => Promise.resolve('<domain/>'),
    snapshots: () => Promise.resolve({ items: [], total: 0 }),
    screenshot: () => Promise.resolve({ mime: 'image/png' as const, bytes: Buffer.from('89504e47', 'hex') }),
  };
  const actions = {
    ...noActions(),
    submit: () => Promise.resolve(TASK),
    task: (id: string) => (id === TASK.id ? TASK : undefined),
    tasks: () => [TASK],
  };
  const service = {
    ...noConsoles().service,
    sessionsOf: () => 0,
    kindFor: () => 'vnc' as const,
    issue: () => ({ ticket: 'x', expiresAt: 0 }),
    type: () => Promise.resolve(1),
    address: () => Promise.resolve({ host: '192.0.2.1', port: 5900 }),
    stop: () => Promise.resolve(),
  };
  const consoles = { ...noConsoles(), service, directAccess: true };
  api = await startApi(hosts, { inspection: () => inspection, actions, consoles }, [
    token('other-hosts', { hosts: ['esx*'] }),
    token('other-domains', { domains: ['db-*'] }),
    ...PRIVILEGES.flatMap((privilege) => [
      token(`no-${privilege}`, { privileges: PRIVILEGES.filter((other) => other !== privilege) }),
      token(`only-${privilege}`, { privileges: [privilege] }),
    ]),
  ]);
});
afterAll(() => api.close());

test('the table has every row and column that is asked here', () => {
  expect(ROWS.map(([what]) => what)).toEqual(Object.keys(QUESTIONS));
  expect(HEADER).toHaveLength(6);
});

test.each(CELLS)('%s, %s: %s', async (what, column, expected) => {
  const questions = QUESTIONS[what]?.() ?? [];
  expect(questions.length).toBeGreaterThan(0);
  for (const question of questions) {
    const { path, options } = question;
    const answer = await api.ask(path, { token: callerOf(column, question), ...options });
    const said = answer.status < 300 ? 'done' : (answer.json as { readonly code: string }).code;
    expect([path, options?.body, said]).toEqual([path, options?.body, expected]);
  }
});
