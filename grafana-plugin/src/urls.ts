// SPDX-License-Identifier: Apache-2.0
// Every address of the app, in one place: pages, panels and extensions link by these functions only. Names of hosts may
// hold anything, so they are encoded.

import { PLUGIN_ID } from './constants';

/** Where Grafana mounts the app. */
export const ROOT = `/a/${PLUGIN_ID}`;

/** Paths below {@link ROOT}, as the router wants them. */
export const ROUTES = {
  fleet: 'fleet',
  host: 'hosts/:host',
  domains: 'domains',
  domain: 'hosts/:host/domains/:uuid',
  tasks: 'tasks',
  open: 'open',
} as const;

/** Parts of the page of a domain. */
export const DOMAIN_TABS = ['overview', 'devices', 'xml', 'snapshots', 'timeline'] as const;
/** One of {@link DOMAIN_TABS}. */
export type DomainTab = (typeof DOMAIN_TABS)[number];

/** A query string from what is given; several values make several parameters. */
export function queryString(parameters: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) {
      continue;
    }
    const values = Array.isArray(value) ? value : [value];
    values.forEach((one) => query.append(name, String(one)));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
/** What a parameter may be; undefined is left out. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** The fleet, the first page. */
export function fleetUrl(view: FleetView = {}): string {
  return `${ROOT}/fleet${queryString({ ...view })}`;
}
/** Which hosts the fleet's table shows; the parameters of its address. */
export interface FleetView {
  readonly state?: readonly string[];
  readonly driver?: readonly string[];
  readonly q?: string;
  /** A column; `-` turns it round. */
  readonly sort?: string;
}

/** Parts of the page of a host. */
export const HOST_TABS = ['overview', 'metrics', 'capabilities'] as const;
/** One of {@link HOST_TABS}. */
export type HostTab = (typeof HOST_TABS)[number];

/** One host. */
export function hostUrl(host: string, at: { tab?: HostTab } = {}): string {
  return `${ROOT}/hosts/${encodeURIComponent(host)}${queryString({ tab: at.tab })}`;
}

/** The table of domains. */
export function domainsUrl(view: DomainsView = {}): string {
  return `${ROOT}/domains${queryString({ ...view })}`;
}
/** What the table of domains shows; the parameters of its address. */
export interface DomainsView extends Omit<DomainFilter, 'sort'> {
  /** Kinds of hypervisor, as the API names them: QEMU, Xen ... */
  readonly driver?: readonly string[];
  /** A column; `-` turns it round. */
  readonly sort?: string;
}
/** Which domains the API is asked for, and in which order. */
export interface DomainFilter {
  readonly host?: readonly string[];
  readonly state?: readonly string[];
  readonly q?: string;
  readonly sort?: string;
}

/** One domain; `action` opens the dialog of that action, and does nothing by itself. */
export function domainUrl(host: string, uuid: string, at: { tab?: DomainTab; action?: string } = {}): string {
  return `${hostUrl(host)}/domains/${encodeURIComponent(uuid)}${queryString({ tab: at.tab, action: at.action })}`;
}

/** A domain by its name, as metrics and alerts know it; it leads on to {@link domainUrl}. */
export function openUrl({ host, domain }: { readonly host?: string | undefined; readonly domain: string }): string {
  return `${ROOT}/open${queryString({ host, domain })}`;
}

/** The list of tasks. */
export function tasksUrl(view: TasksView = {}): string {
  return `${ROOT}/tasks${queryString({ ...view })}`;
}
/** What the list of tasks shows; the parameters of its address. */
export interface TasksView {
  readonly host?: readonly string[];
  readonly uuid?: string;
  readonly state?: readonly string[];
  readonly action?: readonly string[];
  readonly bulkId?: string;
}

/** Where an administrator enters address and tokens. */
export function configurationUrl(): string {
  return `/plugins/${PLUGIN_ID}`;
}
