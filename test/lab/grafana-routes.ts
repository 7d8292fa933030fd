// SPDX-License-Identifier: Apache-2.0
// Which route of a plugin.json Grafana's plugin proxy takes for a request, and where the request then goes: the rules as
// they are in the source, late unescaping included. Source: grafana/grafana pkg/api/plugin_proxy.go,
// pkg/api/pluginproxy/{pluginproxy,utils}.go, pkg/web/tree.go.
import { posix } from 'node:path';
import { includesRole, mayDo } from './grafana-plugin-json.ts';
import type { OrgRole, Permissions, PluginRoute } from './grafana-plugin-json.ts';

/** Where a request goes. */
export interface RouteMatch {
  readonly route: PluginRoute;
  /** What `*` of the route's path stands for, unescaped; empty for a route without. */
  readonly rest: string;
}

/** What is known of whoever asks. */
export interface Asker {
  readonly role: OrgRole;
  readonly permissions: Permissions;
}

/** The settings a route's templates are filled in from. */
export interface TemplateData {
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData: Readonly<Record<string, string>>;
}

/** The path below the plugin's id as the proxy sees it: still escaped, cleaned, without a slash at its end. */
export function proxyPath(escapedPath: string): string {
  const below = escapedPath.replace(/^\/api\/plugin-proxy\/[\w-]+\/?/, '');
  const cleaned = posix.join('/', below);
  return cleaned.length > 1 ? cleaned.replace(/\/$/, '') : cleaned;
}

/**
 * The first route whose method and path match, or `denied` when the asker lacks what that one wants: no further route is
 * looked at. Methods are compared as they are: a list with commas matches nothing.
 */
export function matchRoute(
  routes: readonly PluginRoute[],
  pluginId: string,
  method: string,
  path: string,
  asker: Asker,
): RouteMatch | 'denied' | undefined {
  for (const route of routes) {
    if (route.method !== '' && route.method !== '*' && route.method !== method) continue;
    const rest = matchPath(route.path, path);
    if (rest === undefined) continue;
    return hasAccess(route, pluginId, asker) ? { route, rest } : 'denied';
  }
  return undefined;
}

function hasAccess(route: PluginRoute, pluginId: string, { role, permissions }: Asker): boolean {
  // An action goes before a role; only Grafana's own two are asked for with a scope.
  if (route.reqAction !== '') {
    const isScoped = route.reqAction === 'plugins:write' || route.reqAction === 'plugins.app:access';
    return mayDo(permissions, route.reqAction, isScoped ? `plugins:id:${pluginId}` : '');
  }
  return route.reqRole === undefined || includesRole(role, route.reqRole);
}

/**
 * What `*` stands for, unescaped; empty for a pattern without; undefined when the path does not match. Parts are
 * unescaped one by one before they are compared, and what `*` stands for only after the path was cleaned.
 */
export function matchPath(pattern: string, path: string): string | undefined {
  const wanted = trimSlash(pattern).split('/');
  const parts = trimSlash(path).split('/');
  const hasStar = wanted.at(-1) === '*';
  if (wanted.some((part, index) => part.includes(':') || (part.includes('*') && index < wanted.length - 1))) {
    throw new Error(`the route ${pattern}: only a last part * is known here`);
  }
  const fixed = hasStar ? wanted.slice(0, -1) : wanted;
  if (hasStar ? parts.length <= fixed.length : parts.length !== fixed.length) return undefined;
  if (!fixed.every((part, index) => part === unescapePath(parts[index] ?? ''))) return undefined;
  return hasStar ? unescapePath(parts.slice(fixed.length).join('/')) : '';
}

function trimSlash(path: string): string {
  return path.replace(/^\//, '').replace(/\/$/, '');
}

/** Go's url.PathUnescape; undefined for what is no escape. */
function unescapePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What is between two parts of a path: one slash. Nothing is cleaned any more. */
export function joinPath(base: string, rest: string): string {
  if (rest === '') return base;
  if (base.endsWith('/') && rest.startsWith('/')) return base + rest.slice(1);
  return base.endsWith('/') || rest.startsWith('/') ? base + rest : `${base}/${rest}`;
}

/** Go's way to write a path that was unescaped: `/` stays, so one that was escaped is now a part's end. */
export function escapePath(path: string): string {
  return encodeURIComponent(path)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, (code) => decodeURIComponent(code));
}

/** Fills in `{{ .JsonData.x }}`, `{{ .SecureJsonData.x }}` and `{{ orEmpty .JsonData.x }}`; throws at any other action. */
export function fillTemplate(template: string, { jsonData, secureJsonData }: TemplateData): string {
  return template.replaceAll(/\{\{(.*?)\}\}/g, (action, inner: string) => {
    const [, orEmpty, kind, key = ''] =
      /^\s*(orEmpty\s+)?\.(JsonData|SecureJsonData)\.(\w+)\s*$/.exec(inner) ?? ([] as string[]);
    if (kind === undefined) throw new Error(`the template ${action} is not known here`);
    const value = (kind === 'JsonData' ? jsonData : secureJsonData)[key];
    // What Go's text/template writes for a key that is not in the map.
    if (value === undefined) return orEmpty === undefined ? '<no value>' : '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
