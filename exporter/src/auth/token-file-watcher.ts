// SPDX-License-Identifier: Apache-2.0
// Reads the section `api` of the configuration file again when the file changes, so that a token is given or withdrawn
// without a restart. A file that is broken changes nothing.

import { stat } from 'node:fs/promises';
import type { ApiConfig } from '../config/config.ts';
import { loadApiConfig } from '../config/api-config.ts';
import { ConfigError } from '../config/config-error.ts';

/** Where its two kinds of lines go; pino's logger is one. */
export interface WatcherLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a {@link TokenFileWatcher} needs. */
export interface TokenFileWatcherOptions {
  readonly file: string;
  /** The section in force when it starts. */
  readonly api: ApiConfig;
  /** Called with every section that differs from the one before. */
  readonly onChange: (api: ApiConfig) => void;
  readonly log: WatcherLog;
  /** How often the file is looked at. */
  readonly intervalMs?: number;
  /** How long a changed file must stay as it is before it is read: an editor may be in the middle of writing it. */
  readonly settleMs?: number;
}

/**
 * Looks at the file by its size, times and inode: change notifications miss a ConfigMap of Kubernetes, which is a
 * symbolic link that is turned to another directory, and do not work on network file systems.
 */
export class TokenFileWatcher {
  readonly #options: TokenFileWatcherOptions;
  readonly #intervalMs: number;
  readonly #settleMs: number;
  #api: ApiConfig;
  /** How the file looked last. */
  #seen: string | undefined;
  /** How it looked when it was read. */
  #read: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(options: TokenFileWatcherOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 2_000;
    this.#settleMs = options.settleMs ?? 250;
    this.#api = options.api;
  }

  /** Begins to watch. The file is read once at first, as it may have changed since the process read it. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(this.#settleMs);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Reads the file now, whether it changed or not; for SIGHUP. */
  reload(): void {
    const { file, log, onChange } = this.#options;
    try {
      const api = loadApiConfig(file);
      if (JSON.stringify(api) === JSON.stringify(this.#api)) return;
      this.#api = api;
      onChange(api);
      const tokens = api.tokens.map(({ name }) => name);
      log.info({ event: 'config.reloaded', file, tokens }, 'the section api has changed and is in force');
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      log.error(
        { event: 'config.reload_failed', file, problems },
        'the file is not used; the section api stays as it was',
      );
    }
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      void this.#look();
    }, delayMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const seen = await appearance(this.#options.file);
    if (!this.#running) return;
    const settled = seen === this.#seen;
    this.#seen = seen;
    if (settled && seen !== this.#read) {
      this.#read = seen;
      this.reload();
    }
    this.#schedule(settled ? this.#intervalMs : this.#settleMs);
  }
}

async function appearance(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'not there';
  }
}
