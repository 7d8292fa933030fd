// SPDX-License-Identifier: Apache-2.0
// One host in three parts: what it is and has, what it did, and its capabilities. Which part is open stands in the address.

import { t } from '@grafana/i18n';
import { LinkButton, Stack, Tab, TabContent, TabsBar } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React, { lazy, Suspense } from 'react';
import { useParams } from 'react-router-dom';
import { useDataSourceUid } from '../../api/data-sources';
import { useHost, useHostXml } from '../../api/queries';
import { Empty, Loaded, Loading } from '../../components/States';
import { configurationUrl, domainsUrl, fleetUrl, HOST_TABS, type HostTab, hostUrl } from '../../urls';
import { useParameters } from '../../useParameters';
import { Page } from '../Page';
import { HostOverview } from './HostOverview';
import { HostState } from './HostState';

const HostGraphs = lazy(async () => ({ default: (await import('./HostGraphs')).HostGraphs }));
const XmlViewer = lazy(async () => ({ default: (await import('../../components/xml/XmlViewer')).XmlViewer }));

/** /hosts/:host */
export function HostPage() {
  const { host = '' } = useParams();
  const result = useHost(host);
  return (
    <Page
      title={host}
      above={[{ text: t('fleet.title', 'Fleet'), url: fleetUrl() }]}
      actions={
        <LinkButton href={domainsUrl({ host: [host] })} variant="secondary" size="sm">
          {t('host.domains', 'Its domains')}
        </LinkButton>
      }
    >
      <Loaded result={result}>{(data) => <Host host={data} />}</Loaded>
    </Page>
  );
}

function Host({ host }: { readonly host: HostFull }) {
  const [parameters] = useParameters();
  const tab = HOST_TABS.find((known) => known === parameters.get('tab')) ?? 'overview';
  const labels: Readonly<Record<HostTab, string>> = {
    overview: t('host.overview', 'Overview'),
    metrics: t('host.metrics', 'Metrics'),
    capabilities: t('host.capabilities', 'Capabilities'),
  };
  return (
    <Stack direction="column" gap={2}>
      <HostState host={host} />
      <TabsBar>
        {HOST_TABS.map((known) => (
          <Tab key={known} label={labels[known]} active={known === tab} href={hostUrl(host.host, { tab: known })} />
        ))}
      </TabsBar>
      <TabContent>
        <Suspense fallback={<Loading />}>
          {tab === 'overview' && <HostOverview host={host} />}
          {tab === 'metrics' && <Metrics host={host.host} />}
          {tab === 'capabilities' && <Capabilities host={host.host} />}
        </Suspense>
      </TabContent>
    </Stack>
  );
}

function Metrics({ host }: { readonly host: string }) {
  const uid = useDataSourceUid('prometheus');
  return uid === undefined ? (
    <Empty message={t('metrics.no-source', 'Grafana has no Prometheus data source with the metrics of Vireo')}>
      <LinkButton href={configurationUrl()} variant="secondary">
        {t('metrics.choose', 'Choose one on the configuration page')}
      </LinkButton>
    </Empty>
  ) : (
    <HostGraphs host={host} uid={uid} />
  );
}

function Capabilities({ host }: { readonly host: string }) {
  const result = useHostXml(host);
  return (
    <Loaded result={result} what={t('host.capabilities-loading', 'Asking for the capabilities …')}>
      {(text) => (
        <XmlViewer
          text={text}
          label={t('host.capabilities-of', 'Capabilities of {{host}}', { host })}
          fileName={`${host}-capabilities.xml`}
        />
      )}
    </Loaded>
  );
}
