// SPDX-License-Identifier: Apache-2.0
// Streams through the ssh of a host: one master connection per host, opened for the first console and closed when the
// last one is gone, so that ten consoles are one sign-in.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { remoteSocketCommand, sshOfHost } from '@vireo/libvirt';
import type { ConnectionUri } from '@vireo/libvirt';
import { until } from '../hosts/until.ts';
import { ConsoleEnd } from './console-end.ts';
import type { ScreenAddress } from './locate.ts';

const MASTER_READY_MS = 15_000;
const LOOK_MS = 20;
const SAID_MAX = 300;
/** OpenSSH at times loses a SIGTERM that comes just as a stream closes, and stays. It has nothing to tidy up here. */
const END = 'SIGKILL';

/** The master connection of one host. */
interface Master {
  /** Path of its control socket. */
  readonly socket: Promise<string>;
  users: number;
  close(): void;
}

/** The ssh streams of one host. */
export class SshRoutes {
  readonly #uri: ConnectionUri;
  #master: Master | undefined;

  constructor(uri: ConnectionUri) {
    this.#uri = uri;
  }

  /**
   * Opens a stream to an address as the host sees it. Whether something listens there shows only by what comes.
   *
   * @throws ConsoleEnd unreachable, with what ssh said
   */
  async open(to: ScreenAddress, signal: AbortSignal): Promise<Duplex> {
    const master = (this.#master ??= this.#openMaster());
    master.users += 1;
    const release = (): void => {
      master.users -= 1;
      if (master.users > 0) return;
      if (this.#master === master) this.#master = undefined;
      master.close();
    };
    try {
      return this.#openStream(to, await until(master.socket, signal), release);
    } catch (error) {
      // Others may be using it, or still wait for it.
      release();
      throw error;
    }
  }

  #openStream(to: ScreenAddress, socket: string, release: () => void): Duplex {
    const shared = ['-S', socket, '-o', 'ControlMaster=no'];
    const forward =
      to.kind === 'tcp' ? ['-W', `${to.host.includes(':') ? `[${to.host}]` : to.host}:${String(to.port)}`] : [];
    const { program, args } = sshOfHost(this.#uri, [...shared, ...forward]);
    const command = to.kind === 'unix' ? [remoteSocketCommand(this.#uri, to.path)] : [];
    const child = spawn(program, [...args, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = keepTail(child);
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    // Node makes an error of being destroyed here; whoever has the stream hears of its end by 'close' as well.
    stream.on('error', () => undefined);
    child.once('error', (error) => {
      stream.destroy(new ConsoleEnd('unreachable', `cannot run ${program}: ${error.message}`));
    });
    child.once('exit', (code) => {
      // What it had to say was the error; without words it is the end of the stream, and stdout says so.
      if (code !== 0 && said() !== '') stream.destroy(new ConsoleEnd('unreachable', `ssh said: ${said()}`));
    });
    stream.once('close', () => {
      child.kill(END);
      release();
    });
    return stream;
  }

  #openMaster(): Master {
    let child: ChildProcess | undefined;
    let directory: string | undefined;
    let closed = false;
    const close = (): void => {
      closed = true;
      child?.kill(END);
      if (directory !== undefined) void rm(directory, { recursive: true, force: true });
    };
    const start = async (): Promise<string> => {
      // Only for us: whoever can open the socket has the connection. Short, for socket paths have 107 characters.
      directory = await mkdtemp(join(tmpdir(), 'vireo-ssh-'));
      const socket = join(directory, 's');
      const { program, args } = sshOfHost(this.#uri, ['-M', '-S', socket, '-N', '-o', 'ControlPersist=no']);
      const master = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = master;
      const said = keepTail(master);
      let over: string | undefined;
      master.once('error', (error) => (over = error.message));
      // After stderr was read whole.
      master.once('close', () => {
        over ??= said() === '' ? 'it ended' : said();
        if (this.#master === self) this.#master = undefined;
        close();
      });
      const ended = (): string | undefined => over;
      const lateAt = performance.now() + MASTER_READY_MS;
      while (!(await exists(socket))) {
        const why =
          ended() ?? (performance.now() > lateAt ? `not connected within ${String(MASTER_READY_MS)} ms` : undefined);
        if (why !== undefined || closed) {
          close();
          throw new ConsoleEnd('unreachable', `ssh: ${why ?? 'closed'}`);
        }
        await delay(LOOK_MS);
      }
      return socket;
    };
    const socket = start();
    // Whoever waits for it hears; nobody may. Whoever comes next tries anew.
    socket.catch(() => {
      if (this.#master === self) this.#master = undefined;
    });
    const self: Master = { socket, users: 0, close };
    return self;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The last of what a process says on stderr, as one line. */
function keepTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-SAID_MAX);
  });
  return () => tail.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
}
