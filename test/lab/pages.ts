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

/** Scrapes every 100 ms for `durationMs`. */
export async function watchPages(exporter: Exporter, durationMs: number): Promise<Exposition[]> {
  const pages: Exposition[] = [];
  const end = performance.now() + durationMs;
  await waitFor(
    async () => {
      pages.push(await exporter.scrape());
      return performance.now() >= end;
    },
    { what: 'the time of watching is over', deadlineMs: durationMs + 10_000, intervalMs: 100 },
  );
  return pages;
}

/** The time below which 95 of 100 scrapes stayed: one pause of a busy test machine is not the exporter's. */
export function slowScrapeMs(pages: readonly Exposition[]): number {
  const sorted = pages.map((page) => page.tookMs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
}
