// SPDX-License-Identifier: Apache-2.0
// The app in a real Grafana, as an administrator: Grafana loads it, its menu has it, its content security policy lets it
// be, and its proxy passes on requests and events.

import { expect, test } from '@grafana/plugin-e2e';
import { PLUGIN_ID, proxied, someDomain } from '../vireo';

test('Grafana has loaded the app, its pages and its permissions', async ({ page }) => {
  const answer = await page.request.get(`/api/plugins/${PLUGIN_ID}/settings`);
  expect(answer.ok()).toBe(true);
  const settings = (await answer.json()) as Record<string, unknown>;
  expect(settings).toMatchObject({ enabled: true, id: PLUGIN_ID });
  expect(JSON.stringify(settings['secureJsonFields'])).toContain('readToken');
  expect(JSON.stringify(settings)).not.toContain('secureJsonData');
});

for (const [path, heading] of [
  ['/fleet', 'Fleet'],
  ['/domains', 'Domains'],
  ['/tasks', 'Tasks'],
] as const) {
  test(`the page ${path} shows without an error and within the content security policy`, async ({
    gotoAppPage,
    page,
  }) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) {
        errors.push(message.text());
      }
    });
    await gotoAppPage({ pluginId: PLUGIN_ID, path });
    await expect(page.getByRole('heading', { name: heading, exact: true }).first()).toBeVisible();
    await expect(page.getByText('This did not work')).toHaveCount(0);
    expect(errors).toEqual([]);
  });
}

test('changes come as they happen, through the proxy', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: PLUGIN_ID, path: '/fleet' });
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 15_000 });
});

test('the configured tokens work, and Vireo knows who asks', async ({ gotoAppConfigPage, page }) => {
  await gotoAppConfigPage({ pluginId: PLUGIN_ID });
  await page.getByRole('button', { name: 'Test the saved configuration' }).click();
  await expect(page.getByText(/works, and Vireo knows you as/).first()).toBeVisible();
});

test('the XML of a domain shows in the editor', async ({ gotoAppPage, page }) => {
  const { host, uuid } = await someDomain(page);
  await gotoAppPage({ pluginId: PLUGIN_ID, path: `/hosts/${encodeURIComponent(host)}/domains/${uuid}?tab=xml` });
  await expect(page.getByText('<domain').first()).toBeVisible();
});

test('a link to an action opens its question and does nothing', async ({ gotoAppPage, page }) => {
  const { host, uuid, name, state } = await someDomain(page);
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/plugin-proxy/')) {
      posts.push(request.url());
    }
  });
  await gotoAppPage({ pluginId: PLUGIN_ID, path: `/hosts/${encodeURIComponent(host)}/domains/${uuid}?action=destroy` });
  await expect(page.getByRole('dialog')).toContainText(name);
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^(Cancel|Close)$/ })
    .last()
    .click();
  expect(posts).toEqual([]);
  const answer = await page.request.get(proxied('v1', `/hosts/${encodeURIComponent(host)}/domains/${uuid}`));
  expect(await answer.json()).toMatchObject({ state });
});
