// SPDX-License-Identifier: Apache-2.0
// Every action in every state of a real QEMU domain, through HTTP. The table says what must be, from what libvirt 9.0
// was seen to do and what the API promises on top; it is not read from the catalogue, so the two can disagree.
import { domainFull } from '../../exporter/src/contract/api.ts';
import type { DomainFull } from '../../exporter/src/contract/api.ts';
import { ended, openActionLab, STATES, taskOf } from '../lab/action-lab.ts';
import type { ActionLab, StateName } from '../lab/action-lab.ts';
import type { LogLine } from '../lab/exporter.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

/** What must become of an action: see the four functions below. */
interface Cell {
  readonly status: 200 | 202 | 409;
  readonly end?: 'succeeded' | 'timed_out';
  readonly audit: readonly string[];
  /** As virsh tells it; undefined: as it was. */
  readonly after?: string;
  /** What the reason of a refusal begins with. */
  readonly because?: string;
}

/** It is done, and the domain is then as virsh tells it. */
const done = (after: string): Cell => ({
  status: 202,
  end: 'succeeded',
  audit: ['requested', 'accepted', 'started', 'succeeded'],
  after,
});
/** The domain already is as asked. libvirt's drivers disagree whether that is an error; the API does not. */
const same: Cell = { status: 200, end: 'succeeded', audit: ['requested', 'accepted', 'succeeded'] };
/** libvirt takes it, and the guest does not care. */
const ignored: Cell = { status: 202, end: 'timed_out', audit: ['requested', 'accepted', 'started', 'timed_out'] };
/** It is not even sent. */
const no = (because: string): Cell => ({ status: 409, audit: ['requested', 'refused'], because });

const [off, saved] = ['shut off (destroyed)', 'shut off (saved), saved image'];
const autostarts = (state: StateName): Cell => done(`${STATES[state]}, starts with its host`);

// An action a line, as the fact sheet has it.
// prettier-ignore
const MATRIX: Readonly<Record<string, Readonly<Record<StateName, Cell>>>> = {
  // libvirt: 55 unless off, where it restores what was saved
  start: { off: done('running (booted)'), saved: done('running (restored)'), running: same, paused: no('paused'), transient: same, asleep: no('pmsuspended'), crashed: no('crashed') },
  // libvirt: 55 unless running
  shutdown: { off: same, saved: same, running: ignored, paused: no('paused'), transient: ignored, asleep: no('pmsuspended'), crashed: no('crashed') },
  // libvirt: 55 only when off; of a guest that does not run it is queued without a word
  reboot: { off: no('shut off'), saved: no('shut off'), running: ignored, paused: no('paused'), transient: ignored, asleep: no('pmsuspended'), crashed: no('crashed') },
  // libvirt: 55 only when off; a paused guest stays paused, a crashed one is paused
  reset: { off: no('shut off'), saved: no('shut off'), running: done('running (booted)'), paused: done('paused (user)'), transient: done('running (booted)'), asleep: no('pmsuspended'), crashed: done('paused (crashed)') },
  // libvirt: 55 when off or asleep; says ok to a crashed guest and does nothing
  suspend: { off: no('shut off'), saved: no('shut off'), running: done('paused (user)'), paused: same, transient: done('paused (user)'), asleep: no('pmsuspended'), crashed: no('crashed') },
  // libvirt: 55 when running, off or asleep
  resume: { off: no('shut off'), saved: no('shut off'), running: same, paused: done('running (unpaused)'), transient: same, asleep: no('pmsuspended'), crashed: done('running (unpaused)') },
  // libvirt: 55 when off
  destroy: { off: same, saved: same, running: done(off), paused: done(off), transient: done('gone'), asleep: done(off), crashed: done(off) },
  // libvirt: 55 when off or transient; an image of a sleeping or crashed guest never comes back to life
  'managed-save': { off: no('shut off'), saved: same, running: done(saved), paused: done(saved), transient: no('transient'), asleep: no('pmsuspended'), crashed: no('crashed') },
  'managed-save-remove': { off: same, saved: done('shut off (saved)'), running: same, paused: same, transient: same, asleep: same, crashed: same },
  // libvirt: 55 only when off
  nmi: { off: no('shut off'), saved: no('shut off'), running: done('running (booted)'), paused: done('paused (user)'), transient: done('running (booted)'), asleep: no('pmsuspended'), crashed: no('crashed') },
  // libvirt: 55 only when transient
  autostart: { off: autostarts('off'), saved: autostarts('saved'), running: autostarts('running'), paused: autostarts('paused'), transient: no('transient'), asleep: autostarts('asleep'), crashed: autostarts('crashed') },
};

const OPTIONS: Readonly<Record<string, object>> = {
  shutdown: { timeoutSeconds: 1 },
  reboot: { timeoutSeconds: 1 },
  autostart: { enabled: true },
};
const STATE_NAMES = Object.keys(STATES) as StateName[];
const ACTIONS = Object.keys(MATRIX);

/** What became of an action. */
interface Outcome {
  readonly status: number;
  readonly code: unknown;
  readonly detail: unknown;
  readonly end: string | undefined;
  readonly changed: boolean | undefined;
  /** Why the API called it refused before; undefined when it called it allowed. */
  readonly reason: string | undefined;
  readonly before: string;
  readonly after: string;
  readonly reboots: number;
  readonly audit: readonly LogLine[];
}

let here: ActionLab;
const outcomes = new Map<string, Outcome | Error>();

/** Tries one action; domains are called like the states they are brought into. */
async function attempt(state: StateName, action: string): Promise<Outcome> {
  await here.bring(state, state);
  let shown: DomainFull | undefined;
  const [before, reboots, uuid] = [await here.seen(state), here.reboots(state), await here.uuidOf(state)];
  const mayBe = MATRIX[action]?.[state].because === undefined;
  await waitFor(
    async () => {
      shown = domainFull.parse((await here.api.get(`/hosts/lab/domains/${uuid}`)).json);
      return shown.allowedActions.some((allowed) => allowed === action) === mayBe;
    },
    // libvirt tells of no change of the flags: the API learns them with the next poll.
    { what: `the API calls ${action} of one that is ${state} ${mayBe ? 'allowed' : 'refused'}`, deadlineMs: 20_000 },
  );
  const reason = `${action} of one that is ${state}`;
  const answer = await here.ask(state, action, { reason, options: OPTIONS[action] ?? {} });
  const task = answer.status < 300 ? await ended(here.api, taskOf(answer)) : undefined;
  const audit = await waitFor(
    () => {
      const lines = here.audit({ reason });
      const last = String(lines.at(-1)?.['event']);
      return /\.(?:refused|succeeded|failed|timed_out|cancelled|unknown)$/.test(last) && lines;
    },
    { what: `${reason} is on record`, deadlineMs: 20_000 },
  );
  return {
    status: answer.status,
    code: answer.json?.['code'],
    detail: answer.json?.['detail'],
    end: task?.state,
    changed: task?.changed,
    reason: shown?.refusedActions[action],
    before,
    after: await here.seen(state),
    reboots: here.reboots(state) - reboots,
    audit,
  };
}

beforeAll(async () => {
  here = await openActionLab(STATE_NAMES.filter((name) => name !== 'transient'));
  await Promise.all(
    STATE_NAMES.map(async (state) => {
      for (const action of ACTIONS) {
        const outcome = await attempt(state, action).catch((error: unknown) => error as Error);
        outcomes.set(`${state} ${action}`, outcome);
      }
    }),
  );
}, 400_000);

afterAll(() => here.lab.close());

describe.each(STATE_NAMES)('a domain that is %s', (state) => {
  test.each(ACTIONS)('%s', (action) => {
    const outcome = outcomes.get(`${state} ${action}`);
    const cell = MATRIX[action]?.[state];
    if (outcome instanceof Error) throw outcome;
    if (outcome === undefined || cell === undefined) throw new Error('not tried');
    expect(outcome.before).toBe(STATES[state]);
    expect([outcome.status, outcome.end, outcome.after]).toEqual([cell.status, cell.end, cell.after ?? outcome.before]);
    expect(outcome.reason === undefined).toBe(cell.because === undefined);
    if (cell.because !== undefined) {
      expect(outcome.code).toBe('VIREO_STATE');
      expect(outcome.reason).toMatch(new RegExp(`^${cell.because}: `));
      expect(outcome.detail).toBe(`${state}: ${String(outcome.reason)}`);
      expect(outcome.audit.at(-1)).toMatchObject({ code: 'VIREO_STATE', detail: outcome.detail });
    }
    if (cell.end === 'succeeded') expect(outcome.changed).toBe(cell.status === 202);
    if (action === 'reset' && cell.status === 202) expect(outcome.reboots).toBeGreaterThan(0);

    const events = outcome.audit.map((line) => String(line['event']).replace('action.', ''));
    expect(events.filter((event) => event !== 'step')).toEqual(cell.audit);
    for (const line of outcome.audit) {
      expect(line).toMatchObject({ tokenName: 'ops', address: '127.0.0.1', host: 'lab', action });
      if (line['event'] !== 'action.requested') expect(line['domain']).toBe(state);
    }
  });
});

test('the start of a saved domain says on record that it restores', () => {
  const outcome = outcomes.get('saved start');
  const lines = outcome instanceof Error ? [] : (outcome?.audit ?? []);
  const steps = lines.filter((line) => line['event'] === 'action.step').map((line) => line['detail']);
  expect(steps).toEqual(['note: restores the saved state']);
});
