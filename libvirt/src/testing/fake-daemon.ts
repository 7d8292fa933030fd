// SPDX-License-Identifier: Apache-2.0
// A libvirtd without libvirt, for tests and demonstrations: real sockets, real framing, the declared layouts. It serves
// scripted handlers, captured bytes or a simulated host, and misbehaves on cue. What it says is not proof of what
// libvirt says: the client's own bytes are tested against captures, and against real daemons in test/integration.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AUTH_LIST } from '../protocol/auth.ts';
import {
  CONNECT_CLOSE,
  CONNECT_GET_URI,
  CONNECT_OPEN,
  CONNECT_SUPPORTS_FEATURE,
  FEATURE_PROGRAM_KEEPALIVE,
} from '../protocol/connect.ts';
import type { EventMessage, Procedure } from '../protocol/procedure.ts';
import { FrameSplitter } from '../rpc/frame-splitter.ts';
import { ERROR_FROM, daemonError } from './daemon-error.ts';
import type { DaemonError } from './daemon-error.ts';
import { serveEvents } from './serve-events.ts';
import { CallbackIds, hostEvent } from './events.ts';
import type { EventFamily, HostEvent } from './events.ts';
import { FakeSession } from './fake-session.ts';
import { FaultPlan } from './faults.ts';
import type { FaultRule } from './faults.ts';
import { Handlers } from './handlers.ts';
import type { CallContext, Handler, HandlerTable } from './handlers.ts';
import type { DaemonKeepalive } from './keepalive-timer.ts';
import { REFUSED_READ_ONLY } from './read-only.ts';
import type { SimulatedHost } from './simulated/host.ts';
import { serveHost } from './simulated/serve-host.ts';

/** How to start a {@link FakeDaemon}. */
export interface FakeDaemonOptions {
  /** Whom to answer for. Without one only opening, closing, features and events are answered, and what `on` adds. */
  readonly host?: SimulatedHost;
  /** Default `unix`: a socket in a private directory. `tcp`: a port of 127.0.0.1. */
  readonly transport?: 'unix' | 'tcp';
  /** libvirtd.conf's max_client_requests, default 5. */
  readonly maxClientRequests?: number;
  /** Default as libvirtd: every 5 s, dropped after 5. */
  readonly keepalive?: DaemonKeepalive;
  /** Write replies in pieces of so many bytes. */
  readonly pieceBytes?: number;
  /** The largest reply that can be encoded, default libvirtd's 32 MiB. */
  readonly replyBytesMax?: number;
  /** Accept connections and read nothing, as a stopped process does. */
  readonly deaf?: boolean;
  /** Misbehaviour from the start; more with {@link FakeDaemon.misbehave}. */
  readonly faults?: readonly FaultRule[];
}

/** The daemon answers these before CONNECT_OPEN: opening itself, closing, features and authentication. */
const BEFORE_OPEN: ReadonlySet<number> = new Set([1, 2, 66, 67, 68, 69, 70]);

/** VIR_DRV_FEATURE_*: what a libvirtd 9.0.0 with its QEMU driver says yes to (captured, see research). */
const FEATURES: ReadonlySet<number> = new Set([3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/** A daemon in this process. */
export class FakeDaemon implements HandlerTable {
  /** What a client connects to. */
  readonly uri: string;
  /** Every call received, in order. */
  readonly calls: { readonly procedure: number; readonly serial: number }[] = [];
  readonly #server: Server;
  readonly #cleanUp: () => Promise<void>;
  readonly #handlers = new Handlers();
  readonly #faults = new FaultPlan();
  readonly #recorded = new Map<number, (readonly Buffer[])[]>();
  readonly #sessions = new Set<FakeSession>();

  private constructor(options: FakeDaemonOptions, server: Server, uri: string, cleanUp: () => Promise<void>) {
    this.uri = uri;
    this.#server = server;
    this.#cleanUp = cleanUp;
    for (const rule of options.faults ?? []) this.#faults.add(rule);
    serveConnection(this.#handlers);
    serveEvents(this.#handlers);
    const unsubscribe = options.host === undefined ? undefined : this.#serveHost(options.host);
    server.on('close', () => unsubscribe?.());
    this.#accept(options);
  }

  /** Starts to listen. Close it when done: it holds a socket, and a directory when `unix`. */
  static async listen(options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    if (options.transport === 'tcp') {
      await listening(server, { host: '127.0.0.1', port: 0 });
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      return new FakeDaemon(options, server, `qemu+tcp://127.0.0.1:${String(port)}/system`, () => Promise.resolve());
    }
    const directory = await mkdtemp(join(tmpdir(), 'vireo-fake-'));
    const path = join(directory, 'libvirt-sock');
    await listening(server, { path });
    const uri = `qemu+unix:///system?socket=${encodeURIComponent(path)}`;
    return new FakeDaemon(options, server, uri, () => rm(directory, { recursive: true, force: true }));
  }

  /** The connections open now, oldest first. */
  get sessions(): readonly FakeSession[] {
    return [...this.#sessions];
  }

  /** Answers a procedure from now on; the last handler wins, over a simulated host's too. */
  on<A, R>(procedure: Procedure<A, R>, handler: Handler<A, R>): this {
    this.#handlers.on(procedure, handler);
    return this;
  }

  /**
   * Answers the next call of a procedure with captured packets, one or more in hex. Replies and stream packets get the
   * caller's serial, events keep theirs.
   */
  playReply(procedure: { readonly number: number } | number, hex: string): this {
    const number = typeof procedure === 'number' ? procedure : procedure.number;
    const splitter = new FrameSplitter();
    splitter.push(Buffer.from(hex.replaceAll(/\s/gu, ''), 'hex'));
    const packets: Buffer[] = [];
    for (let packet = splitter.next(); packet !== null; packet = splitter.next()) packets.push(packet);
    if (packets.length === 0 || splitter.pendingBytes > 0) throw new Error('a recorded reply must be whole packets');
    this.#recorded.set(number, [...(this.#recorded.get(number) ?? []), packets]);
    return this;
  }

  /** Adds misbehaviour; each rule is used up `times` times. */
  misbehave(rule: FaultRule): this {
    this.#faults.add(rule);
    return this;
  }

  /** Sends an event to every connection that registered for it. */
  emit(event: HostEvent): void {
    for (const session of this.#sessions) session.emit(event);
  }

  /** The same event many times at once. */
  flood<P>(
    count: number,
    family: EventFamily,
    eventId: number,
    message: EventMessage<P>,
    payload: (callbackID: number) => P,
  ): void {
    const event = hostEvent(family, eventId, '', message, payload);
    for (let i = 0; i < count; i++) this.emit(event);
  }

  /** Ends every connection as a dying daemon does: no reply to calls in progress. It goes on listening. */
  dropConnections(): void {
    for (const session of this.#sessions) session.drop();
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.dropConnections();
    await closed;
    await this.#cleanUp();
  }

  #serveHost(host: SimulatedHost): () => void {
    serveHost(this.#handlers, host);
    return host.onEvent((event) => {
      this.emit(event);
    });
  }

  #accept(options: FakeDaemonOptions): void {
    this.#server.on('connection', (socket) => {
      const session = new FakeSession(socket, {
        maxClientRequests: options.maxClientRequests ?? 5,
        keepalive: options.keepalive ?? { intervalMs: 5000, count: 5 },
        pieceBytes: options.pieceBytes ?? 0,
        replyBytesMax: options.replyBytesMax ?? Infinity,
        callbackIds: this.#callbackIds,
        serve: (header, payload, context) => {
          const refused = refusal(header.procedure, payload, context);
          if (refused === null) return this.#handlers.serve(header.procedure, payload, context);
          return Promise.resolve({ kind: 'error', fields: refused.fields });
        },
        takeRecorded: (procedure) => this.#recorded.get(procedure)?.shift() ?? null,
        takeFault: (procedure) => this.#faults.take(procedure),
        onCall: (call) => {
          this.calls.push(call);
        },
        onEnd: (ended) => {
          this.#sessions.delete(ended);
        },
      });
      this.#sessions.add(session);
      if (options.deaf === true) socket.pause();
      else socket.resume();
    });
  }

  readonly #callbackIds = new CallbackIds();
}

/** What libvirtd refuses before it looks at the arguments. */
function refusal(procedure: number, payload: Buffer, context: CallContext): DaemonError | null {
  if (context.openedName === null && !BEFORE_OPEN.has(procedure) && !isKeepaliveQuestion(procedure, payload)) {
    return daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, 'hypervisor connection not open');
  }
  const apiFunction = context.readOnly ? REFUSED_READ_ONLY.get(procedure) : undefined;
  if (apiFunction === undefined) return null;
  const from = apiFunction.startsWith('virStorage') ? ERROR_FROM.STORAGE : ERROR_FROM.DOMAIN;
  return daemonError('OPERATION_DENIED', from, `read only access prevents ${apiFunction}`);
}

/** CONNECT_SUPPORTS_FEATURE(10) is answered before CONNECT_OPEN, every other feature only after. */
function isKeepaliveQuestion(procedure: number, payload: Buffer): boolean {
  const asksFeature = procedure === CONNECT_SUPPORTS_FEATURE.number && payload.length >= 4;
  return asksFeature && payload.readInt32BE(0) === FEATURE_PROGRAM_KEEPALIVE;
}

/** What a daemon opens when it may choose. */
const DEFAULT_URI = 'qemu:///system';

function serveConnection(table: HandlerTable): void {
  table.on(AUTH_LIST, () => ({ types: [0] }));
  table.on(CONNECT_OPEN, ({ name, flags }, context) => {
    if (name === null) throw daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, 'connection not open');
    if (name !== '' && !/^(?:qemu|test|xen|lxc|esx):/u.test(name))
      throw daemonError('NO_CONNECT', ERROR_FROM.NONE, name);
    context.open(name, (flags & 1) === 1);
    return {};
  });
  table.on(CONNECT_GET_URI, (_args, { openedName }) => ({ uri: openedName === '' ? DEFAULT_URI : (openedName ?? '') }));
  table.on(CONNECT_CLOSE, (_args, context) => {
    context.closeAfterReply();
    return {};
  });
  table.on(CONNECT_SUPPORTS_FEATURE, ({ feature }, context) => {
    if (feature === FEATURE_PROGRAM_KEEPALIVE) context.startKeepalive();
    return { supported: FEATURES.has(feature) };
  });
}

function listening(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
