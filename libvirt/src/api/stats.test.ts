// SPDX-License-Identifier: Apache-2.0

import { DOMAIN_STATS_REPLY } from '../protocol/domain-stats.fixture.ts';
import { StatsApi } from './stats.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';

const GET_ALL_DOMAIN_STATS = 344;
const dom = { name: 'a', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 };
const domHex = '00000001' + '61000000' + '6695eb01f6a4830479aa97f2502e193f' + '00000007';

function start(ret: string): { daemon: ScriptedDaemon; stats: StatsApi } {
  const daemon = new ScriptedDaemon().answer(GET_ALL_DOMAIN_STATS, { ret });
  return { daemon, stats: new StatsApi(daemon.rpc) };
}

it('asks for groups of all domains', async () => {
  const { daemon, stats } = start(DOMAIN_STATS_REPLY);
  const records = await stats.getAll({ groups: ['state', 'interface', 'perf', 'memory'] });
  expect(daemon.calls).toEqual([{ procedure: GET_ALL_DOMAIN_STATS, args: '00000000' + '00000151' + '00000000' }]);
  expect(records.map(({ domain }) => domain.name)).toEqual(['q1']);
});

it('asks for some domains, not waiting, with backing images, active ones only', async () => {
  const { daemon, stats } = start('00000000');
  await stats.getAll({ groups: ['vm'], domains: [dom], noWait: true, backing: true, activeOnly: true });
  expect(daemon.calls[0]?.args).toBe('00000001' + domHex + '00000400' + '60000001');
});

it('does not ask about no domains, which libvirt would take for all', async () => {
  const { daemon, stats } = start(DOMAIN_STATS_REPLY);
  await expect(stats.getAll({ groups: ['state'], domains: [] })).resolves.toEqual([]);
  expect(daemon.calls).toEqual([]);
});

it('does not ask for no groups, which libvirt would take for all', async () => {
  const { daemon, stats } = start(DOMAIN_STATS_REPLY);
  await expect(stats.getAll({ groups: [] })).rejects.toMatchObject({ code: 'LV_ARG_VALUE' });
  expect(daemon.calls).toEqual([]);
});

it('a parameter of an unknown type fails the call and leaves the connection', async () => {
  const broken = DOMAIN_STATS_REPLY.slice(0, 104) + '00000009' + DOMAIN_STATS_REPLY.slice(112);
  const { daemon, stats } = start(broken);
  await expect(stats.getAll({ groups: ['state'] })).rejects.toMatchObject({ code: 'LV_PROTO_PAYLOAD' });
  daemon.answer(GET_ALL_DOMAIN_STATS, { ret: '00000000' });
  await expect(stats.getAll({ groups: ['state'] })).resolves.toEqual([]);
});
