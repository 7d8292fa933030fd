// SPDX-License-Identifier: Apache-2.0
// From a route to a VNC server that has let us in: connect, sign in, through TLS where the server wants it.

import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { ConsoleEnd } from './console-end.ts';
import type { Route } from './locate.ts';
import { Exchange } from './rfb/exchange.ts';
import type { Progress } from './rfb/exchange.ts';
import { serverHandshake } from './rfb/server-handshake.ts';
import type { ServerInit, ServerSecurity } from './rfb/server-handshake.ts';
import type { SshRoutes } from './ssh-routes.ts';

/** How long the reason may take after the end. */
const LAST_WORDS_MS = 250;

/** TLS to VNC servers. */
export interface ScreenTls {
  readonly caFile: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** Name or address the certificate must be for. */
  readonly serverName: string;
}

/** A VNC server that waits for messages. */
export interface OpenScreen {
  /** Flowing has not begun; `rest` was read already and comes first. */
  readonly stream: Duplex;
  readonly rest: Buffer;
  readonly init: ServerInit;
}

/**
 * Connects. The stream has an error listener for ever: whoever takes it over hears of its end by 'close'.
 *
 * @throws ConsoleEnd unreachable
 */
export async function openRoute({ via, to }: Route, ssh: SshRoutes | undefined, signal: AbortSignal): Promise<Duplex> {
  if (via === 'ssh') {
    if (ssh === undefined) throw new ConsoleEnd('unreachable', 'hosts[].console.via is ssh, the URI is not.');
    return await ssh.open(to, signal);
  }
  const where = to.kind === 'tcp' ? `${to.host}:${String(to.port)}` : to.path;
  const socket = connectTcp(to.kind === 'tcp' ? { host: to.host, port: to.port } : { path: to.path });
  socket.setNoDelay(true);
  try {
    await settled(signal, (resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error: Error) => {
        reject(new ConsoleEnd('unreachable', `${where}: ${error.message}`, { cause: error }));
      });
    });
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
  return socket;
}

/** Signs in. On failure the stream is destroyed. Throws ConsoleEnd. */
export async function signIn(
  raw: Duplex,
  security: ServerSecurity,
  tls: ScreenTls,
  signal: AbortSignal,
): Promise<OpenScreen> {
  let stream = raw;
  const exchange = new Exchange(serverHandshake(security), (bytes) => stream.write(bytes));
  try {
    let progress: Progress<ServerInit> = exchange.start();
    while (progress.kind !== 'done') {
      if (progress.kind === 'tls') {
        stream = await startTls(stream, tls, signal);
        progress = exchange.push(Buffer.alloc(0));
      } else {
        progress = exchange.push(await nextChunk(stream, signal));
      }
    }
    return { stream, rest: progress.rest, init: progress.value };
  } catch (error) {
    stream.on('error', () => undefined).destroy();
    raw.on('error', () => undefined).destroy();
    throw error;
  }
}

/** The next bytes, however many. */
async function nextChunk(stream: Duplex, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    if (stream.destroyed) throw closedEarly(stream.errored);
    await settled(signal, (resolve, reject, cleanUp) => {
      let late: NodeJS.Timeout | undefined;
      const fail = (error?: unknown): void => {
        // Why ssh ended comes a moment after its last byte.
        late ??= setTimeout(
          () => {
            reject(closedEarly(stream.errored ?? error));
          },
          error === undefined ? LAST_WORDS_MS : 0,
        );
      };
      stream.once('readable', resolve).once('end', fail).once('close', fail).once('error', fail);
      cleanUp(() => {
        clearTimeout(late);
        stream.off('readable', resolve).off('end', fail).off('close', fail).off('error', fail);
      });
    });
  }
}

function closedEarly(error: unknown): ConsoleEnd {
  if (error instanceof ConsoleEnd) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/ALERT|CERT/.test(code)) return new ConsoleEnd('untrusted', `It ended TLS: ${code}.`, { cause: error });
  const why = error instanceof Error ? ` (${error.message})` : '';
  return new ConsoleEnd('server-protocol', `It closed the connection before the screen was there${why}.`);
}

async function startTls(stream: Duplex, tls: ScreenTls, signal: AbortSignal): Promise<Duplex> {
  const options: ConnectionOptions = {
    socket: stream,
    ca: await pem(tls.caFile, 'caFile'),
    ...(tls.certificateFile === undefined ? {} : { cert: await pem(tls.certificateFile, 'certificateFile') }),
    ...(tls.keyFile === undefined ? {} : { key: await pem(tls.keyFile, 'keyFile') }),
    // The name that is checked; a server name in the handshake must not be an address.
    host: tls.serverName,
    ...(isIP(tls.serverName) === 0 ? { servername: tls.serverName } : {}),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
  const secure = connectTls(options);
  try {
    await settled(signal, (resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', (error: Error) => {
        reject(new ConsoleEnd('untrusted', `${error.message}.`, { cause: error }));
      });
      secure.once('close', () => {
        reject(new ConsoleEnd('untrusted', 'It closed the connection during TLS.'));
      });
    });
  } catch (error) {
    secure.on('error', () => undefined).destroy();
    throw error;
  }
  return secure;
}

async function pem(path: string, key: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConsoleEnd('untrusted', `console.tls.${key} cannot be read: ${path}.`, { cause: error });
  }
}

/** A promise that also ends with the signal. */
async function settled(
  signal: AbortSignal,
  begin: (resolve: () => void, reject: (error: Error) => void, cleanUp: (task: () => void) => void) => void,
): Promise<void> {
  signal.throwIfAborted();
  const tasks: (() => void)[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
      tasks.push(() => {
        signal.removeEventListener('abort', abort);
      });
      begin(resolve, reject, (task) => tasks.push(task));
    });
  } finally {
    for (const task of tasks) task();
  }
}
