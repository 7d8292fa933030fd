// SPDX-License-Identifier: Apache-2.0
// One open connection to a hypervisor. Composes the subjects; owns no protocol of its own.

import type { AbandonedCall, LibvirtError } from '../errors.ts';
import { CONNECT_CLOSE } from '../protocol/connect.ts';
import type { Procedure } from '../protocol/procedure.ts';
import type { CallOptions, LibvirtStream, RpcClient } from '../rpc/rpc-client.ts';
import { DevicesApi } from './devices.ts';
import { DomainsApi } from './domains.ts';
import { EventsApi } from './events.ts';
import { GuestsApi } from './guests.ts';
import { HostApi } from './host.ts';
import { JobsApi } from './jobs.ts';
import { NetworksApi } from './networks.ts';
import { PoolsApi } from './pools.ts';
import { SnapshotsApi } from './snapshots.ts';
import { StatsApi } from './stats.ts';

/** How long `close` waits for the daemon's goodbye. */
const CLOSE_MS = 1000;

/** What is known about a connection when it has been opened. */
export interface ConnectionInfo {
  /** What the daemon opened: `qemu:///system`. */
  readonly uri: string;
  readonly readOnly: boolean;
  /** Of a connection over TLS: when the daemon's certificate, ours and the authority's expire. Empty for others. */
  readonly certificates: readonly {
    readonly of: 'daemon' | 'client' | 'authority';
    /** Milliseconds since the epoch. */
    readonly notAfter: number;
  }[];
}

/**
 * An open connection. Every method that asks the daemon takes {@link CallOptions} last and rejects with RemoteError when
 * the daemon refuses, TimeoutError or AbortError when the call is given up (the daemon may still carry it out), and
 * with TransportError or ProtocolError when the connection is gone; it never comes back, open a new one.
 */
export class Connection {
  readonly uri: string;
  readonly readOnly: boolean;
  /** See {@link ConnectionInfo.certificates}. */
  readonly certificates: ConnectionInfo['certificates'];
  /** Domains: finding them, their state and XML, starting and stopping them. */
  readonly domains: DomainsApi;
  /** Statistics of many domains in one call. */
  readonly stats: StatsApi;
  /** Disks, interfaces, virtual CPUs and memory of one domain. */
  readonly devices: DevicesApi;
  /** What runs inside a domain, as far as its guest agent or a DHCP server tells. */
  readonly guests: GuestsApi;
  /** Long operations on domains: migration, save, backup. */
  readonly jobs: JobsApi;
  readonly snapshots: SnapshotsApi;
  /** The machine the hypervisor runs on. */
  readonly host: HostApi;
  /** Storage pools and their volumes. */
  readonly pools: PoolsApi;
  readonly networks: NetworksApi;
  readonly events: EventsApi;
  readonly #rpc: RpcClient;
  #closing: Promise<void> | null = null;

  /** @param rpc a client on which CONNECT_OPEN has succeeded; the connection owns it from here. */
  constructor(rpc: RpcClient, info: ConnectionInfo) {
    this.#rpc = rpc;
    this.uri = info.uri;
    this.readOnly = info.readOnly;
    this.certificates = info.certificates;
    this.domains = new DomainsApi(rpc);
    this.stats = new StatsApi(rpc);
    this.devices = new DevicesApi(rpc);
    this.guests = new GuestsApi(rpc);
    this.jobs = new JobsApi(rpc);
    this.snapshots = new SnapshotsApi(rpc);
    this.host = new HostApi(rpc);
    this.pools = new PoolsApi(rpc);
    this.networks = new NetworksApi(rpc);
    this.events = new EventsApi(rpc);
  }

  /** Settles when the connection ends: `null` after {@link Connection.close}, else why it broke. Never rejects. */
  get closed(): Promise<LibvirtError | null> {
    return this.#rpc.closed;
  }

  /** Calls in progress, given up but still occupying the daemon, and waiting for a free slot. */
  get load(): RpcClient['load'] {
    return this.#rpc.load;
  }

  /** Whether the daemon still works on a call of this connection that was given up, as its error names it. */
  isWorkingOn(call: AbandonedCall): boolean {
    return this.#rpc.isWorkingOn(call);
  }

  /** Makes any declared call; the other members of this class are made of it. Wire names, wire units. */
  call<A, R>(procedure: Procedure<A, R>, args: A, options?: CallOptions): Promise<R> {
    return this.#rpc.call(procedure, args, options);
  }

  /** Makes a call that opens a stream. */
  openStream<A, R>(
    procedure: Procedure<A, R>,
    args: A,
    options?: CallOptions,
  ): Promise<{ ret: R; stream: LibvirtStream }> {
    return this.#rpc.openStream(procedure, args, options);
  }

  /** Says goodbye to the daemon and closes, within a second whatever the daemon does. Safe to repeat. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#rpc.call(CONNECT_CLOSE, {}, { deadlineMs: CLOSE_MS, lane: 'urgent' });
    } catch {
      // A daemon that cannot say goodbye: the connection ends all the same.
    }
    this.#rpc.close();
    await this.#rpc.closed;
  }
}
