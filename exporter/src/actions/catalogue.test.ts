// SPDX-License-Identifier: Apache-2.0

import { ACTION_IDS } from '../contract/actions.ts';
import type { ActionId } from '../contract/actions.ts';
import { REFUSAL_CODES } from '../contract/refusals.ts';
import { allowedActions, verdictOn } from './catalogue.ts';
import type { DomainFacts, Verdict } from './catalogue.ts';

const QEMU = { driver: 'QEMU', readOnly: false };

const OFF: DomainFacts = { id: -1, state: 'shutoff', reason: 'shutdown', persistent: true, managedSave: false };
const DOMAINS = {
  off: OFF,
  saved: { ...OFF, reason: 'saved', managedSave: true },
  running: { ...OFF, id: 1, state: 'running', reason: 'booted' },
  transient: { ...OFF, id: 1, state: 'running', reason: 'booted', persistent: false },
  paused: { ...OFF, id: 1, state: 'paused', reason: 'user' },
  goingDown: { ...OFF, id: 1, state: 'shutdown', reason: 'unknown' },
  asleep: { ...OFF, id: 1, state: 'pmsuspended', reason: 'unknown' },
  crashed: { ...OFF, id: 1, state: 'crashed', reason: 'panicked' },
  saving: { ...OFF, id: 1, state: 'paused', reason: 'save' },
} as const satisfies Record<string, DomainFacts>;

/** "yes" changes something, "same" is allowed and changes nothing, anything else is why not. */
function shown(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'no verdict';
  if (!verdict.allowed) return verdict.reason;
  return verdict.changes ? 'yes' : 'same';
}

const START = 'shut off: start it first';
const RESUME = 'paused: resume first';
const DOWN = 'going down: wait, or force it off';
const SLEEPS = 'pmsuspended: the guest sleeps; wake it from inside, or force it off';
const CRASHED = 'crashed: reset it or force it off';
const SAVING = 'paused by a job (save): wait until it ends';
const COLUMNS = ['off', 'saved', 'running', 'transient', 'paused', 'goingDown', 'asleep', 'crashed', 'saving'] as const;

/** One row an action, one column a domain, in the order of COLUMNS. */
const MATRIX: Readonly<Record<ActionId, readonly string[]>> = {
  start: ['yes', 'yes', 'same', 'same', 'paused: resume instead', DOWN, SLEEPS, CRASHED, SAVING],
  shutdown: ['same', 'same', 'yes', 'yes', RESUME, DOWN, SLEEPS, CRASHED, SAVING],
  reboot: [START, START, 'yes', 'yes', RESUME, DOWN, SLEEPS, CRASHED, SAVING],
  reset: [START, START, 'yes', 'yes', 'yes', DOWN, SLEEPS, 'yes', SAVING],
  suspend: [START, START, 'yes', 'yes', 'same', DOWN, SLEEPS, CRASHED, SAVING],
  resume: [START, START, 'same', 'same', 'yes', DOWN, SLEEPS, 'yes', SAVING],
  destroy: ['same', 'same', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes'],
  'managed-save': [
    'shut off: nothing to save',
    'same',
    'yes',
    'transient: cannot save',
    'yes',
    DOWN,
    SLEEPS,
    CRASHED,
    SAVING,
  ],
  'managed-save-remove': ['same', 'yes', 'same', 'same', 'same', 'same', 'same', 'same', 'same'],
  nmi: [START, START, 'yes', 'yes', 'yes', DOWN, SLEEPS, CRASHED, SAVING],
  autostart: ['yes', 'yes', 'yes', 'transient: cannot start with its host', 'yes', 'yes', 'yes', 'yes', 'yes'],
};

describe('what QEMU’s domains allow', () => {
  const cells = ACTION_IDS.flatMap((action) =>
    COLUMNS.map((column, index) => [action, column, MATRIX[action][index] ?? 'no cell'] as const),
  );
  test.each(cells)('%s on a domain that is %s: %s', (action, column, expected) => {
    expect(shown(allowedActions(DOMAINS[column], QEMU).get(action))).toBe(expected);
  });

  test('a start says when it restores, and when it discards what was saved', () => {
    expect(verdictOn('start', DOMAINS.saved, QEMU)).toMatchObject({ note: 'restores-saved-state' });
    const forced = verdictOn('start', DOMAINS.saved, QEMU, { forceBoot: true });
    expect(forced).toMatchObject({ note: 'discards-saved-state' });
    expect(verdictOn('start', DOMAINS.off, QEMU)).not.toHaveProperty('note');
  });

  test('a paused start of a domain that is paused changes nothing, of one that runs is refused', () => {
    expect(shown(verdictOn('start', DOMAINS.paused, QEMU, { paused: true }))).toBe('same');
    expect(shown(verdictOn('start', DOMAINS.running, QEMU, { paused: true }))).toBe('running: suspend instead');
  });

  test('an autostart that is set already changes nothing', () => {
    const domain = { ...DOMAINS.running, autostart: true };
    expect(shown(verdictOn('autostart', domain, QEMU, { enabled: true }))).toBe('same');
    expect(shown(verdictOn('autostart', domain, QEMU, { enabled: false }))).toBe('yes');
  });

  test('flags nobody knows forbid nothing', () => {
    const { persistent: _persistent, managedSave: _managedSave, ...running } = DOMAINS.running;
    const { persistent: _p, managedSave: _m, ...saved } = DOMAINS.saved;
    expect(shown(verdictOn('managed-save', running, QEMU))).toBe('yes');
    expect(shown(verdictOn('autostart', running, QEMU, { enabled: true }))).toBe('yes');
    expect(verdictOn('start', saved, QEMU)).toMatchObject({ note: 'restores-saved-state' });
  });

  test('a state newer than Vireo allows only force off, and setting autostart', () => {
    const verdicts = allowedActions({ ...DOMAINS.running, state: 'unknown-9' }, QEMU);
    const allowed = ACTION_IDS.filter((action) => verdicts.get(action)?.allowed);
    expect(allowed).toEqual(['destroy', 'autostart']);
    expect(shown(verdicts.get('start'))).toBe('unknown-9: this state is newer than Vireo');
  });
});

test('every reason has a code of its own, and every code of a domain or driver is given for one', () => {
  const hosts = ['QEMU', 'ESX'].map((driver) => ({ driver, readOnly: false }));
  const domains: readonly DomainFacts[] = [...Object.values(DOMAINS), { ...DOMAINS.running, state: 'unknown-9' }];
  const options: readonly Readonly<Record<string, unknown>>[] = [{}, { paused: true }, { mode: 'agent' }];
  const reasons = new Map<string, Set<string>>();
  for (const host of [...hosts, { driver: 'QEMU', readOnly: true }]) {
    for (const action of ACTION_IDS) {
      for (const verdict of domains.flatMap((domain) => options.map((one) => verdictOn(action, domain, host, one)))) {
        if (verdict.allowed) continue;
        reasons.set(verdict.reasonCode, (reasons.get(verdict.reasonCode) ?? new Set()).add(verdict.reason));
      }
    }
  }
  const elsewhere = ['host-lost', 'privilege'];
  expect([...reasons.keys(), ...elsewhere].sort()).toEqual([...REFUSAL_CODES].sort());
  const texts = [...reasons.values()].flatMap((of) => [...of]);
  expect(new Set(texts).size).toBe(texts.length);
});

describe('what a host forbids', () => {
  test('read-only mode refuses everything, whatever the state', () => {
    for (const domain of Object.values(DOMAINS)) {
      for (const verdict of allowedActions(domain, { ...QEMU, readOnly: true }).values()) {
        expect(verdict).toEqual({
          allowed: false,
          code: 'VIREO_READ_ONLY',
          reasonCode: 'read-only',
          reason: 'read-only mode',
        });
      }
    }
  });

  test.each([
    ['ESX', ['reset', 'managed-save', 'managed-save-remove', 'nmi']],
    ['Xen', ['reset', 'nmi']],
    ['LXC', ['reset', 'managed-save', 'managed-save-remove', 'nmi']],
    ['Hyper-V', ['nmi']],
    ['VBOX', ['reset', 'managed-save', 'managed-save-remove', 'nmi', 'autostart']],
    ['QEMU', []],
    ['TEST', []],
    ['a driver of next year', []],
  ])('driver %s lacks %j', (driver, lacking) => {
    const verdicts = allowedActions(DOMAINS.running, { driver, readOnly: false });
    const lacks = [...verdicts]
      .filter(([, v]) => !v.allowed && v.code === 'VIREO_UNSUPPORTED')
      .map(([action]) => action);
    expect(lacks).toEqual(ACTION_IDS.filter((action) => lacking.includes(action)));
    for (const action of lacks) {
      expect(shown(verdicts.get(action))).toBe(`driver ${driver.toLowerCase()}: no ${action}`);
    }
  });

  test('what a daemon once refused as unknown to it is refused from then on', () => {
    const verdict = verdictOn('nmi', DOMAINS.running, { ...QEMU, lacks: new Set(['nmi']) });
    expect(verdict).toMatchObject({ allowed: false, code: 'VIREO_UNSUPPORTED', reason: 'driver qemu: no nmi' });
  });

  test('a mode the driver lacks is refused, and the others named', () => {
    const refused = verdictOn('reboot', DOMAINS.running, { driver: 'Xen', readOnly: false }, { mode: 'agent' });
    expect(shown(refused)).toBe('driver xen: no reboot by agent, only auto, paravirt');
    expect(shown(verdictOn('reboot', DOMAINS.running, QEMU, { mode: 'agent' }))).toBe('yes');
    expect(shown(verdictOn('shutdown', DOMAINS.running, QEMU, { mode: 'auto' }))).toBe('yes');
  });

  test('where an action means something else, its verdict says so', () => {
    const esx = verdictOn('suspend', DOMAINS.running, { driver: 'ESX', readOnly: false });
    expect(esx).toEqual({ allowed: true, changes: true, note: 'suspends-to-disk' });
  });

  test('what the driver got later than the libvirt there is refused, and tried where the table knows no better', () => {
    const on = (driver: string, libvirtVersion: string, action: ActionId): string =>
      shown(verdictOn(action, DOMAINS.running, { driver, libvirtVersion, readOnly: false }));
    expect(on('Hyper-V', '6.8.0', 'reset')).toBe('driver hyper-v: no reset');
    expect(on('Hyper-V', '6.9.0', 'reset')).toBe('yes');
    expect(on('Hyper-V', '6.10.0', 'reset')).toBe('yes');
    expect(on('ESX', '12.5.0', 'reset')).toBe('driver esx: no reset');
    expect(on('ESX', '12.6.0', 'reset')).toBe('yes');
    expect(on('bhyve', '9.0.0', 'suspend')).toBe('driver bhyve: no suspend');
    expect(on('bhyve', '11.0.0', 'suspend')).toBe('yes');
  });

  test('force off of VMware Workstation says that it only asks', () => {
    const verdict = verdictOn('destroy', DOMAINS.running, { driver: 'VMware', readOnly: false });
    expect(verdict).toMatchObject({ allowed: true, note: 'not-forced' });
  });
});
