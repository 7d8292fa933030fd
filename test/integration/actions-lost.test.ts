// SPDX-License-Identifier: Apache-2.0
// Actions on real QEMU domains, through HTTP, when the daemon or Vireo itself goes away in mid-action: nobody claims to
// know the outcome, it is looked at afterwards, and nothing is sent again.
import type { Task } from '../../exporter/src/contract/tasks.ts';
import { ended, onRecord, openActionLab, taskOf } from '../lab/action-lab.ts';
import type { ActionLab } from '../lab/action-lab.ts';
import type { ApiClient } from '../lab/api.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

let here: ActionLab;

beforeAll(async () => {
  here = await openActionLab(['vm1']);
}, 120_000);

afterAll(() => here.lab.close());

const KEY = { 'idempotency-key': 'of-the-suspend' };

/** A shutdown that the guest ignores, under way, and a suspend behind it. */
async function waiting(api: ApiClient, options: object = {}): Promise<{ shutdown: Task; suspend: Task }> {
  const path = `/hosts/lab/domains/${await here.uuidOf('vm1')}/actions`;
  const shutdown = taskOf(await api.post(path, { action: 'shutdown', options }));
  const suspend = taskOf(await api.post(path, { action: 'suspend' }, KEY));
  await waitFor(async () => (await api.get(`/tasks/${shutdown.id}`)).json?.['state'] === 'running', {
    what: 'the shutdown is under way',
    deadlineMs: 30_000,
  });
  return { shutdown, suspend };
}

describe('libvirtd killed in mid-action', () => {
  test('leaves the outcome unknown; it is looked at when the daemon is back, and nothing is sent again', async () => {
    const { api, libvirtd } = here;
    await here.bring('vm1', 'running');
    const path = `/hosts/lab/domains/${await here.uuidOf('vm1')}/actions`;
    const { shutdown, suspend } = await waiting(api);
    await libvirtd.kill();
    expect(await ended(api, shutdown, 15_000)).toMatchObject({
      state: 'unknown',
      error: { code: 'VIREO_TASK_DAEMON_LOST' },
    });
    expect(await ended(api, suspend, 15_000)).toMatchObject({ state: 'failed', error: { code: 'VIREO_HOST_LOST' } });
    await waitFor(async () => (await api.get('/hosts/lab')).json?.['state'] === 'lost', {
      what: 'the host is lost',
      deadlineMs: 30_000,
    });
    const meanwhile = await api.post(path, { action: 'suspend', reason: 'while it is away' });
    expect([meanwhile.status, meanwhile.json?.['code']]).toEqual([503, 'VIREO_HOST_LOST']);

    await libvirtd.restart();
    const observed = await waitFor(async () => taskOf(await api.get(`/tasks/${shutdown.id}`)).observed, {
      what: 'the domain is looked at',
      deadlineMs: 40_000,
    });
    expect(observed).toMatchObject({ state: 'running', goalReached: false });
    await waitFor(
      async () => {
        const { json } = await api.get('/hosts/lab');
        return json?.['state'] === 'up' && json['domains'] !== undefined;
      },
      { what: 'the host is up again and its domains are known', deadlineMs: 40_000 },
    );
    // One that is asked for now finds nothing in its way, and nothing done meanwhile.
    expect(await here.done('vm1', 'resume')).toMatchObject({ state: 'succeeded', changed: false });
    expect(await here.seen('vm1')).toBe('running (booted)');
    expect(taskOf(await api.get(`/tasks/${shutdown.id}`)).state).toBe('unknown');
    expect(await onRecord(here, shutdown)).toEqual(['accepted', 'started', 'unknown', 'observed']);
    expect(await onRecord(here, suspend)).toEqual(['accepted', 'failed']);
    const refused = here.audit({ reason: 'while it is away' }).map(({ event }) => event);
    expect(refused).toEqual(['action.requested', 'action.refused']);
  });
});

describe('Vireo stopped in mid-action', () => {
  test.each([
    ['SIGTERM', ['accepted', 'started', 'unknown'], ['accepted', 'cancelled']],
    ['SIGKILL', ['accepted', 'started'], ['accepted']],
  ] as const)('by %s: its tasks are gone, and nothing is repeated or gone on with', async (signal, ...records) => {
    await here.bring('vm1', 'running');
    const first = await here.another();
    // Still to be forced off when Vireo is gone: who went on with it would be seen.
    const { shutdown, suspend } = await waiting(first.api, { timeoutSeconds: 8, thenForce: true });
    await first.exporter.process.stop(signal);
    const recordOf = (task: Task): string[] =>
      here.audit({ task: task.id }, first.exporter).map(({ event }) => String(event).replace('action.', ''));
    // What a process wrote last may come after its end.
    const recorded = (): string[][] => [recordOf(shutdown), recordOf(suspend)];
    await waitFor(() => recorded().flat().length >= records.flat().length, { what: 'the record', deadlineMs: 20_000 });
    expect(recorded()).toEqual(records);

    const second = await here.another();
    for (const { id } of [shutdown, suspend]) {
      const { status, json } = await second.api.get(`/tasks/${id}`);
      expect([status, json?.['code']]).toEqual([404, 'VIREO_TASK_UNKNOWN']);
    }
    await waitFor(() => Date.now() > Date.parse(shutdown.acceptedAt) + 10_000, {
      what: 'the guest would have been forced off by now',
      deadlineMs: 30_000,
    });
    expect(await here.seen('vm1')).toBe('running (booted)');
    expect(here.audit({}, second.exporter)).toEqual([]);
    // The key is forgotten too: who asks again gets it done.
    const path = `/hosts/lab/domains/${suspend.uuid}/actions`;
    const again = await ended(second.api, taskOf(await second.api.post(path, { action: 'suspend' }, KEY)));
    expect([again.id === suspend.id, again.state, again.changed]).toEqual([false, 'succeeded', true]);
    expect(await here.seen('vm1')).toBe('paused (user)');
    await second.exporter.process.stop();
  });
});
