// SPDX-License-Identifier: Apache-2.0
import { ACTION_IDS, ACTIONS, TASK_STATES, type ActionId, type Task } from '@vireo/exporter/contract';
import { aDomain, aTask } from '../testing/fixtures';
import { needsTypedName, refusalOf, withheld } from './availability';
import { isTimeoutValid, modesOf, NO_CHOICE, optionsOf } from './options';
import { outcomeOf } from './outcome';
import { outcomeText } from './TaskProgress';
import { actionLabel, consequenceOf } from './texts';

describe('an action', () => {
  it.each(ACTION_IDS)('%s is called in English as in the contract, and says what it leads to', (action) => {
    expect(actionLabel(action)).toBe(ACTIONS[action].label);
    expect(consequenceOf(action, aDomain()).length).toBeGreaterThan(15);
  });

  it('on a transient domain that ends says that it is gone then', () => {
    for (const action of ['shutdown', 'destroy'] as const) {
      expect(consequenceOf(action, aDomain({ persistent: false }))).toContain('no longer exists');
      expect(consequenceOf(action, aDomain())).not.toContain('no longer exists');
    }
  });

  it('wants the name typed where it may lose data without asking the guest', () => {
    expect(ACTION_IDS.filter((action) => needsTypedName(action, aDomain()))).toEqual(['reset', 'destroy']);
    expect(needsTypedName('shutdown', aDomain(), { thenForce: true })).toBe(true);
    // VirtualBox resets in place of a reboot.
    expect(needsTypedName('reboot', aDomain({ driver: 'VBOX' }))).toBe(true);
  });

  it('autostart turns round what is', () => {
    expect(optionsOf('autostart', aDomain({ autostart: true }), NO_CHOICE)).toEqual({ enabled: false });
    expect(optionsOf('autostart', aDomain({ autostart: false }), NO_CHOICE)).toEqual({ enabled: true });
    expect(ACTION_IDS.filter((action) => optionsOf(action, aDomain(), NO_CHOICE) !== undefined)).toEqual(['autostart']);
  });

  it('sends of what was chosen what the API takes of it', () => {
    const choice = { mode: 'agent', timeoutSeconds: '30', thenForce: true } as const;
    expect(optionsOf('shutdown', aDomain(), choice)).toEqual({ mode: 'agent', timeoutSeconds: 30, thenForce: true });
    expect(optionsOf('reboot', aDomain(), choice)).toEqual({ mode: 'agent', timeoutSeconds: 30 });
    expect(optionsOf('suspend', aDomain(), choice)).toBeUndefined();
    for (const [options, isRight] of [
      [optionsOf('shutdown', aDomain(), choice), true],
      [{ thenForce: true }, false],
    ] as const) {
      expect(ACTIONS.shutdown.options.safeParse(options).success).toBe(isRight);
    }
  });

  it.each([
    ['QEMU', ['auto', 'acpi', 'agent']],
    ['LXC', ['auto', 'initctl', 'signal']],
    ['Something', ['auto', 'acpi', 'agent', 'paravirt', 'initctl', 'signal']],
    [undefined, ['auto', 'acpi', 'agent', 'paravirt', 'initctl', 'signal']],
  ])('offers the ways of the driver %s', (driver, modes) => {
    expect(modesOf('shutdown', { driver })).toEqual(modes);
  });

  it.each([
    ['', false, true],
    ['', true, false],
    ['1', true, true],
    ['3600', false, true],
    ['0', false, false],
    ['3601', false, false],
    ['1.5', false, false],
  ])('takes "%s" seconds, then force %s: %s', (timeoutSeconds, thenForce, isValid) => {
    expect(isTimeoutValid({ ...NO_CHOICE, timeoutSeconds, thenForce })).toBe(isValid);
  });

  it('on a host that is lost is withheld, with the reason', () => {
    const domain = withheld(aDomain(), 'kvm1 is lost');
    expect(ACTION_IDS.map((action) => refusalOf(action, domain, { mayOperate: true }))).toEqual(
      ACTION_IDS.map(() => 'kvm1 is lost'),
    );
  });
});

describe('whether an action can be asked for', () => {
  it.each<[string, ActionId, Parameters<typeof refusalOf>[2], string | undefined]>([
    ['it is allowed', 'shutdown', { mayOperate: true }, undefined],
    ['the panel lets', 'shutdown', { mayOperate: true, canExecute: true }, undefined],
    ['the API refuses', 'start', { mayOperate: true }, 'running: nothing to start'],
    ['Grafana refuses', 'shutdown', { mayOperate: false }, 'Needs the role "Vireo operator" of Grafana.'],
    [
      'the dashboard refuses',
      'shutdown',
      { mayOperate: true, canExecute: false },
      'This dashboard does not let you run actions.',
    ],
  ])('when %s', (_, action, acting, refusal) => {
    expect(refusalOf(action, aDomain(), acting)).toBe(refusal);
  });

  it('of a driver that lacks it, it says so and what helps', () => {
    const domain = aDomain({
      driver: 'ESX',
      allowedActions: [],
      refusedActions: { reset: 'driver esx: no reset' },
      refusalCodes: { reset: 'driver-lacks-action' },
    });
    expect(refusalOf('reset', domain, { mayOperate: true })).toBe(
      'libvirt’s driver for VMware ESX has no such action. Force it off and start it instead.',
    );
  });

  it('of an older Vireo, it says so', () => {
    const domain = aDomain({ allowedActions: [], refusedActions: {} });
    expect(refusalOf('nmi', domain, { mayOperate: true })).toBe('This Vireo does not know the action.');
  });
});

describe('the outcome of a task', () => {
  const observed = { at: '2026-11-24T10:02:00.000Z', state: 'shutoff', reason: 'shutdown' };

  it.each<[Partial<Task>, ReturnType<typeof outcomeOf>]>([
    [{ state: 'accepted' }, { kind: 'waiting', severity: 'info' }],
    [{ state: 'running' }, { kind: 'running', severity: 'info' }],
    [
      { state: 'succeeded', changed: true },
      { kind: 'done', severity: 'success' },
    ],
    [
      { state: 'succeeded', changed: false },
      { kind: 'unchanged', severity: 'success' },
    ],
    [{ state: 'timed_out' }, { kind: 'no-reaction', severity: 'warning', escalation: 'destroy' }],
    [
      { state: 'timed_out', action: 'reboot' },
      { kind: 'no-reaction', severity: 'warning', escalation: 'reset' },
    ],
    [
      { state: 'timed_out', action: 'start' },
      { kind: 'no-reaction', severity: 'warning' },
    ],
    [
      { state: 'timed_out', observed: { ...observed, goalReached: true } },
      { kind: 'late', severity: 'success' },
    ],
    [{ state: 'failed' }, { kind: 'failed', severity: 'error' }],
    [{ state: 'cancelled' }, { kind: 'cancelled', severity: 'warning' }],
    [{ state: 'unknown' }, { kind: 'unknown', severity: 'warning' }],
    [
      { state: 'unknown', observed: { ...observed, goalReached: false } },
      { kind: 'unknown', severity: 'warning' },
    ],
    [
      { state: 'unknown', observed: { ...observed, goalReached: true } },
      { kind: 'late', severity: 'success' },
    ],
  ])('%j', (changes, outcome) => {
    expect(outcomeOf(aTask(changes))).toEqual(outcome);
  });

  it('has a sentence of its own in every state', () => {
    const sentences = TASK_STATES.map((state) => outcomeText(outcomeOf(aTask({ state })), aTask({ state })));
    expect(new Set(sentences).size).toBe(TASK_STATES.length);
  });
});

describe('a button that would change nothing', () => {
  const acting = { mayOperate: true };
  it.each([
    ['start', 'running', /running already/],
    ['resume', 'running', /running already/],
    ['suspend', 'paused', /paused already/],
    ['shutdown', 'shutoff', /shut off already/],
    ['destroy', 'shutoff', /shut off already/],
  ] as const)('%s of a domain that is %s says so, though the API would take it', (action, state, why) => {
    expect(refusalOf(action, aDomain({ state, allowedActions: [action] }), acting)).toMatch(why);
  });

  it.each([
    ['start', 'shutoff'],
    ['resume', 'paused'],
    ['suspend', 'running'],
    ['destroy', 'paused'],
  ] as const)('%s of a domain that is %s is none', (action, state) => {
    expect(refusalOf(action, aDomain({ state, allowedActions: [action] }), acting)).toBeUndefined();
  });
});
