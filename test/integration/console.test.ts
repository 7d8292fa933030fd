// SPDX-License-Identifier: Apache-2.0
// Consoles on real QEMU domains, seen with Debian's Chromium and with clients no browser would be. The guest shows every
// key it gets, so a picture that changed is a key that arrived, and one that did not is a key that was kept back.
import type { Browser, Page } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { keyEvent, openSocket, shakeHands, updateRequest } from '../lab/console-client.ts';
import { OPEN_VNC, guestIsReady, picture, startConsoleDomains } from '../lab/console-domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const PASSWORD = secret('VNC password of secret');
const CONTROL = secret('console token ops');
const VIEW = secret('console token wall');
const DOMAINS = ['open', 'secret', 'socket', 'text'] as const;
type DomainName = (typeof DOMAINS)[number];

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let browser: Browser;
let api: ApiClient;
const uuids = new Map<string, string>();
/** Everything browsers and clients were given. */
const seen: string[] = [];

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startConsoleDomains(lab, libvirtd, [
    { name: 'open', graphics: OPEN_VNC },
    { name: 'secret', graphics: `<graphics type='vnc' autoport='yes' listen='0.0.0.0' passwd='${PASSWORD}'/>` },
    { name: 'socket', graphics: "<graphics type='vnc'><listen type='socket'/></graphics>" },
    { name: 'text', serial: true },
  ]);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]
poll: { intervalSeconds: 1 }
console: { sessionsPerDomain: 4, directAccess: true }
api:
  tokens:
    - ${tokenLine('ops', CONTROL, ['read', 'power', 'force', 'console.control', 'console.view'])}
    - ${tokenLine('wall', VIEW, ['read', 'console.view'])}
`,
  });
  api = apiClient(exporter, CONTROL);
  browser = await startBrowser(lab);
  for (const name of DOMAINS) uuids.set(name, (await libvirtd.virsh('domuuid', name)).trim());
  await waitFor(async () => (await api.get('/domains')).json?.['total'] === DOMAINS.length, {
    what: 'all domains are known',
    deadlineMs: 20_000,
  });
  await guestIsReady(lab, libvirtd, 'open');
}, 180_000);

afterAll(() => lab.close());

function consolePath(name: DomainName): string {
  return `/hosts/kvm1/domains/${uuids.get(name) ?? ''}/console`;
}

async function ticketFor(
  name: DomainName,
  mode: 'control' | 'view' = 'control',
  client = api,
): Promise<{ url: string; ticket: string }> {
  const { status, json, bytes } = await client.post(consolePath(name), { mode });
  seen.push(bytes.toString());
  if (status !== 200) throw new Error(`${String(status)} ${bytes.toString()}`);
  const url = String(json?.['url']);
  return { url, ticket: url.split('#ticket=')[1] ?? '' };
}

async function openPage(url: string): Promise<Page> {
  const page = await browser.newPage();
  page.on('console', (message) => seen.push(message.text()));
  page.on('pageerror', (error) => seen.push(`pageerror ${error.message}`));
  page.on('response', (response) => seen.push(response.url()));
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => seen.push(payload.toString('latin1')));
    socket.on('framesent', ({ payload }) => seen.push(payload.toString('latin1')));
  });
  await page.goto(url);
  return page;
}

async function state(page: Page, text: string | RegExp): Promise<void> {
  await waitFor(
    async () => {
      const now = (await page.locator('#state').textContent()) ?? '';
      return typeof text === 'string' ? now === text : text.test(now);
    },
    { what: `the page says ${String(text)}`, deadlineMs: 30_000, intervalMs: 50 },
  ).catch(async (error: unknown) => {
    throw new Error(
      `${String(error)}; it says: ${(await page.locator('body').innerText()).slice(0, 500)} ${seen.slice(-5).join('\n').slice(0, 500)}`,
    );
  });
}

/** What the page shows, as one value to compare. */
async function canvas(page: Page): Promise<string> {
  return page
    .locator('#screen canvas')
    .evaluate((element) => (element as unknown as { toDataURL(): string }).toDataURL());
}

async function keyArrives(name: DomainName, press: () => Promise<unknown> | void): Promise<void> {
  const before = await picture(lab, libvirtd, name);
  await press();
  await waitFor(async () => (await picture(lab, libvirtd, name)) !== before, {
    what: `${name} shows a key`,
    deadlineMs: 10_000,
    intervalMs: 100,
  });
}

function lines(event: string): Readonly<Record<string, unknown>>[] {
  return exporter.log().filter((line) => line['event'] === event);
}

describe('the page', () => {
  test('shows the screen, its changes, and sends what is typed; names domain, host and mode', async () => {
    const { url } = await ticketFor('open');
    const page = await openPage(url);
    await state(page, 'Connected.');
    expect(await page.locator('#title').textContent()).toBe('open on kvm1');
    expect(await page.locator('#mode').textContent()).toBe('Control');
    expect(page.url()).toBe(`${exporter.url}/console/`);
    await waitFor(async () => (await canvas(page)).length > 2000, { what: 'a picture', deadlineMs: 10_000 });
    const before = await canvas(page);
    await keyArrives('open', () => page.keyboard.press('h'));
    await waitFor(async () => (await canvas(page)) !== before, { what: 'the page shows it', deadlineMs: 10_000 });
    await keyArrives('open', async () => {
      await page.locator('#type').click();
      await page.locator('#type-text').fill('Hello, World!');
      await page.locator('#type-form button[value=type]').click();
      await state(page, 'Typed 13 of 13 characters.');
    });
    await page.close();
    await waitFor(() => lines('console.closed').length === 1, { what: 'the session is closed', deadlineMs: 5000 });
    expect(lines('console.closed')[0]).toMatchObject({
      ...{ tokenName: 'ops', domain: 'open', host: 'kvm1', mode: 'control', kind: 'vnc', end: 'left', code: 1000 },
      seconds: expect.any(Number) as number,
    });
    expect(Number(lines('console.closed')[0]?.['bytesToClient'])).toBeGreaterThan(1000);
    expect(Number(lines('console.closed')[0]?.['bytesFromClient'])).toBeGreaterThan(100);
    expect(seen.filter((text) => text.includes('pageerror') || text.includes('Content Security'))).toEqual([]);
  });
});
