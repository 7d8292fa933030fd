// SPDX-License-Identifier: Apache-2.0
// The page /metrics: ready bytes per host, made when its snapshot came, put together at a scrape. No scrape waits for
// libvirt, and a second Prometheus costs a copy.

import type { MetricGroup } from '../contract/groups.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import { HostEncoder } from './encode-host.ts';
import { SampleWriter, TEXT_CONTENT_TYPE } from './exposition.ts';
import type { Fragments } from './exposition.ts';
import { GzipCache, NarrowedCaches } from './gzip-cache.ts';
import { acceptsGzip, beginGzip, joinGzip } from './gzip-parts.ts';
import type { GzipBeginning } from './gzip-parts.ts';
import { negotiateFormat } from './negotiate.ts';
import type { ExpositionFormat } from './negotiate.ts';
import { OPENMETRICS_CONTENT_TYPE } from './openmetrics.ts';
import { PageEnds } from './page-end.ts';
import type { PageEnd } from './page-end.ts';
import { joinFragments } from './page-parts.ts';

/** Vireo's own process metrics, as the page needs them. */
export interface ProcessMetrics {
  /** Whole families in text format 0.0.4, or nothing. */
  text(): Promise<string>;
  /** Called once for each answer made. */
  observeScrape(scrape: { encoding: 'gzip' | 'identity'; durationMs: number; bytes: number }): void;
}

/** Which part of the page. */
export interface PageSelection {
  /** Only this host, without Vireo's process metrics. */
  readonly host?: string;
  /** Only the families of these groups, and `libvirt_up`; the process metrics are in group `vireo`. */
  readonly groups?: ReadonlySet<MetricGroup>;
}

/** What a client asks for. */
export interface PageRequest extends PageSelection {
  /** The header of that name. */
  readonly accept?: string;
  /** The header of that name. */
  readonly acceptEncoding?: string;
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
  /** Called when a part cannot be made, a host or the process metrics; the page is then served without it. */
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
  /** The page's version when the snapshot came. */
  version: number;
  takenAt: number;
  /** Of the newest snapshot encoded; `undefined` when a newer one waits. */
  fragments: Fragments | undefined;
  encodedAt: number;
  readonly gzip: Readonly<Record<ExpositionFormat, GzipCache>>;
}

const EMPTY = Buffer.alloc(0);

/** The metrics page of all hosts. */
export class MetricsPage {
  private readonly hosts = new Map<string, HostEntry>();
  private readonly process: ProcessMetrics | undefined;
  private readonly onError: (error: unknown) => void;
  private readonly now: () => number;
  /** Grows with every change of the page. */
  private version = 0;
  private readonly gzip = newCaches();
  private readonly narrowed = new NarrowedCaches();
  private readonly ends: Readonly<Record<ExpositionFormat, PageEnds>> = {
    text: new PageEnds('text'),
    openmetrics: new PageEnds('openmetrics'),
  };
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
    const version = this.version + 1;
    let entry = this.hosts.get(snapshot.host);
    if (entry === undefined) {
      const encoder = new HostEncoder(snapshot.host);
      const gzip = newCaches();
      entry = { encoder, snapshot, version, takenAt, fragments: undefined, encodedAt: -Infinity, gzip };
      this.hosts.set(snapshot.host, entry);
    } else {
      if (entry.snapshot.generation === snapshot.generation) return;
      entry.snapshot = snapshot;
      entry.version = version;
      entry.takenAt = takenAt;
      entry.fragments = undefined;
    }
    this.version = version;
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
   * The page, not compressed.
   *
   * @returns Nothing but an end for a host the page does not have.
   */
  async render(selection: PageSelection = {}, format: ExpositionFormat = 'text'): Promise<Buffer> {
    const hosts = this.concatenate(selection, format);
    return Buffer.concat([hosts, (await this.end(selection, format)).body]);
  }

  /**
   * The page as an HTTP answer: in OpenMetrics or text, compressed or not, as the client likes it.
   *
   * @returns `undefined` for a host the page does not have.
   */
  async respond({ accept, acceptEncoding, ...selection }: PageRequest): Promise<MetricsResponse | undefined> {
    if (selection.host !== undefined && !this.has(selection.host)) return undefined;
    const startedAt = performance.now();
    const format = negotiateFormat(accept);
    const gzip = acceptsGzip(acceptEncoding);
    const body = await (gzip ? this.renderGzip(selection, format) : this.render(selection, format));
    const encoding = gzip ? 'gzip' : 'identity';
    this.process?.observeScrape({ encoding, durationMs: performance.now() - startedAt, bytes: body.length });
    const contentType = format === 'text' ? TEXT_CONTENT_TYPE : OPENMETRICS_CONTENT_TYPE;
    return { body, contentType, ...(gzip ? { contentEncoding: 'gzip' } : {}) };
  }

  private async renderGzip(selection: PageSelection, format: ExpositionFormat): Promise<Buffer> {
    const entry = selection.host === undefined ? undefined : this.hosts.get(selection.host);
    const cache = this.cacheOf(selection, format, entry);
    const beginning = cache.get(entry?.version ?? this.version, () =>
      isWhole(selection) ? this.compressAll(format) : beginGzip(this.concatenate(selection, format)),
    );
    const end = this.end(selection, format).then((made) => made.gzip());
    const [first, last] = await Promise.all([beginning, end]);
    return joinGzip(first, last);
  }

  private cacheOf({ host, groups }: PageSelection, format: ExpositionFormat, entry: HostEntry | undefined): GzipCache {
    if (groups === undefined) return (entry?.gzip ?? this.gzip)[format];
    return this.narrowed.of(JSON.stringify([format, host, ...[...groups].sort()]));
  }

  /** What follows the hosts. */
  private async end({ host, groups }: PageSelection, format: ExpositionFormat): Promise<PageEnd> {
    const withProcess = host === undefined && (groups === undefined || groups.has('vireo'));
    const text = withProcess ? await this.processText() : '';
    try {
      return this.ends[format].of(text);
    } catch (error) {
      this.onError(error);
      return this.ends[format].of('');
    }
  }

  private async processText(): Promise<string> {
    try {
      return (await this.process?.text()) ?? '';
    } catch (error) {
      this.onError(error);
      return '';
    }
  }

  /** A host that cannot be encoded is left out: the others are not to miss a scrape for it. */
  private encode(entry: HostEntry): Fragments {
    try {
      entry.fragments = entry.encoder.encode(entry.snapshot, entry.takenAt);
    } catch (error) {
      this.onError(error);
      entry.fragments = new SampleWriter().finish();
    }
    entry.encodedAt = entry.takenAt;
    return entry.fragments;
  }

  /** Compresses all hosts. The text in between is large and short-lived, so its memory is used again. */
  private async compressAll(format: ExpositionFormat): Promise<GzipBeginning> {
    const { scratch } = this;
    this.scratch = EMPTY;
    const body = this.concatenate({}, format, scratch);
    try {
      return await beginGzip(body);
    } finally {
      this.scratch = Buffer.from(body.buffer);
    }
  }

  private concatenate({ host, groups }: PageSelection, format: ExpositionFormat, scratch: Buffer = EMPTY): Buffer {
    const entries = host === undefined ? [...this.hosts.values()] : [this.hosts.get(host)];
    const fragments = entries.flatMap((entry) => (entry === undefined ? [] : [entry.fragments ?? this.encode(entry)]));
    return joinFragments(fragments, { format, ...(groups === undefined ? {} : { groups }) }, scratch);
  }
}

function newCaches(): Record<ExpositionFormat, GzipCache> {
  return { text: new GzipCache(), openmetrics: new GzipCache() };
}

function isWhole({ host, groups }: PageSelection): boolean {
  return host === undefined && groups === undefined;
}
