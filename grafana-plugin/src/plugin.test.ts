// SPDX-License-Identifier: Apache-2.0
// plugin.json against the code, against the rules of Grafana's proxy, and against what must never be possible.

import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { PERMISSIONS, PLUGIN_ID } from './constants';
import pluginJson from './plugin.json';
import { fleetUrl, ROUTES } from './urls';

const granted = (role: string) =>
  pluginJson.roles
    .filter(({ grants }) => grants.includes(role))
    .flatMap(({ role: { permissions } }) => permissions.map(({ action }) => action));

describe('plugin.json', () => {
  it('has the id and the permissions the code uses', () => {
    expect(pluginJson.id).toBe(PLUGIN_ID);
    const defined = new Set(pluginJson.roles.flatMap(({ role }) => role.permissions.map(({ action }) => action)));
    expect([...defined].sort()).toEqual(['plugins.app:access', ...Object.values(PERMISSIONS)].sort());
  });

  it('lets nobody but administrators act', () => {
    expect(granted('Viewer')).toEqual(['plugins.app:access', PERMISSIONS.read]);
    expect(granted('Editor')).toEqual([]);
    expect(granted('Admin')).toEqual(expect.arrayContaining(Object.values(PERMISSIONS)));
  });

  // Grafana takes the first route whose method and path fit; "GET,POST" would fit nothing.
  it('gives each route one method, one permission and one token of its own kind', () => {
    const routes = pluginJson.routes.map(({ path, method, reqAction, headers, url }) => ({
      path,
      method,
      reqAction,
      token: headers.map(({ content }) => content),
      url,
    }));
    const route = (path: string, method: string, reqAction: string, token: string) => ({
      path: `${path}/*`,
      method,
      reqAction,
      token: [`Bearer {{ .SecureJsonData.${token} }}`],
      url: '{{ .JsonData.apiUrl }}/api/v1',
    });
    expect(routes).toEqual([
      route('v1', 'GET', PERMISSIONS.read, 'readToken'),
      route('operate', 'GET', PERMISSIONS.operate, 'operateToken'),
      route('operate', 'POST', PERMISSIONS.operate, 'operateToken'),
      route('console', 'GET', PERMISSIONS.console, 'consoleToken'),
      route('console', 'POST', PERMISSIONS.console, 'consoleToken'),
    ]);
  });

  it('has a menu entry only for pages there are, each behind a permission', () => {
    const pages = pluginJson.includes.filter(({ path }) => path.startsWith('/a/'));
    const paths = Object.values(ROUTES).map((route) => `/a/%PLUGIN_ID%/${route}`);
    for (const { path, action } of pages) {
      expect(paths).toContain(path);
      expect(action).toBe(PERMISSIONS.read);
    }
    const [first, ...others] = pages.filter(({ defaultNav }) => defaultNav);
    expect(first?.path.replace('%PLUGIN_ID%', PLUGIN_ID)).toBe(fleetUrl());
    expect(others).toEqual([]);
  });

  it('lists every nested panel, which agrees about the Grafana it needs', () => {
    const folder = join(__dirname, 'panels');
    const panels = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const included = pluginJson.includes.filter(({ type }) => type === 'panel');
    expect(included.map(({ path }) => path).sort()).toEqual(panels.map(({ name }) => `panels/${name}/plugin.json`));
    for (const { name, path } of included) {
      const panel = JSON.parse(readFileSync(join(__dirname, path), 'utf8'));
      expect(panel).toMatchObject({ type: 'panel', name, info: { version: '%VERSION%', updated: '%TODAY%' } });
      // What Grafana's catalog takes as an id.
      expect(panel.id).toMatch(/^vireo-[0-9a-z]+-panel$/);
      expect(panel.dependencies).toEqual({ grafanaDependency: pluginJson.dependencies.grafanaDependency, plugins: [] });
      expect(existsSync(join(__dirname, path, '..', panel.info.logos.small))).toBe(true);
    }
  });
});
