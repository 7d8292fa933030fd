// SPDX-License-Identifier: Apache-2.0
// What of a fleet needs somebody's attention, the worst first. From what the API lists and what only metrics know; without
// React, so that it is tested alone.

import type { ActionId, DomainBrief, HostBrief, Task } from '@vireo/exporter/contract';
import { outcomeOf } from '../../actions/outcome';
import { taskLabel } from '../../actions/texts';
import { explainShortly } from '../../api/code-texts';
import { kindText } from '../../components/TaskState';
import type { Series } from '../../metrics/prometheus';
import { domainUrl, hostUrl, openUrl } from '../../urls';

/** Kinds of trouble, the worst first. */
export const TROUBLES = [
  'host-lost',
  'crashed',
  'io-error',
  'stuck',
  'pool-full',
  'task-failed',
  'autostart-off',
  'paused',
] as const;
/** One of {@link TROUBLES}. */
export type Trouble = (typeof TROUBLES)[number];

/** One thing that needs attention. */
export interface Attention {
  readonly trouble: Trouble;
  readonly host: string;
  /** The domain or pool; left out where it is the host itself. */
  readonly name?: string;
  /** Where it can be seen and dealt with. */
  readonly url: string;
  /** What is known besides: libvirt's reason, an error. */
  readonly detail?: string;
  /** Since when, as RFC 3339, where somebody knows. */
  readonly since?: string;
  /** What would help, where this user may ask for it now; the address opens its question. */
  readonly remedy?: { readonly action: ActionId; readonly url: string };
}

/** What it is judged by; what is not known yet is empty. */
export interface AttentionSources {
  readonly hosts: readonly HostBrief[];
  /** Domains that do not run, or all. */
  readonly domains: readonly DomainBrief[];
  /** Tasks that ended badly, newest first. */
  readonly tasks: readonly Task[];
  readonly stuck: readonly Series[];
  readonly pools: readonly Series[];
  readonly nowMs: number;
}

/** Older failures are history, and stand in the list of tasks. */
const TASK_AGE_MAX_MS = 24 * 3600_000;

/** By kind, in the order of {@link TROUBLES}; kinds of which there is nothing are left out. */
export function attentionOf(sources: AttentionSources): ReadonlyMap<Trouble, readonly Attention[]> {
  const lost = new Set(sources.hosts.filter(({ state }) => state === 'lost').map(({ host }) => host));
  const all = [
    ...sources.hosts.filter(({ host }) => lost.has(host)).map(lostHost),
    // What was last seen of a lost host's domains is no news: the host is.
    ...sources.domains.filter(({ host }) => !lost.has(host)).flatMap(troubledDomain),
    ...sources.stuck.flatMap(stuckDomain),
    ...sources.pools.flatMap(fullPool),
    ...failedTasks(sources.tasks, sources.nowMs),
  ];
  const groups = TROUBLES.map((trouble) => [trouble, all.filter((one) => one.trouble === trouble)] as const);
  return new Map(groups.filter(([, items]) => items.length > 0));
}

function lostHost({ host, since, error }: HostBrief): Attention {
  return { trouble: 'host-lost', host, url: hostUrl(host), since, ...(error && { detail: explainShortly(error) }) };
}

function troubledDomain(domain: DomainBrief): Attention[] {
  const { host, uuid, name, state, reason, autostart } = domain;
  const trouble = troubleOf(state, reason, autostart === true);
  if (trouble === undefined) {
    return [];
  }
  const action = trouble === 'autostart-off' || trouble === 'crashed' ? 'start' : 'resume';
  return [
    {
      trouble,
      host,
      name,
      url: domainUrl(host, uuid),
      detail: trouble === 'io-error' ? state : `${state}, ${reason}`,
      ...(domain.allowedActions.includes(action) && { remedy: { action, url: domainUrl(host, uuid, { action }) } }),
    },
  ];
}

function troubleOf(state: string, reason: string, autostart: boolean): Trouble | undefined {
  const isStopped = state === 'shutoff' || state === 'paused' || state === 'crashed';
  if (state === 'crashed' || (isStopped && (reason === 'crashed' || reason === 'panicked'))) {
    return 'crashed';
  }
  if (state === 'paused') {
    return reason === 'ioerror' ? 'io-error' : 'paused';
  }
  return state === 'shutoff' && autostart ? 'autostart-off' : undefined;
}

function stuckDomain({ labels: { host, domain } }: Series): Attention[] {
  return host === undefined || domain === undefined
    ? []
    : [{ trouble: 'stuck', host, name: domain, url: openUrl({ host, domain }) }];
}

function fullPool({ labels: { host, storage_pool: name }, values }: Series): Attention[] {
  const free = values.at(-1);
  return host === undefined || name === undefined || free === undefined
    ? []
    : [{ trouble: 'pool-full', host, name, url: hostUrl(host), detail: `${(free * 100).toFixed(1)} %` }];
}

/** The newest of each domain: what was tried before it is answered by it. */
function failedTasks(tasks: readonly Task[], nowMs: number): Attention[] {
  const seen = new Set<string>();
  return tasks
    .filter(({ host, uuid, endedAt, acceptedAt }) => {
      const key = `${host}/${uuid}`;
      const isOld = nowMs - Date.parse(endedAt ?? acceptedAt) > TASK_AGE_MAX_MS;
      return !isOld && !seen.has(key) && seen.add(key);
    })
    .map((task) => ({
      trouble: 'task-failed',
      host: task.host,
      name: task.domain,
      url: domainUrl(task.host, task.uuid),
      detail: `${taskLabel(task)}: ${task.error ? explainShortly(task.error) : kindText(outcomeOf(task).kind)}`,
      ...(task.endedAt !== undefined && { since: task.endedAt }),
    }));
}
