// SPDX-License-Identifier: Apache-2.0
// What is different where libvirt's modular daemons run in place of libvirtd: which socket is the right one, and networks
// and pools that other daemons keep. Run by `npm run test:long`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { debianRoot } from '../lab/debian-root.ts';
import { startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { checkEveryPage, seePage } from '../lab/pages.ts';
import { MODULAR_DAEMONS, startRootDaemons } from '../lab/root-daemons.ts';
import type { RootDaemons } from '../lab/root-daemons.ts';

jest.setTimeout(90_000);

/** Never started: its bridge would be the machine's. */
const NETWORK = "<network><name>inside</name><bridge name='vireo-lab0'/></network>\n";
const POOL_CAPACITY = 'libvirt_storage_pool_capacity_bytes';

let lab: Lab;
let daemons: RootDaemons;
const watched = checkEveryPage();

async function open(uri: string, readOnly = true): Promise<Connection> {
  const connection = await connect(uri, {
    readOnly,
    systemRuntimeDirectory: daemons.runtimeDirectory,
    deadlines: { connectMs: 2000 },
  });
  lab.onClose(() => connection.close());
  return connection;
}

beforeAll(async () => {
  const root = await debianRoot('trixie');
  lab = await openLab();
  daemons = await startRootDaemons(lab, root, MODULAR_DAEMONS);
  await startDomains(lab, daemons, ['vm1']);
  await mkdir(join(lab.directory, 'pool'));
  await daemons.virsh('pool-create-as', 'files', 'dir', '--target', join(lab.directory, 'pool'));
  await writeFile(join(lab.directory, 'network.xml'), NETWORK);
  await daemons.virsh('net-define', join(lab.directory, 'network.xml'));
}, 600_000);

afterAll(() => lab.close());

test.each([true, false])(
  'qemu:///system is virtqemud although libvirtd’s socket is there too (read-only: %s)',
  async (readOnly) => {
    expect(await lab.processes('libvirtd')).toEqual([]);
    const proxy = daemons.process('virtproxyd');
    proxy.child.kill('SIGSTOP');
    try {
      const direct = await open('qemu:///system', readOnly);
      expect((await direct.domains.list()).map(({ name }) => name)).toEqual(['vm1']);
      await expect(open('qemu:///system?mode=legacy', readOnly)).rejects.toMatchObject({ code: 'LV_CONN_TIMEOUT' });
    } finally {
      proxy.child.kill('SIGCONT');
    }
    const proxied = await open('qemu:///system?mode=legacy', readOnly);
    expect((await proxied.domains.list()).map(({ name }) => name)).toEqual(['vm1']);
  },
);

test('virtqemud answers for networks and pools, asking the daemons that keep them', async () => {
  const connection = await open('qemu:///system');
  expect((await connection.networks.list()).map(({ name }) => name)).toEqual(['inside']);
  const [pool] = await connection.pools.list();
  expect(pool?.name).toBe('files');
  if (pool !== undefined) expect(await connection.pools.info(pool)).toMatchObject({ state: 'running' });
});

test('virtqemud outlives clients that ask for storage, or networks, in several calls at once', async () => {
  for (let round = 0; round < 10; round += 1) {
    const connection = await open('qemu:///system');
    await Promise.all([
      connection.events.subscribe('pool-lifecycle', () => undefined),
      connection.events.subscribe('pool-refresh', () => undefined),
      connection.networks.list(),
      connection.networks.list({ active: true }),
    ]);
    await connection.close();
  }
  // Each client's end is handled after it is gone.
  const last = await open('qemu:///system');
  expect(await last.pools.list()).toHaveLength(1);
  expect(daemons.process('virtqemud').hasExited).toBe(false);
});

test('the exporter shows pools and networks, and shows them again when their daemons were restarted', async () => {
  const exporter = await startExporter(lab, {
    config: "hosts: [{ name: lab, uri: 'qemu:///system' }]\npoll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }\n",
    checker: watched(),
  });
  await seePage(exporter, 'pool and network', 20_000, (page) => {
    return (
      page.all(POOL_CAPACITY, { storage_pool: 'files' }).length === 1 && page.all('libvirt_network_info').length === 1
    );
  });
  for (const name of ['virtstoraged', 'virtnetworkd'] as const) await daemons.process(name).stop();
  const page = await seePage(exporter, 'pool and network are gone', 20_000, (now) => {
    return now.all(POOL_CAPACITY).length === 0 && now.all('libvirt_network_info').length === 0;
  });
  expect(page.value('libvirt_up', { host: 'lab' })).toBe(1);
  expect(page.value('libvirt_domain_state', { domain: 'vm1', state: 'running' })).toBe(1);
  for (const name of ['virtstoraged', 'virtnetworkd'] as const) await daemons.start(name);
  await seePage(exporter, 'pool and network are back', 20_000, (now) => {
    return (
      now.all(POOL_CAPACITY, { storage_pool: 'files' }).length === 1 && now.all('libvirt_network_info').length === 1
    );
  });
  await exporter.process.stop();
});
