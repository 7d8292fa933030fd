// SPDX-License-Identifier: Apache-2.0
// Tickets and sessions of all hosts: who gets one, how many there are, and what goes on record.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CONSOLE_ENDS } from '../contract/console.ts';
import type { ConsoleEndName, ConsoleKind, ConsoleMode, ConsoleRejection } from '../contract/console.ts';
import { driverLacks } from '../contract/driver-calls.ts';
import { driverSpec } from '../contract/drivers.ts';
import type { ProblemCode } from '../contract/problems.ts';
import { CONSOLE_REFUSALS } from '../contract/refusals.ts';
import type { ConsoleRefusalCode } from '../contract/refusals.ts';
import { ConsoleEnd } from './console-end.ts';
import { outsideAddress } from './locate.ts';
import type { ScreenTls } from './reach.ts';
import { ConsoleSession } from './session.ts';
import type { ConsoleHost, SessionClient } from './session.ts';
import { TicketStore, hashOf } from './tickets.ts';
import type { IssuedTicket } from './tickets.ts';
import { keysOf } from './us-keyboard.ts';

/** A session shorter than this is not worth coming back to by itself: it would end the same way again and again. */
const RETURN_AFTER_MS = 5000;
const STOP_MS = 1000;
const KEY_BYTES = 32;
/** Whoever floods us shall not flood the log. */
const REFUSAL_LOG_MS = 1000;
/** From one typed key to the next. */
const KEY_MS = 25;

/** Who, for limits and the record. */
export interface ConsoleActor {
  readonly token: string;
  readonly user?: string;
  readonly address: string;
}

/** What a ticket stands for. */
export interface ConsoleGrant {
  readonly host: string;
  readonly uuid: string;
  readonly domain: string;
  readonly mode: ConsoleMode;
  readonly kind: ConsoleKind;
  readonly actor: ConsoleActor;
  /** Whether the token is still in force and unchanged. */
  readonly isAllowed: () => boolean;
  /** Milliseconds since the epoch; of a session that goes on in another one. */
  readonly endsAt?: number;
}

/** One line of the record. */
export interface ConsoleEvent {
  readonly event:
    | 'console.ticket.issued'
    | 'console.opened'
    | 'console.closed'
    | 'console.refused'
    | 'console.typed'
    | 'console.fault';
  readonly tokenName?: string;
  readonly user?: string;
  readonly address: string;
  readonly host?: string;
  readonly domain?: string;
  readonly uuid?: string;
  readonly mode?: ConsoleMode;
  readonly kind?: ConsoleKind;
  /** Of a refusal. */
  readonly reason?: ConsoleRejection;
  /** Of an end. */
  readonly end?: ConsoleEndName;
  readonly code?: number;
  readonly detail?: string;
  readonly seconds?: number;
  readonly bytesToClient?: number;
  readonly bytesFromClient?: number;
  /** Of a refusal: one of the same reason was told less than a second ago, so this is for the metrics alone. */
  readonly quiet?: true;
  /** Of a refusal: so many before it were quiet. */
  readonly untold?: number;
  /** How many were typed; which is on no record. */
  readonly characters?: number;
  readonly err?: unknown;
}

/** What a {@link ConsoleService} needs. */
export interface ConsoleServiceOptions {
  readonly hosts: ReadonlyMap<string, ConsoleHost>;
  readonly limits: {
    readonly sessionsPerDomain: number;
    readonly sessionsPerUser: number;
    readonly sessions: number;
    readonly longestSessionSeconds: number;
  };
  readonly tls: Omit<ScreenTls, 'serverName'>;
  /** Must not throw. */
  readonly onEvent: (event: ConsoleEvent) => void;
}

/** A refusal; the code is a problem's. */
export class ConsoleRefusal extends Error {
  override readonly name = 'ConsoleRefusal';
  readonly code: ProblemCode;
  /** Where there is no console to ask for. */
  readonly reasonCode: ConsoleRefusalCode | undefined;

  constructor(code: ProblemCode, message: string, reasonCode?: ConsoleRefusalCode) {
    super(message);
    this.code = code;
    this.reasonCode = reasonCode;
  }
}

interface Live {
  readonly session: ConsoleSession;
  readonly grant: ConsoleGrant;
  readonly done: Promise<void>;
}

/** All consoles. */
export class ConsoleService {
  readonly #options: ConsoleServiceOptions;
  readonly #tickets = new TicketStore<ConsoleGrant>();
  readonly #live = new Set<Live>();
  /** Of sessions that may type, by hash. */
  readonly #keys = new Map<string, ConsoleGrant>();
  /** Domains where a text is being typed. */
  readonly #typing = new Set<string>();
  readonly #refusals = new Map<ConsoleRejection, { readonly at: number; readonly untold: number }>();
  #stopping = false;

  constructor(options: ConsoleServiceOptions) {
    this.#options = options;
  }

  /** Sessions of one domain now. */
  sessionsOf(host: string, uuid: string): number {
    return this.#count((grant) => grant.host === host && grant.uuid === uuid);
  }

  /** Sessions now, for the metric. */
  get sessions(): number {
    return this.#live.size;
  }

  /**
   * The kind of console a domain has, as its last read XML says.
   *
   * @throws ConsoleRefusal VIREO_CONSOLE_NONE, VIREO_CONSOLE_OFF
   */
  kindFor(hostName: string, uuid: string, wanted: ConsoleKind | undefined): ConsoleKind {
    const host = this.#host(hostName);
    const { simulated, domains, facts, uri } = host.snapshot;
    if (simulated) {
      const message = `host "${hostName}" is simulated: it has no screens`;
      throw new ConsoleRefusal('VIREO_CONSOLE_NONE', message, 'console-simulated');
    }
    if (host.way.via === 'off') {
      const message = `the consoles of host "${hostName}" are switched off`;
      throw new ConsoleRefusal('VIREO_CONSOLE_OFF', message, 'console-off');
    }
    const graphics = domains.get(uuid)?.xml?.graphics.map(({ type }) => type);
    if (wanted !== 'serial' && (graphics === undefined || graphics.includes('vnc'))) return 'vnc';
    const { driver = '', libvirtVersion } = facts ?? {};
    const hasText = !driverLacks(driver, libvirtVersion, 'DOMAIN_OPEN_CONSOLE');
    if (wanted !== 'vnc' && hasText) return 'serial';
    const has = [
      ...(wanted === 'serial' ? [] : [screensOf(graphics ?? [])]),
      ...(hasText ? [] : [`no text console through libvirt’s driver ${driver.toLowerCase()}`]),
    ];
    const address = URL.canParse(uri) ? new URL(uri).hostname : '';
    const instead = driverSpec(driver).consoleInstead;
    const use = instead === undefined ? '' : `; ${CONSOLE_REFUSALS[instead].replace('HOST', address)}`;
    const lacks = wanted === 'serial' ? 'no-text-console' : hasText ? 'no-vnc' : 'no-console';
    throw new ConsoleRefusal('VIREO_CONSOLE_NONE', `the domain has ${has.join(', and ')}${use}`, instead ?? lacks);
  }

  /** Why no console of a domain can be opened, as far as that is known beforehand. */
  refusalFor(hostName: string, uuid: string): ConsoleRefusal | undefined {
    try {
      this.kindFor(hostName, uuid, undefined);
      return undefined;
    } catch (error) {
      if (error instanceof ConsoleRefusal) return error;
      throw error;
    }
  }

  /** Issues a ticket. Throws ConsoleRefusal VIREO_CONSOLE_LIMIT, VIREO_BUSY. */
  issue(grant: ConsoleGrant): IssuedTicket {
    const full = this.#fullFor(grant);
    if (full !== undefined) {
      this.#refused('too-many', grant.actor.address);
      throw new ConsoleRefusal('VIREO_CONSOLE_LIMIT', full);
    }
    const issued = this.#tickets.issue(grant);
    if (issued === undefined) throw new ConsoleRefusal('VIREO_BUSY', 'too many tickets wait to be used');
    this.#options.onEvent({ event: 'console.ticket.issued', ...factsOf(grant) });
    return issued;
  }

  /** Where a viewer outside finds the screen. Throws ConsoleRefusal, or the client's errors. */
  async address(hostName: string, uuid: string, signal: AbortSignal): Promise<{ host: string; port: number }> {
    const host = this.#host(hostName);
    const domain = host.snapshot.domains.get(uuid);
    if (domain === undefined || domain.id === -1) throw new ConsoleRefusal('VIREO_STATE', 'the domain is off');
    const { vnc } = await host.consoles.describe(domain, signal);
    if (vnc === undefined) throw new ConsoleRefusal('VIREO_CONSOLE_NONE', 'the domain has no VNC screen');
    try {
      return outsideAddress(vnc, host.way);
    } catch (error) {
      if (error instanceof ConsoleEnd) throw new ConsoleRefusal('VIREO_CONSOLE_NONE', error.detail);
      throw error;
    }
  }

  /**
   * Types into a domain that runs; resolves when the last key was pressed.
   *
   * @throws ConsoleRefusal VIREO_STATE, VIREO_BODY, VIREO_BUSY while another text is typed there, VIREO_CONSOLE_TICKET
   * when it is no longer allowed half-way; or the client's errors
   */
  async type(
    target: Pick<ConsoleGrant, 'host' | 'uuid' | 'domain' | 'actor' | 'isAllowed'>,
    text: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { host: hostName, uuid } = target;
    const host = this.#host(hostName);
    const domain = host.snapshot.domains.get(uuid);
    if (domain === undefined || domain.id === -1) throw new ConsoleRefusal('VIREO_STATE', 'the domain is off');
    const keys = keysOf(text);
    if (typeof keys === 'number') {
      throw new ConsoleRefusal('VIREO_BODY', `a US keyboard has no key for character ${String(keys)} of the text`);
    }
    const place = `${hostName} ${uuid}`;
    if (this.#typing.has(place)) throw new ConsoleRefusal('VIREO_BUSY', 'another text is being typed there');
    this.#typing.add(place);
    let characters = 0;
    try {
      for (const together of keys) {
        if (!target.isAllowed()) {
          throw new ConsoleRefusal('VIREO_CONSOLE_TICKET', 'the token or the session it was typed with is gone');
        }
        await host.consoles.press(domain, together, signal);
        characters++;
        // As long as the keys are held, or the guest's queue runs over.
        await delay(KEY_MS, undefined, { signal });
      }
    } finally {
      this.#typing.delete(place);
      const { host: at, domain: named, actor } = target;
      this.#options.onEvent({
        event: 'console.typed',
        ...actorFacts(actor),
        host: at,
        domain: named,
        uuid,
        characters,
      });
    }
    return characters;
  }

  /** Like {@link type}, with the key of a session. Throws ConsoleRefusal VIREO_CONSOLE_TICKET when there is none. */
  async typeByKey(key: string, text: string, signal: AbortSignal): Promise<number> {
    const hash = hashOf(key);
    const grant = this.#keys.get(hash);
    if (grant?.isAllowed() !== true) {
      throw new ConsoleRefusal('VIREO_CONSOLE_TICKET', 'no session that may type has this key');
    }
    const isAllowed = (): boolean => this.#keys.has(hash) && grant.isAllowed();
    return await this.type({ ...grant, isAllowed }, text, signal);
  }

  /** A request that never got to a ticket. */
  refuse(reason: Extract<ConsoleRejection, 'origin' | 'no-ticket'>, address: string): void {
    this.#refused(reason, address);
  }

  /**
   * Begins a session for whoever shows a ticket.
   *
   * @param onEnd told once, when all is over
   * @returns what to do with the browser's bytes and with its end; undefined when `onEnd` was called at once
   */
  open(
    ticket: string,
    address: string,
    client: SessionClient,
    onEnd: (end: ConsoleEnd) => void,
  ): Pick<ConsoleSession, 'receive' | 'end'> | undefined {
    const redeemed = this.#tickets.redeem(ticket);
    if ('refused' in redeemed) {
      this.#refused(redeemed.refused, address);
      onEnd(new ConsoleEnd('ticket-refused'));
      return undefined;
    }
    const grant: ConsoleGrant = { ...redeemed.grant, actor: { ...redeemed.grant.actor, address } };
    const full = this.#fullFor(grant);
    if (this.#stopping || full !== undefined || !grant.isAllowed()) {
      if (full !== undefined) this.#refused('too-many', address);
      onEnd(new ConsoleEnd(this.#stopping ? 'stopping' : full === undefined ? 'token-revoked' : 'too-many', full));
      return undefined;
    }
    const { limits, tls } = this.#options;
    const { host: hostName, uuid, mode, kind, domain } = grant;
    const endsAt = grant.endsAt ?? Date.now() + limits.longestSessionSeconds * 1000;
    const session: ConsoleSession = new ConsoleSession({
      host: this.#host(hostName),
      ...{ uuid, mode, kind, client, tls, endsAt },
      isAllowed: grant.isAllowed,
      onOpen: () => {
        this.#options.onEvent({ event: 'console.opened', ...factsOf(grant) });
      },
    });
    const sessions = 1 + this.sessionsOf(hostName, uuid);
    const key = mode === 'control' && kind === 'vnc' ? randomBytes(KEY_BYTES).toString('base64url') : undefined;
    if (key !== undefined) this.#keys.set(hashOf(key), grant);
    const typing = key === undefined ? {} : { key };
    client.notify({ type: 'session', host: hostName, domain, uuid, mode, kind, sessions, ...typing });
    const live: Live = {
      session,
      grant,
      done: session.run().then((end) => {
        this.#live.delete(live);
        if (key !== undefined) this.#keys.delete(hashOf(key));
        this.#closed(live, end, client, endsAt);
        onEnd(end);
      }),
    };
    this.#live.add(live);
    return session;
  }

  /** Ends all sessions. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const all = [...this.#live];
    for (const { session } of all) session.end(new ConsoleEnd('stopping'));
    const late = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([Promise.all(all.map(({ done }) => done)), late]);
  }

  #closed({ session, grant }: Live, end: ConsoleEnd, client: SessionClient, endsAt: number): void {
    const { onEvent } = this.#options;
    const { toClient, fromClient } = session.traffic;
    const livedMs = session.openMs;
    if (end.end === 'fault') onEvent({ event: 'console.fault', ...factsOf(grant), err: end.cause });
    onEvent({
      event: 'console.closed',
      ...factsOf(grant),
      end: end.end,
      code: end.code,
      ...(end.detail === '' ? {} : { detail: end.detail }),
      seconds: Math.round(livedMs / 100) / 10,
      bytesToClient: toClient,
      bytesFromClient: fromClient,
    });
    const returns = 'returns' in CONSOLE_ENDS[end.end] && (livedMs >= RETURN_AFTER_MS || end.end !== 'server-closed');
    if (!returns || this.#stopping || !grant.isAllowed()) return;
    const issued = this.#tickets.issue({ ...grant, endsAt });
    if (issued === undefined) return;
    onEvent({ event: 'console.ticket.issued', ...factsOf(grant) });
    client.notify({ type: 'return', ticket: issued.ticket });
  }

  #host(name: string): ConsoleHost {
    const host = this.#options.hosts.get(name);
    if (host === undefined) throw new RangeError(`no consoles of a host called ${name}`);
    return host;
  }

  /** Why there is no room for one more. */
  #fullFor({ host, uuid, actor }: ConsoleGrant): string | undefined {
    const { sessions, sessionsPerDomain, sessionsPerUser } = this.#options.limits;
    if (this.#live.size >= sessions) return `${String(sessions)} sessions are open`;
    const ofDomain = this.sessionsOf(host, uuid);
    if (ofDomain >= sessionsPerDomain) return `${String(ofDomain)} sessions of this domain are open`;
    const ofUser = this.#count(({ actor: { token, user } }) => token === actor.token && user === actor.user);
    if (ofUser >= sessionsPerUser) return `${String(ofUser)} sessions of ${actor.user ?? actor.token} are open`;
    return undefined;
  }

  #count(matches: (grant: ConsoleGrant) => boolean): number {
    let count = 0;
    for (const { grant } of this.#live) if (matches(grant)) count++;
    return count;
  }

  #refused(reason: ConsoleRejection, address: string): void {
    const now = Date.now();
    const told = this.#refusals.get(reason) ?? { at: 0, untold: 0 };
    const quiet = now - told.at < REFUSAL_LOG_MS ? true : undefined;
    this.#refusals.set(reason, quiet === true ? { ...told, untold: told.untold + 1 } : { at: now, untold: 0 });
    const untold = quiet === true || told.untold === 0 ? {} : { untold: told.untold };
    this.#options.onEvent({
      event: 'console.refused',
      reason,
      address,
      ...untold,
      ...(quiet === undefined ? {} : { quiet }),
    });
  }
}

function factsOf({ host, domain, uuid, mode, kind, actor }: ConsoleGrant): Omit<ConsoleEvent, 'event'> {
  return { ...actorFacts(actor), host, domain, uuid, mode, kind };
}

function actorFacts({ token, user, address }: ConsoleActor): Omit<ConsoleEvent, 'event'> {
  return { tokenName: token, ...(user === undefined ? {} : { user }), address };
}

function screensOf(graphics: readonly string[]): string {
  return graphics.length === 0 ? 'no screen' : `a screen of type ${graphics.join(', ')}, no VNC`;
}
