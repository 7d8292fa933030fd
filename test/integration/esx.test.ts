// SPDX-License-Identifier: Apache-2.0
// A VMware host beside a QEMU one: libvirt's own ESX driver in a real libvirtd without root that opens it for us (`via`), against
// VMware's simulator. What it has is shown and done; what hinders it is said; what it does hurts nobody else.
import { hostFull } from '../../exporter/src/contract/api.ts';
import type { HostFull } from '../../exporter/src/contract/api.ts';
import { DRIVER_CALLS } from '../../exporter/src/contract/driver-calls.ts';
import { taskOf } from '../lab/action-lab.ts';
import { apiClient, endOf, tokenLine } from '../lab/api.ts';
import type { ApiClient, TaskView } from '../lab/api.ts';
import { startDomains } from '../lab/domains.ts';
import { startEsxHost, startViaDaemon } from '../lab/esx.ts';
import type { EsxHost, ViaDaemon } from '../lab/esx.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { freePort, openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { PageChecker } from '../lab/page-checker.ts';
import { seePage } from '../lab/pages.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const TOKEN = 'token-of-the-vmware-hosts';
const VM = 'ha-host_VM0';

let lab: Lab;
/** Opens the VMware hosts, and nothing else. */
let via: ViaDaemon;
let esx: EsxHost;
let exporter: Exporter;
let api: ApiClient;
let uuid: string;
const checker = new PageChecker();

beforeAll(async () => {
  lab = await openLab();
  esx = await startEsxHost(lab);
  const vcenter = await startEsxHost(lab, 'vcenter');
  via = await startViaDaemon(lab);
  const qemu = await startLibvirtd(lab);
  await startDomains(lab, qemu, ['web']);
  const nobody = `esx://127.0.0.1:${String(await freePort())}/?no_verify=1`;
  const vmware = {
    esx: esx.uri(),
    vcenter: vcenter.uri(),
    'wrong password': esx.uri('localhost'),
    'no password': esx.uri('127.0.0.2'),
    nobody,
    hyperv: 'hyperv://hv1.example/',
    vbox: 'vbox:///session',
    player: 'vmwareplayer:///session',
  };
  const hosts = Object.entries(vmware).map(([name, uri]) => `  - { name: ${name}, uri: '${uri}', via: '${via.uri}' }`);
  exporter = await startExporter(lab, {
    config: `hosts:
  - { name: kvm, uri: '${qemu.uri}' }
${hosts.join('\n')}
poll: { intervalSeconds: 1 }
api: { tokens: [${tokenLine('ops', TOKEN, ['read', 'xml', 'power', 'force', 'console.view'])}] }
`,
    checker,
  });
  api = apiClient(exporter, TOKEN);
  await seePage(exporter, 'both hosts are there', 30_000, (page) => {
    return page.value('libvirt_domains', { host: 'esx' }) === 3 && page.value('libvirt_domains', { host: 'kvm' }) === 1;
  });
  const { items } = (await api.get('/domains?host=esx')).json as { items: { name: string; uuid: string }[] };
  uuid = items.find(({ name }) => name === VM)?.uuid ?? '';
}, 300_000);

afterAll(async () => {
  await lab.close();
  expect(checker.findings).toEqual([]);
});

const hostView = async (name: string): Promise<HostFull> =>
  hostFull.parse((await api.get(`/hosts/${encodeURIComponent(name)}`)).json);

async function done(action: string, more: object = {}): Promise<TaskView> {
  checker.mayRestart(VM);
  const answer = await api.post(`/hosts/esx/domains/${uuid}/actions`, { action, ...more });
  const task = await endOf(api, taskOf(answer).id);
  // Else a failing test would tell the state and not the daemon's words.
  if (action !== 'reboot') expect(task.error).toBeUndefined();
  return task;
}

const virsh = async (...args: string[]): Promise<string> => (await via.virsh(esx.uri(), ...args)).trim();
const shown = (page: Exposition): string[] =>
  page
    .all('libvirt_domain_state', { host: 'esx', domain: VM })
    .flatMap(({ labels, value }) => (value === 1 ? [labels['state'] ?? ''] : []));

test('a VMware host has its facts and what its driver knows of its domains, and no CPU time', async () => {
  const facts = { state: 'up', driver: 'ESX', hypervisorVersion: '6.5.0', uri: esx.uri(), via: via.uri };
  expect(await hostView('esx')).toMatchObject(facts);
  expect(await hostView('kvm')).not.toHaveProperty('via');
  const landing = await (await fetch(`${exporter.url}/`)).text();
  expect(landing).toContain(`via <code>${via.uri}</code>`);
  const page = await seePage(exporter, 'the polls are over', 20_000, (now) => {
    return now.value('vireo_poll_success', { host: 'esx', group: 'xml' }) !== undefined;
  });
  expect(page.value('libvirt_up', { host: 'esx' })).toBe(1);
  expect(page.all('vireo_poll_success', { host: 'esx' }).filter(({ value }) => value !== 1)).toEqual([]);
  expect(shown(page)).toEqual(['running']);
  expect(page.value('libvirt_domain_info_virtual_cpus', { host: 'esx', domain: VM })).toBe(1);
  expect(page.value('libvirt_domain_info_maximum_memory_bytes', { host: 'esx', domain: VM })).toBe(32 * 2 ** 20);
  expect(page.all('libvirt_domain_info_cpu_time_seconds_total', { host: 'esx' })).toEqual([]);
  expect(page.all('libvirt_domain_block_stats_read_bytes_total', { host: 'esx' })).toEqual([]);
});

test('what the driver lacks is not asked, and what it refuses is not asked with every poll', async () => {
  const refusals = (page: Exposition): [string, number][] =>
    page
      .all('vireo_rpc_calls_total', { host: 'esx', outcome: 'error' })
      .map(({ labels, value }) => [labels['procedure'] ?? '', value]);
  const afterPolls = async (count: number): Promise<Exposition> => {
    const until = Date.now() / 1000 + count;
    return await seePage(exporter, `${String(count)} more polls are over`, 20_000, (page) => {
      const last = page.value('vireo_poll_last_success_timestamp_seconds', { host: 'esx', group: 'inventory' });
      return last !== undefined && last > until;
    });
  };
  const once = refusals(await afterPolls(2));
  // The simulator has no autostart, and its driver no events of storage pools.
  expect(once.map(([procedure]) => procedure)).toEqual(
    expect.arrayContaining(['CONNECT_LIST_ALL_DOMAINS', 'CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY']),
  );
  expect(once.filter(([procedure]) => DRIVER_CALLS.some((call) => call === procedure))).toEqual([]);
  expect(refusals(await afterPolls(3))).toEqual(once);
});

test('an action for a domain by a name that its UUID has not is refused', async () => {
  const answer = await api.post(`/hosts/esx/domains/${uuid}/actions`, {
    action: 'destroy',
    ifDomainName: 'ha-host_VM1',
  });
  expect([answer.status, answer.json?.['code']]).toEqual([404, 'VIREO_DOMAIN_UNKNOWN']);
  expect(await virsh('domstate', VM)).toBe('running');
});

test('its domains have XML', async () => {
  const xml = (await api.get(`/hosts/esx/domains/${uuid}/xml`)).bytes.toString();
  expect(xml).toContain(`<name>${VM}</name>`);
  expect(xml).toContain("<source file='[LocalDS_0] ha-host_VM0/ha-host_VM0.vmdk'/>");
  const domain = (await api.get(`/hosts/esx/domains/${uuid}`)).json;
  expect(domain).toMatchObject({ name: VM, state: 'running' });
});

test('they are suspended, resumed, shut down, started, rebooted and forced off', async () => {
  expect(await done('suspend')).toMatchObject({ state: 'succeeded', result: { state: 'paused' } });
  expect(await virsh('domstate', VM)).toBe('paused');
  await seePage(exporter, 'it is paused', 5000, (page) => shown(page)[0] === 'paused');
  expect(await done('resume')).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  expect(await done('shutdown')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
  expect(await done('start')).toMatchObject({ state: 'succeeded', result: { state: 'running' } });
  // The driver has no events, so nobody can tell whether the guest obeyed.
  expect(await done('reboot')).toMatchObject({ state: 'unknown', error: { code: 'VIREO_TASK_UNSEEN' } });
  expect(await done('destroy')).toMatchObject({ state: 'succeeded', result: { state: 'shutoff' } });
  expect(await virsh('domstate', VM)).toBe('shut off');
  await seePage(exporter, 'it is off', 5000, (page) => shown(page)[0] === 'shutoff');
});

test('a host of a vCenter is one too', async () => {
  const page = await seePage(exporter, 'its domains are there', 20_000, (now) => {
    return now.value('libvirt_domains', { host: 'vcenter' }) === 3;
  });
  expect(page.value('libvirt_domain_active', { host: 'vcenter', domain: 'DC0_H0_VM0' })).toBe(1);
  const { items } = (await api.get('/domains?host=vcenter')).json as { items: { name: string; uuid: string }[] };
  const first = items.find(({ name }) => name === 'DC0_H0_VM0')?.uuid ?? '';
  const xml = (await api.get(`/hosts/vcenter/domains/${first}/xml`)).bytes.toString();
  expect(xml).toContain('<name>DC0_H0_VM0</name>');
});

test('where there is no console, what to use is said', async () => {
  const answer = await api.post(`/hosts/esx/domains/${uuid}/console`, { mode: 'view' });
  expect(answer.status).toBe(409);
  const domain = (await api.get(`/hosts/esx/domains/${uuid}`)).json;
  expect(domain).toMatchObject({ consoleRefusal: answer.json?.['detail'], consoleRefusalCode: 'use-vsphere' });
  expect(answer.json).toMatchObject({
    code: 'VIREO_CONSOLE_NONE',
    reasonCode: domain?.['consoleRefusalCode'],
    detail: expect.stringContaining('use the console of the vSphere Client, or of https://127.0.0.1/ui/') as string,
  });
});

test.each([
  ['wrong password', 'VIREO_VIA_LOGIN', 'refused the user and password'],
  ['no password', 'VIREO_VIA_CREDENTIALS', 'auth.conf'],
  ['nobody', 'VIR_ERR_INTERNAL_ERROR', 'onnect'],
  ['hyperv', 'VIREO_DRIVER_MISSING', 'has no hyperv driver'],
  ['vbox', 'VIREO_DRIVER_MISSING', 'has no vbox driver'],
  ['player', 'VIR_ERR_INTERNAL_ERROR', 'vmrun utility is missing'],
])('the host "%s" is lost, and says why: %s', async (name, code, words) => {
  const lost = await waitFor(
    async () => {
      const view = await hostView(name);
      return view.error !== undefined && view;
    },
    { what: 'it is known why', deadlineMs: 20_000 },
  );
  expect(lost).toMatchObject({ state: 'lost', error: { code } });
  expect(lost.error?.message).toContain(words);
  const page = await exporter.scrape();
  expect(page.value('libvirt_up', { host: name })).toBe(0);
  expect(page.value('vireo_host_connection_error_info', { host: name, code })).toBe(1);
});

test('a VMware host that hangs hurts neither the QEMU host nor the daemon that waits for it, and comes back by itself', async () => {
  const age = (page: Exposition, host: string): number =>
    Date.now() / 1000 - (page.value('vireo_poll_last_success_timestamp_seconds', { host, group: 'inventory' }) ?? 0);
  esx.freeze();
  const pages: Exposition[] = [];
  const lost = await seePage(exporter, 'it is lost', 30_000, (page) => {
    pages.push(page);
    return page.value('libvirt_up', { host: 'esx' }) === 0;
  });
  expect(await hostView('esx')).toMatchObject({ state: 'lost', error: { code: 'VIREO_VIA_SILENT' } });
  expect(pages.filter((page) => page.value('libvirt_up', { host: 'kvm' }) !== 1)).toEqual([]);
  expect(age(lost, 'kvm')).toBeLessThan(4);
  expect(age(lost, 'esx')).toBeGreaterThan(4);
  await seePage(exporter, 'what it had is no longer shown', 10_000, (page) => {
    return page.all('libvirt_domain_state', { host: 'esx' }).length === 0;
  });
  // It has workers left, and reads what it is sent.
  expect(await via.virsh(via.uri, 'list', '--all')).toContain('Name');
  esx.thaw();
  await seePage(exporter, 'it is back', 20_000, (page) => {
    return page.value('libvirt_up', { host: 'esx' }) === 1 && page.value('libvirt_domains', { host: 'esx' }) === 3;
  });
});
