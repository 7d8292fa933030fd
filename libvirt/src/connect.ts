// SPDX-License-Identifier: Apache-2.0
// From a URI to an open connection: transport, authentication, keepalive, CONNECT_OPEN. Whatever fails on the way,
// nothing stays open behind it.

import type { Duplex } from 'node:stream';

import { Connection } from './api/connection.ts';
import type { Credentials } from './auth/auth-conf.ts';
import { authenticate } from './auth/authenticate.ts';
import { LibvirtError, TimeoutError, TransportError, UsageError } from './errors.ts';
import {
  CONNECT_GET_URI,
  CONNECT_OPEN,
  CONNECT_SUPPORTS_FEATURE,
  FEATURE_PROGRAM_KEEPALIVE,
  FEATURE_REMOTE_EVENT_CALLBACK,
} from './protocol/connect.ts';
import { RpcClient } from './rpc/rpc-client.ts';
import type { RpcClientOptions } from './rpc/rpc-client.ts';
import { openTransport } from './transport/open.ts';
import { DEFAULT_CONNECT_MS } from './transport/options.ts';
import type { TransportOptions } from './transport/options.ts';
import { certificatesOf } from './transport/tls.ts';
import { parseConnectionUri, redactUri } from './uri.ts';
import type { ConnectionUri } from './uri.ts';

/** How {@link connect} goes about it. */
export interface ConnectOptions {
  /** `true` when left out: enough for all monitoring; starting, stopping, screenshots and agent data need `false`. */
  readonly readOnly?: boolean;
  /** For daemons that want SASL; read from libvirt's auth.conf when left out. */
  readonly credentials?: Credentials;
  /** What the daemon is asked to open instead of the URI itself: `esx://esx1.example/` through `qemu:///system`. */
  readonly name?: string;
  /** Aborting rejects with AbortError and closes everything. */
  readonly signal?: AbortSignal;
  readonly deadlines?: ConnectDeadlines;
  /** Calls in flight at once; 4 when left out: libvirtd stops reading a connection at 5. */
  readonly maxInFlight?: number;
  /**
   * `false` for a connection whose stream may stand still: neither side then takes that for death. A guest that reads no
   * input stalls the whole connection, and so does a reader that stops.
   */
  readonly keepalive?: { readonly intervalMs: number; readonly count: number } | false;
  /** Given to ssh before all else: `['-F', 'ssh_config']`. */
  readonly sshArguments?: readonly string[];
  /** Where the system daemons' sockets are, if not in `/run/libvirt`. */
  readonly systemRuntimeDirectory?: string;
  /** Told how every call of this connection ended. */
  readonly onCallEnd?: NonNullable<RpcClientOptions['onCallEnd']>;
  /**
   * Told of each event that does not decode, which is then left out: what it was about must be asked for some other way.
   * Without it such an event ends the connection.
   */
  readonly onEventError?: NonNullable<RpcClientOptions['onEventError']>;
}

/** Milliseconds for each part of connecting. */
export interface ConnectDeadlines {
  /** Until the transport stands, and again until the daemon's first answer: 10 000. */
  readonly connectMs?: number;
  /** For each call of the authentication: 30 000. */
  readonly authMs?: number;
  /** For CONNECT_OPEN, which can take long when the daemon itself connects somewhere: 30 000. */
  readonly openMs?: number;
}

const DEFAULT_AUTH_MS = 30_000;
const DEFAULT_OPEN_MS = 30_000;
/** For the small questions around CONNECT_OPEN. */
const QUESTION_MS = 10_000;
/** VIR_CONNECT_RO */
const CONNECT_READ_ONLY = 1;

/**
 * Connects to a libvirt daemon.
 * @param uri a libvirt connection URI: `qemu:///system`, `qemu+ssh://root@kvm1/system`
 * @throws UsageError `LV_ARG_URI`, `LV_ARG_CREDENTIALS`; TransportError `LV_CONN_*`; RemoteError when the daemon will not
 * open the URI; TimeoutError when it does not answer; AbortError
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<Connection> {
  const parsed = parseConnectionUri(uri);
  const readOnly = options.readOnly ?? true;
  const connectMs = options.deadlines?.connectMs ?? DEFAULT_CONNECT_MS;
  const pipe = await openTransport(parsed, transportOptions(options, readOnly, connectMs));
  const rpc = new RpcClient(pipe, rpcOptions(options));
  try {
    const opened = await open(rpc, parsed, options, readOnly, connectMs);
    return new Connection(rpc, { uri: opened, readOnly, certificates: certificatesOf(pipe) });
  } catch (error) {
    const reason = rootReason(error, pipe, parsed);
    rpc.close(reason instanceof LibvirtError ? reason : undefined);
    pipe.destroy();
    throw reason;
  }
}

/** Everything after the transport; returns the URI as the daemon says it opened it. */
async function open(
  rpc: RpcClient,
  uri: ConnectionUri,
  options: ConnectOptions,
  readOnly: boolean,
  connectMs: number,
): Promise<string> {
  const { credentials, deadlines } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  await authenticate(rpc, uri, {
    ...signal,
    ...(credentials === undefined ? {} : { credentials }),
    readOnly,
    listMs: connectMs,
    authMs: deadlines?.authMs ?? DEFAULT_AUTH_MS,
  });
  const question = { ...signal, deadlineMs: QUESTION_MS };
  // The question alone makes libvirtd begin to ping us, and give us up when we do not answer.
  if (options.keepalive !== false) {
    const keepalive = await rpc.call(CONNECT_SUPPORTS_FEATURE, { feature: FEATURE_PROGRAM_KEEPALIVE }, question);
    if (keepalive.supported) rpc.startKeepalive();
  }
  await rpc.call(
    CONNECT_OPEN,
    { name: options.name ?? uri.name, flags: readOnly ? CONNECT_READ_ONLY : 0 },
    { ...signal, deadlineMs: deadlines?.openMs ?? DEFAULT_OPEN_MS },
  );
  const events = await rpc.call(CONNECT_SUPPORTS_FEATURE, { feature: FEATURE_REMOTE_EVENT_CALLBACK }, question);
  if (!events.supported) {
    throw new UsageError('LV_ARG_URI', `connect failed: ${uri.text}: the daemon is older than libvirt 1.2.1`);
  }
  const opened = await rpc.call(CONNECT_GET_URI, {}, question);
  return redactUri(opened.uri);
}

/**
 * Why it really failed. When a pipe breaks, calls in flight only know that; the pipe itself knows the reason (what ssh
 * said). And no answer to the very first call means that nobody is there.
 */
function rootReason(error: unknown, pipe: Duplex, uri: ConnectionUri): unknown {
  if (pipe.errored instanceof LibvirtError) return pipe.errored;
  if (error instanceof TimeoutError && error.call.procedure === 'AUTH_LIST') {
    const waited = `${String(Math.round(error.call.waitedMs))} ms`;
    const why =
      uri.transport === 'ssh' || uri.transport === 'ext'
        ? `no daemon answered through ${uri.params.command ?? 'ssh'} within ${waited}`
        : `connected, but no daemon answered within ${waited} (hung, or at its max_anonymous_clients)`;
    return new TransportError('LV_CONN_TIMEOUT', `connect failed: ${uri.text}: ${why}`, { cause: error });
  }
  if (error instanceof TransportError && error.code === 'LV_CONN_CLOSED' && !error.message.includes(uri.text)) {
    return new TransportError('LV_CONN_CLOSED', `connect failed: ${uri.text}: ${error.message}`, { cause: error });
  }
  return error;
}

function transportOptions(options: ConnectOptions, readOnly: boolean, connectMs: number): TransportOptions {
  const { signal, sshArguments, systemRuntimeDirectory } = options;
  return {
    readOnly,
    connectMs,
    ...(signal === undefined ? {} : { signal }),
    ...(sshArguments === undefined ? {} : { sshArguments }),
    ...(systemRuntimeDirectory === undefined ? {} : { systemRuntimeDirectory }),
  };
}

function rpcOptions(options: ConnectOptions): RpcClientOptions {
  const { maxInFlight, keepalive, onCallEnd, onEventError } = options;
  return {
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(keepalive === undefined || keepalive === false ? {} : { keepalive }),
    ...(onCallEnd === undefined ? {} : { onCallEnd }),
    ...(onEventError === undefined ? {} : { onEventError }),
  };
}
