// SPDX-License-Identifier: Apache-2.0
// A real Xen host beside a QEMU one, in one exporter: a hundred domains by calls about one each, every action, both
// consoles. It is emulated, and slow; what Xen does in a moment takes seconds here, and is seen.
import { hostFull } from '../../exporter/src/contract/api.ts';
import { driverLacks } from '../../exporter/src/contract/driver-calls.ts';
import { taskOf } from '../lab/action-lab.ts';
import { apiClient, endOf, followEvents, tokenLine } from '../lab/api.ts';
import type { ApiClient, TaskView } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { keyEvent, openSocket, shakeHands, updateRequest } from '../lab/console-client.ts';
import { openConsolePage, pageSays } from '../lab/console-page.ts';
import { startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { PageChecker } from '../lab/page-checker.ts';
import { seePage } from '../lab/pages.ts';
import { waitFor } from '../lab/wait-for.ts';
import { startXenHost } from '../lab/xen-host.ts';
import type { XenHost } from '../lab/xen-host.ts';

jest.setTimeout(420_000);

const TOKEN = 'token-of-the-xen-host';
const SLOW_MS = 200_000;
/** As long as a single answer of it may take on a busy machine. */
const POLL_SECONDS = 8;
const PATIENT = { options: { timeoutSeconds: 200 } };
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
const WEB = { host: 'xen', domain: 'web' };

let lab: Lab;
let xen: XenHost;
let exporter: Exporter;
let api: ApiClient;
let uuid: string;
const checker = new PageChecker();

beforeAll(async () => {
  lab = await openLab();
  xen = await startXenHost(lab);
  await xen.define('web');
  uuid = (await xen.virsh('domuuid', 'web')).trim();
  const qemu = await startLibvirtd(lab);
  await startDomains(lab, qemu, ['beside']);
  exporter = await startExporter(lab, {
    config: `hosts:
  - { name: xen, uri: '${xen.uri}' }
  - { name: kvm, uri: '${qemu.uri}' }
poll: { intervalSeconds: ${String(POLL_SECONDS)}, statisticsDeadlineSeconds: ${String(POLL_SECONDS)} }
api:
  rateLimit: { requestsPerMinutePerToken: 100000 }
  tokens: [${tokenLine('ops', TOKEN, ['read', 'xml', 'power', 'force', 'console.control', 'console.view'])}]
`,
    checker,
  });
  api = apiClient(exporter, TOKEN);
  await seePage(exporter, 'both hosts are there', SLOW_MS, (page) => {
    return (
      page.value('libvirt_domains', { host: 'xen' }) === 100 && page.value('libvirt_domains', { host: 'kvm' }) === 1
    );
  });
}, 600_000);

afterAll(async () => {
  await lab.close();
  expect(checker.findings).toEqual([]);
});

const path = (): string => `/hosts/xen/domains/${uuid}`;

async function done(action: string, more: object = {}): Promise<TaskView> {
  checker.mayRestart('web');
  const task = await endOf(api, taskOf(await api.post(`${path()}/actions`, { action, ...more })).id, SLOW_MS);
  // Else a failing test would tell the state and not the daemon's words.
  expect(task.error).toBeUndefined();
  return task;
}

const virshState = async (): Promise<string> => (await xen.virsh('domstate', 'web')).trim();
const shown = (page: Exposition): string[] =>
  page.all('libvirt_domain_state', WEB).flatMap(({ labels, value }) => (value === 1 ? [labels['state'] ?? ''] : []));
const idShown = async (): Promise<number> => Number((await api.get(path())).json?.['id']);
/** By procedure, how often the daemon has refused it. */
const refusals = (page: Exposition): Record<string, number> =>
  Object.fromEntries(
    page
      .all('vireo_rpc_calls_total', { host: 'xen', outcome: 'error' })
      .map(({ labels, value }) => [labels['procedure'] ?? '', value]),
  );
/** The names of its network cards, as they are on a page. */
const cards = (page: Exposition): (string | undefined)[] =>
  page.all('libvirt_domain_interface_stats_receive_bytes_total', WEB).map(({ labels }) => labels['target_device']);

async function afterPolls(count: number): Promise<Exposition> {
  const until = Date.now() / 1000 + POLL_SECONDS * count;
  return await seePage(exporter, `${String(count)} more polls are over`, SLOW_MS, (page) => {
    const last = page.value('vireo_poll_last_success_timestamp_seconds', { host: 'xen', group: 'inventory' });
    return last !== undefined && last > until;
  });
}

async function ticket(kind: 'vnc' | 'serial'): Promise<string> {
  const { json, bytes } = await api.post(`${path()}/console`, { mode: 'control', kind });
  if (json === undefined) throw new Error(bytes.toString());
  return String(json['url']);
}

test('a hundred domains are looked at within a poll, and the host has what its driver knows of it', async () => {
  // The best of them: how long the others take is the business of a busy machine.
  const best = new Map<string, number>();
  const page = await seePage(exporter, 'a poll of five seconds has time for each part', SLOW_MS, (now) => {
    for (const { labels, value } of now.all('vireo_poll_duration_seconds', { host: 'xen' })) {
      const group = labels['group'] ?? '';
      best.set(group, Math.min(value, best.get(group) ?? value));
    }
    return best.has('xml') && [...best.values()].every((seconds) => seconds < 5);
  });
  expect(page.value('libvirt_up', { host: 'xen' })).toBe(1);
  expect(page.all('vireo_poll_success', { host: 'xen' }).filter(({ value }) => value !== 1)).toEqual([]);
  const host = hostFull.parse((await api.get('/hosts/xen')).json);
  expect(host).toMatchObject({
    state: 'up',
    driver: 'Xen',
    hypervisorVersion: expect.stringMatching(/^4\.17\./) as unknown,
  });
  expect(page.value('libvirt_host_memory_free_bytes', { host: 'xen' })).toBeGreaterThan(100 * 2 ** 20);
  expect(page.all('libvirt_host_cpu_seconds_total', { host: 'xen' })).toEqual([]);
  expect(page.value('libvirt_domain_active', { host: 'xen', domain: 'Domain-0' })).toBe(1);
  // Of the other hundred nothing is invented.
  expect(page.all(CPU_TIME, { host: 'xen' }).map(({ labels }) => labels['domain'])).toEqual(['Domain-0']);
});

test('a domain is started, and is measured by calls about it alone', async () => {
  expect(shown(await exporter.scrape())).toEqual(['shutoff']);
  expect(await done('start')).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  expect(await virshState()).toBe('running');
  const page = await seePage(exporter, 'its disk and its network card count', SLOW_MS, (now) => {
    const read = now.value('libvirt_domain_block_stats_read_bytes_total', WEB) ?? 0;
    return read > 0 && (now.value('libvirt_domain_interface_stats_receive_packets_total', WEB) ?? 0) > 0;
  });
  expect(shown(page)).toEqual(['running']);
  expect(page.value('libvirt_domain_info_maximum_memory_bytes', WEB)).toBe(128 * 2 ** 20);
  expect(page.value('libvirt_domain_info_virtual_cpus', WEB)).toBe(1);
  expect(page.value('libvirt_domain_memory_stats_available_bytes', WEB)).toBe(128 * 2 ** 20);
  expect(page.value(CPU_TIME, WEB)).toBeGreaterThan(0);
  expect(cards(page)).toEqual([/vif\d+\.0/.exec(await xen.virsh('domiflist', 'web'))?.[0]]);
  // It asks nobody on its network to write.
  expect(page.value('libvirt_domain_block_stats_write_bytes_total', WEB)).toBe(0);
  const families = page.series.filter(({ labels }) => labels['domain'] === 'web' && labels['host'] === 'xen');
  const absent = ['memory_stats_unused', 'memory_stats_rss', 'vcpu_time', 'perf', 'kvm', 'snapshots', 'checkpoints'];
  for (const part of [...absent, 'block_stats_capacity']) {
    expect(families.filter(({ name }) => name.startsWith(`libvirt_domain_${part}`))).toEqual([]);
  }
  const used = page.value(CPU_TIME, WEB) ?? 0;
  await seePage(exporter, 'it uses more CPU time', SLOW_MS, (now) => (now.value(CPU_TIME, WEB) ?? 0) > used);
});

test('what the driver lacks is not asked, and what it refuses is asked once', async () => {
  const addresses = 'DOMAIN_INTERFACE_ADDRESSES';
  const page = await seePage(exporter, 'its ARP table was asked for', SLOW_MS, (now) => addresses in refusals(now));
  const once = refusals(page);
  const asked = page.all('vireo_rpc_calls_total', { host: 'xen' }).map(({ labels }) => labels['procedure'] ?? '');
  expect(asked.filter((procedure) => driverLacks('Xen', '9.0.0', procedure))).toEqual([]);
  // Leases it has, which are asked for by the same call.
  expect(once[addresses]).toBe(1);
  expect(refusals(await afterPolls(2))).toEqual(once);
});

test('its XML is that of libvirt', async () => {
  const xml = (await api.get(`${path()}/xml`)).bytes.toString();
  expect(xml).toContain("<type arch='x86_64' machine='xenpv'>linux</type>");
  expect(xml).toContain("<source file='/var/lib/libvirt/images/disk.img'/>");
});

test('its serial console is in the page, and its screen is driven past it', async () => {
  const { page, faults } = await openConsolePage(await startBrowser(lab), await ticket('serial'));
  await pageSays(page, 'Connected.', SLOW_MS);
  expect(await page.locator('#title').textContent()).toBe('web on xen');
  const rows = page.locator('#screen .xterm-rows');
  const shows = (text: string): Promise<unknown> =>
    waitFor(async () => (await rows.textContent())?.includes(text), {
      what: `the page shows ${text}`,
      deadlineMs: SLOW_MS,
      intervalMs: 200,
    });
  await page.keyboard.type('expr 20 + 22 | sed s/^/sum-is-/\n');
  // The guest has worked it out: it is not the terminal's echo.
  await shows('sum-is-42');

  const screen = openSocket(exporter.url, (await ticket('vnc')).split('=')[1]);
  const { width, name } = await shakeHands(screen);
  expect([width, name]).toEqual([800, 'QEMU (web)']);
  const begin = screen.bytes().length;
  const height = screen.bytes().readUInt16BE(20);
  screen.send(updateRequest(width, height));
  const picture = await waitFor(
    () => screen.bytes().length >= begin + 16 + 4 * width * height && screen.bytes().subarray(begin + 16),
    { what: 'the whole picture has come', deadlineMs: SLOW_MS, intervalMs: 200 },
  );
  const colours = new Set(Array.from({ length: width * height }, (_, n) => picture.readUInt32LE(4 * n)));
  // Text, on nothing.
  expect(colours.size).toBeGreaterThan(1);
  // What is typed there goes to the shell on the screen, and that tells the serial console.
  const RETURN = 0xff0d;
  for (const line of ['tee /dev/hvc0', 'typed on the screen']) {
    for (const letter of line) screen.send(keyEvent(letter.charCodeAt(0)));
    screen.send(keyEvent(RETURN));
  }
  await shows('typed on the screen');
  screen.close();
  expect(faults).toEqual([]);
  await page.close();
});

test('it is suspended and resumed', async () => {
  expect(await done('suspend')).toMatchObject({ state: 'succeeded', result: { state: 'paused' } });
  expect(await virshState()).toBe('paused');
  await seePage(exporter, 'it is paused', SLOW_MS, (page) => shown(page).includes('paused'));
  expect(await done('resume')).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  expect(await virshState()).toBe('running');
});

test('a domain that reboots is never off, and its counters begin anew under the new name of its card', async () => {
  const count = await seePage(exporter, 'its card counts', SLOW_MS, (now) => cards(now).length === 1);
  const before = { id: await idShown(), cards: cards(count) };
  const stream = await followEvents(exporter, TOKEN);
  const states = new Set<unknown>();
  const active = new Set<unknown>();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      states.add((await api.get(path())).json?.['state']);
      const page = await exporter.scrape();
      for (const state of shown(page)) states.add(state);
      active.add(page.value('libvirt_domain_active', WEB));
    }
  })();
  expect(await done('reboot', PATIENT)).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  const page = await seePage(exporter, 'its new card counts', SLOW_MS, (now) => {
    return cards(now).length === 1 && cards(now)[0] !== before.cards[0];
  });
  over.abort();
  await watching;
  stream.close();
  const id = await idShown();
  expect(id).toBeGreaterThan(before.id);
  expect(cards(page)).toEqual([`vif${String(id)}.0`]);
  // libvirt itself calls it off for seconds, and virsh shows that.
  expect([[...states], [...active]]).toEqual([['running'], [1]]);
  const told = stream.events.filter(({ data }) => (data['domain'] as { name?: string } | undefined)?.name === 'web');
  const lifecycle = told.flatMap(({ event, data }) => (event === 'domain.event' ? [data['event']] : []));
  expect(lifecycle).toEqual(['started', 'stopped']);
  expect(told.filter(({ data }) => data['to'] !== undefined && data['to'] !== 'running')).toEqual([]);
});

test('it is shut down, started, and forced off', async () => {
  expect(await done('shutdown', PATIENT)).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
  await seePage(exporter, 'it is off, and has no figures', SLOW_MS, (page) => {
    return shown(page).includes('shutoff') && page.all(CPU_TIME, WEB).length === 0;
  });
  expect(await virshState()).toBe('shut off');
  expect(await done('start')).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  expect(await done('destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
  await seePage(exporter, 'it is off', SLOW_MS, (page) => shown(page).includes('shutoff'));
  expect(await virshState()).toBe('shut off');
});

test('the QEMU host beside it was not hindered', async () => {
  const page = await exporter.scrape();
  expect(page.value('libvirt_up', { host: 'kvm' })).toBe(1);
  expect(page.all('vireo_poll_success', { host: 'kvm' }).filter(({ value }) => value !== 1)).toEqual([]);
  const { items } = (await api.get('/domains?state=running')).json as { items: { host: string; name: string }[] };
  expect(items.map(({ host, name }) => `${host}/${name}`).sort()).toEqual(['kvm/beside', 'xen/Domain-0']);
});
