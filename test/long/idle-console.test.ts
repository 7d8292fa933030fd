// SPDX-License-Identifier: Apache-2.0
// Consoles for long: one that is idle for ten minutes behind an nginx with nginx's own time-outs still takes a key, and
// hundreds that come and go leave nothing behind. Run by `npm run test:long`.
import type { Page } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { openSocket, shakeHands } from '../lab/console-client.ts';
import { OPEN_VNC, guestIsReady, picture, startConsoleDomains } from '../lab/console-domains.ts';
import { openConsolePage, pageSays } from '../lab/console-page.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { freePort, openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startNginx } from '../lab/nginx.ts';
import { secret } from '../lab/planted.ts';
import { fdCount } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

const IDLE_MS = 600_000;
/** nginx's own. */
const READ_TIMEOUT_SECONDS = 60;
const SESSIONS = 300;

jest.setTimeout(IDLE_MS + 300_000);

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let api: ApiClient;
let origin: string;
let path: string;
let page: Page;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startConsoleDomains(lab, libvirtd, [{ name: 'open', graphics: OPEN_VNC }]);
  const port = await freePort();
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]
poll: { intervalSeconds: 1 }
console: { publicUrl: 'http://127.0.0.1:${String(port)}/vireo/' }
api:
  tokens: [${tokenLine('ops', secret('console token ops'), ['read', 'console.control'])}]
`,
  });
  ({ origin } = await startNginx(lab, port, exporter.url, READ_TIMEOUT_SECONDS));
  api = apiClient(exporter, secret('console token ops'));
  const uuid = (await libvirtd.virsh('domuuid', 'open')).trim();
  path = `/hosts/kvm1/domains/${uuid}/console`;
  await waitFor(async () => (await api.get(`/hosts/kvm1/domains/${uuid}`)).status === 200, {
    what: 'the domain is known',
    deadlineMs: 20_000,
  });
  await guestIsReady(lab, libvirtd, 'open');
  ({ page } = await openConsolePage(await startBrowser(lab), await ticketUrl()));
  await pageSays(page, 'Connected.');
}, 180_000);

afterAll(() => lab.close());

async function ticketUrl(): Promise<string> {
  return String((await api.post(path, { mode: 'control' })).json?.['url']);
}

function closed(): Readonly<Record<string, unknown>>[] {
  return exporter.log().filter(({ event }) => event === 'console.closed');
}

test(`${String(SESSIONS)} sessions that come and go leave no file, no process and no session behind`, async () => {
  const round = async (): Promise<void> => {
    const ticket = (await ticketUrl()).split('=')[1];
    const socket = openSocket(`${origin}/vireo`, ticket, origin);
    await shakeHands(socket);
    socket.close();
    await socket.end;
  };
  for (let n = 0; n < 20; n++) await round();
  const before = await fdCount(exporter.process.pid);
  for (let n = 0; n < SESSIONS; n++) await round();
  await waitFor(async () => (await fdCount(exporter.process.pid)) <= before, {
    what: `no more than ${String(before)} files are open`,
    deadlineMs: 20_000,
    intervalMs: 500,
  });
  // The log is written a moment later.
  await waitFor(() => closed().length === 20 + SESSIONS, { what: 'each is on record', deadlineMs: 5000 });
});

test('one that nobody touches for ten minutes is there, and takes a key', async () => {
  const before = closed().length;
  const until = performance.now() + IDLE_MS;
  await waitFor(() => performance.now() > until || closed().length > before, {
    what: 'ten minutes are over',
    deadlineMs: IDLE_MS + 10_000,
    intervalMs: 1000,
  });
  expect(closed().length).toBe(before);
  await pageSays(page, 'Connected.');
  const shown = await picture(lab, libvirtd, 'open');
  await page.keyboard.press('i');
  await waitFor(async () => (await picture(lab, libvirtd, 'open')) !== shown, {
    what: 'the guest shows the key',
    deadlineMs: 10_000,
  });
});
