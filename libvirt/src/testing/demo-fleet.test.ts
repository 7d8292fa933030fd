// SPDX-License-Identifier: Apache-2.0
// The demonstration through the client.

import { connect } from '../connect.ts';
import { startDemoFleet } from './demo-fleet.ts';

test('three hosts answer, one is lost, and one domain is stuck', async () => {
  const fleet = await startDemoFleet();
  try {
    expect(fleet.hosts.map(({ name }) => name)).toEqual(['demo-kvm-1', 'demo-kvm-2', 'demo-kvm-3', 'demo-kvm-4']);
    const [first, , third, fourth] = fleet.hosts.map(({ uri }) => uri);
    await expect(connect(fourth ?? '')).rejects.toMatchObject({ code: 'LV_CONN_REFUSED' });

    const healthy = await connect(first ?? '');
    expect(await healthy.host.hostname()).toBe('demo-kvm-1');
    expect(await healthy.domains.list()).toHaveLength(12);
    expect(await healthy.stats.getAll({ groups: ['state', 'cpu', 'block'], noWait: true })).toHaveLength(12);
    expect((await healthy.host.cpuStats()).get('idle')).toBeGreaterThan(0);
    expect((await healthy.host.memoryStats()).get('total')).toBeGreaterThan(0);
    const [pool] = await healthy.pools.list({ active: true });
    expect(pool === undefined ? null : await healthy.pools.info(pool)).toMatchObject({ state: 'running' });
    await healthy.close();

    const troubled = await connect(third ?? '');
    const stuck = await troubled.domains.lookupByName('queue-3');
    const asked = troubled.stats.getAll({ groups: ['cpu'], noWait: true }, { deadlineMs: 50 });
    await expect(asked).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    expect(await troubled.domains.controlInfo(stuck)).toMatchObject({ state: 'occupied' });
    await troubled.close();
  } finally {
    await fleet.close();
  }
});
