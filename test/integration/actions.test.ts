// SPDX-License-Identifier: Apache-2.0
// Actions on real QEMU domains: guests that ignore what they are asked, a frozen QEMU, a killed daemon. Every action in
// every state is in actions-matrix.test.ts. The guest of test/lab ignores ACPI and powers off when a key is pressed.
import { connect } from '@vireo/libvirt';
import { ActionService } from '../../exporter/src/actions/action-service.ts';
import type { ActionOrder } from '../../exporter/src/actions/action-service.ts';
import type { AuditEvent } from '../../exporter/src/actions/audit.ts';
import type { ActionId } from '../../exporter/src/contract/actions.ts';
import { DEFAULT_GROUPS } from '../../exporter/src/contract/groups.ts';
import { isFinal } from '../../exporter/src/contract/tasks.ts';
import type { Task } from '../../exporter/src/contract/tasks.ts';
import { Host } from '../../exporter/src/hosts/host.ts';
import { defineDomains, freezeDomain } from '../lab/domains.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const ACTOR = { token: 'ops', address: '192.0.2.7' };

let lab: Lab;
let libvirtd: Libvirtd;
let host: Host;
let service: ActionService;
let audit: AuditEvent[] = [];

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await defineDomains(lab, libvirtd, ['vm1', 'vm2']);
  host = new Host({
    name: 'lab',
    uri: 'qemu:///system',
    simulated: false,
    poll: {
      intervalMs: 1000,
      deadlineMs: 1000,
      chunkDomains: 4,
      staleAfterPolls: 3,
      slowIntervalMs: 60_000,
      groups: DEFAULT_GROUPS,
      maxInFlight: 4,
    },
    open: (signal) => connect(libvirtd.readOnlyUri, { signal }),
    openControl: (signal) => connect(libvirtd.uri, { signal, readOnly: false }),
    onSnapshot: () => undefined,
    onChange: () => undefined,
  });
  service = new ActionService({
    host: (name) => (name === 'lab' ? host : undefined),
    audit: (event) => audit.push(event),
    readOnly: false,
  });
  host.start(0);
  lab.onClose(async () => {
    await service.stop();
    await host.stop();
  });
  await waitFor(() => host.snapshot.domains.size === 2, { what: 'the first inventory', deadlineMs: 20_000 });
}, 120_000);

afterAll(() => lab.close());

beforeEach(() => {
  audit = [];
});

async function uuidOf(name: string): Promise<string> {
  return (await libvirtd.virsh('domuuid', name)).trim();
}

async function stateOf(name: string): Promise<string> {
  return (await libvirtd.virsh('domstate', '--reason', name)).trim();
}

async function order(name: string, action: ActionId, more: Partial<ActionOrder> = {}): Promise<ActionOrder> {
  return { host: 'lab', uuid: await uuidOf(name), action, options: {}, actor: ACTOR, ...more };
}

async function ended(task: Task, deadlineMs = 60_000): Promise<Task> {
  return await waitFor(
    () => {
      const now = service.task(task.id);
      return now !== undefined && isFinal(now.state) && now;
    },
    { what: `the end of ${task.action}`, deadlineMs },
  );
}

/** Submits and waits for the end. */
async function done(name: string, action: ActionId, options: Record<string, unknown> = {}): Promise<Task> {
  return await ended(await service.submit(await order(name, action, { options })));
}

/** What becomes of an action: the code of its refusal, or its state, with "same" for one that was not needed. */
async function outcome(name: string, action: ActionId): Promise<string> {
  const options = action === 'autostart' ? { enabled: true } : action === 'reboot' ? { timeoutSeconds: 1 } : {};
  const shutdown = action === 'shutdown' ? { timeoutSeconds: 1 } : {};
  try {
    const { state, changed } = await done(name, action, { ...options, ...shutdown });
    return changed === false ? 'same' : state;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** Brings a persistent domain into a state, with libvirt's own client. */
async function bring(name: string, state: 'off' | 'running'): Promise<void> {
  await libvirtd.virsh('destroy', name).catch(() => '');
  await libvirtd.virsh('managedsave-remove', name);
  await libvirtd.virsh('autostart', name, '--disable');
  if (state === 'running') await libvirtd.virsh('start', name);
}

/** Starts a transient domain with the disk of vm2. */
async function startTransient(): Promise<void> {
  await bring('vm2', 'running');
  await libvirtd.virsh('undefine', 'vm2');
}

async function pressKey(name: string): Promise<void> {
  await libvirtd.virsh('send-key', name, 'KEY_A');
}

/** The guest looks for keys once it has booted; a key before that is lost. */
async function powerOffFromInside(name: string): Promise<string> {
  return await waitFor(
    async () => {
      const state = await stateOf(name);
      if (!state.startsWith('running')) return state;
      await pressKey(name);
      return false;
    },
    { what: `${name} powers off from inside`, deadlineMs: 30_000, intervalMs: 500 },
  );
}

describe('a domain that is not the one that was meant', () => {
  test('a transient domain cannot be saved or set to start with its host, and is gone when it is forced off', async () => {
    await startTransient();
    const uuid = await uuidOf('vm2');
    try {
      expect(await outcome('vm2', 'managed-save')).toBe('VIREO_STATE');
      expect(await outcome('vm2', 'autostart')).toBe('VIREO_STATE');
      const task = await done('vm2', 'destroy');
      expect(task).toMatchObject({ state: 'succeeded', changed: true, result: { state: 'gone' } });
      const again = service.submit({ host: 'lab', uuid, action: 'destroy', options: {}, actor: ACTOR });
      await expect(again).rejects.toMatchObject({ code: 'VIREO_DOMAIN_UNKNOWN' });
    } finally {
      await libvirtd.virsh('destroy', 'vm2').catch(() => '');
      await defineDomains(lab, libvirtd, ['vm2']);
    }
  });

  test('a domain that started anew is not the one that was meant', async () => {
    await bring('vm1', 'running');
    const id = Number(await libvirtd.virsh('domid', 'vm1'));
    await bring('vm1', 'running');
    const late = service.submit(await order('vm1', 'suspend', { ifDomainId: id }));
    await expect(late).rejects.toMatchObject({ code: 'VIREO_DOMAIN_ID' });
    expect(await stateOf('vm1')).toContain('running');
  });
});

describe('a guest that ignores ACPI', () => {
  test('is forced off when that was asked for, each step on record', async () => {
    await bring('vm1', 'running');
    const task = await done('vm1', 'shutdown', { timeoutSeconds: 1, thenForce: true });
    expect(task).toMatchObject({ state: 'succeeded', result: { state: 'shutoff', reason: 'destroyed' } });
    const events = audit.map(({ event }) => event);
    expect(events.slice(-3)).toEqual(['action.started', 'action.step', 'action.succeeded']);
  });

  test('an ignored reboot is a trap: the control, with libvirt’s own client', async () => {
    await bring('vm1', 'running');
    await libvirtd.virsh('reboot', 'vm1');
    let reboots = 0;
    const stop = host.watch(await uuidOf('vm1'), (change) => {
      if (change.kind === 'domain.event' && change.event === 'reboot') reboots += 1;
    });
    await waitFor(
      async () => {
        if (reboots === 0) await pressKey('vm1');
        return reboots > 0;
      },
      { what: 'the power-off becomes a reboot', deadlineMs: 30_000, intervalMs: 500 },
    );
    stop();
    expect(await stateOf('vm1')).toContain('running');
  });

  test('an ignored reboot times out and is taken back: a later power-off from inside stays off', async () => {
    await bring('vm1', 'running');
    const task = await done('vm1', 'reboot', { timeoutSeconds: 2 });
    expect(task).toMatchObject({ state: 'timed_out', error: { code: 'VIREO_TASK_TIMED_OUT' } });
    expect(task.steps.map(({ what }) => what)).toEqual(['asked by ACPI', 'the ignored reboot was taken back']);
    expect(await powerOffFromInside('vm1')).not.toContain('running');
    await waitFor(async () => (await stateOf('vm1')) === 'shut off (shutdown)', {
      what: 'it stays off',
      deadlineMs: 10_000,
    });
  });

  test('a reboot is done when the guest reboots: the key turns the armed power-off into one', async () => {
    await bring('vm1', 'running');
    const task = await service.submit(await order('vm1', 'reboot', { options: { timeoutSeconds: 60 } }));
    await waitFor(
      async () => {
        const now = service.task(task.id);
        if (now?.steps.some(({ what }) => what === 'asked by ACPI') !== true) return false;
        if (isFinal(now.state)) return true;
        await pressKey('vm1');
        return false;
      },
      { what: 'the guest powers off, and libvirt makes it a reboot', deadlineMs: 40_000, intervalMs: 500 },
    );
    expect(service.task(task.id)).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  });

  test('force off overtakes a shutdown that waits, and what waits behind it', async () => {
    await bring('vm1', 'running');
    const shutdown = await service.submit(await order('vm1', 'shutdown'));
    const reboot = await service.submit(await order('vm1', 'reboot'));
    expect(await done('vm1', 'destroy')).toMatchObject({ state: 'succeeded' });
    const error = { code: 'VIREO_TASK_OVERTAKEN' };
    expect(await ended(shutdown)).toMatchObject({ state: 'cancelled', error });
    expect(await ended(reboot)).toMatchObject({ state: 'cancelled', error });
  });
});

describe('two actions at the same time', () => {
  test('of one Vireo have their turn one after the other', async () => {
    await bring('vm1', 'off');
    const start = await service.submit(await order('vm1', 'start'));
    const suspend = await service.submit(await order('vm1', 'suspend'));
    expect(await ended(start)).toMatchObject({ state: 'succeeded' });
    expect(await ended(suspend)).toMatchObject({ state: 'succeeded', result: { state: 'paused' } });
  });

  test('of two Vireos both end as the domain is: one did it, the other found it done', async () => {
    await bring('vm1', 'off');
    const other = new ActionService({ host: () => host, audit: () => undefined, readOnly: false });
    const one = await order('vm1', 'start');
    const [mine, theirs] = await Promise.all([service.submit(one), other.submit(one)]);
    expect((await ended(mine)).state).toBe('succeeded');
    await waitFor(() => other.task(theirs.id)?.state === 'succeeded', { what: 'the other ends', deadlineMs: 20_000 });
    expect(await stateOf('vm1')).toContain('running');
    await other.stop();
  });
});

describe('a frozen QEMU', () => {
  test('is busy, its holder named, and force off still works within 15 s', async () => {
    await bring('vm1', 'running');
    await freezeDomain(lab, 'vm1');
    const hangs = connect(libvirtd.uri, { readOnly: false }).then(async (holder) => {
      const dom = await holder.domains.lookupByName('vm1');
      await holder.domains.suspend(dom, { deadlineMs: 90_000 }).catch(() => undefined);
      await holder.close();
    });
    await waitFor(async () => (await libvirtd.virsh('domcontrol', 'vm1')).startsWith('occupied'), {
      what: 'somebody holds the lock',
      deadlineMs: 10_000,
    });
    const reset = await ended(await service.submit(await order('vm1', 'reset')));
    expect(reset).toMatchObject({ state: 'failed', error: { code: 'VIREO_DOMAIN_BUSY' } });
    expect(reset.error?.message).toMatch(/^the domain is held by (?:DomainSuspend|ConnectGetAllDomainStats)/);

    const suspend = await service.submit(await order('vm1', 'suspend'));
    const began = performance.now();
    expect(await done('vm1', 'destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(isFinal((await ended(suspend)).state)).toBe(true);
    await hangs;
  });
});

describe('libvirtd killed in mid-action', () => {
  test('leaves the outcome unknown; it is looked at when the daemon is back, and nothing is sent again', async () => {
    await bring('vm1', 'running');
    const shutdown = await service.submit(await order('vm1', 'shutdown'));
    await waitFor(() => service.task(shutdown.id)?.state === 'running', { what: 'it begins', deadlineMs: 5000 });
    await libvirtd.kill();
    expect(await ended(shutdown, 10_000)).toMatchObject({
      state: 'unknown',
      error: { code: 'VIREO_TASK_DAEMON_LOST' },
    });
    const meanwhile = service.submit({ ...(await killedOrder()), action: 'suspend' });
    await expect(meanwhile).rejects.toMatchObject({ code: 'VIREO_HOST_LOST' });
    await libvirtd.restart();
    const observed = await waitFor(() => service.task(shutdown.id)?.observed, {
      what: 'the domain is looked at',
      deadlineMs: 40_000,
    });
    expect(observed).toMatchObject({ state: 'running', goalReached: false });
    expect(service.task(shutdown.id)?.state).toBe('unknown');
    expect(audit.filter(({ event }) => event === 'action.started')).toHaveLength(1);
  });

  /** virsh cannot be asked while there is no daemon. */
  async function killedOrder(): Promise<ActionOrder> {
    await waitFor(() => host.snapshot.state.kind === 'lost', { what: 'the host is lost', deadlineMs: 10_000 });
    const vm1 = [...host.snapshot.domains.values()].find(({ name }) => name === 'vm1');
    return { host: 'lab', uuid: vm1?.uuid ?? '', action: 'suspend', options: {}, actor: ACTOR };
  }
});
