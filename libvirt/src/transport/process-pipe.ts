// SPDX-License-Identifier: Apache-2.0
// A child process as a byte pipe: its stdout is what we read, its stdin what we write, its stderr the reason when it
// ends. The process never outlives the pipe.

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';

import type { TransportError } from '../errors.ts';

/** How the process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last part of what it wrote to stderr, as one printable line; may be empty. */
  readonly stderr: string;
  /** Whether a daemon ever answered through it, so the connection had stood. */
  readonly answered: boolean;
  /** What it wrote to stdout instead of RPC, as one printable line: a login shell's greeting; may be empty. */
  readonly babble: string;
}

const TAIL_BYTES = 2048;

/** How long the rest of its output may take after the process, or its stdout, has ended. */
const LAST_WORDS_MS = 250;

/** The first byte of a packet is the highest byte of its length, and no packet has 64 MiB. Text begins above this. */
const FIRST_BYTE_MAX = 3;

/** How long the process may take to die of SIGTERM. */
const TERM_MS = 2000;

/** Owns the child given to it. Ends with `explain`'s error when the child ends before the pipe is destroyed. */
export class ProcessPipe extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #explain: (end: ProcessEnd) => TransportError;
  #stderr = Buffer.alloc(0);
  #babble = Buffer.alloc(0);
  #answered = false;
  #openEnds = 3;
  #lastWords: NodeJS.Timeout | undefined;

  constructor(child: ChildProcessWithoutNullStreams, explain: (end: ProcessEnd) => TransportError) {
    super();
    this.#child = child;
    this.#explain = explain;
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.#isBabble(chunk) && !this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-TAIL_BYTES);
    });
    // A broken stdin says only that the process is ending; why comes with its exit.
    child.stdin.on('error', () => {
      this.#endSoon();
    });
    for (const output of [child.stdout, child.stderr]) {
      output.on('error', () => undefined);
      output.once('close', () => {
        if (output === child.stdout) this.#endSoon();
        this.#oneEndLess();
      });
    }
    child.once('exit', () => {
      this.#endSoon();
      this.#oneEndLess();
    });
    // Only what happens after the process has started; whoever started it hears of a failure to start.
    child.on('error', () => undefined);
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, (error) => {
      // After an error the callback stays uncalled: destroy() answers it, with the process's own reason.
      if (error === null || error === undefined) callback();
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#child.stdin.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#lastWords);
    const child = this.#child;
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    if (child.pid !== undefined && !hasExited(child)) {
      child.kill('SIGTERM');
      const kill = setTimeout(() => {
        child.kill('SIGKILL');
      }, TERM_MS);
      // A program that ends takes its pipes along, which ends the child too.
      kill.unref();
      child.once('exit', () => {
        clearTimeout(kill);
      });
    }
    callback(error);
  }

  /** Text where the first packet should be: nothing that follows can be trusted to be RPC. */
  #isBabble(chunk: Buffer): boolean {
    if (this.#answered) return false;
    if (this.#babble.length === 0 && (chunk[0] ?? 0) <= FIRST_BYTE_MAX) {
      this.#answered = true;
      return false;
    }
    this.#babble = Buffer.concat([this.#babble, chunk]).subarray(0, TAIL_BYTES);
    this.#endSoon();
    return true;
  }

  /**
   * Not waiting for ever for stderr: ssh's ControlPersist leaves a process in the background that keeps it open.
   */
  #endSoon(): void {
    this.#lastWords ??= setTimeout(() => {
      this.#end();
    }, LAST_WORDS_MS);
  }

  #oneEndLess(): void {
    this.#openEnds -= 1;
    if (this.#openEnds === 0) this.#end();
  }

  #end(): void {
    if (this.destroyed) return;
    const { exitCode, signalCode } = this.#child;
    const end = {
      exitCode,
      signal: signalCode,
      stderr: printable(this.#stderr),
      answered: this.#answered,
      babble: printable(this.#babble),
    };
    this.destroy(this.#explain(end));
  }
}

function hasExited(child: ChildProcessWithoutNullStreams): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** One line without control characters: it goes into messages and logs, and the other side wrote it. */
function printable(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .split(/[\r\n]+/u)
    .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim())
    .filter((line) => line !== '' && !line.startsWith('Warning: Permanently added'))
    .join('; ');
}
