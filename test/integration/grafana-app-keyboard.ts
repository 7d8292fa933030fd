// SPDX-License-Identifier: Apache-2.0
// The journey through all pages of the Grafana app of somebody who has no mouse; grafana-app.test.ts runs it in its lab.
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
      await keyboard.use(page.button('Close', page.dialog));
      await keyboard.returnsTo(page.button(action));
    }
    for (const name of ['web-1', 'web-2']) expect(await lab().state(name)).toBe('running');

    const menu = page.row('web-1').getByRole('button', { name: 'Act on web-1' });
    await keyboard.use(menu);
    await page.page.getByRole('menuitem', { name: 'Suspend' }).waitFor();
    for (let pressed = 0; !(await keyboard.isAt(page.page.getByRole('menuitem', { name: 'Suspend' }))); pressed += 1) {
      expect(pressed).toBeLessThan(20);
      await keyboard.press('ArrowDown');
    }
    await keyboard.press('Enter');
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

  test('without a mouse: the configuration is entered and tested', async () => {
    const page = await signIn('ada');
    const keyboard = new Keyboard(page.page);
    await page.openUrl(`/plugins/${lab().grafana.plugin.id}`);
    await keyboard.goTo(page.page.getByLabel(/^Address of the API/));
    await keyboard.goTo(page.button('Reset').first());
    await keyboard.use(page.button('Test the saved configuration'));
    await page.says('Token "grafana-read" works, and Vireo knows you as ada. Hosts: 2, lost: 1.');
    expect(await keyboard.isAt(page.button('Test the saved configuration'))).toBe(true);
  });
}
