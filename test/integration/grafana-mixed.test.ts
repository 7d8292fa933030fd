// SPDX-License-Identifier: Apache-2.0
// Hosts of different hypervisors side by side in one Grafana app, in a real browser: QEMU domains, LXC containers, a Xen
// host, and a VMware host that a daemon opens. Each is shown and done what its driver can, and says where it can't.
import { openContainers, hideSecondCgroups } from '../lab/containers.ts';
import type { Containers } from '../lab/containers.ts';
import { startDomains } from '../lab/domains.ts';
import { startEsxHost, startViaDaemon } from '../lab/esx.ts';
import { signIns, startGrafanaApp } from '../lab/grafana-app.ts';
import type { AppHost, GrafanaApp } from '../lab/grafana-app.ts';
import type { GrafanaPage } from '../lab/grafana-page.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { waitFor } from '../lab/wait-for.ts';
import { startXenHost } from '../lab/xen-host.ts';
import type { XenHost } from '../lab/xen-host.ts';

jest.setTimeout(240_000);

/** How long something may take to show: several hypervisors, a browser and its page want the same two CPUs. */
const PATIENCE_MS = 60_000;

const VM = 'ha-host_VM0';

let lab: Lab;
let libvirtd: Libvirtd;
let containers: Containers;
let xen: XenHost;
/** virsh on the VMware host. */
let vmware: (...args: string[]) => Promise<string>;
let viaUri: string;
let app: GrafanaApp;
const signInAnyone = signIns(() => app);

beforeAll(async () => {
  lab = await openLab();
  app = await startGrafanaApp(lab, populate());
  await waitFor(async () => (await app.prometheus.query('libvirt_domain_info')).length === 1 + 2 + 1 + 3, {
    what: 'Prometheus has every domain',
    deadlineMs: 120_000,
    intervalMs: 200,
  });
}, 600_000);

async function populate(): Promise<readonly AppHost[]> {
  await hideSecondCgroups(lab);
  const [daemon, via, esx, emulated] = await Promise.all([
    startLibvirtd(lab),
    startViaDaemon(lab),
    startEsxHost(lab),
    startXenHost(lab),
  ]);
  xen = emulated;
  await xen.define('pv');
  libvirtd = daemon;
  containers = await openContainers(lab, daemon);
  for (const name of ['c1', 'c2']) await containers.define(name);
  await containers.virsh('start', 'c1');
  await startDomains(lab, daemon, ['web']);
  vmware = (...args) => via.virsh(esx.uri(), ...args);
  viaUri = via.uri;
  return [
    { name: 'kvm1', uri: 'qemu:///system' },
    { name: 'lxc1', uri: containers.uri },
    // It has a hundred, and one is enough here.
    { name: 'xen1', uri: xen.uri, domains: { include: [{ name: 'pv' }] } },
    { name: 'esx1', uri: esx.uri(), via: viaUri },
    { name: 'hv1', uri: 'hyperv://hv1.example/', via: viaUri },
    { name: 'vbox1', uri: 'vbox:///session', via: viaUri },
  ];
}

afterAll(() => lab.close());

async function signIn(login: string): Promise<GrafanaPage> {
  const page = await signInAnyone(login);
  page.page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** What virsh says of the three that run. */
async function states(): Promise<string[]> {
  const said = [libvirtd.virsh('domstate', 'web'), containers.virsh('domstate', 'c1'), vmware('domstate', VM)];
  return (await Promise.all(said)).map((state) => state.trim());
}

/** Opens the page of a domain the way people do: by its row. */
async function openDomain(page: GrafanaPage, name: string): Promise<void> {
  await page.open('/domains');
  await page.row(name).getByRole('link', { name, exact: true }).click();
  await page.sees(name);
}

/** Waits until the help of a button that is disabled says why. */
async function helps(page: GrafanaPage, name: string, why: string | RegExp): Promise<void> {
  const button = page.button(name);
  await button.waitFor();
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  await button.hover();
  await page.page.getByRole('tooltip').getByText(why).waitFor();
}

test('the fleet names the hypervisor of each host, filters by it, and says which daemon lacks a driver', async () => {
  const page = await signIn('vera');
  await page.open('/fleet');
  for (const [host, driver] of [
    ['kvm1', 'QEMU'],
    ['lxc1', 'LXC'],
    ['xen1', 'Xen'],
    ['esx1', 'ESX'],
  ] as const) {
    const cell = page.row(host).getByRole('cell').filter({ hasText: driver });
    await cell.getByText(driver, { exact: true }).waitFor();
    // An icon beside the word, never alone.
    await cell.locator('svg').waitFor();
  }
  const lost = page.page.getByRole('list', { name: 'Host lost' });
  await page.says(/has no hyperv driver/, lost);
  await page.says(/has no vbox driver/, lost);
  await page.picture('mixed-fleet');

  const filter = page.page.getByRole('group', { name: 'Hypervisor' });
  await filter.getByRole('button', { name: /^ESX/ }).click();
  await page.row('kvm1').waitFor({ state: 'detached' });
  expect(page.page.url()).toContain('driver=ESX');
  await page.page.reload();
  await page.row('esx1').waitFor();
  expect(await page.row('lxc1').count()).toBe(0);
});

test('the page of a host says through which daemon it is opened, and of one without a driver what to do', async () => {
  const page = await signIn('vera');
  await page.open('/hosts/esx1');
  await page.says('Opened by the daemon');
  await page.says(viaUri);
  await page.says(/^esx:\/\/127\.0\.0\.1/);
  await page.picture('mixed-host-esx');
  await page.open('/hosts/hv1');
  await page.says(/^the daemon .* has no hyperv driver/);
  await page.says('Install the driver there, or name a daemon in via that has it; docs/hypervisors.md.');
  await page.picture('mixed-host-hyperv');
});

test('the table of domains filters by hypervisor; three of them are suspended and resumed together', async () => {
  const page = await signIn('ada');
  await page.open('/domains?driver=LXC');
  await page.row('c2').waitFor();
  expect(await page.row('web').count()).toBe(0);
  const filter = page.page.getByRole('group', { name: 'Hypervisor' });
  await filter.getByRole('button', { name: /^LXC/ }).click();
  await page.row('web').waitFor();
  expect(page.page.url()).not.toContain('driver=');
  await page.row(VM).getByText('ESX', { exact: true }).waitFor();
  await page.picture('mixed-domains');

  for (const [name, host] of [
    ['web', 'kvm1'],
    ['c1', 'lxc1'],
    [VM, 'esx1'],
  ] as const) {
    await page.page.getByRole('checkbox', { name: `Select ${name} on ${host}` }).check({ force: true });
  }
  await page.button('Suspend').click();
  await page.says(/^Affects 2: The CPUs stop at once/, page.dialog);
  await page.says(/^Affects 1: Its memory is written to the disk of the VMware host/, page.dialog);
  await page.picture('mixed-bulk');
  await page.button('Suspend: 3', page.dialog).click();
  await page.says('Done: 3', page.dialog);
  expect(await states()).toEqual(['paused', 'paused', 'paused']);
  await page.button('Close', page.dialog).click();
  await page.button('Resume').click();
  await page.button('Resume: 3', page.dialog).click();
  await page.says('Done: 3', page.dialog);
  expect(await states()).toEqual(['running', 'running', 'running']);
});

test('a domain of a VMware host: what its driver lacks, what to use for a console, and a shutdown to its end', async () => {
  const page = await signIn('ada');
  await openDomain(page, VM);
  await helps(page, 'Console', /use the console of the vSphere Client, or of https:\/\/127\.0\.0\.1\/ui\//);
  await page.picture('mixed-esx-console');
  await page.page.getByRole('button', { name: 'More actions' }).click();
  const reset = page.page.getByRole('menuitem', { name: /^Reset/ });
  await page.says('libvirt’s driver for VMware ESX has no such action. Force it off and start it instead.', reset);
  await page.picture('mixed-esx-menu');
  await page.page.keyboard.press('Escape');
  await page.button('Shut down').click();
  await page.says(/It goes through VMware Tools in the guest; without them it fails\./, page.dialog);
  await page.button('Shut down', page.dialog).click();
  await page.says('Done: Shut down. The domain is shutoff', page.dialog);
  expect((await vmware('domstate', VM)).trim()).toBe('shut off');
  expect(app.audit({ event: 'action.succeeded', action: 'shutdown', domain: VM })).toMatchObject([{ user: 'ada' }]);
  await page.button('Close', page.dialog).click();
  await page.button('Start').click();
  await page.button('Start', page.dialog).click();
  await page.says('Done: Start. The domain is running', page.dialog);
  expect((await vmware('domstate', VM)).trim()).toBe('running');
});

test('a container: no picture, a text console, and force off to its end', async () => {
  const page = await signIn('ada');
  await openDomain(page, 'c1');
  await helps(page, 'Show the screen', 'libvirt’s driver for this hypervisor takes no pictures of screens.');
  await page.page.getByRole('button', { name: 'More actions' }).click();
  const save = page.page.getByRole('menuitem', { name: /^Save and stop/ });
  await page.says('libvirt’s driver for LXC has no such action. Suspend it, or shut it down.', save);
  await page.picture('mixed-lxc-menu');
  await page.page.keyboard.press('Escape');
  const [console] = await Promise.all([page.page.context().waitForEvent('page'), page.button('Console').click()]);
  await console.locator('.xterm').waitFor();
  await waitFor(() => app.audit({ event: 'console.opened', domain: 'c1', kind: 'serial' }).length === 1, {
    what: 'its text console is open',
    deadlineMs: PATIENCE_MS,
  });
  await console.close();
  await page.button('Force off').click();
  await page.dialog.getByLabel(/^Type the name/).fill('c1');
  await page.button('Force off', page.dialog).click();
  await page.says('Done: Force off. The domain is shutoff', page.dialog);
  expect((await containers.virsh('domstate', 'c1')).trim()).toBe('shut off');
});

test('a domain of a Xen host: what its driver lacks, and a setting that is changed there', async () => {
  const page = await signIn('ada');
  await openDomain(page, 'pv');
  await page.page.getByText('Xen · xen').waitFor();
  await page.page.getByRole('button', { name: 'More actions' }).click();
  const reset = page.page.getByRole('menuitem', { name: /^Reset/ });
  await page.says('libvirt’s driver for Xen has no such action. Force it off and start it instead.', reset);
  await page.picture('mixed-xen-menu');
  // A start takes its time under emulation; xen.test.ts has the patience.
  await page.page.getByRole('menuitem', { name: 'Start with host' }).click();
  await page.button('Start with host', page.dialog).click();
  await page.says('Done: Start with host', page.dialog);
  expect(await xen.virsh('dominfo', 'pv')).toMatch(/^Autostart: +enable$/m);
  expect(app.audit({ event: 'action.succeeded', action: 'autostart', host: 'xen1' })).toMatchObject([{ user: 'ada' }]);
});
