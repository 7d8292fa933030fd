// SPDX-License-Identifier: Apache-2.0
// Carries out one action when its turn has come: look at the domain, send, and watch until the goal is seen, cannot be
// reached any more, or the deadline has passed. Nothing is ever sent twice.

import { RemoteError } from '@vireo/libvirt';
import { deadlineSeconds } from '../contract/actions.ts';
import type { ControlLane } from '../hosts/action-connection.ts';
import { ActionError, actionErrorOf } from './action-error.ts';
import type { ActionHost } from './action-host.ts';
import { verdictOn } from './catalogue.ts';
import type { HostFactsForActions } from './catalogue.ts';
import { DomainLook } from './domain-look.ts';
import { driverSpec } from '../contract/drivers.ts';
import type { DriverSpec } from '../contract/drivers.ts';
import { judge } from './judge.ts';
import { sendAction } from './operations.ts';
import { OutcomeWatch } from './outcome.ts';
import { PendingCall } from './pending-call.ts';
import type { Reading } from './read-domain.ts';
import type { TaskEnd, TaskRecord } from './task-record.ts';

/** How often a driver without events is asked. */
const LOOK_AGAIN_MS = 2000;
/** A reset makes two events with QEMU, the second from the firmware; it must not be taken for the next action's. */
const REBOOT_QUIET_MS = 1000;
const RESET_LOOK_MS = 500;
const FORCE_MS = 30_000;
/** A call waits up to 30 s for the domain's lock, then says who holds it. */
const LOCK_MS = 35_000;
/** How long an ended action's call may take to return before the next action has its turn. */
const RETURN_MS = 2000;
/** How soon before the end of Vireo a last look must be done. */
const LAST_LOOK_MS = 1000;

/** What an execution needs. */
export interface ExecutionContext {
  readonly host: ActionHost;
  readonly record: TaskRecord;
  readonly ifDomainId?: number;
  readonly facts: () => HostFactsForActions;
  /** Waits for one of the host's few places for calls; gives the place back when told. */
  readonly enter: (lane: ControlLane, signal: AbortSignal) => Promise<() => void>;
  /** The driver has no such function. */
  readonly onUnsupported: () => void;
}

/** A look at the domain, and how the action ends by it. */
interface Look {
  readonly now: Reading | null | undefined;
  readonly end: TaskEnd | undefined;
}

/** Why an execution is ended from outside; the reason of its signal. */
export type Interruption = 'overtaken' | 'stopped';

/** One action being carried out. */
export class Execution {
  readonly #context: ExecutionContext;
  readonly #signal: AbortSignal;
  readonly #watch: OutcomeWatch;
  readonly #driver: DriverSpec;
  readonly #domain: DomainLook;
  readonly #lane: ControlLane;
  #release: (() => void) | undefined;
  #before: Reading | undefined;

  /** Runs to the task's end; never rejects. The value is what the domain was before, if anything was sent. */
  static async run(context: ExecutionContext, signal: AbortSignal): Promise<Reading | undefined> {
    const execution = new Execution(context, signal);
    try {
      context.record.end(await execution.#run());
    } catch (error) {
      context.record.end({ state: 'failed', error: actionErrorOf(error) });
    } finally {
      execution.#release?.();
      execution.#watch.end();
    }
    return execution.#before;
  }

  private constructor(context: ExecutionContext, signal: AbortSignal) {
    const { host, record } = context;
    this.#context = context;
    this.#signal = signal;
    this.#lane = record.task.action === 'destroy' ? 'urgent' : 'normal';
    this.#driver = driverSpec(context.facts().driver);
    this.#watch = new OutcomeWatch(host, record.task.uuid);
    this.#domain = new DomainLook(host, record.task, this.#lane);
    signal.addEventListener('abort', () => {
      this.#watch.poke();
    });
  }

  async #run(): Promise<TaskEnd> {
    const { record, enter } = this.#context;
    const { action, options } = record.task;
    try {
      this.#release = await enter(this.#lane, this.#signal);
    } catch (error) {
      return this.#interrupted() ?? { state: 'failed', error: actionErrorOf(error) };
    }
    let before: Reading | null;
    let memoryBytes: number | undefined;
    try {
      before = await this.#domain.read();
      if (action === 'managed-save' && before !== null) memoryBytes = await this.#domain.memoryBytes(before);
    } catch (error) {
      // Nothing was sent, so this is a failure and no mystery.
      return this.#interrupted() ?? { state: 'failed', error: actionErrorOf(error) };
    }
    const settled = this.#settleBefore(before);
    if (settled !== undefined || before === null) return settled ?? this.#gone();
    const deadlineMs = deadlineSeconds(action, options, memoryBytes) * 1000;
    record.start(deadlineMs + this.#graceMs());
    return await this.#carryOut(before, deadlineMs);
  }

  /** What the state decides before anything is sent. */
  #settleBefore(before: Reading | null): TaskEnd | undefined {
    const { record, ifDomainId, facts } = this.#context;
    const { action, options, domain } = record.task;
    const interrupted = this.#interrupted();
    if (interrupted !== undefined || before === null) return interrupted;
    const refusal = nameRefusal(record.task, before, domain) ?? idRefusal(domain, before, ifDomainId);
    if (refusal !== undefined) return { state: 'failed', error: refusal, seen: before };
    const verdict = verdictOn(action, before, facts(), options);
    if (!verdict.allowed) {
      const { code, reason, reasonCode } = verdict;
      return { state: 'failed', error: new ActionError(code, `${domain}: ${reason}`, { reasonCode }), seen: before };
    }
    if (!verdict.changes) return { state: 'succeeded', changed: false, seen: before };
    if (verdict.note !== undefined) record.step(verdict.note);
    return undefined;
  }

  #gone(): TaskEnd {
    const { action, domain } = this.#context.record.task;
    if (action === 'destroy' || action === 'shutdown') return { state: 'succeeded', changed: false, seen: null };
    return { state: 'failed', error: new ActionError('VIREO_DOMAIN_UNKNOWN', `${domain} is gone`), seen: null };
  }

  async #carryOut(before: Reading, deadlineMs: number): Promise<TaskEnd> {
    const { record } = this.#context;
    const { action, options } = record.task;
    this.#before = before;
    this.#watch.forget();
    const call = this.#send(before, deadlineMs);
    const end = await this.#watchUntil(before, call, performance.now() + deadlineMs);
    if (end !== 'deadline') return end;
    if (action === 'shutdown' && options['thenForce'] === true) return await this.#force(before, call, deadlineMs);
    return await this.#timeOut(before, call, deadlineMs);
  }

  #send(before: Reading, deadlineMs: number): PendingCall {
    const { host, record } = this.#context;
    const { action, options } = record.task;
    // A request that waits for the domain's lock should live to hear who holds it.
    const callMs = Math.max(deadlineMs, LOCK_MS);
    const sending = host.withControl(
      (connection) =>
        sendAction(action, {
          connection,
          ref: before.ref,
          options,
          driver: this.#driver,
          call: { deadlineMs: callMs, signal: this.#signal, lane: this.#lane === 'urgent' ? 'urgent' : 'normal' },
          step: (code) => {
            record.step(code);
          },
        }),
      this.#lane,
    );
    return new PendingCall(sending, () => {
      this.#release?.();
      this.#watch.poke();
    });
  }

  /** Looks whenever something happens, until it is clear how it ends, or `endsAt` on the clock of `performance.now`. */
  async #watchUntil(before: Reading, call: PendingCall, endsAt: number): Promise<TaskEnd | 'deadline'> {
    const { action } = this.#context.record.task;
    for (;;) {
      const end = (await this.#lookAt(before, call)).end;
      if (end !== undefined) return end;
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) return 'deadline';
      // The end of the three seconds a reset's event may take must be noticed as well.
      await this.#watch.next(Math.min(leftMs, action === 'reset' ? RESET_LOOK_MS : LOOK_AGAIN_MS));
    }
  }

  /** Looks, and says what it means: `end` is undefined while it is open, `now` when the daemon did not say. */
  async #lookAt(before: Reading, sent: PendingCall): Promise<Look> {
    const interrupted = await this.#interruptedNow();
    if (interrupted !== undefined) return { now: undefined, end: interrupted };
    const lookedAt = performance.now();
    const now = await this.#domain.look();
    const { host, record, onUnsupported } = this.#context;
    const call = sent.at(lookedAt);
    const end = judge(now, { record, hostName: host.name, driver: this.#driver, watch: this.#watch, before, call });
    if (end === undefined) return { now, end: await this.#interruptedNow() };
    if (end.state === 'succeeded') await this.#settle(sent);
    const { error } = call;
    if (end.state === 'failed' && error instanceof RemoteError && error.name === 'VIR_ERR_NO_SUPPORT') onUnsupported();
    return { now, end };
  }

  async #force(before: Reading, shutdown: PendingCall, deadlineMs: number): Promise<TaskEnd> {
    const { host, record, enter } = this.#context;
    let release: () => void;
    try {
      release = await enter('urgent', AbortSignal.any([this.#signal, AbortSignal.timeout(FORCE_MS)]));
    } catch (error) {
      return (await this.#interruptedNow()) ?? { state: 'timed_out', error: actionErrorOf(error) };
    }
    // It may have gone down meanwhile, and been started anew. What cannot be looked at is not forced off.
    const { now, end: ended } = await this.#lookAt(before, shutdown);
    if (ended !== undefined || now === undefined) {
      release();
      return ended ?? (await this.#timeOut(before, shutdown, deadlineMs));
    }
    record.step('force-off');
    const sending = host.withControl(async (connection) => {
      await connection.domains.destroy(before.ref, {}, { deadlineMs: LOCK_MS, signal: this.#signal });
      return { rebootArmed: false };
    }, 'urgent');
    const call = new PendingCall(sending, () => {
      release();
      this.#watch.poke();
    });
    const end = await this.#watchUntil(before, call, performance.now() + FORCE_MS);
    if (end === 'deadline') return await this.#timeOut(before, call, FORCE_MS);
    // Whichever of the two did it, this task asked for both.
    return end.state === 'succeeded' ? { ...end, changed: true } : end;
  }

  async #timeOut(before: Reading, call: PendingCall, deadlineMs: number): Promise<TaskEnd> {
    const { record } = this.#context;
    const { action } = record.task;
    // libvirt may be about to say who holds the domain's lock.
    if (call.isPending && deadlineMs < LOCK_MS) await call.wait(LOCK_MS - deadlineMs);
    const armed = action === 'reboot' && (await this.#disarm(before, call));
    // A guest may answer at the last moment, while the reboot was being taken back.
    const { now, end } = await this.#lookAt(before, call);
    if (end !== undefined) return end;
    const parts = [
      `not within ${String(Math.round(deadlineMs / 1000))} s`,
      now === undefined ? 'the domain could not be looked at' : seenText(now),
      call.isPending ? 'libvirt has not answered yet' : 'libvirt took the request',
    ];
    if (call.isPending) parts.push(await this.#domain.monitorText(before));
    if (armed) parts.push('the reboot stays armed: the next power-off from inside will be a reboot');
    const message = `${record.task.domain}: ${parts.filter((part) => part !== '').join('; ')}`;
    const error = new ActionError('VIREO_TASK_TIMED_OUT', message);
    return { state: 'timed_out', error, ...(now === undefined ? {} : { seen: now }) };
  }

  /**
   * QEMU's driver keeps a reboot that the guest ignored: its next power-off, for whatever reason, becomes a reboot. Only
   * shutdown, reset and destroy make libvirt forget it. A shutdown by ACPI is the mildest of them: it presses the power
   * button, as the reboot did, and a guest that ignored the one mostly ignores the other. One that has come to its
   * senses meanwhile shuts down, and stays off; so does one that was only slow. The step says so.
   *
   * @returns whether it is still armed
   */
  async #disarm({ ref }: Reading, call: PendingCall): Promise<boolean> {
    const { host, record } = this.#context;
    if (call.sent?.rebootArmed !== true || this.#watch.lastRebootAt !== undefined) return false;
    try {
      await host.withControl((connection) =>
        connection.domains.shutdown(ref, { acpi: true }, { deadlineMs: LOCK_MS, signal: this.#signal }),
      );
    } catch (error) {
      record.step('reboot-stays-armed', actionErrorOf(error).message);
      return true;
    }
    record.step('reboot-taken-back');
    return false;
  }

  /** Leaves nothing behind that the domain's next action could meet. */
  async #settle(call: PendingCall): Promise<void> {
    await call.wait(RETURN_MS);
    for (;;) {
      const { lastRebootAt } = this.#watch;
      const quietMs = lastRebootAt === undefined ? Infinity : performance.now() - lastRebootAt;
      if (quietMs >= REBOOT_QUIET_MS || this.#signal.aborted || this.#watch.hostLost !== undefined) return;
      await this.#watch.next(REBOOT_QUIET_MS - quietMs);
    }
  }

  #interrupted(): TaskEnd | undefined {
    if (!this.#signal.aborted) return undefined;
    const overtaken = this.#signal.reason === 'overtaken';
    const [code, message] = overtaken
      ? (['VIREO_TASK_OVERTAKEN', 'overtaken by force off'] as const)
      : (['VIREO_TASK_STOPPED', 'Vireo was stopped before it was sent'] as const);
    return { state: 'cancelled', error: new ActionError(code, message) };
  }

  /** Like {@link #interrupted}, after it was sent: whoever stops Vireo cannot know how it goes on. */
  async #interruptedNow(): Promise<TaskEnd | undefined> {
    if (!this.#signal.aborted || this.#signal.reason === 'overtaken') return this.#interrupted();
    const seen = await this.#domain.look(LAST_LOOK_MS);
    const { action } = this.#context.record.task;
    const armed =
      action === 'reboot' && this.#driver.ignoredRebootSticks && this.#watch.lastRebootAt === undefined
        ? '; if the guest ignores the reboot, its next power-off from inside is one'
        : '';
    const error = new ActionError('VIREO_TASK_STOPPED', `Vireo was stopped in mid-action${armed}`);
    return { state: 'unknown', error, ...(seen === undefined ? {} : { seen }) };
  }

  /** A shutdown that ends in force takes as much longer. */
  #graceMs(): number {
    const { action, options } = this.#context.record.task;
    return action === 'shutdown' && options['thenForce'] === true ? FORCE_MS : 0;
  }
}

/**
 * The refusal of a domain that is not called as it was when the caller's rights to it were checked, which go by names.
 * Its new name may be none of their business.
 */
export function nameRefusal(
  { host, uuid }: { readonly host: string; readonly uuid: string },
  now: Reading,
  name: string | undefined,
): ActionError | undefined {
  if (name === undefined || now.ref.name === name) return undefined;
  return new ActionError('VIREO_DOMAIN_UNKNOWN', `host "${host}" has no domain ${uuid} called ${name} any more`);
}

/** The refusal of a domain that started anew since the caller looked. */
export function idRefusal(domain: string, now: Reading, ifDomainId: number | undefined): ActionError | undefined {
  if (ifDomainId === undefined || now.id === ifDomainId) return undefined;
  const message = `${domain} has the id ${String(now.id)}, not ${String(ifDomainId)}: it stopped or started anew`;
  return new ActionError('VIREO_DOMAIN_ID', message);
}

function seenText(now: Reading | null): string {
  return now === null ? 'the domain is gone' : `the domain is ${now.state} (${now.reason})`;
}
