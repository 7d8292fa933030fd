// SPDX-License-Identifier: Apache-2.0

import { protocol } from '@vireo/libvirt';
import { task as taskSchema } from '../contract/tasks.ts';
import type { TaskState } from '../contract/tasks.ts';
import { until } from '../hosts/watch-host.fixture.ts';
import { ACTOR, openActionLab } from './action-lab.fixture.ts';
import type { ActionLab } from './action-lab.fixture.ts';
import type { ActionOrder } from './action-service.ts';

let lab: ActionLab;

beforeEach(async () => {
  lab = await openActionLab();
});
afterEach(() => lab.close());

describe('an action that is done', () => {
  test.each([
    ['suspend', {}, 'paused', 'user'],
    ['shutdown', {}, 'shutoff', 'shutdown'],
    ['destroy', {}, 'shutoff', 'destroyed'],
    ['managed-save', {}, 'shutoff', 'saved'],
    ['reset', {}, 'running', undefined],
    ['reboot', {}, 'running', undefined],
    ['nmi', {}, 'running', undefined],
    ['autostart', { enabled: true }, 'running', undefined],
  ] as const)('%s succeeds with what was seen', async (action, options, state, reason) => {
    lab.running.autostart = false;
    const task = await lab.done(action, { options });
    expect(task).toMatchObject({ state: 'succeeded', changed: true, result: { state } });
    if (reason !== undefined) expect(task.result?.reason).toBe(reason);
    expect(taskSchema.safeParse(task).error).toBeUndefined();
  });

  test('start of a saved domain restores, and says so', async () => {
    await lab.done('managed-save');
    const task = await lab.done('start');
    expect(task).toMatchObject({ state: 'succeeded', result: { state: 'running', reason: 'restored' } });
    expect(task.steps).toContainEqual({
      at: expect.any(String) as string,
      code: 'restores-saved-state',
      what: 'note',
      detail: 'restores the saved state',
    });
  });

  test('a saved state that was discarded is gone from the snapshot too', async () => {
    const uuid = lab.running.spec.uuid;
    await lab.done('managed-save');
    await until(() => lab.host.snapshot.domains.get(uuid)?.managedSave === true, 'the snapshot knows the image');
    expect(await lab.done('managed-save-remove')).toMatchObject({ state: 'succeeded', changed: true });
    await until(() => lab.host.snapshot.domains.get(uuid)?.managedSave === false, 'the snapshot knows it is gone');
  });

  test('goes on record step by step, each line whole', async () => {
    const task = await lab.done('suspend', { reason: 'maintenance' });
    const events = lab.audit.map(({ event }) => event);
    expect(events).toEqual(['action.requested', 'action.accepted', 'action.started', 'action.succeeded']);
    expect(new Set(lab.audit.map(({ domain }) => domain))).toEqual(new Set([lab.running.spec.name]));
    expect(lab.audit.at(-1)).toMatchObject({
      event: 'action.succeeded',
      task: task.id,
      tokenName: 'ops',
      user: 'ada',
      address: '192.0.2.7',
      host: 'kvm1',
      domain: lab.running.spec.name,
      uuid: lab.running.spec.uuid,
      action: 'suspend',
      reason: 'maintenance',
      changed: true,
    });
    expect(lab.audit.at(-1)?.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('is told to who listens, from accepted to succeeded', async () => {
    await lab.done('suspend');
    const states = lab.changes.map(({ state }) => state);
    expect([...new Set<TaskState>(states)]).toEqual(['accepted', 'running', 'succeeded']);
  });
});

describe('an action that is not needed', () => {
  test('comes back succeeded at once, and nothing is sent', async () => {
    const task = await lab.service.submit(lab.order('resume'));
    expect(task).toMatchObject({ state: 'succeeded', changed: false, result: { state: 'running' } });
    expect(lab.callsOf(protocol.DOMAIN_RESUME)).toBe(0);
    expect(await lab.service.check(lab.order('resume'))).toEqual({ changes: false });
    expect(await lab.service.check(lab.order('suspend'))).toEqual({ changes: true });
    expect(lab.service.tasks()).toHaveLength(1);
  });
});

describe('an action that is refused', () => {
  test.each<[string, Partial<ActionOrder>]>([
    ['VIREO_HOST_UNKNOWN', { host: 'nowhere' }],
    ['VIREO_DOMAIN_UNKNOWN', { uuid: '00000000-0000-4000-8000-000000000000' }],
    ['VIREO_DOMAIN_ID', { ifDomainId: 4711 }],
    ['VIREO_BODY', { options: { colour: 'red' } }],
    ['VIREO_UNSUPPORTED', { action: 'shutdown', options: { mode: 'initctl' } }],
    ['VIREO_STATE', { action: 'start', options: { paused: true } }],
  ])('rejects with %s, goes on record and makes no task', async (code, more) => {
    await expect(lab.service.submit(lab.order('suspend', more))).rejects.toMatchObject({ name: 'ActionError', code });
    expect(lab.audit.map(({ event }) => event)).toEqual(['action.requested', 'action.refused']);
    expect(lab.audit.at(-1)).toMatchObject({ code, tokenName: 'ops' });
    expect(lab.service.tasks()).toEqual([]);
    expect(lab.callsOf(protocol.DOMAIN_SUSPEND)).toBe(0);
  });

  test('in read-only mode no connection is even opened', async () => {
    await lab.close();
    lab = await openActionLab({ readOnly: true });
    await expect(lab.service.submit(lab.order('suspend'))).rejects.toMatchObject({ code: 'VIREO_READ_ONLY' });
    expect(lab.daemon.sessions.length).toBeLessThanOrEqual(2);
  });
});

describe('one domain, several actions', () => {
  test('have their turn one after the other, each judged when its turn comes', async () => {
    const first = await lab.service.submit(lab.order('shutdown'));
    const second = await lab.service.submit(lab.order('start'));
    const third = await lab.service.submit(lab.order('suspend'));
    expect(await lab.end(first)).toMatchObject({ state: 'succeeded' });
    expect(await lab.end(second)).toMatchObject({ state: 'succeeded', changed: true });
    expect(await lab.end(third)).toMatchObject({ state: 'succeeded', result: { state: 'paused' } });
  });

  test('of which more than eight wait are refused', async () => {
    lab.domainThatIgnores();
    await lab.service.submit(lab.order('shutdown'));
    for (let n = 0; n < 8; n += 1) await lab.service.submit(lab.order('suspend'));
    await expect(lab.service.submit(lab.order('suspend'))).rejects.toMatchObject({ code: 'VIREO_QUEUE_FULL' });
  });

  test('force off overtakes a shutdown that waits for its guest, and a reboot behind it', async () => {
    lab.domainThatIgnores();
    const shutdown = await lab.service.submit(lab.order('shutdown'));
    await until(() => lab.callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    const reboot = await lab.service.submit(lab.order('reboot'));
    const destroy = await lab.done('destroy');
    expect(destroy).toMatchObject({ state: 'succeeded', result: { reason: 'destroyed' } });
    const error = { code: 'VIREO_TASK_OVERTAKEN', message: 'overtaken by force off' };
    expect(await lab.end(shutdown)).toMatchObject({ state: 'cancelled', error });
    expect(await lab.end(reboot)).toMatchObject({ state: 'cancelled', error });
    expect(lab.callsOf(protocol.DOMAIN_REBOOT)).toBe(0);
  });
});

describe('force off', () => {
  test('is the last word on what was ordered before it, and takes back no setting', async () => {
    lab.domainThatIgnores();
    const shutdown = await lab.service.submit(lab.order('shutdown'));
    await until(() => lab.callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    const start = await lab.service.submit(lab.order('start'));
    const autostart = await lab.service.submit(lab.order('autostart', { options: { enabled: true } }));
    expect(await lab.done('destroy')).toMatchObject({ state: 'succeeded' });
    expect(await lab.end(shutdown)).toMatchObject({ state: 'cancelled' });
    expect(await lab.end(start)).toMatchObject({ state: 'cancelled', error: { code: 'VIREO_TASK_OVERTAKEN' } });
    expect(await lab.end(autostart)).toMatchObject({ state: 'succeeded' });
    expect(lab.callsOf(protocol.DOMAIN_CREATE_WITH_FLAGS)).toBe(0);
    // What is ordered afterwards is carried out.
    expect(await lab.done('start')).toMatchObject({ state: 'succeeded' });
  });
});

describe('stopping Vireo', () => {
  test('ends what runs unknown, with a last look, and what waits cancelled', async () => {
    lab.domainThatIgnores();
    const runs = await lab.service.submit(lab.order('shutdown'));
    await until(() => lab.callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    const waits = await lab.service.submit(lab.order('reboot'));
    await lab.service.stop();
    expect(lab.service.task(runs.id)).toMatchObject({
      state: 'unknown',
      error: { code: 'VIREO_TASK_STOPPED' },
      result: { state: 'running' },
    });
    expect(lab.service.task(waits.id)).toMatchObject({ state: 'cancelled', error: { code: 'VIREO_TASK_STOPPED' } });
    await expect(lab.service.submit(lab.order('suspend'))).rejects.toMatchObject({ code: 'VIREO_BUSY' });
  });
});

test('stopping Vireo while a guest ignores a reboot says what that leaves behind', async () => {
  lab.domainThatIgnores();
  const task = await lab.service.submit(lab.order('reboot', { options: { mode: 'acpi' } }));
  await until(() => lab.service.task(task.id)?.steps.length === 1, 'the reboot is sent');
  await lab.service.stop();
  const ended = lab.service.task(task.id);
  expect(ended).toMatchObject({ state: 'unknown', error: { code: 'VIREO_TASK_STOPPED' } });
  expect(ended?.error?.message).toContain('its next power-off from inside is one');
});

describe('an Idempotency-Key', () => {
  test('gives the same task for the same request, also while the first is being looked at', async () => {
    const order = lab.order('suspend', { idempotencyKey: 'k1' });
    const [first, second] = await Promise.all([
      lab.service.submit(order),
      lab.service.submit({ ...order, bulkId: '11111111-1111-4111-8111-111111111111' }),
    ]);
    expect(second.id).toBe(first.id);
    await lab.end(first);
    expect(await lab.service.submit(order)).toMatchObject({ id: first.id, state: 'succeeded' });
    expect(lab.callsOf(protocol.DOMAIN_SUSPEND)).toBe(1);
  });

  test('is on record when it is used again, with the task it stands for', async () => {
    const order = lab.order('suspend', { idempotencyKey: 'k1', domain: lab.running.spec.name });
    const first = await lab.end(await lab.service.submit(order));
    const before = lab.audit.length;
    await lab.service.submit(order);
    const events = lab.audit.slice(before);
    expect(events.map(({ event }) => event)).toEqual(['action.requested', 'action.repeated']);
    expect(events[1]).toMatchObject({ task: first.id, domain: first.domain, uuid: first.uuid, tokenName: 'ops' });
  });

  test('gives the task as it ended, also when a thousand others have ended since', async () => {
    const order = lab.order('suspend', { idempotencyKey: 'k1' });
    const first = await lab.end(await lab.service.submit(order));
    for (let n = 0; n <= 10; n += 1) {
      await Promise.all(Array.from({ length: 100 }, () => lab.service.submit(lab.order('suspend'))));
    }
    expect(lab.service.task(first.id)).toBeUndefined();
    expect(await lab.service.submit(order)).toMatchObject({ id: first.id, state: 'succeeded' });
  });

  test('finds its task again when the domain is gone, for whom the domain was within reach', async () => {
    const order = lab.order('destroy', { idempotencyKey: 'k1' });
    lab.simulated.undefine(lab.running);
    const task = await lab.end(await lab.service.submit(order));
    await expect(lab.service.check(order)).rejects.toMatchObject({ code: 'VIREO_DOMAIN_UNKNOWN' });
    expect(await lab.service.earlier(order, { can: () => true })).toMatchObject({ id: task.id, state: 'succeeded' });
    const asked: unknown[] = [];
    const can = (...question: unknown[]): boolean => asked.push(question) === 0;
    expect(await lab.service.earlier(order, { can })).toBeUndefined();
    expect(asked).toEqual([['force', { host: 'kvm1', domainName: task.domain }]]);
    expect(await lab.service.earlier(lab.order('destroy'), { can: () => true })).toBeUndefined();
  });

  test('is refused with another request, is another one with another token, and free after a refusal', async () => {
    const order = lab.order('suspend', { idempotencyKey: 'k1' });
    await expect(lab.service.submit({ ...order, ifDomainId: 4711 })).rejects.toMatchObject({ code: 'VIREO_DOMAIN_ID' });
    const first = await lab.service.submit(order);
    const other = { ...order, action: 'resume' } as const;
    await expect(lab.service.submit(other)).rejects.toMatchObject({ code: 'VIREO_IDEMPOTENCY_KEY' });
    await lab.end(first);
    const resumed = await lab.service.submit({ ...other, actor: { ...ACTOR, token: 'script' } });
    expect(resumed.id).not.toBe(first.id);
  });
});

describe('what a caller is told of a domain', () => {
  test('lacks what its privileges do not give, with the reason', () => {
    const { snapshot } = lab.host;
    const domain = snapshot.domains.get(lab.running.spec.uuid);
    if (domain === undefined) throw new Error('no such domain');
    const described = lab.service.describe({ host: snapshot, domain }, { can: (privilege) => privilege === 'power' });
    expect(described.allowedActions).toContain('shutdown');
    expect(described.refusedActions['destroy']).toBe('needs the privilege force');
    expect(described.refusalCodes['destroy']).toBe('privilege');
    expect(Object.keys(described.refusalCodes)).toEqual(Object.keys(described.refusedActions));
    expect(described.allowedActions.length + Object.keys(described.refusedActions).length).toBe(11);
  });
});
