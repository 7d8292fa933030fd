// SPDX-License-Identifier: Apache-2.0
// What comes of an action when the guest, the hypervisor, the daemon or somebody else does not play along.

import { connect, protocol } from '@vireo/libvirt';
import { ERROR_FROM, daemonError } from '@vireo/libvirt/testing';
import type { SimulatedDomain } from '@vireo/libvirt/testing';
import { until } from '../hosts/watch-host.fixture.ts';
import { openActionLab } from './action-lab.fixture.ts';
import type { ActionLab } from './action-lab.fixture.ts';

let lab: ActionLab;

beforeEach(async () => {
  lab = await openActionLab();
});
afterEach(() => lab.close());

describe('a domain that has another name than the one the rights were checked by', () => {
  test('is not found, and its new name not told', async () => {
    const order = lab.order('suspend', { domain: 'was-mine' });
    const refusal = {
      code: 'VIREO_DOMAIN_UNKNOWN',
      message: expect.not.stringContaining(lab.running.spec.name) as string,
    };
    await expect(lab.service.submit(order)).rejects.toMatchObject(refusal);
    await expect(lab.service.check(order)).rejects.toMatchObject(refusal);
    expect(lab.callsOf(protocol.DOMAIN_SUSPEND)).toBe(0);
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
    expect(lab.callsOf(protocol.DOMAIN_CREATE_WITH_FLAGS)).toBe(0);
  });
});

describe('a UUID that moves to another domain, as those of ESX and VMware did with libvirt 12.4', () => {
  test('takes no action with it', async () => {
    const { running, simulated } = lab;
    const [other] = simulated.domains.filter((one) => one.state === 1 && one !== running);
    if (other === undefined) throw new Error('no other domain runs');
    const order = lab.order('destroy', { domain: running.spec.name });
    const [name, otherName] = [running.spec.name, other.spec.name];
    Object.assign(running.spec, { name: otherName });
    Object.assign(other.spec, { name });
    await expect(lab.service.submit(order)).rejects.toMatchObject({ code: 'VIREO_DOMAIN_UNKNOWN' });
    expect(lab.callsOf(protocol.DOMAIN_DESTROY_FLAGS)).toBe(0);
    expect([running.state, other.state]).toEqual([1, 1]);
  });
});

describe('an action that the driver turns out to lack', () => {
  test('fails, is not allowed from then on, and is not sent again', async () => {
    lab.daemon.on(protocol.DOMAIN_INJECT_NMI, () => daemonError('NO_SUPPORT', ERROR_FROM.NONE, 'virDomainInjectNMI'));
    const described = (): { allowedActions: string[]; refusedActions: Record<string, string> } => {
      const domain = lab.host.snapshot.domains.get(lab.running.spec.uuid);
      if (domain === undefined) throw new Error('the domain is not known');
      return lab.service.describe({ host: lab.host.snapshot, domain }, { can: () => true });
    };
    expect(described().allowedActions).toContain('nmi');
    const { state, error } = await lab.done('nmi');
    expect([state, error?.code]).toEqual(['failed', 'VIREO_UNSUPPORTED']);
    expect(described().allowedActions).not.toContain('nmi');
    expect(described().refusedActions['nmi']).toBe('driver qemu: no nmi');
    await expect(lab.service.submit(lab.order('nmi'))).rejects.toMatchObject({ code: 'VIREO_UNSUPPORTED' });
    expect(lab.callsOf(protocol.DOMAIN_INJECT_NMI)).toBe(1);
    expect(described().allowedActions).toContain('suspend');
  });
});

describe('a container whose first process libvirt does not know', () => {
  const INVALID = daemonError('OPERATION_INVALID', ERROR_FROM.NONE, 'Init process ID is not yet known');

  beforeEach(async () => {
    await lab.close();
    lab = await openActionLab({ driver: 'LXC' });
  });

  test.each(['shutdown', 'reboot'] as const)('fails its %s with what helps', async (action) => {
    lab.daemon.on(protocol.DOMAIN_SHUTDOWN_FLAGS, () => INVALID).on(protocol.DOMAIN_REBOOT, () => INVALID);
    const { state, error } = await lab.done(action, { options: { mode: 'signal' } });
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'VIREO_STATE' });
    expect(error?.message).toContain('Init process ID is not yet known');
    expect(error?.message).toContain('force it off and start it');
  });

  test('is told apart from one that has stopped meanwhile', async () => {
    lab.daemon.on(protocol.DOMAIN_REBOOT, ({ dom }) => {
      lab.simulated.crash(dom.name);
      return daemonError('OPERATION_INVALID', ERROR_FROM.NONE, 'domain is not running');
    });
    const { state, error } = await lab.done('reboot', { options: { mode: 'signal' } });
    expect(state).toBe('failed');
    expect(error?.message).not.toContain('force it off');
  });
});

describe('a domain that stops and is started anew while an action waits for it', () => {
  /** So quickly that nobody sees it off. */
  function restart(domain: SimulatedDomain): void {
    domain.stop(1);
    domain.boot(lab.simulated.takeId(), 1, 1);
  }

  test('is not forced off by the shutdown that was meant for the one before', async () => {
    const domain = lab.domainThatIgnores();
    const options = { timeoutSeconds: 1, thenForce: true };
    const task = await lab.service.submit(lab.order('shutdown', { options }));
    await until(() => lab.callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS) === 1, 'the shutdown is sent');
    restart(domain);
    expect(await lab.end(task)).toMatchObject({
      state: 'succeeded',
      result: { state: 'running' },
      steps: [
        {
          code: 'started-anew',
          what: 'started anew',
          detail: expect.stringMatching(
            /^it went off, and something started it again; its id is \d+, was \d+$/,
          ) as string,
        },
      ],
    });
    expect(lab.callsOf(protocol.DOMAIN_DESTROY_FLAGS)).toBe(0);
  });

  test('is not shut down to take back a reboot it was never asked for', async () => {
    const domain = lab.domainThatIgnores();
    const options = { mode: 'acpi', timeoutSeconds: 1 };
    const task = await lab.service.submit(lab.order('reboot', { options }));
    await until(() => lab.callsOf(protocol.DOMAIN_REBOOT) === 1, 'the reboot is sent');
    restart(domain);
    const ended = await lab.end(task);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'VIREO_STATE' }, result: { state: 'running' } });
    expect(ended.error?.message).toContain('stopped, and was started anew');
    expect(lab.callsOf(protocol.DOMAIN_SHUTDOWN_FLAGS)).toBe(0);
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
      const { state, reason } = lab.simulated.domain(dom);
      return { state, reason };
    });
    lab.daemon.on(protocol.DOMAIN_HAS_MANAGED_SAVE_IMAGE, async () => {
      if (isSeen) await until(() => isAnswered, 'the call is answered');
      return { result: false };
    });
    lab.daemon.on(protocol.DOMAIN_CREATE_WITH_FLAGS, async ({ dom }) => {
      isSent = true;
      await until(() => isSeen, 'the look has read the state');
      lab.simulated.later(50, () => {
        isAnswered = true;
      });
      answer();
      return { dom };
    });
  }

  test('is no proof that a start failed', async () => {
    await lab.done('destroy');
    const domain = lab.running;
    lookAround(() => {
      domain.boot(lab.simulated.takeId(), 1, 1);
    });
    expect(await lab.done('start')).toMatchObject({ state: 'succeeded', changed: true, result: { state: 'running' } });
  });

  test('does not make a failure of what somebody else did first', async () => {
    await lab.done('destroy');
    const domain = lab.running;
    lookAround(() => {
      domain.boot(lab.simulated.takeId(), 1, 1);
      throw daemonError('OPERATION_INVALID', ERROR_FROM.QEMU, 'domain is already running');
    });
    expect(await lab.done('start')).toMatchObject({
      state: 'succeeded',
      changed: false,
      result: { state: 'running' },
      steps: [
        {
          code: 'done-by-others',
          what: 'somebody else was faster',
          detail: expect.stringMatching(/already running$/) as string,
        },
      ],
    });
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
    const task = await lab.done('resume');
    expect(task).toMatchObject({ state: 'failed', error: { code: 'VIREO_STATE' }, result: { reason: 'ioerror' } });
    expect(task.error?.message).toContain('paused again');
  });

  test('is resumed when it goes on', async () => {
    lab.simulated.failDisk(lab.running.spec.name);
    expect(await lab.done('resume')).toMatchObject({ state: 'succeeded', changed: true, result: { state: 'running' } });
  });
});

describe('a guest that ignores what it is asked', () => {
  test('shutdown times out, and says what the domain is', async () => {
    lab.domainThatIgnores();
    const task = await lab.done('shutdown', { options: { timeoutSeconds: 1 } });
    expect(task).toMatchObject({ state: 'timed_out', result: { state: 'running' } });
    expect(task.error?.code).toBe('VIREO_TASK_TIMED_OUT');
    expect(task.error?.message).toContain('libvirt took the request');
  });

  test('shutdown with thenForce is forced off, each step on record', async () => {
    lab.domainThatIgnores();
    const task = await lab.done('shutdown', { options: { timeoutSeconds: 1, thenForce: true } });
    expect(task).toMatchObject({ state: 'succeeded', result: { state: 'shutoff', reason: 'destroyed' } });
    expect(task.steps).toMatchObject([
      { code: 'force-off', what: 'force off', detail: 'the guest did not shut down in time' },
    ]);
    expect(lab.audit.filter(({ event }) => event === 'action.step')).toHaveLength(1);
  });

  test('reboot times out, and is taken back, so that a later power-off stays off', async () => {
    const domain = lab.domainThatIgnores();
    // As a real QEMU without a guest agent answers.
    lab.daemon.on(protocol.DOMAIN_REBOOT, () => {
      domain.rebootPending = true;
      return {};
    });
    const task = await lab.done('reboot', { options: { mode: 'acpi', timeoutSeconds: 1 } });
    expect(task.state).toBe('timed_out');
    expect(task.steps).toMatchObject([
      { code: 'asked-by-acpi', what: 'asked by ACPI' },
      { code: 'reboot-taken-back', what: 'the ignored reboot was taken back' },
    ]);
    expect(domain.rebootPending).toBe(false);
    lab.simulated.guestPowersOff(domain.spec.name);
    expect(domain.isActive).toBe(false);
    // What the guest did too late is written down, and nothing else.
    expect(lab.callsOf(protocol.DOMAIN_REBOOT)).toBe(1);
  });

  test('a guest that shuts down after the deadline is noticed', async () => {
    const domain = lab.domainThatIgnores();
    const task = await lab.done('shutdown', { options: { timeoutSeconds: 1 } });
    lab.simulated.guestPowersOff(domain.spec.name);
    await until(() => lab.service.task(task.id)?.observed !== undefined, 'what it did is observed');
    expect(lab.service.task(task.id)).toMatchObject({
      state: 'timed_out',
      observed: { state: 'shutoff', reason: 'shutdown', goalReached: true },
    });
  });
});

describe('a hypervisor process that does not answer', () => {
  test('is busy, and the holder of its lock is named', async () => {
    lab.simulated.freeze(lab.running.spec.name);
    const holder = await connect(lab.daemon.uri, { readOnly: false });
    const dom = lab.running.ref;
    const stuck = holder.domains.suspend(dom).catch(() => undefined);
    await until(() => lab.running.monitor.hold !== null, 'somebody holds the lock');
    const task = await lab.done('reset');
    expect(task).toMatchObject({ state: 'failed', error: { code: 'VIREO_DOMAIN_BUSY' } });
    // A poll may have been there first.
    expect(task.error?.message).toMatch(/^the domain is held by (?:DomainSuspend|ConnectGetAllDomainStats), which/);
    expect(lab.audit.at(-1)).toMatchObject({ code: 'VIREO_DOMAIN_BUSY', libvirtError: 'VIR_ERR_OPERATION_TIMEOUT' });
    lab.simulated.thaw(lab.running.spec.name);
    await stuck;
    await holder.close();
  });

  test('is forced off while its other action hangs', async () => {
    lab.simulated.freeze(lab.running.spec.name);
    const suspend = await lab.service.submit(lab.order('suspend'));
    await until(() => lab.running.monitor.hold !== null, 'the suspend hangs');
    expect(await lab.done('destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
    lab.simulated.thaw(lab.running.spec.name);
    expect((await lab.end(suspend)).state).toBe('failed');
  });
});

describe('a daemon that is lost in mid-action', () => {
  test('leaves the outcome unknown, is asked when it is back, and nothing is sent again', async () => {
    await lab.done('suspend');
    lab.daemon.on(protocol.DOMAIN_RESUME, () => {
      lab.daemon.dropConnections();
      return {};
    });
    const lost = await lab.done('resume');
    expect(lost).toMatchObject({ state: 'unknown', error: { code: 'VIREO_TASK_DAEMON_LOST' } });
    await until(() => lab.service.task(lost.id)?.observed !== undefined, 'the domain is looked at', 8000);
    const observed = { state: 'paused', reason: 'user', goalReached: false };
    expect(lab.service.task(lost.id)).toMatchObject({ state: 'unknown', observed });
    expect(lab.audit.at(-1)).toMatchObject({ event: 'action.observed', task: lost.id });
    expect(lab.callsOf(protocol.DOMAIN_RESUME)).toBe(1);
  });
});
