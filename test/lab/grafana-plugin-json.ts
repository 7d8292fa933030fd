// SPDX-License-Identifier: Apache-2.0
// What a plugin.json says about its proxy routes, and what Grafana's open source edition makes of its roles: who may do
// what. Source: grafana/grafana pkg/plugins, pkg/services/accesscontrol.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const routeSchema = z.object({
  // An empty path would stand for every page of the plugin in some versions.
  path: z.string().min(1),
  method: z.string().default(''),
  url: z.string(),
  reqAction: z.string().default(''),
  reqRole: z.enum(['Viewer', 'Editor', 'Admin']).optional(),
  headers: z.array(z.object({ name: z.string(), content: z.string() })).default([]),
});
/** One entry of `routes`. */
export type PluginRoute = z.infer<typeof routeSchema>;

const permissionSchema = z.object({ action: z.string(), scope: z.string().optional() });

const pluginSchema = z.object({
  type: z.enum(['app', 'panel', 'datasource']),
  id: z.string(),
  name: z.string(),
  routes: z.array(routeSchema).default([]),
  roles: z
    .array(
      z.object({
        role: z.object({ name: z.string(), permissions: z.array(permissionSchema).default([]) }),
        grants: z.array(z.enum(['Viewer', 'Editor', 'Admin', 'Grafana Admin'])).default([]),
      }),
    )
    .default([]),
});
/** A plugin.json, as far as the proxy and the permissions go. */
export type PluginJson = z.infer<typeof pluginSchema>;

/** Reads the plugin.json of a built plugin; throws what is wrong with it. */
export function readPluginJson(path: string): PluginJson {
  return pluginSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** A role in an organisation. */
export type OrgRole = 'Viewer' | 'Editor' | 'Admin';

/** Each has what those before it have. */
const ROLES: readonly OrgRole[] = ['Viewer', 'Editor', 'Admin'];

/** Whether a role is, or includes, another. */
export function includesRole(role: OrgRole, wanted: OrgRole): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

/** Somebody who signed in to Grafana. */
export interface GrafanaUser {
  readonly login: string;
  readonly name: string;
  readonly role: OrgRole;
  /** Of the identity; `user` unless told. */
  readonly kind?: 'user' | 'service-account' | 'anonymous';
}

/** What a user may do: the scopes of each action, `''` for an action without one. */
export type Permissions = ReadonlyMap<string, readonly string[]>;

/**
 * What a role may do: what plugin.json grants to it and to the roles it includes, and to open any app, which Grafana
 * itself grants to every viewer.
 */
export function permissionsOf(plugin: PluginJson, role: OrgRole): Permissions {
  const permissions = new Map<string, string[]>([['plugins.app:access', ['plugins:*']]]);
  for (const entry of plugin.roles) {
    if (!entry.grants.some((grant) => grant !== 'Grafana Admin' && includesRole(role, grant))) continue;
    for (const { action, scope = '' } of entry.role.permissions) {
      permissions.set(action, [...(permissions.get(action) ?? []), scope]);
    }
  }
  return permissions;
}

/** Whether an action is among the permissions, for the scope if one is asked for. */
export function mayDo(permissions: Permissions, action: string, scope = ''): boolean {
  const scopes = permissions.get(action);
  if (scopes === undefined || scope === '') return scopes !== undefined;
  return scopes.some((held) => held === scope || (held.endsWith('*') && scope.startsWith(held.slice(0, -1))));
}
