// SPDX-License-Identifier: Apache-2.0
// The operations of the API that the app uses, typed by the exporter's contract.

import type {
  ActionRequest,
  BulkRequest,
  BulkResult,
  ConsoleTicket,
  DomainFull,
  DomainList,
  HostFull,
  HostList,
  SnapshotList,
  Task,
  TaskList,
  XmlDiff,
} from '@vireo/exporter/contract';
import type { DomainFilter } from '../urls';
import { apiPath, callApi } from './client';

/** A domain's place. */
export interface DomainRef {
  readonly host: string;
  readonly uuid: string;
}

/** What a list of tasks is about. */
export interface TaskFilter {
  readonly host?: readonly string[];
  readonly uuid?: string;
  readonly state?: readonly string[];
  readonly action?: readonly string[];
  readonly bulkId?: string;
}

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** All hosts the token may see. */
export function listHosts(signal?: AbortSignal): Promise<HostList> {
  return callApi({ path: '/hosts', ...signalOf(signal) });
}

/** One host in full. */
export function getHost(host: string, signal?: AbortSignal): Promise<HostFull> {
  return callApi({ path: apiPath('hosts', host), ...signalOf(signal) });
}

/** The capabilities of a host, as XML. */
export function getHostXml(host: string, signal?: AbortSignal): Promise<string> {
  return callApi({ path: apiPath('hosts', host, 'xml'), as: 'text', ...signalOf(signal) });
}

/** A page of domains of all hosts. */
export function listDomains(filter: DomainFilter, page: Page, signal?: AbortSignal): Promise<DomainList> {
  return callApi({ path: '/domains', query: { ...filter, q: filter.q || undefined, ...page }, ...signalOf(signal) });
}

/** One domain in full. */
export function getDomain({ host, uuid }: DomainRef, signal?: AbortSignal): Promise<DomainFull> {
  return callApi({ path: domainPath({ host, uuid }), ...signalOf(signal) });
}

/** A domain's XML; without a view, live if it runs, else config. */
export function getDomainXml(domain: DomainRef, view?: 'live' | 'config', signal?: AbortSignal): Promise<string> {
  return callApi({ path: `${domainPath(domain)}/xml`, query: { view }, as: 'text', ...signalOf(signal) });
}

/** What the next start of a domain will change. */
export function getXmlDiff(domain: DomainRef, signal?: AbortSignal): Promise<XmlDiff> {
  return callApi({ path: `${domainPath(domain)}/xml`, query: { view: 'diff' }, ...signalOf(signal) });
}

/** The snapshots libvirt keeps of a domain. */
export function listSnapshots(domain: DomainRef, signal?: AbortSignal): Promise<SnapshotList> {
  return callApi({ path: `${domainPath(domain)}/snapshots`, ...signalOf(signal) });
}

/** A picture of the screen of a running domain; needs the permission to open consoles. */
export function getScreenshot(domain: DomainRef, signal?: AbortSignal): Promise<Blob> {
  return callApi({ path: `${domainPath(domain)}/screenshot`, route: 'console', as: 'blob', ...signalOf(signal) });
}

/** A page of tasks, newest first. */
export function listTasks(filter: TaskFilter, page: Page, signal?: AbortSignal): Promise<TaskList> {
  return callApi({ path: '/tasks', query: { ...filter, ...page }, ...signalOf(signal) });
}

/** One task. */
export function getTask(id: string, signal?: AbortSignal): Promise<Task> {
  return callApi({ path: apiPath('tasks', id), ...signalOf(signal) });
}

/** Asks for an action. The same key gives the same task, so asking again after a lost answer does nothing twice. */
export function requestAction(domain: DomainRef, body: ActionRequest, idempotencyKey: string): Promise<Task> {
  return callApi({ path: `${domainPath(domain)}/actions`, route: 'operate', body, idempotencyKey });
}

/** Asks for one action on many domains, or with `dryRun` what would become of it. */
export function requestActions(body: BulkRequest, idempotencyKey: string): Promise<BulkResult> {
  return callApi({ path: '/actions', route: 'operate', body, idempotencyKey });
}

/** A link to a console that works once, for 30 seconds. */
export function openConsole(
  domain: DomainRef,
  body: { mode: ConsoleTicket['mode']; kind?: ConsoleTicket['kind'] },
): Promise<ConsoleTicket> {
  return callApi({ path: `${domainPath(domain)}/console`, route: 'console', body });
}

function domainPath({ host, uuid }: DomainRef): string {
  return apiPath('hosts', host, 'domains', uuid);
}

function signalOf(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
