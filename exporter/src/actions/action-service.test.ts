// SPDX-License-Identifier: Apache-2.0
// Actions on a simulated host behind a fake daemon: what a real one does is in test/integration/actions.test.ts.

import { connect, protocol } from '@vireo/libvirt';
import { ERROR_FROM, FakeDaemon, daemonError, simulatedFleet } from '@vireo/libvirt/testing';
import type { SimulatedDomain, SimulatedHost } from '@vireo/libvirt/testing';
import { DEFAULT_GROUPS } from '../contract/groups.ts';
import { isFinal, task as taskSchema } from '../contract/tasks.ts';
import type { Task, TaskState } from '../contract/tasks.ts';
import { Host } from '../hosts/host.ts';
import { until } from '../hosts/watch-host.fixture.ts';
import { ActionService } from './action-service.ts';
import type { ActionOrder } from './action-service.ts';
import type { AuditEvent } from './audit.ts';

const ACTOR = { token: 'ops', user: 'ada', address: '192.0.2.7' };

interface Lab {
  readonly daemon: FakeDaemon;
  readonly simulated: SimulatedHost;
  readonly host: Host;
  readonly service: ActionService;
  readonly audit: AuditEvent[];
  readonly changes: Task[];
  readonly running: SimulatedDomain;
  order(action: ActionOrder['action'], more?: Partial<ActionOrder>): ActionOrder;
  end(task: Task): Promise<Task>;
}

let lab: Lab;
let simulated: SimulatedHost;

async function open({ readOnly = false, guestMs = 30 } = {}): Promise<Lab> {
  const [invented] = simulatedFleet({ hosts: 1, domainsPerHost: 12, guestMs, jobWaitMs: 200 });
  if (invented === undefined) throw new Error('no simulated host');
  simulated = invented;
  const daemon = await FakeDaemon.listen({ host: invented });
  const host = new Host({
    name: 'kvm1',
    uri: 'qemu:///system',
    simulated: true,
    poll: {
      intervalMs: 200,
      deadlineMs: 1000,
      chunkDomains: 4,
      staleAfterPolls: 3,
      slowIntervalMs: 60_000,
      groups: DEFAULT_GROUPS,
      maxInFlight: 4,
    },
    open: (signal) => connect(daemon.uri, { signal }),
    openControl: (signal) => connect(daemon.uri, { signal, readOnly: false }),
    onSnapshot: () => undefined,
    onChange: () => undefined,
  });
  const audit: AuditEvent[] = [];
  const changes: Task[] = [];
  const service = new ActionService({
    host: (name) => (name === 'kvm1' ? host : undefined),
    audit: (event) => audit.push(event),
    readOnly,
  });
  service.subscribe((task) => changes.push(task));
  host.start(0);
  await until(() => host.snapshot.domainsKnown, 'the first inventory');
  const running = invented.domains.find((domain) => domain.state === 1 && domain.spec.obedience !== 'ignores');
  if (running === undefined) throw new Error('no running domain');
  return {
    daemon,
    simulated: invented,
    host,
    service,
    audit,
    changes,
    running,
    order: (action, more = {}) => ({
      host: 'kvm1',
      uuid: running.spec.uuid,
      action,
      options: {},
      actor: ACTOR,
      ...more,
    }),
    end: async (task) => {
      await until(() => isFinal(service.task(task.id)?.state ?? 'accepted'), `the end of ${task.action}`, 8000);
      return service.task(task.id) ?? task;
    },
  };
}

async function close(): Promise<void> {
  await lab.service.stop();
  await lab.host.stop();
  simulated.close();
  await lab.daemon.close();
}

beforeEach(async () => {
  lab = await open();
});
afterEach(close);

/** Submits and waits for the end. */
async function done(action: ActionOrder['action'], more?: Partial<ActionOrder>): Promise<Task> {
  return await lab.end(await lab.service.submit(lab.order(action, more)));
}

/** How often the daemon was asked to do this. */
function callsOf(procedure: { readonly number: number }): number {
  return lab.daemon.calls.filter((call) => call.procedure === procedure.number).length;
}

function domainThatIgnores(): SimulatedDomain {
  const domain = lab.running;
  Object.assign(domain.spec, { obedience: 'ignores' });
  return domain;
}

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
    const task = await done(action, { options });
    expect(task).toMatchObject({ state: 'succeeded', changed: true, result: { state } });
    if (reason !== undefined) expect(task.result?.reason).toBe(reason);
    expect(taskSchema.safeParse(task).error).toBeUndefined();
  });

  test('start of a saved domain restores, and says so', async () => {
    await done('managed-save');
    const task = await done('start');
    expect(task).toMatchObject({ state: 'succeeded', result: { state: 'running', reason: 'restored' } });
    expect(task.steps).toContainEqual(expect.objectContaining({ what: 'note', detail: 'restores the saved state' }));
  });

  test('a saved state that was discarded is gone from the snapshot too', async () => {
    const uuid = lab.running.spec.uuid;
    await done('managed-save');
    await until(() => lab.host.snapshot.domains.get(uuid)?.managedSave === true, 'the snapshot knows the image');
    expect(await done('managed-save-remove')).toMatchObject({ state: 'succeeded', changed: true });
    await until(() => lab.host.snapshot.domains.get(uuid)?.managedSave === false, 'the snapshot knows it is gone');
  });

  test('goes on record step by step, each line whole', async () => {
    const task = await done('suspend', { reason: 'maintenance' });
    const events = lab.audit.map(({ event }) => event);
    expect(events).toEqual(['action.requested', 'action.accepted', 'action.started', 'action.succeeded']);
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
    await done('suspend');
    const states = lab.changes.map(({ state }) => state);
    expect([...new Set<TaskState>(states)]).toEqual(['accepted', 'running', 'succeeded']);
  });
});

describe('an action that is not needed', () => {
  test('comes back succeeded at once, and nothing is sent', async () => {
    const task = await lab.service.submit(lab.order('resume'));
    expect(task).toMatchObject({ state: 'succeeded', changed: false, result: { state: 'running' } });
    expect(callsOf(protocol.DOMAIN_RESUME)).toBe(0);
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
    expect(callsOf(protocol.DOMAIN_SUSPEND)).toBe(0);
  });

  test('in read-only mode no connection is even opened', async () => {
    await close();
    lab = await open({ readOnly: true });
    await expect(lab.service.submit(lab.order('suspend'))).rejects.toMatchObject({ code: 'VIREO_READ_ONLY' });
    expect(lab.daemon.sessions.length).toBeLessThanOrEqual(2);
  });
});

describe('a domain that has another name than the one the rights were checked by', () => {
  test('is not found, and its new name not told', async () => {
    const order = lab.order('suspend', { domain: 'was-mine' });
    const refusal = {
      code: 'VIREO_DOMAIN_UNKNOWN',
      message: expect.not.stringContaining(lab.running.spec.name) as string,
    };
    await expect(lab.service.submit(order)).rejects.toMatchObject(refusal);
    await expect(lab.service.check(order)).rejects.toMatchObject(refusal);
    expect(callsOf(protocol.DOMAIN_SUSPEND)).toBe(0);
  });

  test('is left alone when it was renamed while the action waited for its turn', async () => {
    const { name } = lab.running.spec;
    const first = await lab.service.submit(lab.order('shutdown'));
    const second = await lab.service.submit(lab.order('start', { domain: name }));
    Object.assign(lab.running.spec, { name: 'somebody-elses' });
    await lab.end(first);
    expect(await lab.end(second)).toMatchObject({
      state: 'failed',
      error: { code: 'VIREO_DOMAIN_UNKNOWN' },
      domain: name,
    });
    expect(callsOf(protocol.DOMAIN_CREATE_WITH_FLAGS)).toBe(0);
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
    domainThatIgnores();
    await lab.service.submit(lab.order('shutdown'));
    for (let n = 0; n < 8; n += 1) await lab.service.submit(lab.order('suspend'));
    await expect(lab.service.submit(lab.order('suspend'))).rejects.toMatchObject({ code: 'VIREO_QUEUE_FULL' });
  });

  test('force off overtakes a shutdown that waits for its guest, and a reboot behind it', async () => {
    domainThatIgnores();
    const shutdown = await lab.service.submit(lab.order('shutdown'));
    await until(() => callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    const reboot = await lab.service.submit(lab.order('reboot'));
    const destroy = await done('destroy');
    expect(destroy).toMatchObject({ state: 'succeeded', result: { reason: 'destroyed' } });
    const error = { code: 'VIREO_TASK_OVERTAKEN', message: 'overtaken by force off' };
    expect(await lab.end(shutdown)).toMatchObject({ state: 'cancelled', error });
    expect(await lab.end(reboot)).toMatchObject({ state: 'cancelled', error });
    expect(callsOf(protocol.DOMAIN_REBOOT)).toBe(0);
  });
});

describe('a domain that stops and is started anew while an action waits for it', () => {
  /** So quickly that nobody sees it off. */
  function restart(domain: SimulatedDomain): void {
    domain.stop(1);
    domain.boot(simulated.takeId(), 1, 1);
  }

  test('is not forced off by the shutdown that was meant for the one before', async () => {
    const domain = domainThatIgnores();
    const options = { timeoutSeconds: 1, thenForce: true };
    const task = await lab.service.submit(lab.order('shutdown', { options }));
    await until(() => callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    restart(domain);
    expect(await lab.end(task)).toMatchObject({
      state: 'succeeded',
      result: { state: 'running' },
      steps: [{ what: 'started anew' }],
    });
    expect(callsOf(protocol.DOMAIN_DESTROY_FLAGS)).toBe(0);
  });

  test('is not shut down to take back a reboot it was never asked for', async () => {
    const domain = domainThatIgnores();
    const options = { mode: 'acpi', timeoutSeconds: 1 };
    const task = await lab.service.submit(lab.order('reboot', { options }));
    await until(() => callsOf(protocol.DOMAIN_REBOOT) === 1, 'the reboot is sent');
    restart(domain);
    const ended = await lab.end(task);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'VIREO_STATE' }, result: { state: 'running' } });
    expect(ended.error?.message).toContain('stopped, and was started anew');
    expect(callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS)).toBe(0);
  });
});

describe('a look that began before the call ended', () => {
  /** Lets a look read the state before the call of a start does anything, and end after the call's answer. */
  function lookAround(answer: () => void): void {
    let isSent = false;
    let isSeen = false;
    let isAnswered = false;
    lab.daemon.on(protocol.DOMAIN_GET_STATE, ({ dom }) => {
      isSeen ||= isSent;
      const { state, reason } = simulated.domain(dom);
      return { state, reason };
    });
    lab.daemon.on(protocol.DOMAIN_HAS_MANAGED_SAVE_IMAGE, async () => {
      if (isSeen) await until(() => isAnswered, 'the call is answered');
      return { result: false };
    });
    lab.daemon.on(protocol.DOMAIN_CREATE_WITH_FLAGS, async ({ dom }) => {
      isSent = true;
      await until(() => isSeen, 'the look has read the state');
      simulated.later(50, () => {
        isAnswered = true;
      });
      answer();
      return { dom };
    });
  }

  test('is no proof that a start failed', async () => {
    await done('destroy');
    const domain = lab.running;
    lookAround(() => {
      domain.boot(simulated.takeId(), 1, 1);
    });
    expect(await done('start')).toMatchObject({ state: 'succeeded', changed: true, result: { state: 'running' } });
  });

  test('does not make a failure of what somebody else did first', async () => {
    await done('destroy');
    const domain = lab.running;
    lookAround(() => {
      domain.boot(simulated.takeId(), 1, 1);
      throw daemonError('OPERATION_INVALID', ERROR_FROM.QEMU, 'domain is already running');
    });
    expect(await done('start')).toMatchObject({ state: 'succeeded', changed: false, result: { state: 'running' } });
  });
});

describe('a domain that was paused because its disk failed', () => {
  test('is not resumed when it only pauses again at once', async () => {
    const { name } = lab.running.spec;
    const { running, simulated: failing } = lab;
    failing.failDisk(name);
    lab.daemon.on(protocol.DOMAIN_RESUME, () => {
      running.become(1, 5);
      failing.later(300, () => {
        failing.failDisk(name);
      });
      return {};
    });
    const task = await done('resume');
    expect(task).toMatchObject({ state: 'failed', error: { code: 'VIREO_STATE' }, result: { reason: 'ioerror' } });
    expect(task.error?.message).toContain('paused again');
  });

  test('is resumed when it goes on', async () => {
    simulated.failDisk(lab.running.spec.name);
    expect(await done('resume')).toMatchObject({ state: 'succeeded', changed: true, result: { state: 'running' } });
  });
});

describe('a guest that ignores what it is asked', () => {
  test('shutdown times out, and says what the domain is', async () => {
    domainThatIgnores();
    const task = await done('shutdown', { options: { timeoutSeconds: 1 } });
    expect(task).toMatchObject({ state: 'timed_out', result: { state: 'running' } });
    expect(task.error?.code).toBe('VIREO_TASK_TIMED_OUT');
    expect(task.error?.message).toContain('libvirt took the request');
  });

  test('shutdown with thenForce is forced off, each step on record', async () => {
    domainThatIgnores();
    const task = await done('shutdown', { options: { timeoutSeconds: 1, thenForce: true } });
    expect(task).toMatchObject({ state: 'succeeded', result: { state: 'shutoff', reason: 'destroyed' } });
    expect(task.steps.map(({ what }) => what)).toEqual(['force off']);
    expect(lab.audit.filter(({ event }) => event === 'action.step')).toHaveLength(1);
  });

  test('reboot times out, and is taken back, so that a later power-off stays off', async () => {
    const domain = domainThatIgnores();
    // As a real QEMU without a guest agent answers.
    lab.daemon.on(protocol.DOMAIN_REBOOT, () => {
      domain.rebootPending = true;
      return {};
    });
    const task = await done('reboot', { options: { mode: 'acpi', timeoutSeconds: 1 } });
    expect(task.state).toBe('timed_out');
    expect(task.steps.map(({ what }) => what)).toEqual(['asked by ACPI', 'the ignored reboot was taken back']);
    expect(domain.rebootPending).toBe(false);
    simulated.guestPowersOff(domain.spec.name);
    expect(domain.isActive).toBe(false);
    // What the guest did too late is written down, and nothing else.
    expect(callsOf(protocol.DOMAIN_REBOOT)).toBe(1);
  });

  test('a guest that shuts down after the deadline is noticed', async () => {
    const domain = domainThatIgnores();
    const task = await done('shutdown', { options: { timeoutSeconds: 1 } });
    simulated.guestPowersOff(domain.spec.name);
    await until(() => lab.service.task(task.id)?.observed !== undefined, 'what it did is observed');
    expect(lab.service.task(task.id)).toMatchObject({
      state: 'timed_out',
      observed: { state: 'shutoff', reason: 'shutdown', goalReached: true },
    });
  });
});

describe('a hypervisor process that does not answer', () => {
  test('is busy, and the holder of its lock is named', async () => {
    simulated.freeze(lab.running.spec.name);
    const holder = await connect(lab.daemon.uri, { readOnly: false });
    const dom = lab.running.ref;
    const stuck = holder.domains.suspend(dom).catch(() => undefined);
    await until(() => lab.running.monitor.hold !== null, 'somebody holds the lock');
    const task = await done('reset');
    expect(task).toMatchObject({ state: 'failed', error: { code: 'VIREO_DOMAIN_BUSY' } });
    // A poll may have been there first.
    expect(task.error?.message).toMatch(/^the domain is held by (?:DomainSuspend|ConnectGetAllDomainStats), which/);
    expect(lab.audit.at(-1)).toMatchObject({ code: 'VIREO_DOMAIN_BUSY', libvirtError: 'VIR_ERR_OPERATION_TIMEOUT' });
    simulated.thaw(lab.running.spec.name);
    await stuck;
    await holder.close();
  });

  test('is forced off while its other action hangs', async () => {
    simulated.freeze(lab.running.spec.name);
    const suspend = await lab.service.submit(lab.order('suspend'));
    await until(() => lab.running.monitor.hold !== null, 'the suspend hangs');
    expect(await done('destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
    simulated.thaw(lab.running.spec.name);
    expect((await lab.end(suspend)).state).toBe('failed');
  });
});

describe('a daemon that is lost in mid-action', () => {
  test('leaves the outcome unknown, is asked when it is back, and nothing is sent again', async () => {
    await done('suspend');
    lab.daemon.on(protocol.DOMAIN_RESUME, () => {
      lab.daemon.dropConnections();
      return {};
    });
    const lost = await done('resume');
    expect(lost).toMatchObject({ state: 'unknown', error: { code: 'VIREO_TASK_DAEMON_LOST' } });
    await until(() => lab.service.task(lost.id)?.observed !== undefined, 'the domain is looked at', 8000);
    const observed = { state: 'paused', reason: 'user', goalReached: false };
    expect(lab.service.task(lost.id)).toMatchObject({ state: 'unknown', observed });
    expect(lab.audit.at(-1)).toMatchObject({ event: 'action.observed', task: lost.id });
    expect(callsOf(protocol.DOMAIN_RESUME)).toBe(1);
  });
});

describe('stopping Vireo', () => {
  test('ends what runs unknown, with a last look, and what waits cancelled', async () => {
    domainThatIgnores();
    const runs = await lab.service.submit(lab.order('shutdown'));
    await until(() => callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
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
    expect(callsOf(protocol.DOMAIN_SUSPEND)).toBe(1);
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
    expect(described.allowedActions.length + Object.keys(described.refusedActions).length).toBe(11);
  });
});
