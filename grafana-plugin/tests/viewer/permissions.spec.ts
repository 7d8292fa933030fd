// SPDX-License-Identifier: Apache-2.0
// What Grafana's own access control makes of the permissions of plugin.json: a viewer looks and does not act, whatever is
// tried.

import { expect, test } from '@grafana/plugin-e2e';
import { PLUGIN_ID, proxied, someDomain } from '../vireo';

test('a viewer sees the fleet', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: PLUGIN_ID, path: '/fleet' });
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toBeVisible();
});

test('a viewer is refused by the question of an action', async ({ gotoAppPage, page }) => {
  const { host, uuid } = await someDomain(page);
  await gotoAppPage({ pluginId: PLUGIN_ID, path: `/hosts/${encodeURIComponent(host)}/domains/${uuid}?action=destroy` });
  await expect(page.getByRole('dialog').getByText('Not possible now')).toBeVisible();
});

test('a viewer is refused by Grafana itself, on every way to the API', async ({ page }) => {
  const { host, uuid } = await someDomain(page);
  const domain = `/hosts/${encodeURIComponent(host)}/domains/${uuid}`;
  const act = { data: { action: 'destroy' } };
  expect((await page.request.get(proxied('operate', '/hosts'))).status()).toBe(403);
  expect((await page.request.post(proxied('operate', `${domain}/actions`), act)).status()).toBe(403);
  expect((await page.request.post(proxied('console', `${domain}/console`), { data: { mode: 'view' } })).status()).toBe(
    403,
  );
  // No route of plugin.json takes a POST here.
  expect((await page.request.post(proxied('v1', `${domain}/actions`), act)).status()).toBe(404);
});

test('the configuration is nothing for a viewer', async ({ page }) => {
  const answer = await page.request.post(`/api/plugins/${PLUGIN_ID}/settings`, { data: { enabled: true } });
  expect(answer.status()).toBe(403);
});
