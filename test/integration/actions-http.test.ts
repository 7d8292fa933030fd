// SPDX-License-Identifier: Apache-2.0
// Actions on real QEMU domains, through HTTP, where more than one action or somebody else is at work: guests that ignore
// what they are asked, clients that race, domains that stop, start anew or vanish meanwhile, a frozen QEMU. Every action in
// every state is in actions-matrix.test.ts; what is lost in mid-action in actions-lost.test.ts. The guest of test/lab
// ignores ACPI and powers off when a key is pressed.
import { ACTION_IDS } from '../../exporter/src/contract/actions.ts';
import { domainFull } from '../../exporter/src/contract/api.ts';
import type { DomainFull } from '../../exporter/src/contract/api.ts';
import type { Task } from '../../exporter/src/contract/tasks.ts';
import { ended, onRecord, openActionLab, taskOf } from '../lab/action-lab.ts';
import type { ActionLab } from '../lab/action-lab.ts';
import type { ApiAnswer, ApiClient } from '../lab/api.ts';
import { freezeDomain } from '../lab/domains.ts';
import { medianMs, waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

let here: ActionLab;
let frozen: Promise<void>;

beforeAll(async () => {
  here = await openActionLab(['vm1', 'vm2', 'icy']);
  frozen = freezeAndForceOff();
  // Its failure is told by the last test.
  frozen.catch(() => undefined);
}, 120_000);

afterAll(() => here.lab.close());

/** Has a domain start anew, with nothing left of what was asked of it before. */
async function startAnew(name: string): Promise<void> {
  await here.libvirtd.virsh('destroy', name).catch(() => '');
  await here.bring(name, 'running');
}

async function submit(name: string, action: string, more: object = {}): Promise<Task> {
  return taskOf(await here.ask(name, action, more));
}

async function taskNow({ id }: Task): Promise<Task> {
  return taskOf(await here.api.get(`/tasks/${id}`));
}

async function running(task: Task): Promise<void> {
  await waitFor(async () => (await taskNow(task)).state === 'running', {
    what: `${task.action} is under way`,
    deadlineMs: 30_000,
  });
}

async function shown(name: string, api: ApiClient = here.api): Promise<DomainFull> {
  return domainFull.parse((await api.get(`/hosts/lab/domains/${await here.uuidOf(name)}`)).json);
}

async function codeOf(answer: Promise<ApiAnswer>): Promise<[number, unknown]> {
  const { status, json } = await answer;
  return [status, json?.['code']];
}

async function becomes(name: string, state: string): Promise<void> {
  await waitFor(async () => (await here.seen(name)) === state, { what: `${name} is ${state}`, deadlineMs: 30_000 });
}

/** libvirt waits 30 s for a lock: this goes on beside the other tests, which it must not disturb. */
async function freezeAndForceOff(): Promise<void> {
  await startAnew('icy');
  await freezeDomain(here.lab, 'icy');
  const hangs = here.libvirtd.virsh('suspend', 'icy').catch(String);
  await waitFor(async () => (await here.libvirtd.virsh('domcontrol', 'icy')).startsWith('occupied'), {
    what: 'somebody holds the lock',
    deadlineMs: 30_000,
  });
  const sent = await submit('icy', 'reset');
  const screen = `/hosts/lab/domains/${sent.uuid}/screenshot`;
  expect(await codeOf(here.api.get(screen))).toEqual([504, 'VIREO_LIBVIRT_TIMEOUT']);
  expect(await codeOf(here.api.get(screen))).toEqual([503, 'VIREO_DOMAIN_BUSY']);

  const reset = await ended(here.api, sent);
  expect(reset).toMatchObject({ state: 'failed', error: { code: 'VIREO_DOMAIN_BUSY' } });
  const heldBy = /^the domain is held by (?:DomainSuspend|ConnectGetAllDomainStats)/;
  expect(reset.error?.message).toMatch(heldBy);
  expect(await onRecord(here, reset)).toEqual(['accepted', 'started', 'failed']);
  const [failed] = here.audit({ event: 'action.failed', task: reset.id });
  expect(failed).toMatchObject({ code: 'VIREO_DOMAIN_BUSY', libvirtError: 'VIR_ERR_OPERATION_TIMEOUT' });
  expect(failed?.['detail']).toMatch(heldBy);
  const busy = await waitFor(
    async () => {
      const answer = await here.api.get(screen);
      return String(answer.json?.['detail']).includes('held by monitor=remoteDispatch') && answer;
    },
    { what: 'a screenshot is refused with the holder', deadlineMs: 20_000 },
  );
  expect([busy.status, busy.json?.['code'], busy.headers.get('retry-after')]).toEqual([503, 'VIREO_DOMAIN_BUSY', '5']);

  const suspend = await submit('icy', 'suspend');
  const began = performance.now();
  expect(await here.done('icy', 'destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(await here.seen('icy')).toBe('shut off (destroyed)');
  expect((await ended(here.api, suspend)).state).toBe('failed');
  expect(await hangs).toContain('error:');
}

describe('a guest that ignores ACPI', () => {
  test('is forced off when that was asked for, each step on record', async () => {
    await startAnew('vm1');
    const task = await here.done('vm1', 'shutdown', { options: { timeoutSeconds: 1, thenForce: true } });
    expect(task).toMatchObject({
      state: 'succeeded',
      changed: true,
      result: { state: 'shutoff', reason: 'destroyed' },
      steps: [{ what: 'force off', detail: 'the guest did not shut down in time' }],
    });
    expect(await here.seen('vm1')).toBe('shut off (destroyed)');
    expect(await onRecord(here, task)).toEqual(['accepted', 'started', 'step', 'succeeded']);
    const [step] = here.audit({ event: 'action.step', task: task.id });
    expect(step).toMatchObject({ detail: 'force off: the guest did not shut down in time', tokenName: 'ops' });
  });

  test('an ignored reboot is a trap: the control, with libvirt’s own client', async () => {
    await startAnew('vm1');
    const before = here.reboots('vm1');
    await here.libvirtd.virsh('reboot', 'vm1');
    await here.booted('vm1');
    await here.press('vm1');
    await waitFor(() => here.reboots('vm1') > before, { what: 'the power-off became a reboot', deadlineMs: 30_000 });
    expect(await here.seen('vm1')).toContain('running');
  });

  test('an ignored reboot times out and is taken back: a later power-off from inside stays off', async () => {
    await startAnew('vm1');
    const before = here.reboots('vm1');
    const task = await here.done('vm1', 'reboot', { options: { timeoutSeconds: 2 } });
    expect(task).toMatchObject({ state: 'timed_out', error: { code: 'VIREO_TASK_TIMED_OUT' } });
    expect(task.steps.map(({ what }) => what)).toEqual(['asked by ACPI', 'the ignored reboot was taken back']);
    expect(await onRecord(here, task)).toEqual(['accepted', 'started', 'step', 'step', 'timed_out']);
    expect(await here.seen('vm1')).toBe('running (booted)');
    await here.booted('vm1');
    await here.press('vm1');
    await becomes('vm1', 'shut off (shutdown)');
    expect(here.reboots('vm1')).toBe(before);
  });

  test('a reboot is done when the guest reboots: the key turns the armed power-off into one', async () => {
    await startAnew('vm1');
    const before = here.reboots('vm1');
    const task = await submit('vm1', 'reboot', { options: { timeoutSeconds: 60 } });
    await waitFor(async () => (await taskNow(task)).steps.length > 0, { what: 'it is asked', deadlineMs: 30_000 });
    await here.booted('vm1');
    await here.press('vm1');
    expect(await ended(here.api, task)).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
    expect(here.reboots('vm1')).toBeGreaterThan(before);
    expect(await here.seen('vm1')).toContain('running');
    expect(await onRecord(here, task)).toEqual(['accepted', 'started', 'step', 'succeeded']);
  });

  test('force off overtakes a shutdown that waits, and what waits behind it', async () => {
    await startAnew('vm1');
    const shutdown = await submit('vm1', 'shutdown');
    const reboot = await submit('vm1', 'reboot');
    await running(shutdown);
    const destroy = await here.done('vm1', 'destroy');
    expect(destroy).toMatchObject({ state: 'succeeded', changed: true });
    const overtaken = { state: 'cancelled', error: { code: 'VIREO_TASK_OVERTAKEN' } };
    expect(await ended(here.api, shutdown)).toMatchObject(overtaken);
    expect(await ended(here.api, reboot)).toMatchObject(overtaken);
    expect(await here.seen('vm1')).toBe('shut off (destroyed)');
    expect(await onRecord(here, shutdown)).toEqual(['accepted', 'started', 'cancelled']);
    expect(await onRecord(here, reboot)).toEqual(['accepted', 'cancelled']);
    expect(await onRecord(here, destroy)).toEqual(['accepted', 'started', 'succeeded']);
  });
});

describe('two clients at the same time', () => {
  test('of one Vireo have their turn one after the other, each on the state that the one before left', async () => {
    await here.bring('vm1', 'off');
    const [one, two] = await Promise.all([submit('vm1', 'start'), submit('vm1', 'start')]);
    const suspend = await submit('vm1', 'suspend');
    const ends = [await ended(here.api, one), await ended(here.api, two)];
    expect(ends.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(ends.map(({ changed }) => changed).toSorted()).toEqual([false, true]);
    expect(await ended(here.api, suspend)).toMatchObject({ state: 'succeeded', result: { state: 'paused' } });
    expect(await here.seen('vm1')).toBe('paused (user)');
    expect(
      here
        .audit({ event: 'action.started', uuid: one.uuid })
        .slice(-2)
        .map(({ action }) => action),
    ).toEqual(['start', 'suspend']);
  });

  test('of two Vireos start it once: who comes second finds it done, or is told that it is being started', async () => {
    await startAnew('vm1');
    const before = Number(await here.libvirtd.virsh('domid', 'vm1'));
    await here.libvirtd.virsh('destroy', 'vm1');
    await here.bring('vm1', 'off');
    const other = await here.another();
    const path = `/hosts/lab/domains/${await here.uuidOf('vm1')}/actions`;
    const whatCame = async ({ api, exporter }: Pick<ActionLab, 'api' | 'exporter'>): Promise<string> => {
      const answer = await api.post(path, { action: 'start' });
      if (answer.status === 409) return String(answer.json?.['detail']);
      const end = await ended(api, taskOf(answer));
      expect((await onRecord(here, end, exporter)).at(-1)).toBe(end.state);
      return end.error?.message ?? end.state;
    };
    const came = await Promise.all([here, other].map(whatCame));
    expect(came).toContain('succeeded');
    for (const what of came) {
      expect(['succeeded', 'vm1: paused by a job (starting_up): wait until it ends']).toContain(what);
    }
    await becomes('vm1', 'running (booted)');
    expect(Number(await here.libvirtd.virsh('domid', 'vm1'))).toBe(before + 1);
    await other.exporter.process.stop();
  });

  test('with one Idempotency-Key get one task', async () => {
    await here.bring('vm1', 'running');
    const key = { 'idempotency-key': 'two-at-once' };
    const [one, two] = await Promise.all(
      [1, 2].map(() => here.ask('vm1', 'suspend', { reason: 'the same twice' }, key)),
    );
    if (one === undefined || two === undefined) throw new Error('two answers');
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(taskOf(one).id).toBe(taskOf(two).id);
    expect(await ended(here.api, taskOf(one))).toMatchObject({ state: 'succeeded', changed: true });
    expect(await here.seen('vm1')).toBe('paused (user)');
    await onRecord(here, taskOf(one));
    const events = here.audit({ reason: 'the same twice' }).map(({ event }) => event);
    expect(events.toSorted()).toEqual(
      ['requested', 'accepted', 'started', 'succeeded', 'requested', 'repeated']
        .map((event) => `action.${event}`)
        .toSorted(),
    );
  });
});

describe('a domain that is not the one any more that was meant', () => {
  test('started anew: what was asked by its old id is refused', async () => {
    await startAnew('vm1');
    const { id } = await shown('vm1');
    await startAnew('vm1');
    const late = here.ask('vm1', 'suspend', { ifDomainId: id, reason: 'too late' });
    expect(await codeOf(late)).toEqual([409, 'VIREO_DOMAIN_ID']);
    expect(await here.seen('vm1')).toBe('running (booted)');
    expect(here.audit({ reason: 'too late' }).map(({ event }) => event)).toEqual([
      'action.requested',
      'action.refused',
    ]);
  });

  test('started anew while it waited for its turn: it is not carried out', async () => {
    await startAnew('vm1');
    const { id } = await shown('vm1');
    const shutdown = await submit('vm1', 'shutdown', { ifDomainId: id });
    const suspend = await submit('vm1', 'suspend', { ifDomainId: id });
    await running(shutdown);
    await here.libvirtd.virsh('destroy', 'vm1');
    await here.libvirtd.virsh('start', 'vm1');
    expect(await ended(here.api, shutdown)).toMatchObject({ state: 'succeeded' });
    expect(await ended(here.api, suspend)).toMatchObject({ state: 'failed', error: { code: 'VIREO_DOMAIN_ID' } });
    expect(await here.seen('vm1')).toBe('running (booted)');
    expect(await onRecord(here, suspend)).toEqual(['accepted', 'failed']);
  });

  test('a transient one that vanishes ends what waits for it, and what waits behind', async () => {
    await here.bring('passing', 'transient');
    const reboot = await submit('passing', 'reboot');
    const suspend = await submit('passing', 'suspend');
    await running(reboot);
    await here.libvirtd.virsh('destroy', 'passing');
    const gone = { state: 'failed', error: { code: 'VIREO_DOMAIN_UNKNOWN' }, result: { state: 'gone' } };
    expect(await ended(here.api, reboot)).toMatchObject(gone);
    expect(await ended(here.api, suspend)).toMatchObject(gone);
    expect(await onRecord(here, reboot)).toEqual(['accepted', 'started', 'step', 'failed']);
    expect(await onRecord(here, suspend)).toEqual(['accepted', 'failed']);

    await here.bring('passing', 'transient');
    const shutdown = await submit('passing', 'shutdown');
    await running(shutdown);
    await here.libvirtd.virsh('destroy', 'passing');
    expect(await ended(here.api, shutdown)).toMatchObject({ state: 'succeeded', result: { state: 'gone' } });
    expect(await here.seen('passing')).toBe('gone');
    expect(await codeOf(here.ask('passing', 'destroy'))).toEqual([404, 'VIREO_DOMAIN_UNKNOWN']);
  });
});

describe('a Vireo with api.readOnly', () => {
  test('refuses every action, changes nothing, and shows what there is', async () => {
    await here.bring('vm1', 'running');
    const before = await here.libvirtd.virsh('domid', 'vm1');
    const { api, exporter } = await here.another({ readOnly: true });
    const { allowedActions, refusedActions } = await shown('vm1', api);
    expect(allowedActions).toEqual([]);
    const path = `/hosts/lab/domains/${await here.uuidOf('vm1')}/actions`;
    for (const action of ACTION_IDS) {
      const options = action === 'autostart' ? { enabled: true } : {};
      expect([action, ...(await codeOf(api.post(path, { action, options })))]).toEqual([
        action,
        403,
        'VIREO_READ_ONLY',
      ]);
      expect(refusedActions[action]).toBe('read-only mode');
    }
    expect((await api.get('/tasks')).json).toMatchObject({ total: 0 });
    expect(await here.seen('vm1')).toBe('running (booted)');
    expect(await here.libvirtd.virsh('domid', 'vm1')).toBe(before);
    await waitFor(() => here.audit({ event: 'action.refused' }, exporter).length === ACTION_IDS.length, {
      what: 'every refusal is on record',
      deadlineMs: 20_000,
    });
    expect(here.audit({ event: 'action.accepted' }, exporter)).toEqual([]);
    await exporter.process.stop();
  });
});

describe('what may be asked of a domain', () => {
  test('follows within two seconds what others do to it, without a poll', async () => {
    await here.bring('vm2', 'running');
    const { api, exporter } = await here.another({ pollSeconds: 60 });
    await waitFor(async () => (await shown('vm2', api)).allowedActions.includes('managed-save'), {
      what: 'the first poll',
      deadlineMs: 30_000,
    });
    const times: number[] = [];
    const within = async (what: string, holds: (domain: DomainFull) => boolean): Promise<void> => {
      const began = performance.now();
      await waitFor(async () => holds(await shown('vm2', api)), { what, deadlineMs: 20_000 });
      times.push(performance.now() - began);
    };
    await here.libvirtd.virsh('managedsave', 'vm2');
    await within('saved', ({ managedSave, allowedActions, refusedActions }) => {
      const may = allowedActions.includes('start') && allowedActions.includes('managed-save-remove');
      return managedSave === true && may && refusedActions['suspend'] !== undefined;
    });
    await here.libvirtd.virsh('start', 'vm2');
    await within('restored', ({ managedSave, allowedActions }) => {
      return managedSave === false && allowedActions.includes('suspend');
    });
    await here.libvirtd.virsh('undefine', 'vm2');
    await within('transient', ({ persistent, refusedActions }) => {
      return !persistent && refusedActions['managed-save']?.startsWith('transient: ') === true;
    });
    expect(medianMs(times)).toBeLessThan(2000);
    await exporter.process.stop();
  });
});

describe('a frozen QEMU', () => {
  test('is busy, its holder named, and force off still works within 15 s', () => frozen);
});
