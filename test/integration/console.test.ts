// SPDX-License-Identifier: Apache-2.0
// Consoles on real QEMU domains, seen with Debian's Chromium and with clients no browser would be. The guest shows every
// key it gets, so a picture that changed is a key that arrived, and one that did not is a key that was kept back.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { keyEvent, openSocket, pointerEvent, shakeHands, updateRequest } from '../lab/console-client.ts';
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

/** In the browser: every visible text and the ratio of its contrast with what is behind it (WCAG 2, 1.4.3). */
const CONTRASTS = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  document.getElementById('tools').hidden = false;
  return [...document.querySelectorAll('h1, h2, p, button, label, select')]
    .filter((element) => element.textContent.trim() !== '' && element.offsetParent !== null)
    .map((element) => {
      const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
      return [element.id || element.tagName, (a + 0.05) / (b + 0.05)];
    });
})()` as unknown as () => [string, number][];

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
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system', console: { address: kvm1.example } }]
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

async function keyArrives(name: DomainName, press: () => Promise<unknown>): Promise<void> {
  const before = await picture(lab, libvirtd, name);
  await press();
  await waitFor(async () => (await picture(lab, libvirtd, name)) !== before, {
    what: `${name} shows a key`,
    deadlineMs: 30_000,
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
    await waitFor(async () => (await canvas(page)).length > 2000, { what: 'a picture', deadlineMs: 30_000 });
    const before = await canvas(page);
    await keyArrives('open', () => page.keyboard.press('h'));
    await waitFor(async () => (await canvas(page)) !== before, { what: 'the page shows it', deadlineMs: 30_000 });
    await keyArrives('open', async () => {
      await page.locator('#type').click();
      await page.locator('#type-text').fill('Hello, World!');
      await page.locator('#type-form button[value=type]').click();
      await state(page, 'Typed 13 characters.');
    });
    await page.close();
    await waitFor(() => lines('console.closed').length === 1, { what: 'the session is closed', deadlineMs: 20_000 });
    expect(lines('console.closed')[0]).toMatchObject({
      ...{ tokenName: 'ops', domain: 'open', host: 'kvm1', mode: 'control', kind: 'vnc', end: 'left', code: 1000 },
      seconds: expect.any(Number) as number,
    });
    expect(Number(lines('console.closed')[0]?.['bytesToClient'])).toBeGreaterThan(1000);
    expect(Number(lines('console.closed')[0]?.['bytesFromClient'])).toBeGreaterThan(100);
    expect(seen.filter((text) => text.includes('pageerror') || text.includes('Content Security'))).toEqual([]);
  });
});

describe('the tools', () => {
  test('are reached from the screen by keyboard, and do what they say', async () => {
    const page = await openPage((await ticketFor('open')).url);
    await state(page, 'Connected.');
    await page.locator('#screen canvas').click();
    await page.keyboard.press('Control+Alt+Shift');
    const focused = (): Promise<string> => page.locator(':focus').getAttribute('id').then(String);
    expect(await focused()).toBe('ctrl-alt-del');
    const order = ['keys', 'send-keys', 'type', 'scale', 'full-screen', 'screenshot'];
    for (const id of order) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(id);
    }
    const downloads = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    const file = await (await downloads).path();
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
    await page.locator('#scale').press('Space');
    expect(await page.locator('#scale').getAttribute('aria-pressed')).toBe('false');
    // The BIOS of the guest starts anew, and after that it shows keys again: none is stuck.
    const before = await picture(lab, libvirtd, 'open');
    await page.locator('#ctrl-alt-del').press('Enter');
    await waitFor(async () => (await picture(lab, libvirtd, 'open')) !== before, {
      what: 'the guest starts anew',
      deadlineMs: 20_000,
    });
    await guestIsReady(lab, libvirtd, 'open');
    await page.locator('#screen canvas').click();
    await keyArrives('open', () => page.keyboard.press('w'));
    await page.close();
  });

  test.each(['light', 'dark'] as const)('can be read on a %s page', async (colorScheme) => {
    const page = await browser.newPage({ colorScheme });
    await page.goto(`${exporter.url}/console/`);
    await state(page, 'Ended.');
    const contrasts = await page.evaluate(CONTRASTS);
    expect(contrasts.length).toBeGreaterThan(4);
    for (const [what, ratio] of contrasts) expect([what, ratio >= 4.5]).toEqual([what, true]);
    await page.close();
  });
});

describe('tickets', () => {
  test('open one session; replayed, made up and missing ones none', async () => {
    const { ticket } = await ticketFor('open');
    const first = openSocket(exporter.url, ticket);
    expect((await shakeHands(first)).name).toBe('QEMU (open)');
    const again = openSocket(exporter.url, ticket);
    expect(await again.end).toMatchObject({ code: 4401 });
    expect(again.bytes()).toHaveLength(0);
    const foreign = openSocket(exporter.url, Buffer.alloc(32, 7).toString('base64url'));
    expect(await foreign.end).toMatchObject({ code: 4401, reason: expect.stringContaining('used already') as string });
    expect(await openSocket(exporter.url, undefined).end).toMatchObject({ status: 401 });
    first.close();
    await first.end;
    // The log is written a moment later.
    await waitFor(() => lines('console.refused').length >= 3, {
      what: 'the refusals are in the log',
      deadlineMs: 20_000,
    });
    const reasons = lines('console.refused').map((line) => line['reason']);
    expect(reasons).toEqual(['ticket-used', 'ticket-unknown', 'no-ticket']);
    // Made once a second.
    const refused = { reason: 'ticket-used' };
    await waitFor(async () => (await exporter.scrape()).value('vireo_console_rejections_total', refused) === 1, {
      what: 'the metric counts it',
      deadlineMs: 30_000,
      intervalMs: 200,
    });
  });

  test('are worth nothing to a page of another origin, and not used up by it', async () => {
    const { ticket } = await ticketFor('open');
    for (const origin of ['https://evil.example', 'null', null]) {
      expect(await openSocket(exporter.url, ticket, origin).end).toMatchObject({ status: 403 });
    }
    const own = openSocket(exporter.url, ticket);
    await shakeHands(own);
    own.close();
    await own.end;
  });

  test('are given for what the token may do, and for no more sessions than may be', async () => {
    const wall = apiClient(exporter, VIEW);
    expect((await wall.post(consolePath('open'), { mode: 'control' })).json).toMatchObject({
      code: 'VIREO_AUTH_PRIVILEGE',
    });
    expect((await wall.post(consolePath('open'), { mode: 'view' })).status).toBe(200);
    const sockets = [];
    for (let n = 0; n < 4; n++) {
      const socket = openSocket(exporter.url, (await ticketFor('open')).ticket);
      await shakeHands(socket);
      sockets.push(socket);
    }
    const { ticket } = await (async () => {
      sockets.pop()?.close();
      return waitFor(() => ticketFor('open').catch(() => undefined), { what: 'room for one', deadlineMs: 20_000 });
    })();
    const fourth = openSocket(exporter.url, ticket);
    await shakeHands(fourth);
    expect((await api.post(consolePath('open'), { mode: 'view' })).json).toMatchObject({ code: 'VIREO_CONSOLE_LIMIT' });
    for (const socket of [...sockets, fourth]) socket.close();
    await Promise.all([...sockets, fourth].map(({ end }) => end));
    // It is counted a moment longer.
    await waitFor(
      async () => (await api.get(consolePath('open').replace('/console', ''))).json?.['consoleSessions'] === 0,
      {
        what: 'there is room again',
        deadlineMs: 20_000,
      },
    );
  });
});

describe('a viewer', () => {
  test('sees, and nothing it sends reaches the guest, whoever wrote its client', async () => {
    const { ticket } = await ticketFor('open', 'view', apiClient(exporter, VIEW));
    const viewer = openSocket(exporter.url, ticket);
    const { width } = await shakeHands(viewer);
    const before = await picture(lab, libvirtd, 'open');
    for (let n = 0; n < 20; n++) viewer.send(keyEvent(0x61));
    viewer.send(pointerEvent(10, 10, 1));
    viewer.send(Buffer.concat([keyEvent(0x62), updateRequest(width, 400), keyEvent(0x63)]));
    const start = viewer.bytes().length;
    // What it may send arrived, so what stood before and after it was there too, and was dropped.
    await waitFor(() => viewer.bytes().length > start + 1000, { what: 'a picture for the viewer', deadlineMs: 30_000 });
    const control = openSocket(exporter.url, (await ticketFor('open')).ticket);
    await shakeHands(control);
    expect(await picture(lab, libvirtd, 'open')).toBe(before);
    await keyArrives('open', async () => {
      control.send(keyEvent(0x64));
      await Promise.resolve();
    });
    for (const socket of [viewer, control]) socket.close();
    await Promise.all([viewer.end, control.end]);
  });

  test('has a page without keys, where typing does nothing', async () => {
    const { url } = await ticketFor('open', 'view');
    const page = await openPage(url);
    await state(page, 'Connected.');
    expect(await page.locator('#mode').textContent()).toBe('View only');
    expect(await page.locator('#ctrl-alt-del').isVisible()).toBe(false);
    const before = await picture(lab, libvirtd, 'open');
    await page.keyboard.type('abc');
    await keyArrives('open', () => libvirtd.virsh('send-key', 'open', 'KEY_K'));
    const after = await picture(lab, libvirtd, 'open');
    expect(after).not.toBe(before);
    await page.close();
  });
});

describe('clients that do not keep to the protocol', () => {
  test.each([
    ['a text frame', 'hello', 4008],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 4008],
    ['a message larger than any', Buffer.alloc(300 * 1024), 1009],
  ])('are sent away: %s', async (_what, message, code) => {
    const socket = openSocket(exporter.url, (await ticketFor('open')).ticket);
    await waitFor(() => socket.bytes().length >= 12, { what: 'the greeting', deadlineMs: 20_000 });
    socket.send(message);
    expect(await socket.end).toMatchObject({ code });
  });
});

describe('screens', () => {
  test.each(['secret', 'socket'] as const)('of %s are signed in to by Vireo', async (name) => {
    await guestIsReady(lab, libvirtd, name);
    const { url } = await ticketFor(name);
    const page = await openPage(url);
    await state(page, 'Connected.');
    await page.locator('#screen canvas').click();
    await keyArrives(name, () => page.keyboard.press('q'));
    await page.close();
  });

  test('that are not there are not offered, and the serial console is', async () => {
    expect((await api.post(consolePath('text'), { mode: 'control', kind: 'vnc' })).json).toMatchObject({
      code: 'VIREO_CONSOLE_NONE',
    });
    const { url } = await ticketFor('text');
    const page = await openPage(url);
    await state(page, 'Connected.');
    await waitFor(
      async () => {
        await page.keyboard.type('z');
        return ((await page.locator('#screen .xterm-rows').textContent()) ?? '').includes('zzz');
      },
      { what: 'the terminal shows what the guest sends back', deadlineMs: 60_000, intervalMs: 300 },
    );
    expect((await api.post(consolePath('text'), { mode: 'view' })).status).toBe(200);
    const second = openSocket(exporter.url, (await ticketFor('text')).ticket);
    expect(await second.end).toMatchObject({ code: 4029 });
    await page.close();
  });

  test('can be had past Vireo where that is allowed, without their password', async () => {
    const { json } = await api.get(`${consolePath('secret')}/address`);
    const port = /port='(\d+)'/.exec(await libvirtd.virsh('dumpxml', 'secret'))?.[1] ?? '';
    expect(json).toEqual({ url: `vnc://kvm1.example:${port}` });
    const file = await api.get(`${consolePath('secret')}/file.vv`);
    expect(file.headers.get('content-type')).toContain('application/x-virt-viewer');
    expect(file.bytes.toString()).toBe(
      `[virt-viewer]\ntype=vnc\nhost=kvm1.example\nport=${port}\ntitle=secret\ndelete-this-file=1\n`,
    );
    // Past Vireo nothing can be only looked at, and nobody gets to a loopback.
    const wall = apiClient(exporter, VIEW);
    expect((await wall.get(`${consolePath('secret')}/address`)).json).toMatchObject({ code: 'VIREO_AUTH_PRIVILEGE' });
    expect((await api.get(`${consolePath('open')}/address`)).json).toMatchObject({ code: 'VIREO_CONSOLE_NONE' });
  });
});

describe('sessions end', () => {
  test('when the domain stops, and the page is back with a fresh ticket when it has started again', async () => {
    const { url, ticket } = await ticketFor('open');
    const page = await openPage(url);
    await state(page, 'Connected.');
    const other = openSocket(exporter.url, (await ticketFor('open', 'view')).ticket);
    await shakeHands(other);
    await libvirtd.virsh('destroy', 'open');
    expect(await other.end).toMatchObject({ code: 4001, reason: 'The domain stopped.' });
    const fresh = other.notices.find((notice) => notice['type'] === 'return');
    expect(fresh?.['ticket']).toMatch(/^[\w-]{43}$/);
    expect(fresh?.['ticket']).not.toBe(ticket);
    await state(page, 'The domain is shutoff; waiting until it runs…');
    await libvirtd.virsh('start', 'open');
    await state(page, 'Connected.');
    await page.close();
    await guestIsReady(lab, libvirtd, 'open');
  });

  test('when the token is withdrawn', async () => {
    const socket = openSocket(exporter.url, (await ticketFor('open', 'view', apiClient(exporter, VIEW))).ticket);
    await shakeHands(socket);
    const path = join(lab.directory, 'vireo.yml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^ *- \{ name: wall.*$/m, ''));
    expect(await socket.end).toMatchObject({ code: 4005 });
    await writeFile(path, text);
    await waitFor(async () => (await apiClient(exporter, VIEW).get('/hosts')).status === 200, {
      what: 'the token is back',
      deadlineMs: 30_000,
    });
  });

  test('when the host is lost, and come back with it', async () => {
    const page = await openPage((await ticketFor('open')).url);
    await state(page, 'Connected.');
    const other = openSocket(exporter.url, (await ticketFor('open', 'view')).ticket);
    await shakeHands(other);
    await libvirtd.kill();
    expect(await other.end).toMatchObject({ code: 4004 });
    await state(page, 'Waiting for the host…');
    await libvirtd.restart();
    await state(page, 'Connected.');
    await page.close();
  });
});

test('no password and no ticket is anywhere but where it belongs', async () => {
  const output = [...seen, exporter.process.output(), (await exporter.scrape()).text].join('\n');
  expect(output.length).toBeGreaterThan(100_000);
  expect(output).not.toContain(PASSWORD);
  expect(seen.filter((text) => /pageerror|Content Security/.test(text))).toEqual([]);
  // The log has none of the tickets that were given out.
  const tickets = [...seen.join('\n').matchAll(/#ticket=([\w-]{43})/g)].map(([, ticket = '']) => ticket);
  expect(tickets.length).toBeGreaterThan(10);
  const log = exporter
    .log()
    .map((line) => JSON.stringify(line))
    .join('\n');
  expect(tickets.filter((ticket) => log.includes(ticket))).toEqual([]);
});
