// SPDX-License-Identifier: Apache-2.0
// What a domain is and does now: facts from the API, its screen, and graphs from Prometheus where there is one.

import { dateTime, dateTimeFormat } from '@grafana/data';
import { Trans, t } from '@grafana/i18n';
import { Alert, Stack, Text, TextLink } from '@grafana/ui';
import type { DomainFull } from '@vireo/exporter/contract';
import React, { lazy, Suspense, useMemo } from 'react';
import { hypervisorTitle } from '../../actions/driver-texts';
import { refusalText } from '../../api/code-texts';
import { useDataSourceUid } from '../../api/data-sources';
import { ConsoleButton } from '../../components/ConsoleButton';
import { Screenshot } from '../../components/Screenshot';
import { Loading } from '../../components/States';
import { configurationUrl } from '../../urls';
import { bytesText, yesNo } from './format';
import { type Fact, Facts } from './Facts';
import { graphsFor, type Named } from './queries';

const Graphs = lazy(async () => ({ default: (await import('../../metrics/Graphs')).Graphs }));

export function OverviewTab({ domain, lost }: { readonly domain: DomainFull; readonly lost: string | undefined }) {
  return (
    <Stack direction="column" gap={3}>
      <Facts facts={factsOf(domain)} />
      <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-start">
        <ConsoleButton domain={domain} refusal={lost ?? consoleRefusalOf(domain)} />
        <Screenshot domain={domain} refusal={lost} />
      </Stack>
      <History host={domain.host} name={domain.name} driver={domain.driver ?? ''} />
    </Stack>
  );
}

function consoleRefusalOf({ consoleRefusal, consoleRefusalCode }: DomainFull): string | undefined {
  return consoleRefusal === undefined ? undefined : refusalText(consoleRefusalCode, consoleRefusal);
}

function History({ host, name, driver }: Named & { readonly driver: string }) {
  const { graphs, lacking } = useMemo(() => graphsFor(driver, { host, name }), [driver, host, name]);
  const uid = useDataSourceUid('prometheus');
  if (uid === undefined) {
    return (
      <Alert
        severity="info"
        title={t('overview.no-prometheus', 'No graphs: Grafana has no Prometheus with the metrics of Vireo')}
      >
        <TextLink href={configurationUrl()}>
          {t('overview.choose-prometheus', 'Add a data source of that type, and choose it in the configuration')}
        </TextLink>
      </Alert>
    );
  }
  return (
    <section aria-label={t('overview.graphs', 'Graphs')}>
      <Suspense fallback={<Loading what={t('overview.graphs-loading', 'Loading the graphs …')} />}>
        <Graphs graphs={graphs} uid={uid} />
      </Suspense>
      {lacking.length > 0 && (
        <Text variant="bodySmall" color="secondary">
          {t('overview.lacking', 'libvirt’s driver for {{hypervisor}} has no figures for: {{graphs}}', {
            hypervisor: hypervisorTitle(driver),
            graphs: lacking.join(', '),
            interpolation: { escapeValue: false },
          })}
        </Text>
      )}
    </section>
  );
}

function factsOf(domain: DomainFull): Fact[] {
  const { vcpus, memory, os, startedAt, openstack } = domain;
  return [
    [t('fact.reason', 'Why in that state'), knownReason(domain.reason)],
    [
      t('fact.running-since', 'Running since'),
      startedAt && `${dateTimeFormat(startedAt)} (${dateTime(startedAt).fromNow()})`,
    ],
    [t('fact.title', 'Title'), domain.title],
    [t('fact.description', 'Description'), domain.description],
    [t('fact.hypervisor', 'Hypervisor'), [domain.driver, domain.hypervisorType].filter(Boolean).join(' · ')],
    [t('fact.machine', 'Machine'), [os?.type, os?.arch, os?.machine].filter(Boolean).join(' · ')],
    [t('fact.vcpus', 'vCPUs'), ofMaximum(vcpus.current?.toString(), vcpus.maximum?.toString())],
    [t('fact.memory', 'Memory'), ofMaximum(bytesText(memory.currentBytes), bytesText(memory.maximumBytes))],
    [t('fact.persistent', 'Persistent'), yesNo(domain.persistent)],
    [t('fact.autostart', 'Starts with host'), yesNo(domain.autostart)],
    [t('fact.managed-save', 'Saved state'), yesNo(domain.managedSave)],
    [t('fact.agent', 'Guest agent channel'), yesNo(domain.guestAgentChannel)],
    [t('fact.consoles', 'Open consoles'), String(domain.consoleSessions)],
    [t('fact.job', 'Job'), domain.job?.type],
    [t('fact.project', 'OpenStack project'), openstack?.projectName],
    [t('fact.flavor', 'OpenStack flavor'), openstack?.flavorName],
    [t('fact.id', 'ID'), domain.id === -1 ? undefined : String(domain.id)],
    [t('fact.uuid', 'UUID'), domain.uuid],
    [
      t('fact.simulated', 'Simulated'),
      domain.simulated && <Trans i18nKey="fact.simulated-yes">It is made up: no such guest exists</Trans>,
    ],
  ];
}

/** Drivers without reasons say `unknown`. */
function knownReason(reason: string): string | undefined {
  return reason === 'unknown' ? undefined : reason;
}

function ofMaximum(current: string | undefined, maximum: string | undefined): string | undefined {
  if (current === undefined || maximum === undefined || current === maximum) {
    return current ?? maximum;
  }
  return t('fact.of-maximum', '{{current}} of at most {{maximum}}', { current, maximum });
}
