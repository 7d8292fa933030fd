// SPDX-License-Identifier: Apache-2.0

import { aDomain, aHost, aTask } from '../../testing/fixtures';
import { attentionOf, type AttentionSources } from './attention';

const NOW = Date.parse('2026-11-24T12:00:00.000Z');
const nothing: AttentionSources = { hosts: [], domains: [], tasks: [], stuck: [], pools: [], nowMs: NOW };
const kinds = (sources: Partial<AttentionSources>) =>
  [...attentionOf({ ...nothing, ...sources })].map(([kind, items]) => [
    kind,
    items.map(({ name, host }) => name ?? host),
  ]);

const lost = aHost({
  host: 'kvm2',
  state: 'lost',
  error: { code: 'LV_CONN_REFUSED', message: 'refused', advice: 'look', nextAttemptAt: '2026-11-24T12:01:00.000Z' },
});

describe('what needs attention', () => {
  it('has nothing of what is well', () => {
    const domains = [aDomain(), aDomain({ state: 'shutoff', reason: 'shutdown' }), aDomain({ autostart: true })];
    expect(kinds({ hosts: [aHost()], domains })).toEqual([]);
  });

  it('has the worst kind first, and one kind for each domain', () => {
    const domains = [
      aDomain({ name: 'mine', state: 'paused', reason: 'user' }),
      aDomain({ name: 'off', state: 'shutoff', reason: 'shutdown', autostart: true }),
      aDomain({ name: 'full', state: 'paused', reason: 'ioerror' }),
      aDomain({ name: 'dead', state: 'shutoff', reason: 'crashed', autostart: true }),
      aDomain({ name: 'panic', state: 'crashed', reason: 'panicked' }),
    ];
    expect(kinds({ hosts: [aHost(), lost], domains })).toEqual([
      ['host-lost', ['kvm2']],
      ['crashed', ['dead', 'panic']],
      ['io-error', ['full']],
      ['autostart-off', ['off']],
      ['paused', ['mine']],
    ]);
  });

  it('says of a lost host since when and why, and nothing of its domains, of which nobody knows', () => {
    const domains = [aDomain({ host: 'kvm2', state: 'paused', reason: 'user' })];
    const groups = attentionOf({ ...nothing, hosts: [lost], domains });
    expect([...groups.keys()]).toEqual(['host-lost']);
    expect(groups.get('host-lost')).toMatchObject([{ since: lost.since, detail: 'refused' }]);
  });

  it('offers what helps only where it is allowed now, by an address that opens its question', () => {
    const paused = { state: 'paused', reason: 'user' } as const;
    const domains = [aDomain({ ...paused, allowedActions: ['resume'] }), aDomain({ ...paused, allowedActions: [] })];
    const [first, second] = attentionOf({ ...nothing, domains }).get('paused') ?? [];
    expect(first?.remedy).toEqual({ action: 'resume', url: expect.stringMatching(/\?action=resume$/) as string });
    expect(second).not.toHaveProperty('remedy');
  });

  it('has what only metrics know', () => {
    const stuck = [{ labels: { host: 'kvm1', domain: 'frozen' }, values: [1] }];
    const pools = [{ labels: { host: 'kvm1', storage_pool: 'images' }, values: [0.021] }];
    const groups = attentionOf({ ...nothing, stuck, pools });
    expect([...groups.keys()]).toEqual(['stuck', 'pool-full']);
    expect(groups.get('pool-full')).toMatchObject([
      { name: 'images', detail: '2.1 %', url: expect.stringContaining('kvm1') as string },
    ]);
    expect(groups.get('stuck')?.[0]?.url).toMatch(/\/open\?host=kvm1&domain=frozen$/);
  });

  it('has the newest failure of a domain, and none of yesterday', () => {
    const failed = { state: 'failed', error: { code: 'VIR_ERR', message: 'no space' } } as const;
    const tasks = [
      aTask({ ...failed, endedAt: '2026-11-24T11:00:00.000Z' }),
      aTask({ ...failed, endedAt: '2026-11-24T10:00:00.000Z' }),
      aTask({ ...failed, uuid: 'ffffffff-9d7c-4c35-a7a5-0d3c3f9f6f01', endedAt: '2026-11-23T11:00:00.000Z' }),
      aTask({
        state: 'unknown',
        action: 'autostart',
        options: { enabled: false },
        uuid: 'eeeeeeee-9d7c-4c35-a7a5-0d3c3f9f6f01',
        endedAt: '2026-11-24T11:00:00.000Z',
      }),
    ];
    expect(attentionOf({ ...nothing, tasks }).get('task-failed')).toMatchObject([
      { since: '2026-11-24T11:00:00.000Z', detail: 'Shut down: no space' },
      { detail: 'Do not start with host: Unknown' },
    ]);
  });
});
