// SPDX-License-Identifier: Apache-2.0
// Waits until a pipe stands, or gives it up: deadline, abort and failure in one place, so that no transport leaks a
// socket or a process.

import type { Duplex } from 'node:stream';

import { AbortError, LibvirtError, TransportError } from '../errors.ts';
import type { TransportCode } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { DEFAULT_CONNECT_MS } from './options.ts';
import type { TransportOptions } from './options.ts';

/** `connect failed: <uri>: <why>` */
export function connectFailed(uri: ConnectionUri, code: TransportCode, why: string, cause?: unknown): TransportError {
  return new TransportError(code, `connect failed: ${uri.text}: ${why}`, cause === undefined ? {} : { cause });
}

/** `connection lost: <uri>: <why>` */
export function connectionLost(uri: ConnectionUri, why: string): TransportError {
  return new TransportError('LV_CONN_CLOSED', `connection lost: ${uri.text}: ${why}`);
}

/** What differs between transports. */
export interface Waiting {
  /** Calls `ready` when RPC may flow. An error or a close of the pipe before that ends the wait by itself. */
  readonly wait: (ready: () => void, fail: (error: LibvirtError) => void) => void;
  /** Puts a failure into words; `null` when the pipe closed without an error. */
  readonly explain: (error: NodeJS.ErrnoException | null) => LibvirtError;
  /** What had not happened yet when the deadline passed: `no answer from kvm1 port 16509`. */
  readonly late: () => string;
}

/** Rejects with the error of the caller's signal if it is aborted already: nothing has been opened then. */
export function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal, 0);
}

/** Resolves with the pipe when it stands; otherwise destroys it and rejects. */
export function establish<P extends Duplex>(
  pipe: P,
  uri: ConnectionUri,
  options: TransportOptions,
  { wait, explain, late }: Waiting,
): Promise<P> {
  const { signal, connectMs = DEFAULT_CONNECT_MS } = options;
  const startedAt = performance.now();
  return new Promise<P>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      pipe.off('error', onError);
      pipe.off('close', onClose);
    };
    const fail = (error: LibvirtError): void => {
      stop();
      pipe.destroy();
      reject(error);
    };
    const onError = (error: Error): void => {
      fail(error instanceof LibvirtError ? error : explain(error));
    };
    const onClose = (): void => {
      fail(explain(null));
    };
    const onAbort = (): void => {
      if (signal !== undefined) fail(aborted(signal, performance.now() - startedAt));
    };
    const timer = setTimeout(() => {
      fail(connectFailed(uri, 'LV_CONN_TIMEOUT', `${late()} within ${String(connectMs)} ms`));
    }, connectMs);
    // Stays for good: an error between this promise and the next owner's listener must not end the process.
    pipe.on('error', () => undefined);
    pipe.on('error', onError);
    pipe.on('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
    wait(() => {
      stop();
      resolve(pipe);
    }, fail);
  });
}

function aborted(signal: AbortSignal, waitedMs: number): AbortError {
  return new AbortError({ procedure: 'connect', serial: null, sentAt: null, waitedMs }, { cause: signal.reason });
}
