// SPDX-License-Identifier: Apache-2.0
// The web config file while the process runs: read again when it or a file it names changes. A file that is broken
// closes the door: what was allowed before may be just what the change was to forbid.

import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ConfigError } from '../config/config-error.ts';
import { readWebConfig } from './read-web-config.ts';
import type { ReadWebConfig } from './read-web-config.ts';
import type { WebConfig } from './web-config.ts';

/** How long a change may go unnoticed. */
const LOOK_INTERVAL_MS = 1000;

/** Where changes are told; pino's logger is one. */
export interface WebLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of {@link WebConfigFile.open}. */
export interface WebConfigFileOptions {
  readonly logger: WebLogger;
  readonly lookIntervalMs?: number;
}

/** What holds now. While broken, `problems` says why, one line each; they are in the log too. */
export type WebState =
  | { readonly kind: 'sound'; readonly config: WebConfig }
  | { readonly kind: 'broken'; readonly problems: readonly string[] };

/** One file, watched. Close it at the end: it keeps a timer. */
export class WebConfigFile {
  /** As the process started; whether there is TLS, and client certificates, cannot change while it runs. */
  readonly initial: WebConfig;
  private readonly path: string;
  private readonly logger: WebLogger;
  private readonly listeners = new Set<(config: WebConfig) => void>();
  private readonly timer: NodeJS.Timeout;
  private current: WebState;
  private files: readonly string[];
  private seen: string;
  private looking = false;

  private constructor(path: string, config: WebConfig, files: readonly string[], options: WebConfigFileOptions) {
    this.path = path;
    this.initial = config;
    this.logger = options.logger;
    this.current = { kind: 'sound', config };
    this.files = files;
    this.seen = marksNow([path, ...files]);
    this.timer = setInterval(() => void this.look(), options.lookIntervalMs ?? LOOK_INTERVAL_MS);
    this.timer.unref();
  }

  /**
   * Reads the file.
   *
   * @throws ConfigError with one line for every problem
   */
  static open(path: string, options: WebConfigFileOptions): WebConfigFile {
    const first = readWebConfig(path);
    const file = new WebConfigFile(path, soundOrThrow(first), first.files, options);
    // What changed between reading and looking at the times would never be noticed.
    file.reload();
    if (file.current.kind === 'broken') {
      file.close();
      throw new ConfigError(file.current.problems);
    }
    return file;
  }

  /** What holds now. */
  get state(): WebState {
    return this.current;
  }

  /** Calls back with every later configuration that is sound; returns how to end that. */
  onChange(listener: (config: WebConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends watching. */
  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const marks = await Promise.all([this.path, ...this.files].map(markOf));
    this.looking = false;
    const now = marks.join('\n');
    if (now === this.seen) return;
    this.seen = now;
    const before = this.current;
    this.reload();
    const { current } = this;
    if (current.kind === 'broken') {
      if (before.kind === 'broken' && before.problems.join('\n') === current.problems.join('\n')) return;
      for (const problem of current.problems) {
        this.logger.error({ event: 'web.config.broken' }, `every request is refused: ${problem}`);
      }
      return;
    }
    this.logger.info({ event: 'web.config.loaded', file: this.path }, 'the web configuration was read again');
    for (const listener of this.listeners) listener(current.config);
  }

  private reload(): void {
    const { config, problems, files } = readWebConfig(this.path);
    const unable = config === undefined ? undefined : this.unchangeable(config);
    this.current =
      config === undefined || unable !== undefined
        ? { kind: 'broken', problems: unable === undefined ? problems : [`${this.path}: ${unable}`] }
        : { kind: 'sound', config };
    if (files.join('\n') !== this.files.join('\n')) {
      this.files = files;
      // What changed between reading them and looking at their times would never be noticed: read once more.
      this.seen = '';
    }
  }

  private unchangeable({ tls }: WebConfig): string | undefined {
    const before = this.initial.tls;
    if ((tls === undefined) !== (before === undefined)) return 'turning TLS on or off needs a restart';
    // Node asks for certificates, or does not, as it was told when the server was made.
    return tls?.clientAuth === before?.clientAuth ? undefined : 'another client_auth_type needs a restart';
  }
}

function soundOrThrow({ config, problems }: ReadWebConfig): WebConfig {
  if (config === undefined) throw new ConfigError(problems);
  return config;
}

interface FileTimes {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** What changes when a file does: replaced, written, or made readable. */
function mark({ ino, size, mtimeNs, ctimeNs }: FileTimes): string {
  return [ino, size, mtimeNs, ctimeNs].map(String).join(' ');
}

async function markOf(file: string): Promise<string> {
  try {
    return mark(await stat(file, { bigint: true }));
  } catch {
    return 'none';
  }
}

function marksNow(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        return mark(statSync(file, { bigint: true }));
      } catch {
        return 'none';
      }
    })
    .join('\n');
}
