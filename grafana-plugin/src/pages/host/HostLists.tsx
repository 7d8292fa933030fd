// SPDX-License-Identifier: Apache-2.0
// Pools, networks and polls of a host, each as a small table with words for its state.

import { css } from '@emotion/css';
import { dateTime, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Badge, Stack, Text, useStyles2 } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React, { type ReactNode } from 'react';
import { explainShortly } from '../../api/code-texts';
import { percentOf, Warning } from '../fleet/Load';
import { bytesText } from './bytes';

/** Rows of a list that are shown; a host with more has the rest in Prometheus. */
const ROWS_MAX = 100;
/** Less free than that is nearly full, as for the alert LibvirtStoragePoolNearlyFull. */
const POOL_FREE_MIN = 0.05;

type Pool = HostFull['pools'][number];
type Network = NonNullable<HostFull['networks']>[number];

export function Pools({ pools }: { readonly pools: readonly Pool[] }) {
  return (
    <List
      label={t('host.pools', 'Storage pools')}
      none={t('host.no-pools', 'No storage pool is known')}
      heads={[
        t('host.pool', 'Pool'),
        t('host.pool-state', 'State'),
        t('host.pool-used', 'Used'),
        t('host.pool-free', 'Free'),
        t('host.pool-size', 'Size'),
      ]}
      rows={pools.map((pool) => ({
        key: pool.uuid,
        cells: [
          pool.name,
          <Flag key="state" isGood={pool.state === 'running'} text={pool.state ?? '–'} />,
          <Used key="used" pool={pool} />,
          pool.availableBytes === undefined ? '–' : bytesText(pool.availableBytes),
          pool.capacityBytes === undefined ? '–' : bytesText(pool.capacityBytes),
        ],
      }))}
    />
  );
}

function Used({ pool: { allocationBytes, availableBytes, capacityBytes } }: { readonly pool: Pool }) {
  if (allocationBytes === undefined || !capacityBytes) {
    return <>–</>;
  }
  const isFull = availableBytes !== undefined && availableBytes / capacityBytes < POOL_FREE_MIN;
  return (
    <Stack direction="row" gap={1} alignItems="center">
      <meter
        min={0}
        max={1}
        high={1 - POOL_FREE_MIN}
        value={allocationBytes / capacityBytes}
        aria-label={t('host.pool-used', 'Used')}
      />
      <Text>{`${percentOf(allocationBytes / capacityBytes)}, ${bytesText(allocationBytes)}`}</Text>
      {isFull && <Warning text={t('host.pool-full', 'nearly full')} />}
    </Stack>
  );
}

export function Networks({ networks }: { readonly networks?: readonly Network[] }) {
  return (
    <List
      label={t('host.networks', 'Virtual networks')}
      none={
        networks === undefined
          ? t('host.networks-unknown', 'Its virtual networks are not known')
          : t('host.no-networks', 'It has no virtual network')
      }
      heads={[
        t('host.network', 'Network'),
        t('host.network-state', 'State'),
        t('host.network-bridge', 'Bridge'),
        t('host.network-leases', 'Leases'),
      ]}
      rows={(networks ?? []).map(({ uuid, name, active, autostart, bridge, leases }) => ({
        key: uuid,
        cells: [
          name,
          <Flag
            key="state"
            isGood={active || !autostart}
            text={active ? t('host.active', 'active') : t('host.inactive', 'inactive')}
          />,
          bridge ?? '–',
          leases === undefined ? '–' : String(leases),
        ],
      }))}
    />
  );
}

export function Polls({ polls }: { readonly polls: HostFull['polls'] }) {
  return (
    <List
      label={t('host.polls', 'Polls')}
      none={t('host.no-polls', 'Nothing was asked of it yet')}
      heads={[
        t('host.poll', 'Part'),
        t('host.poll-state', 'Last run'),
        t('host.poll-took', 'Took'),
        t('host.poll-success', 'Last success'),
      ]}
      rows={Object.entries(polls)
        .sort(([, a], [, b]) => Number(a.success) - Number(b.success))
        .map(([group, { success, durationSeconds, lastSuccessAt, error }]) => ({
          key: group,
          cells: [
            group,
            <React.Fragment key="state">
              <Flag isGood={success} text={success ? t('host.poll-good', 'good') : t('host.poll-failed', 'failed')} />
              {error && <div>{`${explainShortly(error)} (${error.code})`}</div>}
            </React.Fragment>,
            `${durationSeconds.toFixed(durationSeconds < 1 ? 3 : 1)} s`,
            lastSuccessAt === undefined ? '–' : dateTime(lastSuccessAt).fromNow(),
          ],
        }))}
    />
  );
}

function Flag({ isGood, text }: { readonly isGood: boolean; readonly text: string }) {
  return <Badge color={isGood ? 'green' : 'orange'} icon={isGood ? 'check' : 'exclamation-triangle'} text={text} />;
}

interface ListProps {
  readonly label: string;
  /** Said in place of no rows. */
  readonly none: string;
  readonly heads: readonly string[];
  readonly rows: ReadonlyArray<{ readonly key: string; readonly cells: readonly ReactNode[] }>;
}

function List({ label, none, heads, rows }: ListProps) {
  const styles = useStyles2(getStyles);
  if (rows.length === 0) {
    return <Text color="secondary">{none}</Text>;
  }
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={heads[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MAX && (
        <Text variant="bodySmall" color="secondary">
          {t('host.list-more', '{{others}} more', { others: rows.length - ROWS_MAX })}
        </Text>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({ overflowX: 'auto' }),
  table: css({
    width: '100%',
    'th, td': { padding: theme.spacing(0.5, 2, 0.5, 0), textAlign: 'left', verticalAlign: 'top' },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular, whiteSpace: 'nowrap' },
    tbody: { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
