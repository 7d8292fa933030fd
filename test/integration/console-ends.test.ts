// SPDX-License-Identifier: Apache-2.0
// How sessions end, as the page tells it, on real domains; how many there may be; and that a screen is looked for when its
// ticket is shown and not before.
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { openSocket, shakeHands } from '../lab/console-client.ts';
import type { ConsoleSocket } from '../lab/console-client.ts';
import { OPEN_VNC, startConsoleDomains } from '../lab/console-domains.ts';
import { openConsolePage, pageEnds, pageSays } from '../lab/console-page.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];
const TOKENS = ['ops', 'wall'] as const;

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let browser: Browser;
const clients = new Map<string, ApiClient>();
const uuids = new Map<Name, string>();
const pages: Page[] = [];

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startConsoleDomains(
    lab,
    libvirtd,
    NAMES.map((name) => ({ name, graphics: OPEN_VNC })),
  );
  const tokens = TOKENS.map((name) => `    - ${tokenLine(name, secret(`console token ${name}`), PRIVILEGES)}\n`);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]
poll: { intervalSeconds: 1 }
console: { sessionsPerDomain: 2, sessionsPerUser: 3, sessions: 4 }
api:
  tokens:
${tokens.join('')}`,
  });
  for (const name of TOKENS) clients.set(name, apiClient(exporter, secret(`console token ${name}`)));
  browser = await startBrowser(lab);
  for (const name of NAMES) uuids.set(name, (await libvirtd.virsh('domuuid', name)).trim());
  await known(NAMES.length);
}, 180_000);

const PRIVILEGES = ['read', 'power', 'force', 'console.control', 'console.view'];

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
  if (!exporter.process.hasExited) await sessions(0);
});

afterAll(() => lab.close());

async function known(count: number): Promise<void> {
  await waitFor(async () => (await client().get('/domains')).json?.['total'] === count, {
    what: `${String(count)} domains are known`,
    deadlineMs: 20_000,
  });
}

function client(token: (typeof TOKENS)[number] = 'ops'): ApiClient {
  const found = clients.get(token);
  if (found === undefined) throw new Error(`no token ${token}`);
  return found;
}

async function sessions(count: number): Promise<void> {
  await waitFor(async () => ((await exporter.scrape()).value('vireo_console_sessions') ?? 0) === count, {
    what: `${String(count)} sessions are open`,
    deadlineMs: 30_000,
    intervalMs: 100,
  });
}

async function urlOf(name: Name, token: (typeof TOKENS)[number] = 'ops'): Promise<string> {
  const { json, bytes } = await client(token).post(`/hosts/kvm1/domains/${uuids.get(name) ?? ''}/console`, {
    mode: 'control',
  });
  if (typeof json?.['url'] !== 'string') throw new Error(bytes.toString());
  return json['url'];
}

async function socketTo(name: Name, token: (typeof TOKENS)[number] = 'ops'): Promise<ConsoleSocket> {
  return openSocket(exporter.url, (await urlOf(name, token)).split('=')[1]);
}

async function pageOf(name: Name, token: (typeof TOKENS)[number] = 'ops'): Promise<Page> {
  const { page } = await openConsolePage(browser, await urlOf(name, token));
  pages.push(page);
  await pageSays(page, 'Connected.');
  return page;
}

async function portOf(name: Name): Promise<number> {
  return Number(/port='(\d+)'/.exec(await libvirtd.virsh('dumpxml', name))?.[1]);
}

function lastClosed(): Readonly<Record<string, unknown>> | undefined {
  return exporter.log().findLast(({ event }) => event === 'console.closed');
}

test('a screen is looked for when the ticket is shown: on the port it has by then', async () => {
  const url = await urlOf('a');
  const before = await portOf('a');
  await libvirtd.virsh('destroy', 'a');
  // Takes the port that has become free.
  await libvirtd.virsh('destroy', 'b');
  await libvirtd.virsh('start', 'b');
  await libvirtd.virsh('start', 'a');
  expect(await portOf('b')).toBe(before);
  expect(await portOf('a')).not.toBe(before);
  const socket = openSocket(exporter.url, url.split('=')[1]);
  expect((await shakeHands(socket)).name).toBe('QEMU (a)');
  socket.close();
  await socket.end;
});

describe('there are never more sessions than may be', () => {
  test('of one user, or of all', async () => {
    const spare = await urlOf('c');
    const mine = [await socketTo('a'), await socketTo('b'), await socketTo('c')];
    for (const socket of mine) await shakeHands(socket);
    expect(await client().post(`/hosts/kvm1/domains/${uuids.get('a') ?? ''}/console`, { mode: 'view' })).toMatchObject({
      status: 409,
      json: { code: 'VIREO_CONSOLE_LIMIT', detail: '3 sessions of ops are open' },
    });
    // A ticket from before does not help, and the page says why.
    const { page } = await openConsolePage(browser, spare);
    pages.push(page);
    expect(await pageEnds(page)).toEqual([
      'The console has ended',
      'Too many sessions are open. 3 sessions of ops are open',
      'Close one, or raise console.sessionsPerDomain, sessionsPerUser or sessions.',
    ]);
    // Another user has room, until there is none for anybody.
    const spareOfWall = await urlOf('b', 'wall');
    const theirs = await socketTo('a', 'wall');
    await shakeHands(theirs);
    const late = openSocket(exporter.url, spareOfWall.split('=')[1]);
    expect(await late.end).toMatchObject({ code: 4027, reason: expect.stringContaining('4 sessions') as string });
    await sessions(4);
    for (const socket of [...mine, theirs]) {
      socket.close();
      await socket.end;
    }
    const again = await socketTo('c');
    await shakeHands(again);
    again.close();
    await again.end;
  });
});

describe('the page says why it ended', () => {
  test('when the guest restarts itself the session stays; when the domain is started anew the page is back', async () => {
    const page = await pageOf('c');
    await libvirtd.virsh('reset', 'c');
    expect(await page.locator('#state').textContent()).toBe('Connected.');
    const opened = (): number => exporter.log().filter(({ event }) => event === 'console.opened').length;
    const before = opened();
    await libvirtd.virsh('destroy', 'c');
    await libvirtd.virsh('start', 'c');
    await waitFor(() => opened() > before, { what: 'a second session', deadlineMs: 20_000 });
    await pageSays(page, 'Connected.');
    expect(lastClosed()).toMatchObject({ domain: 'c', tokenName: 'ops' });
    expect([4001, 4002]).toContain(lastClosed()?.['code']);
  });

  test('when somebody else takes the screen for himself', async () => {
    const page = await pageOf('c');
    await takeScreen(await portOf('c'));
    expect(await pageEnds(page)).toEqual([
      'The console has ended',
      'The hypervisor closed the console.',
      'Open it again; somebody else may have taken it over, or the guest is ending.',
    ]);
  });

  test('when the domain is gone from the host', async () => {
    const page = await pageOf('b');
    await libvirtd.virsh('undefine', 'b');
    await libvirtd.virsh('destroy', 'b');
    expect(await pageEnds(page)).toEqual([
      'The console has ended',
      'The domain no longer exists on this host.',
      'Look for it on other hosts: it was undefined or migrated.',
    ]);
  });

  test('when its link was used before, and its token is withdrawn', async () => {
    const url = await urlOf('a', 'wall');
    const { page } = await openConsolePage(browser, url);
    pages.push(page);
    await pageSays(page, 'Connected.');
    const { page: again } = await openConsolePage(browser, url);
    pages.push(again);
    expect((await pageEnds(again))[1]).toBe('The link was used already, has expired or was never valid.');
    const path = join(lab.directory, 'vireo.yml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^ *- \{ name: wall.*$/m, ''));
    expect(await pageEnds(page)).toEqual([
      'The console has ended',
      'The token that opened this console is changed or gone.',
      'Open the console with a token that is in force.',
    ]);
    expect(lastClosed()).toMatchObject({ end: 'token-revoked', code: 4005, tokenName: 'wall', kind: 'vnc' });
  });
});

test('when Vireo stops the page says so; log and metrics have told each session', async () => {
  const page = await pageOf('a');
  await sessions(1);
  const scrape = await exporter.scrape();
  const log = exporter.log();
  const told = (event: string): number => log.filter((line) => line['event'] === event).length;
  const counted = (name: string, labels = {}): number =>
    scrape.all(name, labels).reduce((sum, { value }) => sum + value, 0);
  expect(counted('vireo_console_tickets_total', { mode: 'control' })).toBe(told('console.ticket.issued'));
  expect(counted('vireo_console_ends_total', { kind: 'vnc' })).toBe(told('console.closed'));
  expect(counted('vireo_console_ends_total', { end: 'token-revoked' })).toBe(1);
  expect(counted('vireo_console_rejections_total', { reason: 'too-many' })).toBe(3);
  expect(counted('vireo_console_rejections_total', { reason: 'ticket-used' })).toBe(1);
  const closed = log.filter(({ event }) => event === 'console.closed');
  const sum = (key: string): number => closed.reduce((total, line) => total + Number(line[key]), 0);
  expect(counted('vireo_console_bytes_total', { direction: 'to_client' })).toBe(sum('bytesToClient'));
  expect(sum('bytesToClient')).toBeGreaterThan(1000);

  await exporter.process.stop();
  expect(await pageEnds(page)).toEqual([
    'The console has ended',
    'Vireo stops.',
    'Open the console again when it runs.',
  ]);
  expect(lastClosed()).toMatchObject({ end: 'stopping', code: 1001 });
});

/** A client that shares the screen with nobody: QEMU sends all others away. */
async function takeScreen(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  lab.onClose(() => {
    socket.destroy();
  });
  const answers = [Buffer.from('RFB 003.008\n'), Buffer.from([1]), Buffer.from([0])];
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('data', () => {
      const answer = answers.shift();
      if (answer === undefined) resolve();
      else socket.write(answer);
    });
  });
  socket.destroy();
}
