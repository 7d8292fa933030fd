// SPDX-License-Identifier: Apache-2.0
// The page /metrics: ready bytes per host, made when its snapshot came, put together at a scrape. No scrape waits for
// libvirt, and a second Prometheus costs a copy.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MetricGroup } from '../contract/groups.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import { HostEncoder } from './encode-host.ts';
import { EncodeQueue } from './encode-queue.ts';
import { newSampleMemory, TEXT_CONTENT_TYPE } from './exposition.ts';
import { GzipCache, NarrowedCaches } from './gzip-cache.ts';
import { acceptsGzip, beginGzip, joinGzip } from './gzip-parts.ts';
import { negotiateFormat } from './negotiate.ts';
import type { ExpositionFormat } from './negotiate.ts';
import { OPENMETRICS_CONTENT_TYPE } from './openmetrics.ts';
import { PageEnds } from './page-end.ts';
import type { PageEnd } from './page-end.ts';
import { PageCopy } from './page-parts.ts';
import type { Fragments, SampleMemory } from './sample-lines.ts';

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
 * How long a snapshot waits for the next one in milliseconds, of which the last is encoded. A poll makes two or three: of
 * the statistics, of the jobs, and of what is observed beside it; a storm of events makes many. No scrape waits for it.
 */
const SETTLE_MS = 300;

/** The least time between two encodings of one host, as a multiple of what the last one took. */
const ENCODE_INTERVAL_FACTOR = 5;

/** Milliseconds a scrape spends on encoding what waits for its time. */
const CATCH_UP_MS = 10;

/** Bytes of a page copied between two turns of the event loop. */
const COPY_BYTES = 4 * 1024 * 1024;

interface HostEntry {
  readonly encoder: HostEncoder;
  snapshot: HostSnapshot;
  takenAt: number;
  /** The page's version when the fragments came. */
  version: number;
  /** Of the newest snapshot encoded whole. */
  fragments: readonly Fragments[];
  /** Whether a newer snapshot waits, and whether the queue has it already. */
  stale: boolean;
  queued: boolean;
  /** By `performance.now()`. */
  notBefore: number;
  timer: NodeJS.Timeout | undefined;
  readonly gzip: Readonly<Record<ExpositionFormat, GzipCache>>;
}

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
  private readonly memory = newSampleMemory();
  private readonly queue = new EncodeQueue();

  constructor(options: MetricsPageOptions = {}) {
    this.process = options.process;
    this.onError = options.onError ?? (() => undefined);
    this.now = options.now ?? Date.now;
  }

  /**
   * Takes the newest snapshot of a host. The generation it already has is not encoded again. The page shows a snapshot
   * as soon as it is encoded whole; a host's first one, which has no domains yet, on return: a page that has a host
   * tells whether it is up.
   */
  update(snapshot: HostSnapshot): void {
    const takenAt = this.now();
    let entry = this.hosts.get(snapshot.host);
    if (entry === undefined) {
      entry = newEntry(snapshot, takenAt, this.memory);
      this.hosts.set(snapshot.host, entry);
      const steps = this.encode(entry);
      while (steps.next().done !== true);
      return;
    }
    if (entry.snapshot.generation === snapshot.generation) return;
    entry.snapshot = snapshot;
    entry.takenAt = takenAt;
    entry.stale = true;
    this.encodeWhenDue(entry);
  }

  /** Forgets a host that is no longer configured. */
  remove(host: string): void {
    clearTimeout(this.hosts.get(host)?.timer);
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
    const copy = this.copyOf(selection, format);
    const end = (await this.end(selection, format)).body;
    const page = Buffer.allocUnsafeSlow(copy.bound + end.length);
    let at = 0;
    for (;;) {
      const copied = copy.fill(page.subarray(at, Math.min(copy.bound, at + COPY_BYTES)));
      if (copied === 0) break;
      at += copied;
      if (copied > COPY_BYTES / 2) await nextTurn();
    }
    at += end.copy(page, at);
    return page.subarray(0, at);
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
    const copy = this.copyOf(selection, format);
    const beginning = cache.get(entry?.version ?? this.version, () => beginGzip(copy));
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

  private encodeWhenDue(entry: HostEntry): void {
    if (entry.queued || entry.timer !== undefined) return;
    const waitMs = Math.max(SETTLE_MS, entry.notBefore - performance.now());
    entry.timer = setTimeout(() => {
      this.enqueue(entry);
    }, waitMs).unref();
  }

  private enqueue(entry: HostEntry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.queued = true;
    this.queue.add(() => this.encode(entry));
  }

  /** A host that cannot be encoded is left out: the others are not to miss a scrape for it. */
  private *encode(entry: HostEntry): Generator<undefined, void> {
    const { encoder, snapshot, takenAt } = entry;
    const startedAt = performance.now();
    entry.stale = false;
    let fragments: readonly Fragments[] = [];
    try {
      fragments = yield* encoder.encode(snapshot, takenAt);
    } catch (error) {
      this.onError(error);
    }
    const endedAt = performance.now();
    entry.notBefore = startedAt + ENCODE_INTERVAL_FACTOR * (endedAt - startedAt);
    entry.queued = false;
    if (this.hosts.get(snapshot.host) !== entry) return;
    entry.fragments = fragments;
    entry.version = ++this.version;
    // A newer one may have come between the steps.
    if (isStale(entry)) this.encodeWhenDue(entry);
  }

  /** A copy of what is encoded whole. What waits for its time is encoded now: one host, and more while there is time. */
  private copyOf({ host, groups }: PageSelection, format: ExpositionFormat): PageCopy {
    const entries = host === undefined ? [...this.hosts.values()] : [this.hosts.get(host)];
    const until = performance.now() + CATCH_UP_MS;
    for (const entry of entries) {
      if (entry?.stale !== true || entry.queued) continue;
      this.enqueue(entry);
      if (performance.now() >= until) break;
    }
    const fragments = entries.flatMap((entry) => entry?.fragments ?? []);
    return new PageCopy(fragments, { format, ...(groups === undefined ? {} : { groups }) });
  }
}

/** Read through a function: the compiler takes `stale` for what was written to it last. */
function isStale({ stale }: HostEntry): boolean {
  return stale;
}

function newEntry(snapshot: HostSnapshot, takenAt: number, memory: SampleMemory): HostEntry {
  return {
    encoder: new HostEncoder(snapshot.host, memory),
    snapshot,
    takenAt,
    version: 0,
    fragments: [],
    stale: true,
    queued: false,
    notBefore: -Infinity,
    timer: undefined,
    gzip: newCaches(),
  };
}

function newCaches(): Record<ExpositionFormat, GzipCache> {
  return { text: new GzipCache(), openmetrics: new GzipCache() };
}
