// SPDX-License-Identifier: Apache-2.0
// The page /metrics: ready bytes per host, made when its snapshot came, put together at a scrape. No scrape waits for
// libvirt, and a second Prometheus costs a copy.

import { SNAPSHOT_FAMILIES } from '../contract/metrics.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import { HostEncoder } from './encode-host.ts';
import { TEXT_CONTENT_TYPE, textHeader } from './exposition.ts';
import type { Fragments } from './exposition.ts';
import { acceptsGzip, beginGzip, finishGzip } from './gzip-parts.ts';
import type { GzipBeginning } from './gzip-parts.ts';

/** Vireo's own process metrics, as the page needs them. */
export interface ProcessMetrics {
  /** Whole families in text format 0.0.4, or nothing. */
  text(): Promise<string>;
  /** Called once for each answer made. */
  observeScrape(scrape: { encoding: 'gzip' | 'identity'; durationMs: number; bytes: number }): void;
}

/** What an HTTP handler sends. */
export interface MetricsResponse {
  readonly body: Buffer;
  readonly contentType: string;
  /** Absent for a body that is not compressed. */
  readonly contentEncoding?: 'gzip';
}

/** Options of {@link MetricsPage}. */
export interface MetricsPageOptions {
  readonly process?: ProcessMetrics;
  /** Called when the process metrics cannot be made; the page is then served without them. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}

/**
 * The least time between two encodings of one host in milliseconds. A storm of events makes a snapshot each; the last
 * one is encoded at the next scrape at the latest, so nobody sees an old one.
 */
const ENCODE_INTERVAL_MS = 200;

interface HostEntry {
  readonly encoder: HostEncoder;
  snapshot: HostSnapshot;
  takenAt: number;
  /** Of the newest snapshot encoded; `undefined` when a newer one waits. */
  fragments: Fragments | undefined;
  encodedAt: number;
  readonly gzip: GzipCache;
}

/** The compressed form of one version of something. */
class GzipCache {
  private version: number | undefined;
  private beginning: Promise<GzipBeginning> | undefined;

  /** Compresses once per version, however many ask for it at once. */
  get(version: number, compress: () => Promise<GzipBeginning>): Promise<GzipBeginning> {
    if (this.beginning === undefined || this.version !== version) {
      this.version = version;
      this.beginning = compress();
    }
    return this.beginning;
  }
}

const HEADERS: readonly Buffer[] = SNAPSHOT_FAMILIES.map((family) => Buffer.from(textHeader(family)));
const HEADERS_LENGTH = HEADERS.reduce((sum, header) => sum + header.length, 0);
const EMPTY = Buffer.alloc(0);
/** Pages grow a little from poll to poll; the same memory should do for the next. */
const SLACK = 1.05;

/** The metrics page of all hosts. */
export class MetricsPage {
  private readonly hosts = new Map<string, HostEntry>();
  private readonly process: ProcessMetrics | undefined;
  private readonly onError: (error: unknown) => void;
  private readonly now: () => number;
  /** Grows with every change of the page. */
  private version = 0;
  private readonly gzip = new GzipCache();
  /** Memory for the next page to compress; empty while one is being compressed. */
  private scratch: Buffer = EMPTY;

  constructor(options: MetricsPageOptions = {}) {
    this.process = options.process;
    this.onError = options.onError ?? (() => undefined);
    this.now = options.now ?? Date.now;
  }

  /** Takes the newest snapshot of a host. The generation it already has is not encoded again. */
  update(snapshot: HostSnapshot): void {
    const takenAt = this.now();
    let entry = this.hosts.get(snapshot.host);
    if (entry === undefined) {
      const encoder = new HostEncoder(snapshot.host);
      entry = { encoder, snapshot, takenAt, fragments: undefined, encodedAt: -Infinity, gzip: new GzipCache() };
      this.hosts.set(snapshot.host, entry);
    } else {
      if (entry.snapshot.generation === snapshot.generation) return;
      entry.snapshot = snapshot;
      entry.takenAt = takenAt;
      entry.fragments = undefined;
    }
    this.version++;
    if (takenAt < entry.encodedAt || takenAt - entry.encodedAt >= ENCODE_INTERVAL_MS) this.encode(entry);
  }

  /** Forgets a host that is no longer configured. */
  remove(host: string): void {
    if (this.hosts.delete(host)) this.version++;
  }

  /** Whether the page has anything of a host. */
  has(host: string): boolean {
    return this.hosts.has(host);
  }

  /**
   * The page as text.
   *
   * @param options.host Only this host, without Vireo's process metrics. Nothing for a host the page does not have.
   */
  async render(options: { host?: string } = {}): Promise<Buffer> {
    const hosts = this.concatenate(options.host);
    return options.host === undefined ? Buffer.concat([hosts, await this.processText()]) : hosts;
  }

  /**
   * The page as an HTTP answer.
   *
   * @param acceptEncoding The request's header.
   * @param host Only this host.
   * @returns `undefined` for a host the page does not have.
   */
  async respond(acceptEncoding: string | undefined, host?: string): Promise<MetricsResponse | undefined> {
    if (host !== undefined && !this.has(host)) return undefined;
    const startedAt = performance.now();
    const gzip = acceptsGzip(acceptEncoding);
    const body = gzip ? await this.renderGzip(host) : await this.render(host === undefined ? {} : { host });
    const encoding = gzip ? 'gzip' : 'identity';
    this.process?.observeScrape({ encoding, durationMs: performance.now() - startedAt, bytes: body.length });
    return { body, contentType: TEXT_CONTENT_TYPE, ...(gzip ? { contentEncoding: 'gzip' } : {}) };
  }

  private async renderGzip(host: string | undefined): Promise<Buffer> {
    const entry = host === undefined ? undefined : this.hosts.get(host);
    const beginning =
      entry === undefined
        ? this.gzip.get(this.version, () => this.compressAll())
        : entry.gzip.get(entry.snapshot.generation, () => beginGzip(this.concatenate(host)));
    const end = host === undefined ? this.processText() : Promise.resolve(EMPTY);
    return finishGzip(await beginning, await end);
  }

  private async processText(): Promise<Buffer> {
    if (this.process === undefined) return EMPTY;
    try {
      return Buffer.from(await this.process.text());
    } catch (error) {
      this.onError(error);
      return EMPTY;
    }
  }

  private encode(entry: HostEntry): Fragments {
    entry.fragments = entry.encoder.encode(entry.snapshot, entry.takenAt);
    entry.encodedAt = entry.takenAt;
    return entry.fragments;
  }

  /** Compresses all hosts. The text in between is large and short-lived, so its memory is used again. */
  private async compressAll(): Promise<GzipBeginning> {
    const { scratch } = this;
    this.scratch = EMPTY;
    const body = this.concatenate(undefined, scratch);
    try {
      return await beginGzip(body);
    } finally {
      this.scratch = Buffer.from(body.buffer);
    }
  }

  /** Puts the fragments together by family; into `scratch` when they fit. */
  private concatenate(host: string | undefined, scratch: Buffer = EMPTY): Buffer {
    const entries = host === undefined ? [...this.hosts.values()] : [this.hosts.get(host)];
    const fragments = entries.flatMap((entry) => (entry === undefined ? [] : [entry.fragments ?? this.encode(entry)]));
    const bound = fragments.reduce((sum, { bytes }) => sum + bytes.length, HEADERS_LENGTH);
    const page = scratch.length >= bound ? scratch : Buffer.allocUnsafeSlow(Math.ceil(bound * SLACK));
    let end = 0;
    HEADERS.forEach((header, family) => {
      let headed = false;
      for (const { bytes, offsets } of fragments) {
        const from = offsets[family] ?? 0;
        const to = offsets[family + 1] ?? from;
        if (from === to) continue;
        if (!headed) end += header.copy(page, end);
        headed = true;
        end += bytes.copy(page, end, from, to);
      }
    });
    return page.subarray(0, end);
  }
}
