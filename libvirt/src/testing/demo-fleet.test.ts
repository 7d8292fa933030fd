// SPDX-License-Identifier: Apache-2.0
// The demonstration through the client.

import { connect } from '../connect.ts';
import { startDemoFleet } from './demo-fleet.ts';
import { simulatedFleet } from './simulated/fleet.ts';
import { startLife } from './simulated/life.ts';

test('six hosts answer, one is lost, and one domain is stuck', async () => {
  const fleet = await startDemoFleet();
  try {
    expect(fleet.hosts.map(({ name }) => name)).toEqual([
      'demo-kvm-1',
      'demo-kvm-2',
      'demo-kvm-3',
      'demo-xen-1',
      'demo-lxc-1',
      'demo-esx-1',
      'demo-kvm-4',
    ]);
    const [first, , third, , , , fourth] = fleet.hosts.map(({ uri }) => uri);
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

test.each([
  ['demo-xen-1', 'Xen', 8],
  ['demo-lxc-1', 'LXC', 10],
  ['demo-esx-1', 'ESX', 6],
] as const)('%s answers as its driver can', async (name, driver, count) => {
  const fleet = await startDemoFleet();
  try {
    const connection = await connect(fleet.hosts.find((host) => host.name === name)?.uri ?? '');
    expect(await connection.host.type()).toBe(driver);
    const domains = await connection.domains.list();
    expect(domains).toHaveLength(count);
    await expect(connection.stats.getAll({ groups: ['state'] })).rejects.toMatchObject({ name: 'VIR_ERR_NO_SUPPORT' });
    const [running] = await connection.domains.list({ active: true });
    if (running === undefined) throw new Error('no domain runs');
    expect(await connection.domains.info(running)).toMatchObject({
      cpuTimeNs: driver === 'ESX' ? 0 : (expect.any(Number) as number),
    });
    expect(await connection.domains.xml(running)).toContain(
      `<domain type='${driver === 'ESX' ? 'vmware' : driver.toLowerCase()}'`,
    );
    await connection.close();
  } finally {
    await fleet.close();
  }
});

test('a host of thousands tells its CPU times', async () => {
  const fleet = await startDemoFleet({ hosts: 1, domainsPerHost: 5000 });
  try {
    const connection = await connect(fleet.hosts[0]?.uri ?? '');
    const times = await connection.host.cpuStats();
    expect(times.get('user')).toBeGreaterThan(0);
    expect(times.get('idle')).toBeGreaterThan(0);
    await connection.close();
  } finally {
    await fleet.close();
  }
});

test('things happen, and whoever went down comes back', async () => {
  const [host] = simulatedFleet({ hosts: 1, guestMs: 1 });
  if (host === undefined) throw new Error('no host');
  const runningAtFirst = host.domains.filter(({ state }) => state === 1).map(({ spec }) => spec.name);
  let happened = 0;
  host.onEvent(() => happened++);
  startLife(host, { meanMs: 2, pauseMs: 3 });
  const names = new Set<string>();
  await until(() => {
    for (const { spec, state } of host.domains)
      if (state !== 1 && runningAtFirst.includes(spec.name)) names.add(spec.name);
    return happened > 50 && names.size > 3;
  });
  await until(() => [...names].some((name) => host.named(name).state === 1));
  host.close();
  expect(host.domains).toHaveLength(12);
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('not within ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
