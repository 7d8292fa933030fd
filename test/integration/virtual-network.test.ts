// SPDX-License-Identifier: Apache-2.0
// An active virtual network of a real libvirtd, in a network namespace of its own, and a guest that gets an address from
// its DHCP server.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { seePage } from '../lab/pages.ts';
import { startLinuxGuest } from '../lab/linux-guest.ts';
import { connectNetwork } from '../lab/network-link.ts';
import { promtoolCheck } from '../lab/prometheus.ts';

jest.setTimeout(120_000);

const NETWORK = `<network><name>leasing</name><bridge name='vireobr8'/>
  <ip address='192.168.133.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.133.10' end='192.168.133.40'/></dhcp>
  </ip>
</network>`;
const MAC = '52:54:00:0a:0b:0c';

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab, { behind: await connectNetwork(lab) });
  const network = join(lab.directory, 'network.xml');
  await writeFile(network, NETWORK);
  await libvirtd.virsh('net-define', network);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]
poll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }
groups: { lease: true }
`,
  });
});

afterAll(() => lab.close());

/** The first scrape on which `seen` is true. */
function scrapeUntil(what: string, seen: (page: Exposition) => boolean): Promise<Exposition> {
  return seePage(exporter, what, 60_000, seen);
}

test('a network that starts is active and has no leases, which is not unknown', async () => {
  const labels = { host: 'lab', network: 'leasing' };
  await scrapeUntil('it is there', (now) => now.value('libvirt_network_active', labels) === 0);
  await libvirtd.virsh('net-start', 'leasing');
  const page = await scrapeUntil('it is active', (now) => now.value('libvirt_network_active', labels) === 1);
  expect(page.value('libvirt_network_info', { ...labels, bridge: 'vireobr8' })).toBe(1);
  expect(page.value('libvirt_network_dhcp_leases', labels)).toBe(0);
  expect(page.value('libvirt_network_dhcp_leases_left_out', labels)).toBe(0);
});

test('a guest that gets an address is a lease of the network and has the address itself', async () => {
  const labels = { host: 'lab', network: 'leasing' };
  await startLinuxGuest(lab, libvirtd, 'guest', { network: 'leasing', mac: MAC });
  const page = await scrapeUntil(
    'the lease is shown, by network and by domain',
    (now) =>
      now.value('libvirt_network_dhcp_leases', labels) === 1 &&
      now.all('libvirt_domain_interface_address_info', { domain: 'guest', source: 'lease' }).length === 1,
  );
  const printed = await libvirtd.virsh('net-dhcp-leases', 'leasing');
  const address = /192\.168\.133\.\d+/.exec(printed)?.[0] ?? '';
  const lease = { ...labels, address };
  expect(page.value('libvirt_network_dhcp_lease_info', { ...lease, family: 'ipv4', mac: MAC })).toBe(1);
  const end = page.value('libvirt_network_dhcp_lease_expiry_timestamp_seconds', lease) ?? NaN;
  // An hour unless the network says otherwise.
  expect(end).toBeGreaterThan(Date.now() / 1000 + 3000);
  expect(end).toBeLessThan(Date.now() / 1000 + 3700);
  expect(page.value('libvirt_domain_interface_address_info', { domain: 'guest', address, family: 'ipv4' })).toBe(1);
  expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
});
