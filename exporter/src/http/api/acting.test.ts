// SPDX-License-Identifier: Apache-2.0

import { connect } from 'node:net';
import { bulkResult, task as taskSchema, taskList } from '../../contract/api.ts';
import type { Task } from '../../contract/tasks.ts';
import type { ActionOrder } from '../../actions/action-service.ts';
import type { ActionsPort } from '../deps.ts';
import { hostSnapshot } from '../snapshots.fixture.ts';
import { ALL, WEB, byUuid, domain, noActions, noInspection, startApi, token } from './api.fixture.ts';
import type { Answer, Ask, TestApi } from './api.fixture.ts';
import { BODY_BYTES_MAX } from './json-body.ts';

const TASK_ID = '7f1f9a4e-5d0c-4f6a-9a55-3b8a1a2b3c4d';

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

let orders: ActionOrder[];
let answer: (order: ActionOrder) => Task;
let earlier: (order: ActionOrder) => Task | undefined;
let api: TestApi;

function taskOf(order: ActionOrder, different: Partial<Task> = {}): Task {
  return {
    id: TASK_ID,
    host: order.host,
    uuid: order.uuid,
    domain: 'web-1',
    action: order.action,
    options: order.options,
    state: 'accepted',
    acceptedAt: '2026-11-24T12:00:00.000Z',
    deadline: '2026-11-24T12:01:00.000Z',
    actor: order.actor,
    steps: [],
    ...(order.bulkId === undefined ? {} : { bulkId: order.bulkId }),
    ...different,
  };
}

const kept = [
  taskOf({
    host: 'kvm1',
    uuid: domain(1, '').uuid,
    action: 'start',
    options: {},
    actor: { token: 'all', address: '::1' },
  }),
  taskOf(
    { host: 'kvm1', uuid: domain(2, '').uuid, action: 'destroy', options: {}, actor: { token: 'all', address: '::1' } },
    { id: '00000000-5d0c-4f6a-9a55-3b8a1a2b3c4d', domain: 'db-1', state: 'failed' },
  ),
];
const actions: ActionsPort = {
  ...noActions(),
  submit: (order) => {
    orders.push(order);
    // eslint-disable-next-line @typescript-eslint/require-await -- so that what `answer` throws is a rejection
    return (async () => answer(order))();
  },
  earlier: (order) => Promise.resolve(order.idempotencyKey === undefined ? undefined : earlier(order)),
  check: (order) =>
    order.uuid === domain(1, '').uuid
      ? Promise.resolve({ changes: true })
      : Promise.reject(new Refusal('VIREO_STATE', 'paused: resume first')),
  task: (id) => kept.find((task) => task.id === id),
  tasks: () => kept,
};

beforeAll(async () => {
  const hosts = [
    hostSnapshot('kvm1', { domains: byUuid(domain(1, 'web-1'), domain(2, 'db-1'), domain(3, 'web-2')) }),
    hostSnapshot('kvm2', { domains: byUuid(domain(1, 'web-1')) }),
  ];
  api = await startApi(hosts, { inspection: noInspection, actions }, [
    ALL,
    WEB,
    token('seer', { privileges: ['read'] }),
    token('soft', { privileges: ['power'] }),
  ]);
});
afterAll(() => api.close());
beforeEach(() => {
  orders = [];
  answer = taskOf;
  earlier = () => undefined;
});

const pathOf = (number: number, host = 'kvm1'): string =>
  `/api/v1/hosts/${host}/domains/${domain(number, '').uuid}/actions`;
const post = (path: string, body: unknown, options: Ask = {}): Promise<Answer> =>
  api.ask(path, { method: 'POST', body, ...options });
const refused = async (path: string, body: unknown, options: Ask = {}): Promise<string> => {
  const code = await api.code(path, { method: 'POST', body, ...options });
  expect(orders).toEqual([]);
  return code;
};

describe('an action', () => {
  it('that is accepted answers 202 with its task and where to follow it', async () => {
    const { status, headers, json } = await post(
      pathOf(1),
      { action: 'shutdown', options: { mode: 'acpi', timeoutSeconds: 5 }, ifDomainId: 1, reason: 'patch day' },
      { headers: { 'idempotency-key': 'k-1' } },
    );
    expect([status, headers.location]).toEqual([202, `/api/v1/tasks/${TASK_ID}`]);
    expect(taskSchema.parse(json)).toMatchObject({ action: 'shutdown', state: 'accepted' });
    expect(orders).toEqual([
      {
        host: 'kvm1',
        uuid: domain(1, '').uuid,
        domain: 'web-1',
        action: 'shutdown',
        options: { mode: 'acpi', timeoutSeconds: 5 },
        ifDomainId: 1,
        reason: 'patch day',
        actor: { token: 'all', address: '127.0.0.1' },
        idempotencyKey: 'k-1',
      },
    ]);
  });

  it('goes to the domain that was seen, not to another that has its UUID now', async () => {
    const named = (ifDomainName: string): object => ({ action: 'destroy', ifDomainName });
    expect(await refused(pathOf(1), named('web-9'))).toBe('VIREO_DOMAIN_UNKNOWN');
    const targets = ['web-9', 'web-1'].map((ifDomainName, at) => ({
      host: at === 0 ? 'kvm1' : 'kvm2',
      uuid: domain(1, '').uuid,
      ifDomainName,
    }));
    const { json } = await post('/api/v1/actions', { targets, action: 'destroy' });
    expect(bulkResult.parse(json).results).toMatchObject([
      {
        accepted: false,
        error: { code: 'VIREO_DOMAIN_UNKNOWN', message: expect.not.stringContaining('web-1') as string },
      },
      { accepted: true, domain: 'web-1' },
    ]);
    orders = [];
    expect((await post(pathOf(1), named('web-1'))).status).toBe(202);
    expect(orders).toMatchObject([{ uuid: domain(1, '').uuid, domain: 'web-1' }]);
  });

  it('with nothing to do answers 200', async () => {
    answer = (order) => taskOf(order, { state: 'succeeded', changed: false });
    const { status, json } = await post(pathOf(1), { action: 'start' });
    expect([status, taskSchema.parse(json).changed]).toEqual([200, false]);
  });

  it.each([
    ['VIREO_STATE', 409],
    ['VIREO_DOMAIN_ID', 409],
    ['VIREO_IDEMPOTENCY_KEY', 409],
    ['VIREO_READ_ONLY', 403],
    ['VIREO_UNSUPPORTED', 501],
    ['VIREO_QUEUE_FULL', 503],
    ['VIREO_DOMAIN_BUSY', 503],
  ])('refused with %s answers %s', async (code, status) => {
    answer = () => {
      throw new Refusal(code, 'because');
    };
    const refusal = await post(pathOf(1), { action: 'suspend' });
    expect([refusal.status, refusal.json]).toMatchObject([status, { code, detail: 'because' }]);
    expect(refusal.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  });

  it('needs its own privilege; a shutdown that ends in force needs both', async () => {
    expect(await refused(pathOf(1), { action: 'start' }, { token: 'seer' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(await refused(pathOf(1), { action: 'destroy' }, { token: 'soft' })).toBe('VIREO_AUTH_PRIVILEGE');
    const force = { action: 'shutdown', options: { timeoutSeconds: 5, thenForce: true } };
    expect(await refused(pathOf(1), force, { token: 'soft' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(api.denied.at(-1)).toMatchObject({
      tokenName: 'soft',
      privilege: 'force',
      action: 'shutdown',
      host: 'kvm1',
      domain: 'web-1',
      uuid: domain(1, '').uuid,
    });
    expect((await post(pathOf(1), { action: 'shutdown' }, { token: 'soft' })).status).toBe(202);
  });

  it('of a domain out of scope finds no domain', async () => {
    expect(await refused(pathOf(2), { action: 'start' }, { token: 'web' })).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(await refused(pathOf(1, 'kvm2'), { action: 'start' }, { token: 'web' })).toBe('VIREO_HOST_UNKNOWN');
    expect(await refused(pathOf(77), { action: 'start' })).toBe('VIREO_DOMAIN_UNKNOWN');
    expect((await post(pathOf(3), { action: 'start' }, { token: 'web' })).status).toBe(202);
  });

  it('that is repeated gives its task also when the domain is gone, to whom it was in reach', async () => {
    const gone = domain(9, '').uuid;
    const body = { action: 'destroy' };
    const asked = { headers: { 'idempotency-key': 'again' } };
    earlier = (order) => taskOf(order, { state: 'succeeded', domain: 'was-here' });
    const one = await post(pathOf(9), body, asked);
    expect([one.status, taskSchema.parse(one.json).domain]).toEqual([202, 'was-here']);
    const targets = [{ host: 'kvm1', uuid: gone }];
    const many = await post('/api/v1/actions', { targets, ...body }, asked);
    expect(bulkResult.parse(many.json).results).toMatchObject([{ accepted: true, domain: 'was-here' }]);
    const dry = await post('/api/v1/actions', { targets, ...body, dryRun: true }, asked);
    expect(bulkResult.parse(dry.json).results).toMatchObject([{ error: { code: 'VIREO_DOMAIN_UNKNOWN' } }]);
    expect(await refused(pathOf(9), body)).toBe('VIREO_DOMAIN_UNKNOWN');
  });

  it('that does not exist is refused, with those that do', async () => {
    for (const action of ['explode', '', '__proto__', 'constructor']) {
      expect(await refused(pathOf(1), { action })).toBe('VIREO_ACTION_UNKNOWN');
    }
    expect((await post(pathOf(1), { action: 'explode' })).json).toMatchObject({
      detail: expect.stringContaining('managed-save') as string,
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown key', { action: 'start', acton: 1 }, 'the body has unknown keys: acton'],
    ['an unknown option', { action: 'start', options: { pause: true } }, 'options of start has unknown keys: pause'],
    ['an option of another action', { action: 'reset', options: { mode: 'acpi' } }, 'unknown keys: mode'],
    ['a wrong option', { action: 'shutdown', options: { mode: 'hard' } }, 'mode: '],
    ['force without a time', { action: 'shutdown', options: { thenForce: true } }, 'thenForce: needs timeoutSeconds'],
    ['no action', {}, 'action: '],
    ['no object', [1], 'the body: '],
    ['null', null, 'the body: '],
    ['an id that is none', { action: 'start', ifDomainId: 1.5 }, 'ifDomainId: '],
    ['a reason of two lines', { action: 'start', reason: 'a\nb' }, 'reason: must be one line'],
    ['a reason too long', { action: 'start', reason: 'x'.repeat(501) }, 'reason: '],
    ['a prototype', '{"action":"start","__proto__":{"x":1}}', 'unknown keys: __proto__'],
  ])('with %s is refused and the fault named', async (_, body, detail) => {
    const { status, json } = await post(pathOf(1), body);
    expect([status, json]).toMatchObject([
      422,
      { code: 'VIREO_BODY', detail: expect.stringContaining(detail) as string },
    ]);
    expect(orders).toEqual([]);
  });

  it('is never told back what it sent: it may be a secret in the wrong place', async () => {
    const { body } = await post(pathOf(1), {
      action: 'hunter2',
      options: { mode: 'hunter2' },
      reason: { a: 'hunter2' },
    });
    expect(body.toString()).not.toContain('hunter2');
  });

  it.each([
    ['no type', { 'content-type': '' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['JSON of another kind', { 'content-type': 'application/merge-patch+json' }],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }],
    ['compression', { 'content-encoding': 'gzip' }],
  ])('sent as %s is refused', async (_, headers) => {
    expect(await refused(pathOf(1), { action: 'start' }, { headers })).toBe('VIREO_CONTENT_TYPE');
  });

  it('may name its charset', async () => {
    const headers = { 'content-type': 'Application/JSON; charset="UTF-8"' };
    expect((await post(pathOf(1), { action: 'start' }, { headers })).status).toBe(202);
  });

  it.each(['', '{', '{"action":"start"', 'undefined', "{'action':'start'}", Buffer.from([0x22, 0xff, 0x22])])(
    'that is not JSON is refused: %j',
    async (body) => {
      expect(await refused(pathOf(1), body)).toBe('VIREO_JSON');
    },
  );

  it('is refused above 64 KiB, declared or not, and the client gets to read why', async () => {
    const reason = 'x'.repeat(BODY_BYTES_MAX);
    const { status, json } = await post(pathOf(1), { action: 'start', reason });
    expect([status, json]).toMatchObject([413, { code: 'VIREO_BODY_SIZE' }]);
    expect(await refused(pathOf(1), { action: 'start', reason }, { headers: { 'transfer-encoding': 'chunked' } })).toBe(
      'VIREO_BODY_SIZE',
    );
    const fits = JSON.stringify({ action: 'start' }).padEnd(BODY_BYTES_MAX);
    expect((await post(pathOf(1), fits)).status).toBe(202);
  });

  it('takes a key of plain characters only', async () => {
    for (const key of ['', ' ', 'a b', 'x'.repeat(129)]) {
      expect(await refused(pathOf(1), { action: 'start' }, { headers: { 'idempotency-key': key } })).toBe(
        'VIREO_PARAMETER',
      );
    }
  });

  it('whose sender leaves in mid-body is no fault of ours', async () => {
    const socket = connect(api.port, '127.0.0.1');
    socket.write(
      `POST ${pathOf(1)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-all\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"action":`,
    );
    const seen = (): boolean => api.lines.some(({ fields }) => fields['finished'] === false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    while (!seen()) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(api.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(orders).toEqual([]);
  });
});

describe('actions on many domains', () => {
  const target = (number: number, host = 'kvm1') => ({ host, uuid: domain(number, '').uuid });

  it('give a result for each, in order', async () => {
    answer = (order) => {
      if (order.uuid === domain(3, '').uuid) throw new Refusal('VIREO_STATE', 'paused: resume first');
      return taskOf(order);
    };
    const targets = [target(1), target(77), target(3), { ...target(1, 'kvm2'), ifDomainId: 1 }, target(1, 'kvm9')];
    const { status, json } = await post('/api/v1/actions', { targets, action: 'shutdown', reason: 'move' });
    const { results, dryRun, bulkId } = bulkResult.parse(json);
    expect([status, dryRun]).toEqual([200, false]);
    expect(results.map((result) => [result.domain, result.accepted, result.error?.code])).toEqual([
      ['web-1', true, undefined],
      [undefined, false, 'VIREO_DOMAIN_UNKNOWN'],
      ['web-2', false, 'VIREO_STATE'],
      ['web-1', true, undefined],
      [undefined, false, 'VIREO_HOST_UNKNOWN'],
    ]);
    expect(orders.map((order) => [order.host, order.bulkId, order.ifDomainId, order.reason])).toEqual([
      ['kvm1', bulkId, undefined, 'move'],
      ['kvm1', bulkId, undefined, 'move'],
      ['kvm2', bulkId, 1, 'move'],
    ]);
  });

  it('are only asked about in a dry run', async () => {
    const { json } = await post('/api/v1/actions', {
      targets: [target(1), target(3)],
      action: 'suspend',
      dryRun: true,
    });
    expect(bulkResult.parse(json)).toMatchObject({
      dryRun: true,
      results: [
        { domain: 'web-1', accepted: true, changes: true },
        { domain: 'web-2', accepted: false, error: { code: 'VIREO_STATE', message: 'paused: resume first' } },
      ],
    });
    expect(orders).toEqual([]);
  });

  it('are refused whole without the privilege, with a bad body, or when a target stands there twice', async () => {
    const body = { targets: [target(1)], action: 'destroy' };
    expect(await refused('/api/v1/actions', body, { token: 'soft' })).toBe('VIREO_AUTH_PRIVILEGE');
    expect(await refused('/api/v1/actions', { ...body, targets: [] })).toBe('VIREO_BODY');
    expect(await refused('/api/v1/actions', { ...body, targets: [target(1), target(1)] })).toBe('VIREO_BODY');
    expect(await refused('/api/v1/actions', { ...body, targets: [{ host: 'kvm1', uuid: 'web-1' }] })).toBe(
      'VIREO_BODY',
    );
    expect(
      await refused('/api/v1/actions', { ...body, targets: Array.from({ length: 501 }, (_, i) => target(i)) }),
    ).toBe('VIREO_BODY');
    expect(await refused('/api/v1/actions', { ...body, action: 'explode' })).toBe('VIREO_ACTION_UNKNOWN');
  });

  it('carry one key, which is another for each target', async () => {
    const body = { targets: [target(1), target(3)], action: 'start' };
    await post('/api/v1/actions', body, { headers: { 'idempotency-key': 'k' } });
    expect(new Set(orders.map((order) => order.idempotencyKey)).size).toBe(2);
  });

  it('tell of all targets also when one fails by a fault of ours, of which the log has the details', async () => {
    answer = (order) => {
      if (order.uuid === domain(3, '').uuid) throw new TypeError('a secret of ours');
      return taskOf(order);
    };
    const { status, json } = await post('/api/v1/actions', { targets: [target(1), target(3)], action: 'start' });
    expect(status).toBe(200);
    const [first, second] = bulkResult.parse(json).results;
    expect(first).toMatchObject({ accepted: true, task: { state: 'accepted' } });
    expect(second).toMatchObject({ accepted: false, domain: 'web-2', error: { code: 'VIREO_INTERNAL' } });
    expect(JSON.stringify(json)).not.toContain('a secret of ours');
    expect(
      JSON.stringify(
        api.lines.filter(({ fields }) => fields['event'] === 'http.error').map(({ fields }) => String(fields['err'])),
      ),
    ).toContain('a secret of ours');
  });

  it('hide what is out of scope', async () => {
    const { json } = await post(
      '/api/v1/actions',
      { targets: [target(1), target(2)], action: 'start' },
      { token: 'web' },
    );
    expect(bulkResult.parse(json).results.map((result) => result.error?.code)).toEqual([
      undefined,
      'VIREO_DOMAIN_UNKNOWN',
    ]);
  });
});

describe('tasks', () => {
  it('are listed and filtered', async () => {
    const ids = async (query: string, as = 'all'): Promise<string[]> =>
      taskList.parse((await api.ask(`/api/v1/tasks${query}`, { token: as })).json).items.map((task) => task.domain);
    expect(await ids('')).toEqual(['web-1', 'db-1']);
    expect(await ids('?state=failed')).toEqual(['db-1']);
    expect(await ids('?action=start&action=reset')).toEqual(['web-1']);
    expect(await ids(`?uuid=${domain(2, '').uuid}&host=kvm1`)).toEqual(['db-1']);
    expect(await ids('?limit=1')).toEqual(['web-1']);
    expect(await ids('', 'web')).toEqual(['web-1']);
    expect(await api.code('/api/v1/tasks?state=done')).toBe('VIREO_PARAMETER');
  });

  it('come in pages that together are the whole, while others are accepted and forgotten', async () => {
    const actor = { token: 'all', address: '::1' };
    const order: ActionOrder = { host: 'kvm1', uuid: domain(1, '').uuid, action: 'start', options: {}, actor };
    const many = (from: number, to: number): Task[] =>
      Array.from({ length: to - from }, (_, i) =>
        taskOf(order, {
          id: `00000000-0000-4000-8000-${String(from + i).padStart(12, '0')}`,
          // Three accepted in each second.
          acceptedAt: new Date(Math.floor((from + i) / 3) * 1000).toISOString(),
        }),
      );
    const page = async (query: string) => taskList.parse((await api.ask(`/api/v1/tasks?limit=4${query}`)).json);
    const before = [...kept];
    try {
      kept.splice(0, kept.length, ...many(0, 10));
      const first = await page('');
      expect([first.items.length, first.total]).toEqual([4, 10]);
      kept.unshift(...many(10, 15));
      // What the cursor stands on is no longer kept.
      kept.splice(
        kept.findIndex(({ id }) => id === first.items.at(-1)?.id),
        1,
      );
      const second = await page(`&cursor=${first.nextCursor ?? ''}`);
      const third = await page(`&cursor=${second.nextCursor ?? ''}`);
      expect(third.nextCursor).toBeUndefined();
      const ids = [first, second, third].flatMap(({ items }) => items.map(({ id }) => Number(id.slice(-2))));
      expect(ids).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect((await page('')).items.map(({ id }) => Number(id.slice(-2)))).toEqual([14, 13, 12, 11]);
    } finally {
      kept.splice(0, kept.length, ...before);
    }
  });

  it('refuse a cursor that is not theirs', async () => {
    const ofDomains = ((await api.ask('/api/v1/domains?limit=1')).json as { nextCursor: string }).nextCursor;
    for (const cursor of [ofDomains, 'x', Buffer.from('["tasks",1,2]').toString('base64url')]) {
      expect(await api.code(`/api/v1/tasks?cursor=${cursor}`)).toBe('VIREO_CURSOR');
    }
  });

  it('are given by id within the token’s scope', async () => {
    expect(taskSchema.parse((await api.ask(`/api/v1/tasks/${TASK_ID}`)).json).id).toBe(TASK_ID);
    expect(await api.code('/api/v1/tasks/00000000-5d0c-4f6a-9a55-3b8a1a2b3c4d', { token: 'web' })).toBe(
      'VIREO_TASK_UNKNOWN',
    );
    expect(await api.code('/api/v1/tasks/nonsense')).toBe('VIREO_TASK_UNKNOWN');
  });
});
