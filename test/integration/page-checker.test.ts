// SPDX-License-Identifier: Apache-2.0
// Who checks the checker: pages that are wrong on purpose.
import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import { parsePage } from '../lab/exporter.ts';
import { NEVER_ZERO_AGAIN, PageChecker } from '../lab/page-checker.ts';

const READS = 'libvirt_domain_block_stats_read_bytes_total';
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
const RSS = 'libvirt_domain_memory_stats_rss_bytes';

/** One page of each list of samples, a second apart. */
function findingsOf(
  pages: readonly (readonly string[])[],
  between: (checker: PageChecker, i: number) => void,
): string[] {
  const checker = new PageChecker();
  pages.forEach((samples, i) => {
    const head = [`# TYPE ${READS} counter`, `# TYPE ${CPU_TIME} counter`, `# TYPE ${RSS} gauge`];
    checker.take(parsePage([...head, ...samples, ''].join('\n'), 1), i * 1000);
    between(checker, i);
  });
  expect(checker.pages).toBe(pages.length);
  return checker.findings;
}

const nothing = (): void => undefined;
const reads = (value: number, domain = 'a'): string =>
  `${READS}{host="h",domain="${domain}",target_device="vda"} ${String(value)}`;
const cpu = (value: number): string => `${CPU_TIME}{host="h",domain="a"} ${String(value)}`;
const rss = (value: number): string => `${RSS}{host="h",domain="a"} ${String(value)}`;

describe('the checker is content with', () => {
  test('counters that grow, stand still, are absent for a while and go on', () => {
    expect(findingsOf([[reads(5), cpu(1)], [reads(5)], [cpu(1.5)], [reads(7), cpu(2)]], nothing)).toEqual([]);
  });

  test('a counter that begins anew once, after its domain may have restarted', () => {
    const restart = (checker: PageChecker, i: number): void => {
      if (i === 1) checker.mayRestart('a');
    };
    expect(findingsOf([[reads(5)], [reads(6)], [reads(8)], [reads(1)], [reads(2)]], restart)).toEqual([]);
  });

  test('a counter first seen between the announcement of a restart and the restart', () => {
    const restart = (checker: PageChecker, i: number): void => {
      if (i === 0) checker.mayRestart('a');
    };
    expect(findingsOf([[], [reads(5)], [reads(0)], [reads(2)]], restart)).toEqual([]);
  });

  test('a gauge that falls, and one that is gone', () => {
    expect(findingsOf([[rss(5)], [rss(1)], []], nothing)).toEqual([]);
  });
});

describe('the checker finds', () => {
  test.each([
    ['a counter that went backwards', [[reads(5)], [reads(4)]], 'went back from 5 to 4, page 2'],
    ['a counter that became 0 and came back', [[reads(5)], [reads(0)], [reads(6)]], 'went back from 5 to 0, page 2'],
    ['one that went backwards while it was absent', [[reads(5)], [], [reads(4)]], 'went back from 5 to 4, page 3'],
    ['the same series twice', [[reads(5), reads(5)]], 'stands twice on page 1'],
    [
      'the same series twice, its labels in another order',
      [[reads(5), `${READS}{target_device="vda",domain="a",host="h"} 5`]],
      'stands twice',
    ],
    ['memory that became nothing', [[rss(5)], [rss(0)]], 'became 0 and was 5, page 2'],
    ['memory that became nothing while it was absent', [[rss(5)], [], [rss(0)]], 'became 0 and was 5, page 3'],
    ['CPU time in the wrong unit', [[cpu(1)], [cpu(1e9)]], 'more than its host has, page 2'],
  ])('%s', (_, pages, what) => {
    const findings = findingsOf(pages, nothing);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(what);
  });

  test('a second step back after one restart, and one of another domain', () => {
    const restart = (checker: PageChecker, i: number): void => {
      if (i === 0) checker.mayRestart('a');
    };
    const both = (a: number, b: number): string[] => [reads(a), reads(b, 'b')];
    const findings = findingsOf([both(5, 5), both(1, 4), both(0, 4)], restart);
    expect(findings.map((finding) => /domain","(.)".*went back (.*),/.exec(finding)?.slice(1))).toEqual([
      ['b', 'from 5 to 4'],
      ['a', 'from 1 to 0'],
    ]);
  });
});

test('every gauge it watches is one of ours', () => {
  const gauges = new Set(METRIC_FAMILIES.filter(({ type }) => type === 'gauge').map(({ name }) => name));
  expect([...NEVER_ZERO_AGAIN].filter((name) => !gauges.has(name))).toEqual([]);
});
