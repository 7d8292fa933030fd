// SPDX-License-Identifier: Apache-2.0
// One session, from a redeemed ticket to its end: wait until the domain runs, find its console, sign in, pass bytes on.
// Everything it waits for ends with one signal, whose reason is the end of the session.

import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { LibvirtError, RemoteError } from '@vireo/libvirt';
import type { ConsoleKind, ConsoleMode, ConsoleNotice } from '../contract/console.ts';
import { ControlCloggedError } from '../hosts/action-connection.ts';
import type { DomainListener } from '../hosts/domain-watch.ts';
import type { HostConsoles } from '../hosts/host-consoles.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import { ViaDaemonError } from '../hosts/via-daemon.ts';
import type { ConsoleXml } from '../xml/console-xml.ts';
import { XmlError } from '../xml/xml-error.ts';
import { Bridge } from './bridge.ts';
import type { ConsoleClient, Traffic } from './bridge.ts';
import { ConsoleEnd } from './console-end.ts';
import { whyHungUp } from './hung-up.ts';
import { routeTo } from './locate.ts';
import type { ConsoleWay } from './locate.ts';
import { openRoute, signIn } from './reach.ts';
import type { ScreenTls } from './reach.ts';
import { ClientFilter } from './rfb/client-filter.ts';
import { clientHandshake } from './rfb/client-handshake.ts';
import { otherScreen } from './rfb/desktop-name.ts';
import { Exchange } from './rfb/exchange.ts';
import type { SshRoutes } from './ssh-routes.ts';

/** How long the domain may take to run. */
const START_MS = 10 * 60_000;
/** From a running domain to its picture. */
const REACH_MS = 20_000;
/** How often is looked at what no event tells: the token, the time, the domain's id. */
const LOOK_MS = 1000;
/** From an event to the snapshot that has it. */
const SETTLED_MS = 150;
/** From the hypervisor's hanging up to the end at the latest; meanwhile the page knows that the console is closed. */
const REASON_MS = 15_000;

/** A host, for its consoles. */
export interface ConsoleHost {
  readonly name: string;
  readonly snapshot: HostSnapshot;
  watch(uuid: string, listener: DomainListener): () => void;
  readonly consoles: Pick<HostConsoles, 'describe' | 'openSerial' | 'press'>;
  readonly way: ConsoleWay;
  /** Absent when the URI is no ssh URI. */
  readonly ssh?: SshRoutes;
}

/** The browser. */
export interface SessionClient extends ConsoleClient {
  notify(notice: ConsoleNotice): void;
}

/** What a session is for. */
export interface SessionOptions {
  readonly host: ConsoleHost;
  readonly uuid: string;
  readonly mode: ConsoleMode;
  readonly kind: ConsoleKind;
  readonly client: SessionClient;
  readonly tls: Omit<ScreenTls, 'serverName'>;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  /** Whether the token is still in force. */
  readonly isAllowed: () => boolean;
  /** Called once, when bytes begin to pass. */
  readonly onOpen: () => void;
}

/** A session under way. */
export class ConsoleSession {
  readonly #options: SessionOptions;
  readonly #stop = new AbortController();
  #domain: DomainSnapshot | undefined;
  #browser: Exchange<void> | undefined;
  #filter: ClientFilter | undefined;
  #bridge: Bridge | undefined;
  /** What the browser said before its end of the bridge stood. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: SessionOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
  }

  #openedAt: number | undefined;
  #overAt: number | undefined;

  /** How long bytes could pass; 0 when they never could. */
  get openMs(): number {
    return this.#openedAt === undefined ? 0 : (this.#overAt ?? Date.now()) - this.#openedAt;
  }

  /** Bytes so far, handshakes not counted. */
  get traffic(): Readonly<Traffic> {
    return this.#bridge?.traffic ?? { toClient: 0, fromClient: 0 };
  }

  /** Ends it; the first reason counts. */
  end(end: ConsoleEnd): void {
    this.#stop.abort(end);
  }

  /** Lives until the session has ended, and says how. Nothing of it is left then. Never rejects with a ConsoleEnd. */
  async run(): Promise<ConsoleEnd> {
    const { host, uuid } = this.#options;
    const unwatch = host.watch(uuid, () => {
      this.#look();
    });
    const timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
    let stream: Duplex | undefined;
    try {
      const domain = await this.#running();
      this.#domain = domain;
      this.#options.client.notify({ type: 'connecting' });
      stream = await this.#reach(domain);
      await this.#ended();
      throw new TypeError('a session cannot end without a reason');
    } catch (error) {
      const end = this.#stop.signal.aborted ? (this.#stop.signal.reason as ConsoleEnd) : this.#endOf(error);
      this.#stop.abort(end);
      return end;
    } finally {
      unwatch();
      clearInterval(timer);
      stream?.destroy();
    }
  }

  /** Bytes of the browser. */
  receive(bytes: Buffer): void {
    if (this.#stop.signal.aborted) return;
    const { kind, mode } = this.#options;
    try {
      if (kind === 'serial') {
        // Keys before the console is there go nowhere; a viewer's never do anywhere.
        if (mode === 'control') this.#bridge?.fromClient([bytes]);
      } else if (this.#filter !== undefined) {
        if (this.#bridge === undefined) this.#rest = Buffer.concat([this.#rest, bytes]);
        else this.#bridge.fromClient(this.#filter.push(bytes));
      } else if (this.#browser !== undefined) this.#shake(this.#browser, bytes);
      else throw new ConsoleEnd('client-protocol', 'it spoke before the server');
    } catch (error) {
      if (!(error instanceof ConsoleEnd)) throw error;
      this.end(error);
    }
  }

  /** Looks whether the session must end. */
  #look(): void {
    const { host, uuid, endsAt, isAllowed } = this.#options;
    if (!isAllowed()) this.end(new ConsoleEnd('token-revoked'));
    else if (Date.now() >= endsAt) this.end(new ConsoleEnd('time-up'));
    if (this.#domain === undefined) return;
    const { state, domains, domainsKnown } = host.snapshot;
    if (state.kind !== 'up') {
      this.end(new ConsoleEnd('host-lost'));
      return;
    }
    const now = domains.get(uuid);
    if (now === undefined) {
      if (domainsKnown) this.end(new ConsoleEnd('domain-gone'));
    } else if (now.id === -1) this.end(new ConsoleEnd('domain-stopped'));
    else if (now.id !== this.#domain.id) this.end(new ConsoleEnd('domain-restarted'));
  }

  /** The domain, once it runs. */
  async #running(): Promise<DomainSnapshot> {
    const { host, uuid, client } = this.#options;
    const until = Date.now() + START_MS;
    let told = '';
    for (;;) {
      const { state, domains, domainsKnown } = host.snapshot;
      const domain = domains.get(uuid);
      if (state.kind === 'up') {
        if (domain !== undefined && domain.id !== -1) return domain;
        if (domain === undefined && domainsKnown) throw new ConsoleEnd('domain-gone');
      }
      if (Date.now() > until) throw new ConsoleEnd('not-started');
      const waitsFor = state.kind === 'up' ? (domain?.state ?? 'unknown') : 'host-lost';
      if (waitsFor !== told) client.notify({ type: 'waiting', state: (told = waitsFor) });
      await this.#changed();
    }
  }

  /** Until something happened at the domain, or a moment has passed. */
  async #changed(): Promise<void> {
    const { host, uuid } = this.#options;
    await this.#ended((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      let settled: NodeJS.Timeout | undefined;
      // After the snapshot has taken it over.
      const unwatch = host.watch(uuid, () => (settled ??= setTimeout(resolve, SETTLED_MS)));
      return () => {
        clearTimeout(timer);
        clearTimeout(settled);
        unwatch();
      };
    });
  }

  /** Until the session ends, which throws; or `begin` resolves. */
  async #ended(begin?: (resolve: () => void) => () => void): Promise<void> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    let abort: (() => void) | undefined;
    let cleanUp: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        abort = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', abort, { once: true });
        cleanUp = begin?.(resolve);
      });
    } finally {
      cleanUp?.();
      if (abort !== undefined) signal.removeEventListener('abort', abort);
    }
  }

  /** Connects both ends. */
  async #reach(domain: DomainSnapshot): Promise<Duplex> {
    const { host, kind, client, onOpen } = this.#options;
    const late = setTimeout(() => {
      const within = `within ${String(REACH_MS / 1000)} s.`;
      const silent = this.#browser === undefined ? 'unreachable' : 'unresponsive';
      this.end(new ConsoleEnd(silent, `It did not answer ${within}`));
    }, REACH_MS);
    try {
      const { signal } = this.#stop;
      let stream: Duplex;
      let rest: Buffer = Buffer.alloc(0);
      if (kind === 'serial') stream = await host.consoles.openSerial(domain, signal);
      else {
        const xml = await host.consoles.describe(domain, signal);
        const opened = await this.#openScreen(domain, xml);
        stream = opened.stream;
        rest = opened.rest;
      }
      this.#follow(stream, domain);
      signal.throwIfAborted();
      this.#bridge = new Bridge(client, stream);
      this.#openedAt = Date.now();
      onOpen();
      client.notify({ type: 'open' });
      this.#bridge.start(rest);
      const early = this.#rest;
      this.#rest = Buffer.alloc(0);
      if (early.length > 0) this.receive(early);
      return stream;
    } finally {
      clearTimeout(late);
    }
  }

  async #openScreen(domain: DomainSnapshot, xml: ConsoleXml): Promise<{ stream: Duplex; rest: Buffer }> {
    const { host, tls } = this.#options;
    const { signal } = this.#stop;
    if (xml.id !== domain.id) throw new ConsoleEnd(xml.id === -1 ? 'domain-stopped' : 'domain-restarted');
    if (xml.vnc === undefined) {
      const instead = xml.otherGraphics.length === 0 ? '' : ` It has ${xml.otherGraphics.join(', ')}.`;
      throw new ConsoleEnd('no-console', `It has no VNC screen.${instead}`);
    }
    const { password } = xml.vnc;
    const raw = await openRoute(routeTo(xml.vnc, host.way), host.ssh, signal);
    const serverName = host.way.tlsServerName ?? host.way.uri.host ?? 'localhost';
    const security = { password: () => password?.reveal() };
    const { stream, rest, init } = await signIn(raw, security, { ...tls, serverName }, signal);
    try {
      const other = otherScreen(init.name, domain.name, host.snapshot.facts?.driver ?? '');
      if (other !== undefined) throw new ConsoleEnd('other-screen', other);
      await this.#ended((resolve) => {
        const { client } = this.#options;
        const browser = new Exchange(clientHandshake(init.bytes), (bytes) => {
          client.send(bytes, () => undefined);
        });
        this.#browser = browser;
        this.#shaken = resolve;
        browser.start();
        return () => undefined;
      });
    } catch (error) {
      stream.on('error', () => undefined).destroy();
      throw error;
    }
    return { stream, rest };
  }

  #shaken: (() => void) | undefined;

  #shake(browser: Exchange<void>, bytes: Buffer): void {
    const progress = browser.push(bytes);
    if (progress.kind !== 'done') return;
    this.#filter = new ClientFilter(this.#options.mode);
    this.#rest = Buffer.from(progress.rest);
    this.#shaken?.();
  }

  /** The console's end is the session's; the domain's, if that was why, is the better reason. */
  #follow(stream: Duplex, domain: DomainSnapshot): void {
    const over = (error?: Error): void => {
      if (this.#overAt !== undefined || this.#stop.signal.aborted) return;
      this.#overAt = Date.now();
      this.#look();
      this.#options.client.notify({ type: 'ending' });
      void this.#why(domain, error);
    };
    stream.once('error', over);
    stream.on('error', () => undefined);
    stream.once('end', () => {
      over();
    });
    stream.once('close', () => {
      over();
    });
    if (stream.destroyed) over();
  }

  /** Ends a session whose console is closed. */
  async #why(domain: DomainSnapshot, error: Error | undefined): Promise<void> {
    const asItCame = (): void => {
      this.end(this.#endOf(error ?? new ConsoleEnd('server-closed'), 'server-closed'));
    };
    // Ends the question as well.
    const late = setTimeout(asItCame, REASON_MS);
    const why = await whyHungUp(this.#options.host, domain, this.#stop.signal);
    clearTimeout(late);
    if (why === undefined) asItCame();
    else this.end(why);
  }

  #endOf(error: unknown, otherwise: 'fault' | 'server-closed' = 'fault'): ConsoleEnd {
    // It failed because the domain stopped meanwhile: that is what the operator must know.
    this.#look();
    const { signal } = this.#stop;
    if (signal.aborted) return signal.reason as ConsoleEnd;
    if (error instanceof ConsoleEnd) return error;
    if (error instanceof RemoteError) {
      // libvirt's event says so only when it has ended the domain.
      if (error.name === 'VIR_ERR_NO_DOMAIN') return new ConsoleEnd('domain-gone', '', { cause: error });
      if (error.message.includes('console session exists')) return new ConsoleEnd('console-busy');
      if (
        error.name === 'VIR_ERR_NO_SUPPORT' ||
        /cannot find (?:character|console) device|does not have/.test(error.message)
      ) {
        return new ConsoleEnd('no-console', '', { cause: error });
      }
      return new ConsoleEnd('libvirt-failed', error.name, { cause: error });
    }
    if (error instanceof LibvirtError || error instanceof ViaDaemonError) {
      return new ConsoleEnd('libvirt-failed', error.code, { cause: error });
    }
    if (error instanceof XmlError || error instanceof ControlCloggedError) {
      return new ConsoleEnd('libvirt-failed', error.message, { cause: error });
    }
    return new ConsoleEnd(otherwise, '', { cause: error });
  }
}
