// SPDX-License-Identifier: Apache-2.0
// The suite for a real Grafana server with the app in it and a Vireo behind: what no stand-in can prove. It is not run by
// `npm test`; docs/grafana.md says how. Tests of `viewer` are signed in as a user with Grafana's role Viewer.

import { dirname } from 'node:path';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';

const auth = `${dirname(require.resolve('@grafana/plugin-e2e'))}/auth`;
const viewer = {
  user: 'vireo-e2e-viewer',
  password: process.env['GRAFANA_VIEWER_PASSWORD'] ?? 'viewer',
  role: 'Viewer',
} as const;
const signedIn = (user: string) => ({ ...devices['Desktop Chrome'], storageState: `playwright/.auth/${user}.json` });

// eslint-disable-next-line no-restricted-syntax -- Playwright asks for a default export
export default defineConfig<PluginOptions>({
  testDir: './tests',
  fullyParallel: true,
  forbidOnly: true,
  reporter: [['list'], ['html', { open: 'never' }]],
  use: { baseURL: process.env['GRAFANA_URL'] ?? 'http://localhost:3000', trace: 'retain-on-failure' },
  projects: [
    { name: 'sign in admin', testDir: auth, testMatch: /auth\.setup\.js$/ },
    { name: 'sign in viewer', testDir: auth, testMatch: /auth\.setup\.js$/, use: { user: viewer } },
    { name: 'admin', testDir: './tests/admin', use: signedIn('admin'), dependencies: ['sign in admin'] },
    { name: 'viewer', testDir: './tests/viewer', use: signedIn(viewer.user), dependencies: ['sign in viewer'] },
  ],
});
