// SPDX-License-Identifier: Apache-2.0
// Ten minutes of everything at once: domains that come and go, a frozen QEMU, a mute daemon, many scrapes. Memory and
// file descriptors must not grow. Run by `npm run test:long`.
import { readFile } from 'node:fs/promises';
import { domainNames, freezeDomain, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startMuteDaemon } from '../lab/mute-daemon.ts';
import { fdCount } from '../lab/process.ts';

const WARM_UP_MS = 120_000;
const SOAK_MS = 480_000;
/** Garbage is collected when V8 likes; growth beyond this in eight minutes is a leak. */
const ALLOWED_GROWTH_BYTES = 32 * 1024 * 1024;

jest.setTimeout(WARM_UP_MS + SOAK_MS + 120_000);

let lab: Lab;
let libvirtd: Libvirtd;
const NAMES = domainNames('soak', 5);

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
}, 120_000);

afterAll(() => lab.close());

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

test('ten minutes of trouble leak neither memory nor file descriptors, here or in libvirtd', async () => {
  const mute = await startMuteDaemon(lab);
  const exporter = await startExporter(lab, {
    config: `hosts:
  - { name: lab, uri: '${libvirtd.uri}' }
  - { name: mute, uri: '${mute.uri}' }
poll: { intervalSeconds: 1 }
`,
  });
  const { pid } = exporter.process;

  /** Makes trouble and scrapes until the time is over. */
  async function stir(durationMs: number): Promise<void> {
    const end = performance.now() + durationMs;
    while (performance.now() < end) {
      const thaw = await freezeDomain(lab, 'soak1');
      try {
        for (let n = 0; n < 5; n += 1) {
          await libvirtd.virsh('destroy', 'soak5');
          for (let scrape = 0; scrape < 20; scrape += 1) await exporter.scrape();
          await libvirtd.virsh('start', 'soak5');
        }
      } finally {
        thaw();
      }
    }
  }

  await stir(WARM_UP_MS);
  const before = { memory: await residentBytes(pid), fds: await fdCount(pid), daemonFds: await libvirtd.fdCount() };
  await stir(SOAK_MS);
  expect((await residentBytes(pid)) - before.memory).toBeLessThan(ALLOWED_GROWTH_BYTES);
  expect((await fdCount(pid)) - before.fds).toBeLessThanOrEqual(3);
  expect((await libvirtd.fdCount()) - before.daemonFds).toBeLessThanOrEqual(6);
});
