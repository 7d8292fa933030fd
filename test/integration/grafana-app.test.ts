// SPDX-License-Identifier: Apache-2.0
// Journeys through the built Grafana app in a real browser, down to real QEMU domains: what an operator sees and does, and
// what a viewer and an editor cannot. A new journey is one `test` that signs in and uses GrafanaPage.
import { signIns } from '../lab/grafana-app.ts';
import { DOMAINS, HOSTS, POOL, openGrafanaLab } from '../lab/grafana-lab.ts';
import type { GrafanaLab } from '../lab/grafana-lab.ts';
import { waitFor } from '../lab/wait-for.ts';
import { keyboardJourneys } from './grafana-app-keyboard.ts';
import { liveJourneys } from './grafana-app-live.ts';

jest.setTimeout(60_000);

let lab: GrafanaLab;
const signIn = signIns(() => lab);

beforeAll(async () => {
  lab = await openGrafanaLab();
}, 180_000);

afterAll(() => lab.lab.close());

test('the fleet says what needs attention before it lists every host, and leads to what helps', async () => {
  await lab.libvirtd.virsh('suspend', 'web-2');
  const page = await signIn('ada');
  await page.open('/fleet');
  await page.sees('Fleet');
  const lost = page.page.getByRole('list', { name: 'Host lost' });
  await lost.getByRole('link', { name: HOSTS.lost }).waitFor();
  await page.says(/127\.0\.0\.1/, lost);
  await page
    .row(HOSTS.up)
    .getByRole('link', { name: `Domains of ${HOSTS.up}` })
    .waitFor();
  // Of the real Prometheus.
  await page.says(/\d %$/, page.row(HOSTS.up));
  const text = await page.text();
  expect(text.indexOf('Host lost')).toBeLessThan(text.lastIndexOf(HOSTS.up));
  await page.picture('fleet');

  const paused = page.page.getByRole('list', { name: 'Paused', exact: true });
  await paused.getByRole('link', { name: 'Resume: web-2' }).click();
  await page.button('Resume', page.dialog).click();
  await page.says('Done: Resume', page.dialog);
  await lab.becomes('web-2', 'running');
});

test('a host shows its pools, what it did lately, and its capabilities', async () => {
  const page = await signIn('vera');
  await page.open('/fleet?q=kvm1&state=up');
  await page.row(HOSTS.lost).waitFor({ state: 'detached' });
  await page.row(HOSTS.up).getByRole('link', { name: HOSTS.up, exact: true }).click();
  await page.sees(HOSTS.up);
  await page.page.getByRole('table', { name: 'Storage pools' }).getByText(POOL).waitFor();
  await page.page.getByRole('link', { name: 'web-1', exact: true }).waitFor();
  await page.says('Memory promised to active domains');
  await page.picture('host');
  await page.page.getByRole('tab', { name: 'Metrics' }).click();
  // The last of the graphs.
  await page.says(/^statistics \d/);
  await page.picture('host-metrics');
  await page.page.getByRole('tab', { name: 'Capabilities' }).click();
  await page.says('<capabilities>');
  await page.picture('host-capabilities');
  await page.open(`/hosts/${HOSTS.lost}`);
  await page.says('This host is lost: what is shown is what was last seen of it');
  await page.picture('host-lost');
});

test('a domain is found by a part of its name, and the address shares what was found', async () => {
  const page = await signIn('vera');
  await page.open('/domains');
  for (const name of DOMAINS) await page.row(name).waitFor();
  await page.page.getByPlaceholder(/^Search/).fill('web');
  await page.row('deaf').waitFor({ state: 'detached' });
  await page.row('web-2').waitFor();
  expect(page.page.url()).toContain('q=web');
  // Who may only look has nothing to select rows for.
  expect(await page.page.getByRole('checkbox').count()).toBe(0);
  await page.says('nothing is known of its domains');
  await page.row('web-1').getByText(/%$/).waitFor();
  await page.page.getByPlaceholder('All hosts').click();
  await page.page.getByRole('option', { name: HOSTS.up }).click();
  await page.page.waitForURL(/host=kvm1/);
  await page.row('web-1').waitFor();
  await page.picture('domains');
  await page.row('web-1').getByRole('link', { name: 'web-1' }).click();
  await page.sees('web-1');
});

test('an admin suspends and resumes a domain; the record names who', async () => {
  const page = await signIn('ada');
  await page.open(await lab.pathOf('web-1'));
  await page.sees('web-1');
  await page.picture('domain');

  await page.button('Suspend').click();
  await page.says('The CPUs stop at once.', page.dialog);
  await page.picture('dialog-suspend');
  await page.dialog.getByLabel('Reason').fill('a journey');
  await page.button('Suspend', page.dialog).click();
  await page.says('Done: Suspend', page.dialog);
  await lab.becomes('web-1', 'paused');
  await page.picture('dialog-done');
  await page.button('Close', page.dialog).click();

  await page.button('Resume').click();
  await page.button('Resume', page.dialog).click();
  await page.says('Done: Resume', page.dialog);
  await lab.becomes('web-1', 'running');

  for (const action of ['suspend', 'resume']) {
    const [line] = lab.audit({ event: 'action.succeeded', action, domain: 'web-1' });
    expect(line).toMatchObject({ user: 'ada', tokenName: 'grafana-operate', host: HOSTS.up });
  }
  expect(lab.audit({ event: 'action.requested', action: 'suspend' })).toMatchObject([{ reason: 'a journey' }]);
  await page.open('/tasks');
  await page.says('ada');
  await page.picture('tasks');
});

test('an admin suspends and resumes several domains at once; one that is off is left alone, and said why', async () => {
  const page = await signIn('ada');
  await page.open('/domains');
  for (const name of ['web-1', 'web-2', 'spare']) {
    await page.page.getByRole('checkbox', { name: `Select ${name} on ${HOSTS.up}` }).check({ force: true });
  }
  await page.says('Selected: 3');
  await page.picture('domains-selected');
  await page.button('Suspend').click();
  await page.says(/^spare on kvm1: shut off/, page.dialog);
  await page.says(/^Affects 2: The CPUs stop at once/, page.dialog);
  expect(await lab.state('web-1')).toBe('running');
  await page.picture('bulk-question');
  await page.dialog.getByLabel('Reason').fill('both at once');
  await page.button('Suspend: 2', page.dialog).click();
  await page.says('All of it is over', page.dialog);
  await page.says('Done: 2', page.dialog);
  await page.picture('bulk-done');
  for (const name of ['web-1', 'web-2']) expect(await lab.state(name)).toBe('paused');
  await page.button('Close', page.dialog).click();
  for (const name of ['web-1', 'web-2']) await page.row(name).getByText('paused').waitFor();

  // They are selected still.
  await page.button('Resume').click();
  await page.button('Resume: 2', page.dialog).click();
  await page.says('Done: 2', page.dialog);
  for (const name of ['web-1', 'web-2']) expect(await lab.state(name)).toBe('running');
  const asked = lab.audit({ event: 'action.requested', action: 'suspend', reason: 'both at once' });
  expect(asked.map(({ domain }) => domain).sort()).toEqual(['web-1', 'web-2']);

  await page.page.getByRole('link', { name: 'See it among the tasks' }).click();
  await page.says('Only what was asked for together');
  await page.row('web-1').getByRole('button').first().click();
  await page.says('Done: Resume. The domain is running');
  await page.picture('tasks-of-bulk');
});

test('ten thousand domains are searched, sorted and scrolled through; the page holds the rows in view', async () => {
  const page = await signIn('ada');
  await page.fleetOf(10_000);
  await page.open('/domains');
  await page.says('10,000 of 10,000 domains');
  await page.picture('domains-many');
  const rows = page.page.getByRole('row');
  const region = page.page.getByRole('region', { name: 'Domains' });
  expect(await rows.count()).toBeLessThan(80);
  await region.press('End');
  await page.row('guest-9999').waitFor();
  expect(await rows.count()).toBeLessThan(80);
  await page.page.getByPlaceholder(/^Search/).fill('guest-777');
  await page.says('11 of 10,000 domains');
  await page.row('guest-7779').waitFor();
  await page.page.getByPlaceholder(/^Search/).fill('');
  await page.page.getByRole('columnheader', { name: 'Domain' }).getByRole('button').click();
  await page.row('guest-9999').waitFor();
});

test.each(['vera', 'edgar'])('%s may look and not act, whatever is tried', async (login) => {
  const page = await signIn(login);
  const path = await lab.pathOf('web-2');
  await page.open(path);
  await page.sees('web-2');
  expect(await page.button('Suspend').getAttribute('aria-disabled')).toBe('true');
  await page.open(`${path}?action=suspend`);
  await page.says('Not possible now', page.dialog);
  await page.picture(`refused-${login}`);
  expect(await page.button('Suspend', page.dialog).isDisabled()).toBe(true);

  // And with the button out of the way.
  const uuid = await lab.uuidOf('web-2');
  const before = lab.audit({ event: 'action.requested' }).length;
  const statuses = [];
  for (const route of ['v1', 'operate', 'console', '%6fperate']) {
    const url = `/api/plugin-proxy/${lab.grafana.plugin.id}/${route}/hosts/${HOSTS.up}/domains/${uuid}/actions`;
    statuses.push(await page.post(url, { action: 'suspend' }));
  }
  expect(statuses).toEqual([404, 403, 403, 403]);
  expect(lab.audit({ event: 'action.requested' })).toHaveLength(before);
  expect(await lab.state('web-2')).toBe('running');
  page.forgive(/status of 40[34]/);
});

test('a guest that ignores its shutdown is forced off, after its name was typed', async () => {
  const page = await signIn('ada');
  await page.open(await lab.pathOf('deaf'));
  await page.button('Shut down').click();
  // The guest stays deaf for as long as anybody waits.
  await page.dialog.getByLabel('Seconds the guest may take').fill('2');
  await page.picture('dialog-shutdown');
  await page.button('Shut down', page.dialog).click();
  await page.says('The guest did not react. Force off?', page.dialog);
  await page.picture('dialog-no-reaction');
  expect(await lab.state('deaf')).toBe('running');
  await page.button('Force off …', page.dialog).click();
  await page.dialog.getByLabel(/^Type the name/).fill('deaf');
  await page.button('Force off', page.dialog).click();
  await page.says('Done: Force off. The domain is shutoff', page.dialog);
  expect(await lab.state('deaf')).toBe('shut off');
  expect(lab.audit({ event: 'action.timed_out', action: 'shutdown' })).toMatchObject([{ user: 'ada', domain: 'deaf' }]);
  expect(lab.audit({ event: 'action.succeeded', action: 'destroy' })).toMatchObject([{ user: 'ada', domain: 'deaf' }]);
});

test('the page of a domain shows what it is, does, and has', async () => {
  const page = await signIn('ada');
  const path = await lab.pathOf('web-1');
  await page.open(path);
  await page.says(`Vireo for libvirt / Fleet / ${HOSTS.up} / web-1`);
  await page.says('Why in that state');
  for (const graph of ['CPU', 'Steal', 'Memory', 'Disk latency', 'Network']) await page.sees(graph);
  await page.page
    .getByRole('listitem')
    .getByText(/^CPUs in use/)
    .waitFor();
  await page.picture('domain-overview');
  await page.button('Show the screen').click();
  await page.page.getByRole('img', { name: 'Screen of web-1' }).waitFor();
  await page.picture('domain-screen');

  await page.page.getByRole('tab', { name: 'Devices' }).click();
  await page.says('Consoles, host devices and others');
  await page.page.getByRole('cell', { name: 'memballoon' }).waitFor();
  await page.picture('domain-devices');

  await lab.libvirtd.virsh('suspend', 'web-1');
  await lab.libvirtd.virsh('resume', 'web-1');
  await page.page.getByRole('tab', { name: 'Timeline' }).click();
  await page.says('From the log of Vireo, in Loki');
  await page.says(/^paused \(user\), was running$/);
  await page.picture('domain-timeline');

  await page.page.getByRole('tab', { name: 'Snapshots' }).click();
  await page.says('It has no snapshot');
  expect(page.page.url()).toContain('tab=snapshots');
  await page.picture('domain-snapshots');
});

test('the XML of a domain is opened, searched, and compared with what its next start makes of it', async () => {
  const page = await signIn('vera');
  await page.open(`${await lab.pathOf('web-2')}?tab=xml`);
  const editor = page.page.locator('.monaco-editor').first();
  await editor.getByText('<name>').first().waitFor();
  await page.page.getByRole('searchbox').fill('vcpu');
  await page.says('Match 1 of 2');
  await page.page.keyboard.press('Enter');
  await page.says('Match 2 of 2');
  await page.picture('domain-xml');
  await lab.libvirtd.virsh('setmaxmem', 'web-2', '65536', '--config');
  await page.page.getByRole('radio', { name: 'What differs' }).check();
  await page.says(/^\+.*65536/);
  await page.picture('domain-xml-diff');
  expect(page.page.url()).toContain('view=diff');
});

test('a console opens in a tab of its own, and its link is nowhere afterwards', async () => {
  const page = await signIn('ada');
  await page.open(await lab.pathOf('web-1'));
  await page.button('Console').waitFor();
  const [console] = await Promise.all([page.page.context().waitForEvent('page'), page.button('Console').click()]);
  await console.locator('canvas').waitFor();
  expect(console.url().startsWith(lab.exporter.url)).toBe(true);
  expect(await console.evaluate('window.opener')).toBeNull();
  await page.says('Open consoles');
  await console.close();
  expect(lab.audit({ event: 'console.opened', domain: 'web-1' })).toMatchObject([{ user: 'ada', mode: 'control' }]);
});

test('panels on the page show what Prometheus has, and what the record of actions says', async () => {
  const page = await signIn('vera');
  await page.openUrl('/d-solo/table?expr=libvirt_domain_info');
  for (const name of DOMAINS) await page.says(name);
  await page.openUrl('/d-solo/timeseries?range&expr=sum(libvirt_up)');
  await page.page.getByRole('listitem').getByText(/ 1$/).waitFor();
  const query = '{service_name="vireo", event=~"action.+"} | domain="web-1" | user="ada"';
  await page.openUrl(`/d-solo/logs?ds=loki&expr=${encodeURIComponent(query)}`);
  await page.says('action.succeeded');
});

test('a panel of actions suspends and resumes the domain that its query names, and no other dashboard may', async () => {
  const page = await signIn('ada');
  const resumed = { event: 'action.succeeded', action: 'resume', domain: 'web-2' };
  const before = lab.audit(resumed).length;
  const panel = `/d-solo/vireo-domainactions-panel?expr=${encodeURIComponent('libvirt_domain_info{domain="web-2"}')}`;
  await page.openUrl(panel);
  await page.page.getByRole('link', { name: 'web-2' }).waitFor();
  await page.picture('panel-actions');
  await page.button('Suspend').click();
  await page.says('Suspend: web-2 on kvm1', page.dialog);
  await page.button('Suspend', page.dialog).click();
  await page.says('Done: Suspend', page.dialog);
  await lab.becomes('web-2', 'paused');
  await page.button('Close', page.dialog).click();
  await page.button('Resume').click();
  await page.button('Resume', page.dialog).click();
  await page.says('Done: Resume', page.dialog);
  await lab.becomes('web-2', 'running');
  expect(lab.audit(resumed).slice(before)).toMatchObject([{ user: 'ada' }]);

  await page.openUrl(`${panel}&canAct=false`);
  await page.says('This dashboard does not let you run actions.');
  await page.button('Suspend').waitFor();
  expect(await page.button('Suspend').getAttribute('aria-disabled')).toBe('true');
  await page.picture('panel-actions-forbidden');
});

test('a panel of actions is a table for several domains, and says how many it leaves out', async () => {
  const page = await signIn('ada');
  const options = encodeURIComponent(JSON.stringify({ domainsMax: DOMAINS.length - 1 }));
  await page.openUrl(`/d-solo/vireo-domainactions-panel?expr=libvirt_domain_info&options=${options}`);
  await page.says('1 more domain is left out');
  expect(await page.page.getByRole('row').count()).toBe(DOMAINS.length);
  await page.picture('panel-actions-table');
});

test('panels show the XML of a domain and of its host, and the screen of the domain', async () => {
  const page = await signIn('ada');
  const panel = (name: string): string => {
    const options = encodeURIComponent(JSON.stringify({ host: '$host', domain: '$domain' }));
    return `/d-solo/vireo-${name}-panel?options=${options}&var-host=${HOSTS.up}&var-domain=web-1`;
  };
  const search = page.page.getByPlaceholder('Search in the document');
  await page.openUrl(panel('domainxml'));
  await search.fill(`<uuid>${await lab.uuidOf('web-1')}</uuid>`);
  await page.says('Match 1 of 1');
  await page.picture('panel-domain-xml');
  await page.openUrl(panel('hostxml'));
  await search.fill('<capabilities>');
  await page.says('Match 1 of 1');
  await page.picture('panel-host-xml');
  await page.openUrl(panel('domainconsole'));
  await page.button('Show the screen').click();
  await page.page.getByRole('img', { name: 'Screen of web-1' }).waitFor();
  expect(await page.button('Console').getAttribute('aria-disabled')).not.toBe('true');
  await page.picture('panel-domain-console');
});

test('a link to an action opens its question and does nothing', async () => {
  const page = await signIn('ada');
  const asked = lab.grafana.proxied.length;
  await page.open(`${await lab.pathOf('web-1')}?action=destroy`);
  await page.says('The plug is pulled.', page.dialog);
  await page.picture('dialog-force-off');
  const send = page.button('Force off', page.dialog);
  expect(await send.isDisabled()).toBe(true);
  await page.dialog.getByLabel(/^Type the name/).fill('web-1');
  expect(await send.isDisabled()).toBe(false);
  await page.button('Cancel', page.dialog).click();
  await page.dialog.waitFor({ state: 'detached' });
  expect(page.page.url()).not.toContain('action=');
  expect(lab.grafana.proxied.slice(asked).filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await lab.state('web-1')).toBe('running');
});

test('an admin enters address and tokens, and is told whether they work', async () => {
  const page = await signIn('ada');
  const { settings } = lab.grafana;
  lab.grafana.settings = { jsonData: {}, secureJsonData: {} };
  try {
    await page.openUrl(`/plugins/${lab.grafana.plugin.id}`);
    await page.page.getByLabel(/^Address of the API/).fill(`${lab.exporter.url}/`);
    for (const [label, token] of Object.entries({
      'Token to look': settings.secureJsonData['readToken'],
      'Token to act': 'wrong',
      'Token for consoles': settings.secureJsonData['consoleToken'],
    })) {
      await page.page.getByLabel(new RegExp(`^${label}`)).fill(token ?? '');
    }
    await page.picture('configuration');
    await page.button('Save, and load the page again').click();
    await waitFor(() => lab.grafana.settings.secureJsonData['operateToken'] === 'wrong', {
      what: 'the settings are saved',
      deadlineMs: 10_000,
    });
    await page.button('Test the saved configuration').click();
    await page.says('Token "grafana-read" works, and Vireo knows you as ada. Hosts: 2, lost: 1.');
    await page.says(/VIREO_AUTH_TOKEN/);
    await page.picture('configuration-tested');
    for (const token of Object.values(settings.secureJsonData)) expect(await page.page.content()).not.toContain(token);
  } finally {
    lab.grafana.settings = settings;
  }
  page.forgive(/status of 401/);
});

test('panels, alerts and the command palette of Grafana lead to a domain', async () => {
  const page = await signIn('vera');
  const about = encodeURIComponent('libvirt_domain_info{domain="web-2"}');
  await page.openUrl(`/extensions?point=grafana/dashboard/panel/menu&expr=${about}`);
  await page.page.getByRole('link', { name: 'Open domain in Vireo' }).click();
  await page.sees('web-2');
  const instance = JSON.stringify({ instance: { labels: { host: HOSTS.up, domain: 'web-1' } } });
  await page.openUrl(`/extensions?point=grafana/alerting/instance/action&context=${encodeURIComponent(instance)}`);
  await page.page.getByRole('link', { name: 'Open domain' }).click();
  await page.sees('web-1');
  await page.openUrl('/extensions?point=grafana/commandpalette/action');
  await page.page.getByRole('link', { name: 'Vireo: domains' }).click();
  await page.sees('Domains');
});

test('the page says so when the exporter does not answer, and goes on when it does', async () => {
  const page = await signIn('vera');
  const { settings } = lab.grafana;
  lab.grafana.settings = { ...settings, jsonData: { apiUrl: 'http://127.0.0.1:9' } };
  await page.open('/fleet');
  const retry = page.button('Try again');
  await retry.waitFor();
  await page.picture('fleet-unreachable');
  lab.grafana.settings = settings;
  await retry.click();
  await page.row(HOSTS.up).waitFor();
  page.forgive(/status of 502/);
});

keyboardJourneys(() => lab, signIn);
liveJourneys(() => lab, signIn);
