// SPDX-License-Identifier: Apache-2.0
// Carries out one action when its turn has come: look at the domain, send, and watch until the goal is seen, cannot be
// reached any more, or the deadline has passed. Nothing is ever sent twice.

import { AbortError, RemoteError, TimeoutError, TransportError } from '@vireo/libvirt';
import type { CallOptions } from '@vireo/libvirt';
import { ACTIONS, deadlineSeconds } from '../contract/actions.ts';
import type { ControlLane } from '../hosts/action-connection.ts';
import { ActionError, actionErrorOf } from './action-error.ts';
import type { ActionHost } from './action-host.ts';
import { verdictOn } from './catalogue.ts';
import type { HostFactsForActions } from './catalogue.ts';
import { driverSpec } from './drivers.ts';
import type { DriverSpec } from './drivers.ts';
import { isGoalReached, sendAction, whyLost } from './operations.ts';
import type { Progress, Sent } from './operations.ts';
import { OutcomeWatch } from './outcome.ts';
import { readDomain } from './read-domain.ts';
import type { Reading } from './read-domain.ts';
import type { TaskEnd, TaskRecord } from './task-record.ts';

/** Reading a domain takes no lock; a daemon that needs longer is in trouble. */
const READ_MS = 5000;
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

/** Why an execution is ended from outside; the reason of its signal. */
export type Interruption = 'overtaken' | 'stopped';

interface Call {
  /** Resolves when libvirt's call has returned or was given up; never rejects. */
  readonly settled: Promise<void>;
  returnedAt?: number;
  sent?: Sent;
  error?: unknown;
}

/** One action being carried out. */
export class Execution {
  readonly #context: ExecutionContext;
  readonly #signal: AbortSignal;
  readonly #watch: OutcomeWatch;
  readonly #driver: DriverSpec;
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
      before = await this.#read();
      if (action === 'managed-save' && before !== null) memoryBytes = await this.#memoryBytes(before);
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
    const refusal = idRefusal(domain, before, ifDomainId);
    if (refusal !== undefined) return { state: 'failed', error: refusal, seen: before };
    const verdict = verdictOn(action, before, facts(), options);
    if (!verdict.allowed) {
      return { state: 'failed', error: new ActionError(verdict.code, `${domain}: ${verdict.reason}`), seen: before };
    }
    if (!verdict.changes) return { state: 'succeeded', changed: false, seen: before };
    if (verdict.note !== undefined) record.step('note', verdict.note);
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
    if (action === 'shutdown' && options['thenForce'] === true) return await this.#force(before);
    return await this.#timeOut(before, call, deadlineMs);
  }

  #send(before: Reading, deadlineMs: number): Call {
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
          step: (what, detail) => {
            record.step(what, detail);
          },
        }),
      this.#lane,
    );
    const call: Call = {
      settled: sending
        .then(
          (sent) => {
            call.sent = sent;
            call.returnedAt = performance.now();
          },
          (error: unknown) => {
            call.error = error;
          },
        )
        .finally(() => {
          this.#release?.();
          this.#watch.poke();
        }),
    };
    return call;
  }

  /** Looks whenever something happens, until it is clear how it ends, or `endsAt` on the clock of `performance.now`. */
  async #watchUntil(before: Reading, call: Call, endsAt: number): Promise<TaskEnd | 'deadline'> {
    const { action } = this.#context.record.task;
    for (;;) {
      const end = (await this.#interruptedNow()) ?? (await this.#judge(await this.#look(), before, call));
      if (end !== undefined) return end;
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) return 'deadline';
      // The end of the three seconds a reset's event may take must be noticed as well.
      await this.#watch.next(Math.min(leftMs, action === 'reset' ? RESET_LOOK_MS : LOOK_AGAIN_MS));
    }
  }

  /** What a look means, `now` undefined when the daemon did not say; the value is undefined while it is open. */
  async #judge(now: Reading | null | undefined, before: Reading, call: Call): Promise<TaskEnd | undefined> {
    const { record } = this.#context;
    const { action, options } = record.task;
    const progress = this.#progress(before, call);
    if (now !== undefined && isGoalReached(action, options, this.#driver, now, progress)) {
      const changed = !(call.error instanceof RemoteError);
      if (!changed) record.step('somebody else was faster', actionErrorOf(call.error).message);
      await this.#settle(call);
      return { state: 'succeeded', changed, seen: now };
    }
    const lost = this.#lostMessage(call, now !== undefined);
    if (lost !== undefined) return { state: 'unknown', error: new ActionError('VIREO_TASK_DAEMON_LOST', lost) };
    if (call.error !== undefined) return this.#failed(call.error, now);
    if (now === undefined) return undefined;
    const why = whyLost(action, this.#driver, now, progress);
    if (why !== undefined) {
      const code = now === null ? 'VIREO_DOMAIN_UNKNOWN' : 'VIREO_STATE';
      return { state: 'failed', error: new ActionError(code, `${record.task.domain}: ${why}`), seen: now };
    }
    if (action === 'reboot' && this.#driver.rebootSignal === 'none' && progress.returnedMs !== undefined) {
      const message = 'the request was sent; this driver does not tell whether a guest rebooted';
      return { state: 'unknown', error: new ActionError('VIREO_TASK_UNSEEN', message), seen: now };
    }
    return undefined;
  }

  #failed(error: unknown, now: Reading | null | undefined): TaskEnd {
    const seen = now === undefined ? {} : { seen: now };
    if (error instanceof RemoteError && error.name === 'VIR_ERR_NO_SUPPORT') this.#context.onUnsupported();
    if (error instanceof TimeoutError && error.call.sentAt !== null) {
      return { state: 'timed_out', error: new ActionError('VIREO_TASK_TIMED_OUT', error.message), ...seen };
    }
    return { state: 'failed', error: actionErrorOf(error), ...seen };
  }

  /**
   * Why nobody can tell any more, if so. A call that never reached the daemon is no mystery; and a daemon that was lost
   * and is back can be asked for the state, though not for the reboots that were missed.
   */
  #lostMessage({ error, returnedAt }: Call, daemonAnswers: boolean): string | undefined {
    const { host, record } = this.#context;
    if (error instanceof TransportError && (error.code === 'LV_CONN_CLOSED' || error.code === 'LV_CONN_KEEPALIVE')) {
      return `the connection to host ${host.name} ended in mid-action: ${error.message}`;
    }
    const { hostLost } = this.#watch;
    const { goal } = ACTIONS[record.task.action];
    if (hostLost === undefined || (daemonAnswers && returnedAt !== undefined && goal !== 'rebooted')) return undefined;
    const armed = record.task.action === 'reboot' ? '; if the guest ignored the reboot, its next power-off is one' : '';
    return `host ${host.name} was lost in mid-action: ${hostLost}${armed}`;
  }

  async #force(before: Reading): Promise<TaskEnd> {
    const { host, record, enter } = this.#context;
    record.step('force off', 'the guest did not shut down in time');
    const release = await enter('urgent', this.#signal);
    const call: Call = {
      settled: host
        .withControl(
          (connection) => connection.domains.destroy(before.ref, {}, { deadlineMs: LOCK_MS, signal: this.#signal }),
          'urgent',
        )
        .then(
          () => {
            call.returnedAt = performance.now();
          },
          (error: unknown) => {
            call.error = error;
          },
        )
        .finally(() => {
          release();
          this.#watch.poke();
        }),
    };
    const end = await this.#watchUntil(before, call, performance.now() + FORCE_MS);
    if (end !== 'deadline') return end;
    return await this.#timeOut(before, call, FORCE_MS);
  }

  async #timeOut(before: Reading, call: Call, deadlineMs: number): Promise<TaskEnd> {
    const { record } = this.#context;
    const { action } = record.task;
    // libvirt may be about to say who holds the domain's lock.
    if (isPending(call) && deadlineMs < LOCK_MS) await this.#returnOf(call, LOCK_MS - deadlineMs);
    const armed = action === 'reboot' && (await this.#disarm(before, call));
    // A guest may answer at the last moment, while the reboot was being taken back.
    const now = await this.#look();
    const end = (await this.#interruptedNow()) ?? (await this.#judge(now, before, call));
    if (end !== undefined) return end;
    const parts = [
      `not within ${String(Math.round(deadlineMs / 1000))} s`,
      now === undefined ? 'the domain could not be looked at' : seenText(now),
      isPending(call) ? 'libvirt has not answered yet' : 'libvirt took the request',
    ];
    if (isPending(call)) parts.push(await this.#controlText(before));
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
  async #disarm({ ref }: Reading, call: Call): Promise<boolean> {
    const { host, record } = this.#context;
    if (call.sent?.rebootArmed !== true || this.#watch.lastRebootAt !== undefined) return false;
    try {
      await host.withControl((connection) =>
        connection.domains.shutdown(ref, { acpi: true }, { deadlineMs: LOCK_MS, signal: this.#signal }),
      );
    } catch (error) {
      record.step('the ignored reboot could not be taken back', actionErrorOf(error).message);
      return true;
    }
    record.step(
      'the ignored reboot was taken back',
      'by a shutdown request (ACPI), so that a later power-off from inside stays off; ' +
        'a guest that answers late shuts down now and stays off',
    );
    return false;
  }

  #progress(before: Reading, call: Call): Progress {
    const { returnedAt } = call;
    return {
      before,
      rebooted: this.#watch.lastRebootAt !== undefined,
      ...(returnedAt === undefined ? {} : { returnedMs: performance.now() - returnedAt }),
    };
  }

  /** Leaves nothing behind that the domain's next action could meet. */
  async #settle(call: Call): Promise<void> {
    await this.#returnOf(call, RETURN_MS);
    for (;;) {
      const { lastRebootAt } = this.#watch;
      const quietMs = lastRebootAt === undefined ? Infinity : performance.now() - lastRebootAt;
      if (quietMs >= REBOOT_QUIET_MS || this.#signal.aborted || this.#watch.hostLost !== undefined) return;
      await this.#watch.next(REBOOT_QUIET_MS - quietMs);
    }
  }

  /** Waits for the return of a call, not longer than `ms`. An interruption ends the call, and so this. */
  async #returnOf(call: Call, ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([call.settled, timeout]);
    clearTimeout(timer);
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
    const seen = await this.#look(LAST_LOOK_MS);
    const error = new ActionError('VIREO_TASK_STOPPED', 'Vireo was stopped in mid-action');
    return { state: 'unknown', error, ...(seen === undefined ? {} : { seen }) };
  }

  /** The domain as it is; undefined when the daemon does not say. */
  async #look(deadlineMs = READ_MS): Promise<Reading | null | undefined> {
    try {
      return await this.#read(deadlineMs);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return undefined;
    }
  }

  async #read(deadlineMs = READ_MS): Promise<Reading | null> {
    const { host, record } = this.#context;
    const { uuid, action } = record.task;
    const options: CallOptions = { deadlineMs };
    return await host.withControl((connection) => readDomain(connection, uuid, action, options), this.#lane);
  }

  async #memoryBytes({ ref }: Reading): Promise<number | undefined> {
    try {
      const info = await this.#context.host.withControl((connection) =>
        connection.domains.info(ref, { deadlineMs: READ_MS }),
      );
      return info.maxMemoryBytes;
    } catch (error) {
      if (error instanceof AbortError || error instanceof RemoteError || error instanceof TimeoutError)
        return undefined;
      throw error;
    }
  }

  /** What libvirt says of the hypervisor process; '' where it says nothing. */
  async #controlText({ ref }: Reading): Promise<string> {
    try {
      const { state, stateTimeMs } = await this.#context.host.withControl(
        (connection) => connection.domains.controlInfo(ref, { deadlineMs: READ_MS, lane: 'urgent' }),
        'urgent',
      );
      return state === 'ok' ? '' : `its monitor is ${state} for ${String(Math.round(stateTimeMs / 1000))} s`;
    } catch {
      return '';
    }
  }

  /** A shutdown that ends in force takes as much longer. */
  #graceMs(): number {
    const { action, options } = this.#context.record.task;
    return action === 'shutdown' && options['thenForce'] === true ? FORCE_MS : 0;
  }
}

function isPending({ returnedAt, error }: Call): boolean {
  return returnedAt === undefined && error === undefined;
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
