// SPDX-License-Identifier: Apache-2.0
// Everything that what needs attention is judged by, and what of it could not be asked for.

import { t } from '@grafana/i18n';
import type { HostBrief } from '@vireo/exporter/contract';
import { useMemo, useState } from 'react';
import { useDomains, useTasks } from '../../api/queries';
import { useMetrics } from '../../metrics/prometheus';
import { attentionOf } from './attention';
import type { NeedsAttentionProps } from './NeedsAttention';
import { FAULT_QUERIES } from './queries';

/** Domains that may be in trouble are those that do not run; the API gives no more of them at once. */
const DOMAINS_MAX = 10_000;
const NOT_RUNNING = { state: ['crashed', 'paused', 'shutoff'] };
const TASKS_MAX = 50;
const FAILED = { state: ['failed', 'timed_out', 'unknown'] };

export function useAttention(hosts: readonly HostBrief[]): NeedsAttentionProps {
  const domains = useDomains(NOT_RUNNING, DOMAINS_MAX);
  const tasks = useTasks(FAILED, TASKS_MAX);
  const faults = useMetrics(FAULT_QUERIES);
  const [nowMs] = useState(Date.now);

  const groups = useMemo(
    () =>
      attentionOf({
        hosts,
        domains: domains.items,
        tasks: tasks.items,
        stuck: faults.data?.stuck ?? [],
        pools: faults.data?.pools ?? [],
        nowMs,
      }),
    [hosts, domains.items, tasks.items, faults.data, nowMs],
  );
  const unknown = [];
  if (domains.error) {
    unknown.push(`${t('attention.no-domains', 'Domains in trouble are not known:')} ${domains.error.message}`);
  }
  if (domains.hasMore) {
    unknown.push(
      t('attention.many', 'Only the first {{max}} domains that do not run were looked at.', { max: DOMAINS_MAX }),
    );
  }
  if (tasks.error) {
    unknown.push(`${t('attention.no-tasks', 'Failed actions are not known:')} ${tasks.error.message}`);
  }
  if (!faults.hasSource) {
    unknown.push(
      t(
        'attention.no-source',
        'Stuck domains and full storage pools are not known: Grafana has no Prometheus data source for Vireo. An administrator chooses one on the configuration page.',
      ),
    );
  } else if (faults.error) {
    unknown.push(
      `${t('attention.no-metrics', 'Stuck domains and full storage pools are not known:')} ${faults.error.message}`,
    );
  }
  return {
    groups,
    unknown,
    isPending:
      (domains.isPending && !domains.error) ||
      (tasks.isPending && !tasks.error) ||
      (faults.hasSource && faults.data === undefined && !faults.error),
  };
}
