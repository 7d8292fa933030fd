// SPDX-License-Identifier: Apache-2.0
// One domain: its state, what may be done about it, and everything known of it in tabs that the address names.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Stack, Tab, TabContent, TabsBar } from '@grafana/ui';
import type { DomainFull, HostBrief } from '@vireo/exporter/contract';
import React from 'react';
import { useParams } from 'react-router-dom';
import { ActionBar } from '../../actions/ActionBar';
import { withheld } from '../../actions/availability';
import { useActionLink } from '../../actions/useActionLink';
import { explain, explainShortly } from '../../api/code-texts';
import { useDomain, useHost } from '../../api/queries';
import { StateBadge } from '../../components/StateBadge';
import { Loaded } from '../../components/States';
import { DOMAIN_TABS, type DomainTab, domainUrl, fleetUrl, hostUrl } from '../../urls';
import { useParameters } from '../../useParameters';
import { Page } from '../Page';
import { DevicesTab } from './DevicesTab';
import { OverviewTab } from './OverviewTab';
import { SnapshotsTab } from './SnapshotsTab';
import { TimelineTab } from './TimelineTab';
import { XmlTab } from './XmlTab';

/** /hosts/:host/domains/:uuid */
export function DomainPage() {
  const { host = '', uuid = '' } = useParams();
  const result = useDomain({ host, uuid });
  return (
    <Page
      title={result.data?.name ?? uuid}
      above={[
        { text: t('fleet.title', 'Fleet'), url: fleetUrl() },
        { text: host, url: hostUrl(host) },
      ]}
    >
      <Loaded result={result} what={t('domain.loading', 'Asking for the domain …')}>
        {(domain) => <Domain domain={domain} />}
      </Loaded>
    </Page>
  );
}

function Domain({ domain }: { readonly domain: DomainFull }) {
  const [action, setAction] = useActionLink();
  const host = useHost(domain.host).data;
  const lost = host !== undefined && host.state !== 'up' ? lostText(host) : undefined;
  const startedAtMs = domain.startedAt === undefined ? undefined : Date.parse(domain.startedAt);
  return (
    <Stack direction="column" gap={2}>
      {lost !== undefined && (
        <Alert severity="error" title={lost}>
          {host?.error && (
            <>
              <div>{explainShortly(host.error)}</div>
              <div>{explain(host.error).advice}</div>
            </>
          )}
        </Alert>
      )}
      {domain.trouble !== undefined && <Stuck trouble={domain.trouble} />}
      <Stack direction="row" gap={2} alignItems="center" wrap="wrap">
        <StateBadge state={domain.state} reason={domain.reason} />
        <ActionBar
          domain={lost === undefined ? domain : withheld(domain, lost)}
          action={action}
          onAction={setAction}
          startedAtMs={startedAtMs}
          viewers={domain.consoleSessions}
        />
      </Stack>
      <Tabs domain={domain} lost={lost} />
    </Stack>
  );
}

function lostText({ host, state, since }: Pick<HostBrief, 'host' | 'state' | 'since'>): string {
  const when = dateTime(since).fromNow();
  return state === 'lost'
    ? t('domain.lost', '{{host}} was lost {{when}}: what stands here is older', { host, when, ...RAW })
    : t('domain.connecting', 'Connecting to {{host}} began {{when}}: what stands here is older', {
        host,
        when,
        ...RAW,
      });
}
const RAW = { interpolation: { escapeValue: false } };

function Stuck({ trouble }: { readonly trouble: NonNullable<DomainFull['trouble']> }) {
  return (
    <Alert
      severity="warning"
      title={t('domain.stuck', 'Its hypervisor process stopped answering {{when}}', {
        when: dateTime(trouble.since).fromNow(),
      })}
    >
      {trouble.controlState === undefined
        ? t('domain.stuck-unknown', 'Statistics are missing, and actions may hang.')
        : t(
            'domain.stuck-state',
            'Its control channel is in the state {{state}}. Statistics are missing, and actions may hang.',
            {
              state: trouble.controlState,
            },
          )}
    </Alert>
  );
}

function Tabs({ domain, lost }: { readonly domain: DomainFull; readonly lost: string | undefined }) {
  const [parameters, change] = useParameters();
  const asked = parameters.get('tab');
  const tab: DomainTab = DOMAIN_TABS.find((one) => one === asked) ?? 'overview';
  return (
    <>
      <TabsBar>
        {DOMAIN_TABS.map((one) => (
          <Tab
            key={one}
            label={tabLabel(one)}
            active={one === tab}
            href={domainUrl(domain.host, domain.uuid, { tab: one })}
            onChangeTab={(event) => {
              event.preventDefault();
              change({ tab: one });
            }}
          />
        ))}
      </TabsBar>
      <TabContent>
        {tab === 'overview' && <OverviewTab domain={domain} lost={lost} />}
        {tab === 'devices' && <DevicesTab domain={domain} />}
        {tab === 'xml' && <XmlTab domain={domain} />}
        {tab === 'snapshots' && <SnapshotsTab domain={domain} />}
        {tab === 'timeline' && <TimelineTab domain={domain} />}
      </TabContent>
    </>
  );
}

function tabLabel(tab: DomainTab): string {
  switch (tab) {
    case 'overview':
      return t('domain.overview', 'Overview');
    case 'devices':
      return t('domain.devices', 'Devices');
    case 'xml':
      return t('domain.xml', 'XML');
    case 'snapshots':
      return t('domain.snapshots', 'Snapshots');
    case 'timeline':
      return t('domain.timeline', 'Timeline');
  }
}
