// SPDX-License-Identifier: Apache-2.0
// Consoles below a sub-path of nginx, whose clock is shortened; ours is not.
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { openSocket, shakeHands } from '../lab/console-client.ts';
import { OPEN_VNC, startConsoleDomains } from '../lab/console-domains.ts';
import { startExporter } from '../lab/exporter.ts';
import { freePort, openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { startNginx } from '../lab/nginx.ts';
import type { Nginx } from '../lab/nginx.ts';
import { secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(180_000);

/** Longer than our pings are apart; nginx's own is 60 s, so three of these stand for ten minutes of ten of those. */
const READ_TIMEOUT_SECONDS = 25;

let lab: Lab;
let nginx: Nginx;
let api: ApiClient;
let path: string;

beforeAll(async () => {
  lab = await openLab();
  const libvirtd = await startLibvirtd(lab);
  await startConsoleDomains(lab, libvirtd, [{ name: 'open', graphics: OPEN_VNC }]);
  const port = await freePort();
  const exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]
poll: { intervalSeconds: 1 }
console: { publicUrl: 'http://127.0.0.1:${String(port)}/vireo/' }
api:
  tokens: [${tokenLine('ops', secret('console token ops'), ['read', 'console.control'])}]
`,
  });
  nginx = await startNginx(lab, port, exporter.url, READ_TIMEOUT_SECONDS);
  api = apiClient(exporter, secret('console token ops'));
  const uuid = (await libvirtd.virsh('domuuid', 'open')).trim();
  path = `/hosts/kvm1/domains/${uuid}/console`;
  await waitFor(async () => (await api.get(`/hosts/kvm1/domains/${uuid}`)).status === 200, {
    what: 'the domain is known',
    deadlineMs: 20_000,
  });
}, 120_000);

afterAll(() => lab.close());

async function open(): Promise<string> {
  return String((await api.post(path, { mode: 'control' })).json?.['url']);
}

test('the page works below a prefix with the one block of the docs, and no log of the proxy has a ticket', async () => {
  const browser = await startBrowser(lab);
  const url = await open();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/vireo\/console\/#ticket=/);
  const page = await browser.newPage();
  await page.goto(url);
  await waitFor(async () => (await page.locator('#state').textContent()) === 'Connected.', {
    what: 'the page is connected',
    deadlineMs: 30_000,
  });
  await page.close();
  const log = await waitFor(
    async () => {
      const text = await nginx.accessLog();
      return text.includes('/vireo/api/v1/console') && text;
    },
    { what: 'nginx logs the WebSocket', deadlineMs: 10_000 },
  );
  expect(log).toContain('" 101 ');
  expect(log).not.toContain(url.split('=')[1]);
});

test('a page of the address behind the proxy is another origin', async () => {
  const ticket = (await open()).split('=')[1] ?? '';
  const socket = openSocket(`${nginx.origin}/vireo`, ticket, 'http://127.0.0.1:9177');
  expect(await socket.end).toMatchObject({ status: 403 });
});

test('an idle console outlives three of the proxy’s time-outs', async () => {
  const socket = openSocket(`${nginx.origin}/vireo`, (await open()).split('=')[1], nginx.origin);
  await shakeHands(socket);
  const before = socket.bytes().length;
  const ended = { at: 0 };
  void socket.end.then(() => (ended.at = performance.now()));
  const began = performance.now();
  await waitFor(() => ended.at > 0 || performance.now() - began > 3 * READ_TIMEOUT_SECONDS * 1000 + 5000, {
    what: 'the time is over',
    deadlineMs: 120_000,
    intervalMs: 250,
  });
  expect(ended.at).toBe(0);
  expect(socket.bytes().length).toBe(before);
  socket.close();
});

test('a proxy that takes Upgrade away is told apart', async () => {
  expect((await fetch(`${nginx.origin}/vireo/api/v1/console`)).status).toBe(426);
});
