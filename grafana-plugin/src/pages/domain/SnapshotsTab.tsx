// SPDX-License-Identifier: Apache-2.0
// The snapshots libvirt keeps of a domain, each below the one it was made upon.

import { dateTime, dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Badge, Stack, Text } from '@grafana/ui';
import type { DomainFull, SnapshotList } from '@vireo/exporter/contract';
import React from 'react';
import { toApiError } from '../../api/problem';
import { useSnapshots } from '../../api/queries';
import { Empty, Loaded } from '../../components/States';
import { FactTable } from './Facts';

type Snapshot = SnapshotList['items'][number];

export function SnapshotsTab({ domain }: { readonly domain: DomainFull }) {
  const result = useSnapshots(domain);
  if (result.error !== null && toApiError(result.error)?.code === 'VIREO_UNSUPPORTED') {
    return <Empty message={t('snapshots.unsupported', 'The driver of this host has no snapshots')} />;
  }
  return (
    <Loaded result={result} what={t('snapshots.loading', 'Asking for the snapshots …')}>
      {({ items, total }) =>
        items.length === 0 ? (
          <Empty message={t('snapshots.empty', 'It has no snapshot')}>
            {t(
              'snapshots.hint',
              'Those that libvirt keeps are shown. Checkpoints, and snapshots of a storage system, are none.',
            )}
          </Empty>
        ) : (
          <Stack direction="column" gap={1}>
            <FactTable
              title={t('domain.snapshots', 'Snapshots')}
              empty=""
              rows={inOrder(items)}
              columns={[
                [t('snapshots.name', 'Name'), (one) => <Name {...one} />],
                [
                  t('snapshots.created', 'Made'),
                  ({ createdAt }) => createdAt && `${dateTimeFormat(createdAt)} (${dateTime(createdAt).fromNow()})`,
                ],
                [t('snapshots.state', 'State then'), ({ state }) => state],
                [t('snapshots.parent', 'Made upon'), ({ parent }) => parent],
                [t('snapshots.description', 'Description'), ({ description }) => description],
              ]}
            />
            {total > items.length && (
              <Text color="secondary">
                {t('states.shown', '{{shown}} of {{total}}', {
                  shown: items.length.toLocaleString(),
                  total: total.toLocaleString(),
                })}
              </Text>
            )}
          </Stack>
        )
      }
    </Loaded>
  );
}

function Name({ name, current }: Snapshot) {
  return (
    <Stack direction="row" gap={1}>
      {name}
      {current && <Badge color="blue" icon="map-marker" text={t('snapshots.current', 'current')} />}
    </Stack>
  );
}

/** The newest first; those without a date last. */
export function inOrder(items: readonly Snapshot[]): readonly Snapshot[] {
  return [...items].sort(
    (a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? '') || a.name.localeCompare(b.name),
  );
}
