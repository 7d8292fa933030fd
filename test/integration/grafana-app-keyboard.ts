// SPDX-License-Identifier: Apache-2.0
// The journey through all pages of the Grafana app of somebody who has no mouse; grafana-app.test.ts runs it in its lab.
import type { Locator } from 'playwright-core';
import { HOSTS } from '../lab/grafana-lab.ts';
import type { GrafanaLab } from '../lab/grafana-lab.ts';
import { Keyboard } from '../lab/grafana-keyboard.ts';
import type { GrafanaPage } from '../lab/grafana-page.ts';
import { waitFor } from '../lab/wait-for.ts';

/** Declares it. */
export function keyboardJourneys(lab: () => GrafanaLab, signIn: (login: string) => Promise<GrafanaPage>): void {
  test('without a mouse: from the fleet over a host to its domains, of which two are suspended and resumed', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    await page.open('/fleet');
    await page.row(HOSTS.up).waitFor();
    await keyboard.goTo(page.page.getByPlaceholder(/^Search/));
    await keyboard.type('kvm1');
    await page.row(HOSTS.lost).waitFor({ state: 'detached' });
    await keyboard.use(page.row(HOSTS.up).getByRole('link', { name: HOSTS.up, exact: true }));

    await page.sees(HOSTS.up);
    await keyboard.use(page.page.getByRole('tab', { name: 'Capabilities' }));
    await page.says('<capabilities>');
    await keyboard.use(page.page.getByRole('link', { name: 'Its domains' }));

    await page.sees('Domains');
    await page.row('deaf').waitFor();
    await keyboard.goTo(page.page.getByPlaceholder(/^Search/));
    await keyboard.type('web');
    await page.row('deaf').waitFor({ state: 'detached' });
    await keyboard.use(page.page.getByRole('button', { name: /^running \d/ }), 'Space');
    await page.page.waitForURL(/state=running/);
    const sort = page.page.getByRole('columnheader', { name: 'Domain' }).getByRole('button');
    await keyboard.use(sort);
    expect(await keyboard.isAt(sort)).toBe(true);
    await page.page.getByRole('row').nth(1).getByRole('link', { name: 'web-2' }).waitFor();
    for (const name of ['web-2', 'web-1']) {
      await keyboard.use(page.page.getByRole('checkbox', { name: `Select ${name} on ${HOSTS.up}` }), 'Space');
    }
    await page.says('Selected: 2');

    await keyboard.goTo(page.button('Suspend'), 'Shift+Tab');
    await keyboard.press('Enter');
    await keyboard.use(page.button('Cancel', page.dialog));
    await keyboard.returnsTo(page.button('Suspend'));
    for (const action of ['Suspend', 'Resume']) {
      if (!(await keyboard.isAt(page.button(action)))) await keyboard.goTo(page.button(action));
      await keyboard.press('Enter');
      await keyboard.use(page.button(`${action}: 2`, page.dialog));
      await page.says('Done: 2', page.dialog);
      await keyboard.returnsTo(page.dialog);
      await keyboard.use(page.button('Close', page.dialog));
      await keyboard.returnsTo(page.button(action));
    }
    for (const name of ['web-1', 'web-2']) expect(await lab().state(name)).toBe('running');

    const menu = page.row('web-1').getByRole('button', { name: 'Act on web-1' });
    await keyboard.use(menu);
    await keyboard.choose(page.page.getByRole('menuitem', { name: 'Suspend' }));
    await page.says('Suspend: web-1', page.dialog);
    await keyboard.use(page.button('Cancel', page.dialog));
    await keyboard.returnsTo(menu);
  });

  test('without a mouse: a domain is read tab by tab, and suspended and resumed; what was done is among the tasks', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    await page.open('/domains?q=web');
    await keyboard.use(page.row('web-1').getByRole('link', { name: 'web-1' }));
    await page.sees('web-1');
    await keyboard.use(page.page.getByRole('tab', { name: 'Devices' }));
    await page.says('Consoles, host devices and others');
    await keyboard.use(page.page.getByRole('tab', { name: 'XML' }));
    await page.page.locator('.monaco-editor').getByText('<name>').first().waitFor();
    const search = page.page.getByRole('searchbox');
    await keyboard.goTo(search);
    await keyboard.type('vcpu');
    await page.says('Match 1 of 2');
    await keyboard.press('Enter');
    await page.says('Match 2 of 2');
    // Through the editor and back: it does not keep the focus.
    await keyboard.goTo(page.page.locator('.monaco-editor textarea, .monaco-editor [role="textbox"]').first());
    await keyboard.goTo(search, 'Shift+Tab');

    await keyboard.goTo(page.button('Suspend'), 'Shift+Tab');
    await keyboard.press('Enter');
    await keyboard.use(page.button('Cancel', page.dialog));
    await page.dialog.waitFor({ state: 'detached' });
    await keyboard.returnsTo(page.button('Suspend'));
    for (const [action, state] of [
      ['Suspend', 'paused'],
      ['Resume', 'running'],
    ] as const) {
      if (action === 'Resume') {
        await keyboard.goTo(page.button(action));
        await waitFor(async () => (await page.button(action).getAttribute('aria-disabled')) !== 'true', {
          what: 'the page allows to resume',
          deadlineMs: 15_000,
        });
        await keyboard.returnsTo(page.button(action));
      }
      await keyboard.press('Enter');
      await keyboard.use(page.button(action, page.dialog));
      await page.says(`Done: ${action}`, page.dialog);
      await keyboard.returnsTo(page.dialog);
      await keyboard.use(page.button('Close', page.dialog));
      await page.dialog.waitFor({ state: 'detached' });
      await keyboard.returnsTo(page.button(action));
      await lab().becomes('web-1', state);
    }

    await page.open('/tasks');
    await page.says('ada');
    await keyboard.use(page.page.getByRole('button', { name: 'Done', exact: true }), 'Space');
    await page.page.waitForURL(/state=succeeded/);
    await keyboard.goTo(page.page.getByPlaceholder('All actions'));
    await keyboard.type('Resume');
    await page.page.getByRole('option', { name: 'Suspend' }).waitFor({ state: 'detached' });
    await page.page.getByRole('option', { name: 'Resume' }).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await page.page.waitForURL(/action=resume/);
    await keyboard.press('Escape');
    await keyboard.use(page.row('web-1').first().getByRole('button').first());
    await page.says('Done: Resume. The domain is running');
  });

  test('without a mouse: the views of the XML are gone through, compared and searched, and left again', async () => {
    await lab().libvirtd.virsh('setmaxmem', 'web-2', '65536', '--config');
    const page = await signIn('vera');
    const keyboard = new Keyboard(page.page);
    await page.open(await lab().pathOf('web-2'));
    const tab = page.page.getByRole('tab', { name: 'XML' });
    await keyboard.use(tab);
    const editor = page.page.locator('.monaco-editor').first();
    await editor.getByText('<name>').first().waitFor();
    await keyboard.returnsTo(tab);

    const view = (name: string) => page.page.getByRole('radio', { name });
    await keyboard.goTo(view('As it runs'));
    await keyboard.press('ArrowRight');
    await page.page.waitForURL(/view=config/);
    await editor.getByText('65536').first().waitFor();
    await keyboard.returnsTo(view('Configuration'));
    await keyboard.press('ArrowRight');
    await page.page.waitForURL(/view=diff/);
    await page.says(/^\+.*65536/);
    await keyboard.returnsTo(view('What differs'));

    await keyboard.goTo(page.page.getByRole('searchbox'));
    await keyboard.type('65536');
    await page.says(/^Match 1 of/);
    const copy = page.button('Copy');
    await keyboard.use(copy);
    await page.says('Copied');
    await keyboard.returnsTo(copy);
    await keyboard.goTo(page.page.getByRole('link', { name: 'Download' }));
    await keyboard.goTo(page.page.getByRole('region', { name: 'What differs: XML of web-2' }));

    await keyboard.goTo(view('What differs'), 'Shift+Tab');
    await keyboard.press('ArrowRight');
    await editor.getByText('<name>').first().waitFor();
    await keyboard.returnsTo(view('As it runs'));
    await leavesEditor(page, keyboard);
  });

  test('without a mouse: a console is opened to use it and to look only, and the screen is looked at', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    await page.open(await lab().pathOf('web-1'));
    await launches(page, () => keyboard.use(page.button('Console')));
    await keyboard.returnsTo(page.button('Console'));

    const how = page.page.getByRole('button', { name: 'How to open the console' });
    const onlyLook = page.page.getByRole('menuitem', { name: 'Only look' });
    await keyboard.use(how);
    await onlyLook.waitFor();
    await keyboard.press('Escape');
    await onlyLook.waitFor({ state: 'detached' });
    await keyboard.returnsTo(how);
    await keyboard.press('Enter');
    await launches(page, () => keyboard.choose(onlyLook));
    await keyboard.returnsTo(how);
    expect(lab().audit({ event: 'console.opened', domain: 'web-1', user: 'ada', mode: 'view' })).not.toEqual([]);

    await keyboard.use(page.button('Show the screen'));
    await page.page.getByRole('img', { name: 'Screen of web-1' }).waitFor();
    await keyboard.returnsTo(page.button('New screenshot'));
  });

  test('without a mouse: panels of actions suspend and resume, one domain and a row of several', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    const panel = '/d-solo/vireo-domainactions-panel?expr=libvirt_domain_info';
    await page.openUrl(`${panel}${encodeURIComponent('{domain="web-2"}')}`);
    await keyboard.goTo(page.page.getByRole('link', { name: 'web-2' }));
    await actsAndReturns(page, keyboard, page.page.locator('body'));
    const menu = page.page.getByRole('button', { name: 'More actions' });
    await keyboard.use(menu);
    await keyboard.choose(page.page.getByRole('menuitem', { name: 'Start with host' }));
    await page.dialog.waitFor();
    await keyboard.press('Escape');
    await keyboard.returnsTo(menu);

    await page.openUrl(panel);
    await keyboard.goTo(page.page.getByRole('link', { name: 'web-2' }));
    await actsAndReturns(page, keyboard, page.page.getByRole('group', { name: 'Actions on web-2 on kvm1' }));
    expect(await lab().state('web-2')).toBe('running');
  });

  test('without a mouse: panels show XML and screen of a domain, and open its console', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    const panel = (name: string): string => {
      const options = encodeURIComponent(JSON.stringify({ host: HOSTS.up, domain: 'web-1' }));
      return `/d-solo/vireo-${name}-panel?options=${options}`;
    };
    const editor = page.page.locator('.monaco-editor').first();
    await page.openUrl(panel('domainxml'));
    await keyboard.goTo(page.page.getByRole('radio', { name: 'As it runs' }));
    await keyboard.press('ArrowRight');
    await editor.getByText('<name>').first().waitFor();
    await keyboard.returnsTo(page.page.getByRole('radio', { name: 'Configuration' }));
    await leavesEditor(page, keyboard);

    await page.openUrl(panel('hostxml'));
    await editor.getByText('<capabilities>').waitFor();
    await keyboard.goTo(page.page.getByRole('searchbox'));
    await keyboard.type('<arch');
    await page.says(/^Match 1 of/);
    await leavesEditor(page, keyboard);

    await page.openUrl(panel('domainconsole'));
    await launches(page, () => keyboard.use(page.button('Console')));
    await keyboard.returnsTo(page.button('Console'));
    await keyboard.use(page.button('Show the screen'));
    await page.page.getByRole('img', { name: 'Screen of web-1' }).waitFor();
    await keyboard.returnsTo(page.button('New screenshot'));
  });

  test('without a mouse: the configuration is entered, saved and tested', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    const { grafana, exporter } = lab();
    const { settings } = grafana;
    grafana.settings = { ...settings, jsonData: {} };
    try {
      await page.openUrl(`/plugins/${grafana.plugin.id}`);
      const address = page.page.getByLabel(/^Address of the API/);
      await keyboard.goTo(address);
      const [scheme = '', rest = ''] = exporter.url.split(/(?=127)/);
      await keyboard.type(rest);
      await page.says('Enter an address that begins with http:// or https://');
      await keyboard.press('Home');
      await keyboard.type(scheme);
      await page.page.getByRole('alert').waitFor({ state: 'detached' });

      await keyboard.use(page.button('Reset').nth(1));
      await keyboard.returnsTo(page.page.getByLabel(/^Token to act/));
      await keyboard.type('wrong');
      const source = page.page.getByLabel('Metrics');
      await keyboard.goTo(source);
      await keyboard.type('Prom');
      await page.page.getByRole('option', { name: 'Prometheus' }).waitFor();
      await keyboard.press('ArrowDown');
      await keyboard.press('Enter');
      await keyboard.returnsTo(source);
      await keyboard.use(page.button('Save, and load the page again'));
      await waitFor(() => grafana.settings.jsonData['prometheusUid'] === 'vireo-prometheus', {
        what: 'the settings are saved',
        deadlineMs: 10_000,
      });
      expect(grafana.settings.jsonData['apiUrl']).toBe(exporter.url);
      expect(grafana.settings.secureJsonData).toEqual({ ...settings.secureJsonData, operateToken: 'wrong' });

      await page.page.getByRole('button', { name: 'Reset' }).nth(2).waitFor();
      const test = page.button('Test the saved configuration');
      await keyboard.use(test);
      await page.says('Token "grafana-read" works, and Vireo knows you as ada. Hosts: 2, lost: 1.');
      await page.says(/VIREO_AUTH_TOKEN/);
      await keyboard.returnsTo(test);
    } finally {
      grafana.settings = settings;
    }
    page.forgive(/status of 401/);
  });
}

/** A console opens in a tab of its own, and is closed again. */
async function launches(page: GrafanaPage, launch: () => Promise<void>): Promise<void> {
  const [tab] = await Promise.all([page.page.context().waitForEvent('page'), launch()]);
  await tab.locator('canvas').waitFor();
  await tab.close();
}

/** Goes into the editor of a document, through it with Tab, and back. */
async function leavesEditor(page: GrafanaPage, keyboard: Keyboard): Promise<void> {
  const inside = page.page.locator('.monaco-editor textarea, .monaco-editor [role="textbox"]').first();
  await keyboard.goTo(inside);
  await keyboard.press('Tab');
  expect(await page.page.locator('.monaco-editor :focus').count()).toBe(0);
  await keyboard.goTo(page.page.getByRole('link', { name: 'Download' }), 'Shift+Tab');
}

/** Suspends and resumes with the buttons in `place`; what was asked is asked again after Escape. */
async function actsAndReturns(page: GrafanaPage, keyboard: Keyboard, place: Locator): Promise<void> {
  for (const action of ['Suspend', 'Resume']) {
    const button = page.button(action, place);
    await keyboard.goTo(button);
    await waitFor(async () => (await button.getAttribute('aria-disabled')) !== 'true', {
      what: `the panel allows to ${action}`,
      deadlineMs: 15_000,
    });
    await keyboard.returnsTo(button);
    await keyboard.press('Enter');
    await page.dialog.waitFor();
    await keyboard.press('Escape');
    await page.dialog.waitFor({ state: 'detached' });
    await keyboard.returnsTo(button);
    await keyboard.press('Enter');
    await keyboard.use(page.button(action, page.dialog));
    await page.says(`Done: ${action}`, page.dialog);
    await keyboard.returnsTo(page.dialog);
    await keyboard.use(page.button('Close', page.dialog));
    await page.dialog.waitFor({ state: 'detached' });
    await keyboard.returnsTo(button);
  }
}
