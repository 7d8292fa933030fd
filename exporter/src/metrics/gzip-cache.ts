// SPDX-License-Identifier: Apache-2.0
// Compressed pages, each kept until what it was made of changes.

import type { GzipBeginning } from './gzip-parts.ts';

/** Different narrowings of the page (`collect[]`, `exclude[]`) kept compressed; a client can ask for thousands. */
const NARROWED_MAX = 16;

/** The compressed form of one version of something. */
export class GzipCache {
  private version: number | undefined;
  private beginning: Promise<GzipBeginning> | undefined;

  /** Compresses once per version, however many ask for it at once. A failure is not kept. */
  get(version: number, compress: () => Promise<GzipBeginning>): Promise<GzipBeginning> {
    if (this.beginning === undefined || this.version !== version) {
      const beginning = compress();
      this.version = version;
      this.beginning = beginning;
      beginning.catch(() => {
        if (this.beginning === beginning) this.beginning = undefined;
      });
    }
    return this.beginning;
  }
}

/** A {@link GzipCache} for each of the narrowings asked for last. */
export class NarrowedCaches {
  private readonly caches = new Map<string, GzipCache>();

  /** The one of this key, which from now on is the youngest. */
  of(key: string): GzipCache {
    const cache = this.caches.get(key) ?? new GzipCache();
    this.caches.delete(key);
    this.caches.set(key, cache);
    if (this.caches.size > NARROWED_MAX) {
      const [oldest] = this.caches.keys();
      if (oldest !== undefined) this.caches.delete(oldest);
    }
    return cache;
  }
}
