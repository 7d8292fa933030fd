// SPDX-License-Identifier: Apache-2.0
// Scraping until something is seen, or for a while, with every page checked.
import type { Exporter, Exposition } from './exporter.ts';
import { PageChecker } from './page-checker.ts';
import { waitFor } from './wait-for.ts';

/**
 * Makes every test of the calling file fail whose pages were not as {@link PageChecker} wants them, or that scraped none.
 * @returns a new checker, one for each exporter that a test starts
 */
export function checkEveryPage(): (cpus?: number) => PageChecker {
  const checkers: PageChecker[] = [];
  afterEach(() => {
    for (const { findings, pages } of checkers.splice(0)) {
      expect(findings).toEqual([]);
      expect(pages).toBeGreaterThan(0);
    }
  });
  return (cpus) => {
    const checker = new PageChecker(cpus);
    checkers.push(checker);
    return checker;
  };
}

/** Scrapes until `accept` is content; resolves with that page. */
export async function seePage(
  exporter: Exporter,
  what: string,
  deadlineMs: number,
  accept: (page: Exposition) => boolean,
): Promise<Exposition> {
  return waitFor(
    async () => {
      const page = await exporter.scrape();
      return accept(page) && page;
    },
    { what, deadlineMs },
  );
}

/** One page of {@link watchPages}. */
export interface WatchedPage extends Exposition {
  /** What the shortest answer of the same exporter took just before: what the machine takes, and not the page. */
  readonly healthyMs: number;
}

/** Scrapes every 100 ms for `durationMs`. */
export async function watchPages(exporter: Exporter, durationMs: number): Promise<WatchedPage[]> {
  const pages: WatchedPage[] = [];
  const end = performance.now() + durationMs;
  await waitFor(
    async () => {
      const began = performance.now();
      await (await fetch(`${exporter.url}/-/healthy`)).text();
      const healthyMs = performance.now() - began;
      pages.push({ ...(await exporter.scrape()), healthyMs });
      return performance.now() >= end;
    },
    { what: 'the time of watching is over', deadlineMs: durationMs + 10_000, intervalMs: 100 },
  );
  return pages;
}

/** The time below which 95 of 100 scrapes stayed, without what a busy machine made even the shortest answer wait. */
export function slowScrapeMs(pages: readonly WatchedPage[]): number {
  const slow = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? NaN;
  return slow(pages.map(({ tookMs }) => tookMs)) - slow(pages.map(({ healthyMs }) => healthyMs));
}
