// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'fs';
import { join } from 'path';
import type { BulkResult } from '@vireo/exporter/contract';
import { aDomain, aTask, UUID } from '../../testing/fixtures';
import { consequences, judgeDryRun, kindsOf, outcomesOf, TARGETS_MAX, typedProof } from './bulk';
import { cpuQuery } from './useCpuHistory';
import { viewOf } from '../tasks/view';

const OTHER = '5f8e4a52-9d7c-4c35-a7a5-0d3c3f9f6f02';
const THIRD = '5f8e4a52-9d7c-4c35-a7a5-0d3c3f9f6f03';
const target = (uuid: string) => ({ host: 'kvm1', uuid });
const answer = (...results: BulkResult['results']): BulkResult => ({ bulkId: UUID, dryRun: true, results });
const error = { code: 'VIREO_STATE', message: 'shutoff: not running' };

describe('a dry run', () => {
  it('is sorted into what is done, what is as asked, and what is refused', () => {
    const domains = [aDomain(), aDomain({ uuid: OTHER }), aDomain({ uuid: THIRD })];
    const { acted, unchanged, refused } = judgeDryRun(
      answer(
        { ...target(UUID), accepted: true, changes: true },
        { ...target(OTHER), accepted: true, changes: false },
        { ...target(THIRD), accepted: false, error },
      ),
      domains,
    );
    expect(acted).toEqual([domains[0]]);
    expect(unchanged.map(({ uuid }) => uuid)).toEqual([OTHER]);
    expect(refused.map(({ uuid }) => uuid)).toEqual([THIRD]);
  });
});

describe('what is asked for', () => {
  it('tells each kind of consequence once, with how many it is about', () => {
    const domains = [aDomain(), aDomain(), aDomain({ persistent: false })];
    expect(
      consequences({ action: 'destroy' }, domains).map(([text, count]) => [text.includes('transient'), count]),
    ).toEqual([
      [false, 2],
      [true, 1],
    ]);
  });

  it('wants their number typed where data may be lost, and the name of a single one', () => {
    const two = [aDomain(), aDomain({ name: 'web-2' })];
    expect(typedProof({ action: 'destroy' }, two)).toBe('2');
    expect(typedProof({ action: 'reset' }, two.slice(1))).toBe('web-2');
    expect(typedProof({ action: 'shutdown' }, two)).toBeUndefined();
  });

  it('is no more than the API takes', () => {
    const openapi = readFileSync(join(__dirname, '../../../../docs/openapi.json'), 'utf8');
    const { components } = JSON.parse(openapi) as {
      components: { schemas: { BulkRequest: { properties: { targets: { maxItems: number } } } } };
    };
    expect(components.schemas.BulkRequest.properties.targets.maxItems).toBe(TARGETS_MAX);
  });
});

describe('how many targets go', () => {
  const done = aTask({ id: UUID, state: 'succeeded', changed: true });
  const late = aTask({ id: OTHER, uuid: OTHER, state: 'timed_out' });

  it('stands with failures first, and the newest that is known of each', () => {
    const outcomes = outcomesOf(
      answer(
        { ...target(UUID), accepted: true, task: aTask({ id: UUID }) },
        { ...target(OTHER), accepted: true, task: aTask({ id: OTHER }) },
        { ...target(THIRD), accepted: false, error },
      ),
      [done, late],
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'no-reaction', 'done']);
    expect(outcomes[1]?.escalation).toBe('destroy');
    expect(kindsOf(outcomes)).toEqual([
      ['refused', 1],
      ['no-reaction', 1],
      ['done', 1],
    ]);
  });

  it('is over once it is, whatever an older list says', () => {
    const [outcome] = outcomesOf(answer({ ...target(UUID), accepted: true, task: done }), [aTask({ id: UUID })]);
    expect(outcome?.kind).toBe('done');
  });
});

describe('PromQL about rows', () => {
  it('fits these names and no others, whatever is in them', () => {
    const query = cpuQuery([
      { host: 'b', name: 'a.b' },
      { host: 'a', name: 'say "$x" (1)' },
    ]);
    expect(query).toContain('host=~"a|b",domain=~"a\\\\.b|say \\"[$]x\\" \\\\(1\\\\)"');
  });
});

describe('the view of the tasks', () => {
  it('leaves out what the API would refuse', () => {
    const address = new URLSearchParams(`uuid=x&bulkId=${UUID}&state=failed&state=no&action=start&action=fly&host=`);
    expect(viewOf(address)).toEqual({ bulkId: UUID, state: ['failed'], action: ['start'] });
  });
});
