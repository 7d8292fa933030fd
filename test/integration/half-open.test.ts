// SPDX-License-Identifier: Apache-2.0
// A connection of which only our half is left: the cable to a real daemon is pulled, and neither side says goodbye.
import { connect } from '@vireo/libvirt';
import { domainNames, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { connectNetwork } from '../lab/network-link.ts';
import type { NetworkLink } from '../lab/network-link.ts';
import { checkEveryPage, seePage } from '../lab/pages.ts';
import { fdCount } from '../lab/process.ts';

jest.setTimeout(150_000);

const NAMES = domainNames('far', 2);
const READS = 'libvirt_domain_block_stats_read_requests_total';

let lab: Lab;
let link: NetworkLink;
let libvirtd: Libvirtd;
let uri: string;
const checked = checkEveryPage();

beforeAll(async () => {
  lab = await openLab();
  link = await connectNetwork(lab);
  libvirtd = await startLibvirtd(lab, { tcp: true, behind: link });
  await startDomains(lab, libvirtd, NAMES);
  uri = `qemu+tcp://${link.address}:${String(libvirtd.tcpPort)}/system`;
}, 120_000);

afterAll(() => lab.close());

const watch = (poll: string): Promise<Exporter> =>
  startExporter(lab, {
    config: `hosts: [{ name: far, uri: '${uri}' }]\npoll: ${poll}\n`,
    checker: checked(),
  });
const allThere = (page: Exposition): boolean => page.all(READS).length === NAMES.length;
/** Of an exporter that polls once a minute: figures that the other one is asking for just then it gets a minute later. */
const allKnown = (page: Exposition): boolean => page.value('libvirt_domains', { host: 'far' }) === NAMES.length;
const isLost = (page: Exposition): boolean => page.value('libvirt_up', { host: 'far' }) === 0;

test('keepalive notices, also where nobody asks anything, and all is well again with the cable', async () => {
  const quick = await watch('{ intervalSeconds: 1 }');
  // For a minute this one asks nothing: only keepalive can tell.
  const slow = await watch('{ intervalSeconds: 60 }');
  const connection = await connect(uri, { keepalive: { intervalMs: 300, count: 2 } });
  await seePage(quick, 'all domains are there', 30_000, allThere);
  await seePage(slow, 'all domains are known', 30_000, allKnown);
  const fds = await fdCount(quick.process.pid);
  const daemonFds = await libvirtd.fdCount();

  await link.pull();
  const pulledAt = performance.now();
  await expect(connection.domains.list({}, { deadlineMs: 60_000 })).rejects.toMatchObject({
    code: 'LV_CONN_KEEPALIVE',
  });
  expect(performance.now() - pulledAt).toBeLessThan(5000);
  await connection.close();

  await seePage(quick, 'the host is lost', 20_000, isLost);
  await seePage(quick, 'its series end', 30_000, (page) => page.all(READS).length === 0);
  // Five pings, five seconds apart, and the time before the first.
  await seePage(slow, 'the host is lost', 45_000, isLost);
  expect(slow.log().find(({ event }) => event === 'host.lost')).toMatchObject({ code: 'LV_CONN_KEEPALIVE' });
  // What is tried and fails while the cable is out leaves nothing behind.
  expect((await fdCount(quick.process.pid)) - fds).toBeLessThanOrEqual(2);

  await link.plug();
  await seePage(quick, 'all domains are back', 60_000, allThere);
  await seePage(slow, 'all domains are known again', 60_000, allKnown);
  // The daemon's own keepalive has buried its halves too.
  expect((await libvirtd.fdCount()) - daemonFds).toBeLessThanOrEqual(2);
  await Promise.all([quick.process.stop(), slow.process.stop()]);
});
