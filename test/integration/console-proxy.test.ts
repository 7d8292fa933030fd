// SPDX-License-Identifier: Apache-2.0
// Consoles below a sub-path of nginx, whose clock is shortened; ours is not: while one stays idle, a ticket expires,
// another session's time is up, and a browser that never answers is given up.
import type { Browser } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { openSocket, shakeHands } from '../lab/console-client.ts';
import type { ConsoleSocket } from '../lab/console-client.ts';
import { OPEN_VNC, guestIsReady, picture, startConsoleDomains } from '../lab/console-domains.ts';
import { openConsolePage, pageEnds, pageSays } from '../lab/console-page.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { freePort, openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startNginx } from '../lab/nginx.ts';
import type { Nginx } from '../lab/nginx.ts';
import { secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(180_000);

/** Longer than our pings are apart; nginx's own is 60 s, so three of these stand for ten minutes of ten of those. */
const READ_TIMEOUT_SECONDS = 25;

/** The shortest that may be configured. */
const LONGEST_SECONDS = 60;

let lab: Lab;
let libvirtd: Libvirtd;
let nginx: Nginx;
/** Behind nginx. */
let exporter: Exporter;
let api: ApiClient;
/** Of another Vireo, whose sessions may last {@link LONGEST_SECONDS}. */
let brief: ApiClient;
let briefly: Exporter;
let browser: Browser;
let path: string;
let unused: string;
let timed: ConsoleSocket;
let stalled: ConsoleSocket;

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
  briefly = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]
poll: { intervalSeconds: 1 }
console: { longestSessionSeconds: ${String(LONGEST_SECONDS)} }
api:
  tokens: [${tokenLine('ops', secret('console token ops'), ['read', 'console.control'])}]
`,
  });
  nginx = await startNginx(lab, port, exporter.url, READ_TIMEOUT_SECONDS);
  api = apiClient(exporter, secret('console token ops'));
  brief = apiClient(briefly, secret('console token ops'));
  const uuid = (await libvirtd.virsh('domuuid', 'open')).trim();
  path = `/hosts/kvm1/domains/${uuid}/console`;
  for (const client of [api, brief]) {
    await waitFor(async () => (await client.get(`/hosts/kvm1/domains/${uuid}`)).status === 200, {
      what: 'the domain is known',
      deadlineMs: 20_000,
    });
  }
  await guestIsReady(lab, libvirtd, 'open');
  browser = await startBrowser(lab);
  unused = await open(brief);
  timed = openSocket(briefly.url, ticketOf(await open(brief)));
  await shakeHands(timed);
  stalled = openSocket(`${nginx.origin}/vireo`, ticketOf(await open()), nginx.origin);
  await shakeHands(stalled);
  // Reads nothing more, pings neither.
  stalled.socket.pause();
}, 120_000);

afterAll(() => lab.close());

async function open(client = api): Promise<string> {
  return String((await client.post(path, { mode: 'control' })).json?.['url']);
}

function logOf(event: string): Readonly<Record<string, unknown>>[] {
  return briefly.log().filter((line) => line['event'] === event);
}

function ticketOf(url: string): string {
  return url.split('=')[1] ?? '';
}

test('the page works below a prefix with the one block of the docs, and no log of the proxy has a ticket', async () => {
  const url = await open();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/vireo\/console\/#ticket=/);
  const { page, faults } = await openConsolePage(browser, url);
  await pageSays(page, 'Connected.');
  const before = await picture(lab, libvirtd, 'open');
  await page.keyboard.press('p');
  await waitFor(async () => (await picture(lab, libvirtd, 'open')) !== before, {
    what: 'the guest shows the key',
    deadlineMs: 30_000,
  });
  await page.locator('#type').click();
  await page.locator('#type-text').fill('prefix');
  await page.locator('#type-form button[value=type]').click();
  await pageSays(page, 'Typed 6 characters.');
  expect(faults).toEqual([]);
  await page.close();
  const log = await waitFor(
    async () => {
      const text = await nginx.accessLog();
      // Written when it ends.
      return /\/vireo\/api\/v1\/console HTTP\/1.1" 101 /.test(text) && text;
    },
    { what: 'nginx logs the WebSocket', deadlineMs: 30_000 },
  );
  expect(log).not.toContain(ticketOf(url));
});

test('a page of the address behind the proxy is another origin', async () => {
  const ticket = ticketOf(await open());
  const socket = openSocket(`${nginx.origin}/vireo`, ticket, 'http://127.0.0.1:9177');
  expect(await socket.end).toMatchObject({ status: 403 });
});

test('an idle console outlives three of the proxy’s time-outs', async () => {
  const socket = openSocket(`${nginx.origin}/vireo`, ticketOf(await open()), nginx.origin);
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

test('a ticket nobody showed within 30 seconds is worth nothing, and the page says what to do', async () => {
  const expired = logOf('console.ticket.issued')[0];
  await waitFor(() => Date.now() - Number(expired?.['time']) > 31_000, { what: '30 s are over', deadlineMs: 40_000 });
  const { page } = await openConsolePage(browser, unused);
  expect(await pageEnds(page)).toEqual([
    'The console has ended',
    'The link was used already, has expired or was never valid.',
    'Open the console again from where you came: a link works once, for 30 seconds.',
  ]);
  await waitFor(() => logOf('console.refused').some(({ reason }) => reason === 'ticket-expired'), {
    what: 'it is on record as expired',
    deadlineMs: 20_000,
  });
  await page.close();
});

test('a session whose time is up ends, and gets no ticket to go on', async () => {
  expect(await timed.end).toMatchObject({ code: 4006, reason: 'The longest time of a session is over.' });
  expect(timed.notices.map(({ type }) => type)).not.toContain('return');
  const closed = logOf('console.closed').find(({ end }) => end === 'time-up');
  expect(Number(closed?.['seconds'])).toBeGreaterThan(LONGEST_SECONDS - 5);
  expect(Number(closed?.['seconds'])).toBeLessThan(LONGEST_SECONDS + 5);
});

test('a browser that answers no ping for a minute is given up', async () => {
  await waitFor(() => exporter.log().some(({ end }) => end === 'unresponsive'), {
    what: 'its session is closed',
    deadlineMs: 60_000,
    intervalMs: 250,
  });
  stalled.socket.terminate();
});
