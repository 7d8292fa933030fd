// SPDX-License-Identifier: Apache-2.0
// What a host is and has: facts, capacity, domains, pools, networks, and how asking it goes. Unknown is left out.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Text, useStyles2 } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React, { type ReactNode } from 'react';
import { useMetrics } from '../../metrics/prometheus';
import { Load, Overcommit } from '../fleet/Load';
import { loadQueries } from '../fleet/queries';
import { bytesText } from './bytes';
import { Networks, Polls, Pools } from './HostLists';
import { TopDomains } from './TopDomains';

export function HostOverview({ host }: { readonly host: HostFull }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.parts}>
      <Part title={t('host.facts', 'Facts')}>
        <Facts host={host} />
      </Part>
      <Part title={t('host.capacity', 'Capacity')}>
        <Capacity host={host} />
      </Part>
      <Part title={t('host.its-domains', 'Domains')} isWide>
        <TopDomains host={host} />
      </Part>
      <Part title={t('host.pools', 'Storage pools')} isWide>
        <Pools pools={host.pools} />
      </Part>
      <Part title={t('host.networks', 'Virtual networks')} isWide>
        <Networks {...(host.networks && { networks: host.networks })} />
      </Part>
      <Part title={t('host.polls', 'Polls')} isWide>
        <Polls polls={host.polls} />
      </Part>
    </div>
  );
}

function Part({ title, isWide = false, children }: PartProps) {
  const styles = useStyles2(getStyles);
  return (
    <section className={isWide ? styles.wide : styles.part} aria-label={title}>
      <Text element="h2" variant="h5">
        {title}
      </Text>
      {children}
    </section>
  );
}
interface PartProps {
  readonly title: string;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

function Facts({ host }: { readonly host: HostFull }) {
  const { node } = host;
  const topology =
    node && [node.numaNodes, node.socketsPerNumaNode, node.coresPerSocket, node.threadsPerCore].join(' × ');
  return (
    <Definitions
      rows={[
        [t('host.hostname', 'Host name'), host.hostname],
        [t('host.uri', 'URI'), host.uri],
        [t('host.via', 'Opened by the daemon'), host.via],
        [t('host.hypervisor', 'Hypervisor'), [host.driver, host.hypervisorVersion].filter(Boolean).join(' ')],
        [t('host.libvirt', 'libvirt daemon'), host.libvirtVersion],
        [t('host.cpu-model', 'CPU model'), node?.cpuModel],
        [t('host.cpus', 'CPUs'), node && String(node.cpus)],
        [t('host.frequency', 'Frequency'), node?.mhz && `${node.mhz.toLocaleString()} MHz`],
        [t('host.topology', 'NUMA nodes × sockets × cores × threads'), topology],
      ]}
    />
  );
}

function Capacity({ host: { host, node } }: { readonly host: HostFull }) {
  const { data, hasSource, error } = useMetrics(loadQueries(host));
  const newest = (name: 'cpu' | 'memory' | 'vcpus' | 'promised') => data?.[name][0]?.values.at(-1);
  const load = (name: 'cpu' | 'memory') => newest(name) !== undefined && <Load part={newest(name)} />;
  const promised = (name: 'vcpus' | 'promised') =>
    newest(name) !== undefined && <Overcommit of={name === 'vcpus' ? 'vcpus' : 'memory'} value={newest(name)} />;
  return (
    <>
      <Definitions
        rows={[
          [t('host.memory', 'Memory'), node && bytesText(node.memoryBytes)],
          [
            t('host.memory-free', 'Free memory, without caches'),
            node?.freeMemoryBytes === undefined ? undefined : bytesText(node.freeMemoryBytes),
          ],
          [t('host.cpu-used', 'CPU used'), load('cpu')],
          [t('host.memory-used', 'Memory used, caches left out'), load('memory')],
          [t('host.vcpus', 'vCPUs of active domains per CPU'), promised('vcpus')],
          [t('host.promised', 'Memory promised to active domains'), promised('promised')],
        ]}
      />
      {!hasSource && (
        <Text variant="bodySmall" color="secondary">
          {t(
            'host.no-source',
            'Load and overcommitment are not known: Grafana has no Prometheus data source for Vireo. An administrator chooses one on the configuration page.',
          )}
        </Text>
      )}
      {error && (
        <Text variant="bodySmall" color="warning">
          {`${t('host.load-unknown', 'Load and overcommitment are not known:')} ${error.message}`}
        </Text>
      )}
    </>
  );
}

/** Rows without a value are left out. */
function Definitions({ rows }: { readonly rows: ReadonlyArray<readonly [string, ReactNode]> }) {
  const styles = useStyles2(getStyles);
  const known = rows.filter(([, value]) => value !== undefined && value !== '' && value !== false && value !== 0);
  return known.length === 0 ? (
    <Text color="secondary">{t('host.nothing-known', 'Nothing is known yet')}</Text>
  ) : (
    <dl className={styles.list}>
      {known.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt className={styles.name}>{name}</dt>
          <dd className={styles.value}>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  parts: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    [theme.breakpoints.up('lg')]: { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    gap: theme.spacing(2),
  }),
  part: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    minWidth: 0,
  }),
  wide: css({
    gridColumn: '1 / -1',
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    minWidth: 0,
  }),
  list: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 3fr)',
    gap: theme.spacing(0.5, 2),
    margin: 0,
  }),
  name: css({ color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular }),
  value: css({ margin: 0, overflowWrap: 'anywhere' }),
});
