// SPDX-License-Identifier: Apache-2.0
// Reads every page that a fault test scrapes and finds what no fault excuses: a counter that went backwards although its
// domain did not restart, something that cannot be nothing and became 0, CPU time its host has not, one series twice.
import { availableParallelism } from 'node:os';
import type { Exposition, Series } from './exporter.ts';

/** Gauges that may be absent, but were they once above 0, then 0 is a lie. */
export const NEVER_ZERO_AGAIN: ReadonlySet<string> = new Set([
  'libvirt_domains',
  'libvirt_host_cpus',
  'libvirt_host_memory_total_bytes',
  'libvirt_host_memory_free_bytes',
  'libvirt_domain_info_maximum_memory_bytes',
  'libvirt_domain_info_memory_usage_bytes',
  'libvirt_domain_info_virtual_cpus',
  'libvirt_domain_memory_stats_current_balloon_bytes',
  'libvirt_domain_memory_stats_maximum_bytes',
  'libvirt_domain_memory_stats_rss_bytes',
  'libvirt_domain_block_stats_capacity_bytes',
  'libvirt_domain_block_stats_physical_bytes',
  'libvirt_domain_vcpu_current',
  'libvirt_domain_vcpu_maximum',
  'libvirt_domain_start_timestamp_seconds',
  'libvirt_domain_statistics_timestamp_seconds',
  'libvirt_storage_pool_capacity_bytes',
]);

/** CPU seconds of a whole domain; the only counter that the clock bounds. */
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
/** A page may show what was read so long before it. */
const STALE_SECONDS = 15;
const FINDINGS_MAX = 20;

interface Seen {
  readonly value: number;
  /** How many restarts of its domain were announced and not yet seen in this series. */
  readonly resets: number;
  /** The first value since the last reset, and when it was seen. */
  readonly first: { readonly value: number; readonly atMs: number };
}

/** Give it every page of one exporter process, in the order they were scraped. */
export class PageChecker {
  /** How many pages it was given. */
  pages = 0;
  /** What it found, in words; empty when all is well. */
  readonly findings: string[] = [];
  readonly #seen = new Map<string, Seen>();
  readonly #restarts = new Map<string, number>();
  readonly #cpus: number;

  /** @param cpus of the largest host on the pages; this machine's unless told */
  constructor(cpus = availableParallelism()) {
    this.#cpus = cpus;
  }

  /** From now on each series of this domain, named as on the pages, may begin anew once more. */
  mayRestart(domain: string): void {
    this.#restarts.set(domain, (this.#restarts.get(domain) ?? 0) + 1);
  }

  /** @param atMs when it was scraped, a time that only goes forward */
  take(page: Exposition, atMs = performance.now()): void {
    this.pages += 1;
    const counters = new Set([...page.text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
    const onPage = new Set<string>();
    for (const series of page.series) {
      const key = keyOf(series);
      if (onPage.has(key)) this.#find(`${key} stands twice on page ${String(this.pages)}`);
      onPage.add(key);
      if (counters.has(series.name) && !mayGoBack(series)) this.#takeCounter(key, series, atMs);
      else if (NEVER_ZERO_AGAIN.has(series.name)) this.#takeGauge(key, series, atMs);
    }
  }

  #takeCounter(key: string, { name, labels, value }: Series, atMs: number): void {
    const before = this.#seen.get(key);
    if (before === undefined || value < before.value) {
      if (before !== undefined && this.#resetsLeft(labels, before) <= 0) {
        this.#find(`${key} went back from ${String(before.value)} to ${String(value)}, page ${String(this.pages)}`);
      }
      // A series that is new to us begins after all restarts so far; the last may have been announced and be yet to come.
      const resets = before === undefined ? Math.max(0, this.#restartsOf(labels) - 1) : before.resets + 1;
      this.#seen.set(key, { value, resets, first: { value, atMs } });
      return;
    }
    const seconds = (atMs - before.first.atMs) / 1000 + STALE_SECONDS;
    if (name === CPU_TIME && value - before.first.value > this.#cpus * seconds) {
      const grown = `from ${String(before.first.value)} to ${String(value)}`;
      this.#find(`${key} grew ${grown}, more than its host has, page ${String(this.pages)}`);
    }
    this.#seen.set(key, { ...before, value });
  }

  #takeGauge(key: string, { value }: Series, atMs: number): void {
    const before = this.#seen.get(key);
    if (value === 0 && before !== undefined && before.value > 0) {
      this.#find(`${key} became 0 and was ${String(before.value)}, page ${String(this.pages)}`);
    }
    this.#seen.set(key, { value, resets: 0, first: { value, atMs } });
  }

  #restartsOf(labels: Series['labels']): number {
    return this.#restarts.get(labels['domain'] ?? '') ?? 0;
  }

  #resetsLeft(labels: Series['labels'], before: Seen): number {
    return this.#restartsOf(labels) - before.resets;
  }

  #find(what: string): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push(what);
  }
}

/** Its labels in one order, so that two spellings of one series are the same. */
function keyOf({ name, labels }: Series): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}${JSON.stringify(sorted)}`;
}

/** The kernel's own counters of idle time do, as proc(5) says of iowait, and nobody but the kernel is to blame. */
function mayGoBack({ name, labels }: Series): boolean {
  return name === 'libvirt_host_cpu_seconds_total' && (labels['mode'] === 'iowait' || labels['mode'] === 'idle');
}
