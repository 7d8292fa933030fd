// SPDX-License-Identifier: Apache-2.0
// Vireo's metrics about its own process. The only user of prom-client, and only for a few dozen series, three of each
// host: domains never enter it. One registry, never switched to OpenMetrics: that renames its counters for good.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { AUTH_REFUSALS } from '../contract/auth-refusals.ts';
import type { AuthRefusal } from '../contract/auth-refusals.ts';
import { processFamily } from '../contract/metrics.ts';
import type { ProcessMetricName } from '../contract/metrics.ts';
import { CallCounts } from './call-counts.ts';
import type { ObservedCall } from './call-counts.ts';
import type { ProcessMetrics } from './metrics-page.ts';

/** Something that happened with consoles, as the room of that name puts it on record. */
export interface ObservedConsole {
  readonly event: string;
  readonly mode?: string;
  readonly kind?: string;
  /** Why a request was refused. */
  readonly reason?: string;
  /** How a session ended. */
  readonly end?: string;
  readonly bytesToClient?: number;
  readonly bytesFromClient?: number;
}

/** A certificate, and until when it is good in milliseconds since the epoch. */
export interface ObservedCertificate {
  readonly certificate: string;
  readonly notAfter: number;
}

/** Options of {@link SelfMetrics}. */
export interface SelfMetricsOptions {
  /** Vireo's version. */
  readonly version: string;
  /** The usual `process_*` and `nodejs_*` families; on by default. */
  readonly defaultMetrics?: boolean;
}

/** prom-client calls these gauges `_total`, which is for counters; their sums can be had from the ones without. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Percentiles since the start of the process, which say nothing of the last minute after a week, and half of what a
 * scrape of a small host costs. `vireo_event_loop_lag_seconds` has the same of a window.
 */
const LIFELONG_LAG = 'nodejs_eventloop_lag_';
/** prom-client cannot leave that family out; this is how seldom the timer behind it then ticks. */
const LIFELONG_LAG_PRECISION_MS = 2 ** 31 - 1;

/** How old {@link SelfMetrics.text} may be. Made between scrapes, so that no scrape pays for reading /proc. */
const RENDER_INTERVAL_MS = 1_000;

const LAG_RESOLUTION_MS = 20;
const LAG_WINDOW_MS = 5_000;
const LAG_STATISTICS = [
  ['p50', 50],
  ['p90', 90],
  ['p99', 99],
  ['max', 100],
] as const;

/** Counts what the process does. Close it at the end: it keeps a timer. */
export class SelfMetrics implements ProcessMetrics {
  private readonly registry = new Registry();
  private readonly calls = new CallCounts();
  private readonly reconnects: Counter;
  private readonly undecodableEvents: Counter;
  private readonly hostCertificates: Gauge;
  private readonly webCertificates: Gauge;
  private readonly authRefusals: Counter;
  private readonly actions: Counter;
  private readonly consoleSessions: Gauge;
  private readonly consoleTickets: Counter;
  private readonly consoleRejections: Counter;
  private readonly consoleEnds: Counter;
  private readonly consoleBytes: Counter;
  private readonly scrapes: Counter;
  private readonly scrapeSeconds: Counter;
  private readonly scrapeBytes: Counter;
  private readonly lag = new EventLoopLag();
  private readonly timer: NodeJS.Timeout;
  private rendered: Promise<string>;

  constructor(options: SelfMetricsOptions) {
    const registers = [this.registry];
    this.reconnects = new Counter({ ...described('vireo_host_reconnects_total'), registers });
    this.undecodableEvents = new Counter({ ...described('vireo_host_undecodable_events_total'), registers });
    this.hostCertificates = new Gauge({
      ...described('vireo_host_certificate_expiry_timestamp_seconds'),
      registers,
    });
    this.webCertificates = new Gauge({ ...described('vireo_web_certificate_expiry_timestamp_seconds'), registers });
    this.authRefusals = new Counter({ ...described('vireo_auth_refusals_total'), registers });
    // There from the start, so that the first of a kind is an increase.
    for (const [method, reasons] of Object.entries(AUTH_REFUSALS)) {
      for (const reason of reasons) this.authRefusals.inc({ method, reason }, 0);
    }
    this.actions = new Counter({ ...described('vireo_actions_total'), registers });
    this.consoleSessions = new Gauge({ ...described('vireo_console_sessions'), registers });
    this.consoleTickets = new Counter({ ...described('vireo_console_tickets_total'), registers });
    this.consoleRejections = new Counter({ ...described('vireo_console_rejections_total'), registers });
    this.consoleEnds = new Counter({ ...described('vireo_console_ends_total'), registers });
    this.consoleBytes = new Counter({ ...described('vireo_console_bytes_total'), registers });
    this.scrapes = new Counter({ ...described('vireo_scrapes_total'), registers });
    this.scrapeSeconds = new Counter({ ...described('vireo_scrape_seconds_total'), registers });
    this.scrapeBytes = new Counter({ ...described('vireo_scrape_bytes_total'), registers });
    new Gauge({ ...described('vireo_build_info'), registers }).set(
      { version: options.version, node_version: process.versions.node },
      1,
    );
    const { lag } = this;
    new Gauge({
      ...described('vireo_event_loop_lag_seconds'),
      registers,
      collect() {
        for (const [statistic, seconds] of lag.read()) this.set({ statistic }, seconds);
      },
    });
    if (options.defaultMetrics ?? true) {
      collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LIFELONG_LAG_PRECISION_MS });
      const dropped = this.registry.getMetricsAsArray().filter(({ name }) => name.startsWith(LIFELONG_LAG));
      for (const name of [...MISNAMED, ...dropped.map(({ name }) => name)]) this.registry.removeSingleMetric(name);
    }
    // Between scrapes there is nobody to tell of a failure; whoever asks for the text gets it.
    const renderAlone = (): void => void this.render().catch(() => undefined);
    this.rendered = this.write();
    this.timer = setInterval(renderAlone, RENDER_INTERVAL_MS).unref();
  }

  /** Counts one call to libvirt. */
  observeCall(call: ObservedCall): void {
    this.calls.observe(call);
  }

  /** Counts one connection made again. */
  observeReconnect(host: string): void {
    this.reconnects.inc({ host });
  }

  /** Counts one event that does not decode. */
  observeUndecodableEvent(host: string): void {
    this.undecodableEvents.inc({ host });
  }

  /** Takes over the certificates of the newest connection to a host. */
  observeHostCertificates(host: string, certificates: readonly ObservedCertificate[]): void {
    for (const { certificate, notAfter } of certificates) {
      this.hostCertificates.set({ host, certificate }, notAfter / 1000);
    }
  }

  /** Takes over the certificates we serve with in place of those before. */
  observeWebCertificates(certificates: readonly ObservedCertificate[]): void {
    this.webCertificates.reset();
    for (const { certificate, notAfter } of certificates) this.webCertificates.set({ certificate }, notAfter / 1000);
  }

  /** Counts one request whose maker is not known. */
  observeRefusal({ method, reason }: AuthRefusal): void {
    this.authRefusals.inc({ method, reason });
  }

  /** Counts one request for an action that has ended. */
  observeAction({ action, result }: { readonly action: string; readonly result: string }): void {
    this.actions.inc({ action, result });
  }

  /** Counts what happened with consoles. `sessions` is how many there are now. */
  observeConsole(seen: ObservedConsole, sessions: number): void {
    const { mode, reason, kind, end, bytesToClient = 0, bytesFromClient = 0 } = seen;
    this.consoleSessions.set(sessions);
    if (seen.event === 'console.ticket.issued' && mode !== undefined) this.consoleTickets.inc({ mode });
    if (seen.event === 'console.refused' && reason !== undefined) this.consoleRejections.inc({ reason });
    if (seen.event !== 'console.closed' || kind === undefined || end === undefined) return;
    this.consoleEnds.inc({ kind, end });
    this.consoleBytes.inc({ direction: 'to_client' }, bytesToClient);
    this.consoleBytes.inc({ direction: 'from_client' }, bytesFromClient);
  }

  /** Makes what is counted of a host series from the start, so that the first of a kind is an increase. */
  addHost(host: string): void {
    this.reconnects.inc({ host }, 0);
    this.undecodableEvents.inc({ host }, 0);
  }

  /** Drops every series of a host that is no longer configured. */
  async removeHost(host: string): Promise<void> {
    const { calls, reconnects, undecodableEvents, hostCertificates } = this;
    calls.removeHost(host);
    for (const metric of [reconnects, undecodableEvents, hostCertificates]) {
      const { values } = await metric.get();
      for (const { labels } of values) if (labels['host'] === host) metric.remove(labels);
    }
  }

  observeScrape({ encoding, durationMs, bytes }: Parameters<ProcessMetrics['observeScrape']>[0]): void {
    this.scrapes.inc({ encoding });
    this.scrapeSeconds.inc({ encoding }, durationMs / 1000);
    this.scrapeBytes.inc({ encoding }, bytes);
  }

  /** As of the last full second. */
  async text(): Promise<string> {
    return this.rendered;
  }

  /** Makes {@link text} anew, now. */
  async render(): Promise<string> {
    this.rendered = this.write();
    return this.rendered;
  }

  /** Stops the timers and forgets everything. */
  close(): void {
    clearInterval(this.timer);
    this.lag.close();
    this.registry.clear();
  }

  private async write(): Promise<string> {
    const registered = await this.registry.metrics();
    // The library ends its text as it likes.
    return `${registered.trimEnd()}\n${this.calls.text()}`;
  }
}

function described(name: ProcessMetricName): { name: string; help: string; labelNames: string[] } {
  const { help, labels } = processFamily(name);
  return { name, help, labelNames: [...labels] };
}

type LagStatistic = readonly [statistic: string, seconds: number];

/** Event-loop lag in windows, so that two Prometheus servers see the same figure and neither empties it for the other. */
class EventLoopLag {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  private windowStartedAt = performance.now();
  private last: readonly LagStatistic[] = [];

  constructor() {
    this.histogram.enable();
  }

  /** Of the last finished window; of the running one before the first has finished. */
  read(): readonly LagStatistic[] {
    const elapsed = performance.now() - this.windowStartedAt;
    if (elapsed < LAG_WINDOW_MS && this.last.length > 0) return this.last;
    const values = LAG_STATISTICS.map(
      ([statistic, percentile]) => [statistic, lagSeconds(this.histogram.percentile(percentile))] as const,
    );
    if (elapsed < LAG_WINDOW_MS) return values;
    this.last = values;
    this.histogram.reset();
    this.windowStartedAt = performance.now();
    return this.last;
  }

  close(): void {
    this.histogram.disable();
  }
}

/** Node records the time between two ticks of a timer, the timer's own interval included. */
function lagSeconds(recordedNs: number): number {
  return Math.max(0, recordedNs / 1e9 - LAG_RESOLUTION_MS / 1e3);
}
