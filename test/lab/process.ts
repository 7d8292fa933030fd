// SPDX-License-Identifier: Apache-2.0
// Real processes: started with their output kept for the failure message, looked at through /proc, stopped for sure.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from './lab.ts';
import { keepOutput } from './planted.ts';

const OUTPUT_LIMIT_CHARS = 64 * 1024;

/** A process of ours. */
export interface RunningProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote on stdout and stderr; the newest 64 Ki characters. */
  output(): string;
  /** Ends with its exit code, or the signal's name. */
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly hasExited: boolean;
  /** Sends SIGTERM (or `signal`), then SIGKILL after `graceMs` (5 s unless told); resolves when it is gone. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<number | NodeJS.Signals>;
}

/** How {@link start} starts. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each chunk of stdout, as it comes. */
  readonly onStdout?: (text: string) => void;
}

/** Starts a command inside the lab's namespace; closing the lab stops it. */
export function start(lab: Lab, command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const [file, argv] = lab.inside(command, args);
  const child = spawn(file, argv, { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const source = `${basename(command)}-${String(child.pid)}`;
  function keep(text: string, stream = 'process'): void {
    output = (output + text).slice(-OUTPUT_LIMIT_CHARS);
    keepOutput(`${source}-${stream}`, text);
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    keep(text, 'stdout');
    options.onStdout?.(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    keep(text, 'stderr');
  });
  let exited: number | NodeJS.Signals | undefined;
  const exit = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      resolve((exited = 127));
    });
    child.once('exit', (code, signal) => {
      resolve((exited = code ?? signal ?? 127));
    });
  });
  const running: RunningProcess = {
    pid: child.pid ?? -1,
    child,
    output: () => output,
    exit,
    get hasExited() {
      return exited !== undefined;
    },
    stop: async (signal = 'SIGTERM', graceMs = 5000) => {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await exit;
      } finally {
        clearTimeout(timer);
      }
    },
  };
  lab.onClose(async () => {
    await running.stop();
  });
  return running;
}

const execFileAsync = promisify(execFile);

/** Runs a command inside the lab to its end and gives its stdout; throws with its stderr when it fails. */
export async function runInside(
  lab: Lab,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [file, argv] = lab.inside(command, args);
  const { stdout } = await execFileAsync(file, argv, { env: { ...process.env, ...env }, timeout: 60_000 });
  return stdout;
}

/** The command line of a process, its words separated by spaces; empty when it is gone. */
export async function commandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/** How many file descriptors a process has open. */
export async function fdCount(pid: number): Promise<number> {
  return (await readdir(`/proc/${String(pid)}/fd`)).length;
}

/** CPU seconds a process has used, user and system; the kernel counts in hundredths. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  // The command's name, in parentheses, may hold spaces; the fields after it start with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
