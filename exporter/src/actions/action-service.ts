// SPDX-License-Identifier: Apache-2.0
// The door of this room: accepts actions, gives each its turn, keeps what became of it. Nothing survives the process but
// the audit log, and nothing is repeated by itself.

import { ACTION_IDS, ACTIONS, deadlineSeconds, requiredPrivileges } from '../contract/actions.ts';
import type { ActionId } from '../contract/actions.ts';
import type { Privilege } from '../contract/privileges.ts';
import { REFUSALS } from '../contract/refusals.ts';
import type { RefusalCode } from '../contract/refusals.ts';
import type { Actor, Task } from '../contract/tasks.ts';
import type { ControlLane } from '../hosts/action-connection.ts';
import { Gate } from '../hosts/gate.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import { ActionError, actionErrorOf } from './action-error.ts';
import type { ActionHost } from './action-host.ts';
import { lookAfter } from './aftermath.ts';
import { requestEvent } from './audit.ts';
import type { AuditLog } from './audit.ts';
import { verdictOn } from './catalogue.ts';
import type { DomainFacts, HostFactsForActions, Verdict } from './catalogue.ts';
import { DomainLine } from './domain-line.ts';
import { driverSpec } from '../contract/drivers.ts';
import { Execution, idRefusal, nameRefusal } from './execution.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { readDomain } from './read-domain.ts';
import type { Reading } from './read-domain.ts';
import { TaskHistory } from './task-history.ts';
import { TaskRecord } from './task-record.ts';

/** Calls of actions under way at one host; the rest wait. Watching a guest that takes its time is no call. */
const CALLS_MAX: Readonly<Record<ControlLane, number>> = { normal: 4, urgent: 6 };
const CALLS_WAITING_MAX = 2000;
const READ_MS = 5000;
/** How long a request may wait to have its domain looked at: a bulk request has hundreds. */
const LOOK_WAIT_MS = 30_000;
/** Domains that are looked at after their task ended without an answer. */
const AFTERMATHS_MAX = 200;

/** An action that is asked for; scope and privileges of the caller are checked already. */
export interface ActionOrder {
  readonly host: string;
  readonly uuid: string;
  /** The name by which the caller's rights were checked: refuse unless it still is the domain's. */
  readonly domain?: string;
  readonly action: ActionId;
  readonly options: Readonly<Record<string, unknown>>;
  /** Refuse unless the domain has this id. */
  readonly ifDomainId?: number;
  readonly reason?: string;
  readonly actor: Actor;
  readonly bulkId?: string;
  /** With the name of the token and the user: the same again gives the same task. */
  readonly idempotencyKey?: string;
}

/** Whoever may or may not do something; auth's Principal is one. */
export interface Privileged {
  can(privilege: Privilege, target: { readonly host: string; readonly domainName: string }): boolean;
}

/** Which actions somebody may ask for now. */
export interface DescribedActions {
  readonly allowedActions: ActionId[];
  /** The others, and why. */
  readonly refusedActions: Record<string, string>;
  /** The same reasons as codes. */
  readonly refusalCodes: Record<string, RefusalCode>;
}

/** What makes an {@link ActionService}. */
export interface ActionServiceOptions {
  /** A configured host by name. */
  readonly host: (name: string) => ActionHost | undefined;
  readonly audit: AuditLog;
  /** Whether nothing may be changed. */
  readonly readOnly: boolean;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}

/** Actions on the domains of all hosts. */
export class ActionService {
  readonly #options: ActionServiceOptions;
  readonly #now: () => number;
  readonly #history = new TaskHistory();
  readonly #keys: IdempotencyKeys<TaskRecord>;
  readonly #lines = new Map<string, DomainLine>();
  readonly #gates = new Map<string, Gate>();
  readonly #aftermaths = new Map<string, AbortController>();
  readonly #lacks = new Map<string, Set<ActionId>>();
  readonly #listeners = new Set<(task: Task) => void>();
  #stopped = false;

  constructor(options: ActionServiceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#keys = new IdempotencyKeys(this.#now);
  }

  /**
   * Accepts an action; the task goes on by itself. One whose domain already is as asked comes back succeeded, with
   * `changed: false`.
   * Rejects with ActionError, whose code is a problem's, when it is refused; nothing was sent then.
   */
  async submit(order: ActionOrder): Promise<Task> {
    const { actor, idempotencyKey } = order;
    const name = order.domain ?? this.#snapshotOf(order)?.name;
    const named = name === undefined ? {} : { domain: name };
    this.#options.audit(requestEvent('action.requested', order, named));
    try {
      const accept = (): Promise<TaskRecord> => this.#accept(order);
      if (idempotencyKey === undefined) return (await accept()).task;
      const { accepted, isRepeat } = await this.#keys.once(actor, idempotencyKey, bodyOf(order), accept);
      if (isRepeat) this.#repeated(order, accepted);
      return accepted.task;
    } catch (error) {
      const refusal = actionErrorOf(error);
      const { code, message: detail, cause } = refusal;
      const libvirtError = cause instanceof Error ? { libvirtError: cause.name } : {};
      this.#options.audit(requestEvent('action.refused', order, { code, detail, ...named, ...libvirtError }));
      throw refusal;
    }
  }

  /**
   * The task that the same order with the same Idempotency-Key was accepted as, also when its domain is gone by now;
   * undefined when there is none, or its domain is not within reach of whoever asks.
   */
  async earlier(order: Omit<ActionOrder, 'domain'>, who: Privileged): Promise<Task | undefined> {
    const { actor, idempotencyKey, action, options } = order;
    if (idempotencyKey === undefined) return undefined;
    const record = await this.#keys.find(actor, idempotencyKey, bodyOf(order));
    if (record === undefined) return undefined;
    const target = { host: record.task.host, domainName: record.task.domain };
    if (!requiredPrivileges(action, options).every((privilege) => who.can(privilege, target))) return undefined;
    this.#options.audit(requestEvent('action.requested', order, { domain: record.task.domain }));
    this.#repeated(order, record);
    return record.task;
  }

  /**
   * Tells whether {@link submit} would accept an action and change anything, without a trace.
   * Rejects as submit does.
   */
  async check(order: ActionOrder): Promise<{ readonly changes: boolean }> {
    try {
      const { verdict } = await this.#examine(order);
      return { changes: verdict.changes };
    } catch (error) {
      throw actionErrorOf(error);
    }
  }

  /** Which actions somebody may ask for now, by the newest snapshot, and why not the others. */
  describe(
    { host, domain }: { readonly host: HostSnapshot; readonly domain: DomainSnapshot },
    who: Privileged,
  ): DescribedActions {
    const facts = this.#factsOf(host);
    const target = { host: host.host, domainName: domain.name };
    const described: DescribedActions = { allowedActions: [], refusedActions: {}, refusalCodes: {} };
    for (const action of ACTION_IDS) {
      const { privilege } = ACTIONS[action];
      if (!who.can(privilege, target)) {
        described.refusedActions[action] = `needs the privilege ${privilege}`;
        described.refusalCodes[action] = 'privilege';
        continue;
      }
      const verdict = verdictIn(host, action, domain, facts);
      if (verdict.allowed) {
        described.allowedActions.push(action);
      } else {
        described.refusedActions[action] = verdict.reason;
        described.refusalCodes[action] = verdict.reasonCode;
      }
    }
    return described;
  }

  /** One task, as long as it is kept: all that live, and the newest 1,000 of the others. */
  task(id: string): Task | undefined {
    return this.#history.get(id);
  }

  /** All that are kept, newest first. */
  tasks(): readonly Task[] {
    return this.#history.all();
  }

  /** Tells of every change of every task. Returns how to stop. */
  subscribe(listener: (task: Task) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Accepts nothing more; what waits is cancelled, what runs ends `unknown`. Call it before the hosts stop. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const aftermath of this.#aftermaths.values()) aftermath.abort();
    const lines = [...this.#lines.values()];
    for (const line of lines) line.interrupt('stopped', () => true);
    await Promise.all(lines.map((line) => line.drained()));
  }

  #repeated(order: ActionOrder, { task: { id, domain } }: TaskRecord): void {
    this.#options.audit(requestEvent('action.repeated', order, { task: id, domain }));
  }

  async #accept(order: ActionOrder): Promise<TaskRecord> {
    const { host, reading, verdict } = await this.#examine(order);
    const { action, options, reason, bulkId, actor, uuid } = order;
    const domain = reading.ref.name;
    // Somebody may have stopped Vireo, or filled the line, while the domain was looked at.
    if (this.#stopped) throw new ActionError('VIREO_BUSY', 'Vireo is stopping');
    if (verdict.changes) this.#lines.get(lineKey(order, laneOf(action)))?.requireRoom(domain);
    const record = new TaskRecord(
      {
        host: host.name,
        uuid,
        domain,
        action,
        options: { ...options },
        actor,
        ...(reason === undefined ? {} : { reason }),
        ...(bulkId === undefined ? {} : { bulkId }),
      },
      deadlineSeconds(action, options) * 1000,
      {
        now: this.#now,
        audit: this.#options.audit,
        onChange: (task) => {
          for (const listener of this.#listeners) listener(task);
        },
      },
    );
    this.#history.add(record);
    if (!verdict.changes) {
      record.end({ state: 'succeeded', changed: false, seen: reading });
      return record;
    }
    if (action === 'destroy') {
      this.#lines.get(lineKey(order, 'normal'))?.interrupt('overtaken', ({ task }, isRunning) => {
        if (isRunning) return task.action === 'shutdown' || task.action === 'reboot';
        // The last word is off: a start that was ordered before it must not come after it. Settings are none of its.
        const { goal } = ACTIONS[task.action];
        return goal !== 'flag' && goal !== 'unsaved';
      });
    }
    this.#aftermaths.get(targetKey(order))?.abort();
    this.#line(order).push({ record, run: (signal) => this.#run(host, record, order, signal) });
    return record;
  }

  /** Everything that may refuse an action before it has a task. */
  async #examine(order: ActionOrder): Promise<{ host: ActionHost; reading: Reading; verdict: Accepting }> {
    const { host: name, uuid, action, options, ifDomainId } = order;
    if (this.#stopped) throw new ActionError('VIREO_BUSY', 'Vireo is stopping');
    const host = this.#options.host(name);
    if (host === undefined) throw new ActionError('VIREO_HOST_UNKNOWN', `no host is called "${name}"`);
    if (this.#options.readOnly) throw new ActionError('VIREO_READ_ONLY', 'read-only mode: api.readOnly is set');
    const parsed = ACTIONS[action].options.safeParse(options);
    if (!parsed.success) throw new ActionError('VIREO_BODY', `options of ${action}: ${parsed.error.message}`);
    const { snapshot } = host;
    if (snapshot.state.kind !== 'up') throw new ActionError('VIREO_HOST_LOST', `host "${name}" is not connected`);
    const facts = this.#factsOf(snapshot);
    const lane = laneOf(action);
    const release = await this.#enter(host.name, lane, 'look', AbortSignal.timeout(LOOK_WAIT_MS));
    let reading: Reading | null;
    try {
      reading = await host.withControl(
        (connection) => readDomain(connection, uuid, action, { deadlineMs: READ_MS }),
        lane,
      );
    } finally {
      release();
    }
    if (reading === null) throw new ActionError('VIREO_DOMAIN_UNKNOWN', `host "${name}" has no domain ${uuid}`);
    const { name: domain } = reading.ref;
    const refusal = nameRefusal(order, reading, order.domain) ?? idRefusal(domain, reading, ifDomainId);
    if (refusal !== undefined) throw refusal;
    const verdict = verdictOn(action, reading, facts, options);
    // Behind another action the state will be another one when the turn comes; it is judged then.
    const mayChange = !(this.#lines.get(lineKey(order, lane))?.isIdle ?? true);
    if (verdict.allowed) return { host, reading, verdict: mayChange ? { ...verdict, changes: true } : verdict };
    if (verdict.code !== 'VIREO_STATE' || !mayChange) {
      throw new ActionError(verdict.code, `${domain}: ${verdict.reason}`, { reasonCode: verdict.reasonCode });
    }
    return { host, reading, verdict: { allowed: true, changes: true } };
  }

  async #run(host: ActionHost, record: TaskRecord, order: ActionOrder, signal: AbortSignal): Promise<void> {
    const before = await Execution.run(
      {
        host,
        record,
        ...(order.ifDomainId === undefined ? {} : { ifDomainId: order.ifDomainId }),
        facts: () => this.#factsOf(host.snapshot),
        enter: (lane, waiting) => this.#enter(host.name, lane, 'act', waiting),
        onUnsupported: () => {
          const lacks = this.#lacks.get(driverKey(host.snapshot)) ?? new Set();
          this.#lacks.set(driverKey(host.snapshot), lacks.add(order.action));
        },
      },
      signal,
    );
    const { state, error } = record.task;
    if (state === 'succeeded') await this.#learn(host, record);
    const isOpen = state === 'unknown' || state === 'timed_out';
    if (isOpen && before !== undefined && error?.code !== 'VIREO_TASK_UNSEEN') this.#lookAfter(host, record, before);
  }

  /** libvirt has no event for these flags, so the snapshot learns them from here. */
  async #learn(host: ActionHost, { task }: TaskRecord): Promise<void> {
    const { action, uuid } = task;
    if (action !== 'autostart' && action !== 'managed-save-remove' && action !== 'managed-save') return;
    try {
      const now = await host.withControl((connection) => readDomain(connection, uuid, action, { deadlineMs: READ_MS }));
      if (now === null) return;
      const { persistent, managedSave, autostart } = now;
      host.learn(uuid, {
        ...(persistent === undefined ? {} : { persistent }),
        ...(managedSave === undefined ? {} : { managedSave }),
        ...(autostart === undefined ? {} : { autostart }),
      });
    } catch (error) {
      // The next poll that reads flags tells as well.
      if (!(error instanceof Error)) throw error;
    }
  }

  #lookAfter(host: ActionHost, record: TaskRecord, before: Reading): void {
    if (this.#stopped || this.#aftermaths.size >= AFTERMATHS_MAX) return;
    const key = targetKey(record.task);
    this.#aftermaths.get(key)?.abort();
    const aftermath = new AbortController();
    this.#aftermaths.set(key, aftermath);
    const driver = driverSpec(host.snapshot.facts?.driver ?? '');
    void lookAfter({ host, record, driver, before }, aftermath.signal).finally(() => {
      if (this.#aftermaths.get(key) === aftermath) this.#aftermaths.delete(key);
    });
  }

  /** Waits for a place among the host's calls; looking has places of its own, so that acting never delays a refusal. */
  async #enter(host: string, lane: ControlLane, what: 'look' | 'act', signal: AbortSignal): Promise<() => void> {
    const key = `${what} ${lane} ${host}`;
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = new Gate({ what: `actions at ${host}`, width: CALLS_MAX[lane], waitingMax: CALLS_WAITING_MAX });
      this.#gates.set(key, gate);
    }
    const entered = gate;
    return await new Promise((resolve, reject) => {
      const inside = (): Promise<void> =>
        new Promise((release) => {
          resolve(release);
        });
      entered.run(inside, signal).catch((cause: unknown) => {
        reject(new ActionError('VIREO_BUSY', `no place for another call at ${host} came free`, { cause }));
      });
    });
  }

  #line(order: ActionOrder): DomainLine {
    const key = lineKey(order, laneOf(order.action));
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = new DomainLine(() => {
        this.#lines.delete(key);
      });
      this.#lines.set(key, line);
    }
    return line;
  }

  #factsOf(host: HostSnapshot): HostFactsForActions {
    const lacks = this.#lacks.get(driverKey(host));
    const { driver = 'unknown', libvirtVersion } = host.facts ?? {};
    return {
      driver,
      ...(libvirtVersion === undefined ? {} : { libvirtVersion }),
      readOnly: this.#options.readOnly,
      ...(lacks === undefined ? {} : { lacks }),
    };
  }

  #snapshotOf({ host, uuid }: ActionOrder): DomainSnapshot | undefined {
    return this.#options.host(host)?.snapshot.domains.get(uuid);
  }
}

type Accepting = Extract<Verdict, { readonly allowed: true }>;

/** What makes two orders the same. Whoever repeats one may have seen the domain under another name. */
function bodyOf(order: ActionOrder): unknown {
  const { host, uuid, action, options, ifDomainId, reason } = order;
  return { host, uuid, action, options, ifDomainId, reason };
}

function laneOf(action: ActionId): ControlLane {
  return action === 'destroy' ? 'urgent' : 'normal';
}

function targetKey({ host, uuid }: { readonly host: string; readonly uuid: string }): string {
  return `${uuid} ${host}`;
}

function lineKey(target: { readonly host: string; readonly uuid: string }, lane: ControlLane): string {
  return `${lane} ${targetKey(target)}`;
}

/** A daemon that is updated may do more. */
function driverKey({ host, facts }: HostSnapshot): string {
  return `${host} ${facts?.driver ?? ''} ${facts?.libvirtVersion ?? ''}`;
}

function verdictIn(host: HostSnapshot, action: ActionId, domain: DomainFacts, facts: HostFactsForActions): Verdict {
  if (host.state.kind === 'up' || facts.readOnly) return verdictOn(action, domain, facts);
  return { allowed: false, code: 'VIREO_HOST_LOST', reasonCode: 'host-lost', reason: REFUSALS['host-lost'] };
}
