// SPDX-License-Identifier: Apache-2.0
// One host: what it is, and how it does.

import { t } from '@grafana/i18n';
import { LinkButton, Stack, Text } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React from 'react';
import { useParams } from 'react-router-dom';
import { useHost } from '../../api/queries';
import { StateBadge } from '../../components/StateBadge';
import { Loaded } from '../../components/States';
import { domainsUrl, fleetUrl } from '../../urls';
import { Page } from '../Page';

/** /hosts/:host */
export function HostPage() {
  const { host = '' } = useParams();
  const result = useHost(host);
  return (
    <Page
      title={host}
      parent={{ text: t('fleet.title', 'Fleet'), url: fleetUrl() }}
      actions={
        <LinkButton href={domainsUrl({ host: [host] })} variant="secondary" size="sm">
          {t('host.domains', 'Its domains')}
        </LinkButton>
      }
    >
      <Loaded result={result}>{(data) => <Facts host={data} />}</Loaded>
    </Page>
  );
}

function Facts({ host }: { readonly host: HostFull }) {
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} alignItems="center">
        <StateBadge state={host.state} />
        <Text>{[host.driver, host.hypervisorVersion].filter(Boolean).join(' ')}</Text>
      </Stack>
      {host.error && <Text color="error">{`${host.error.message} ${host.error.advice}`}</Text>}
      {host.node && <Text>{host.node.cpuModel}</Text>}
    </Stack>
  );
}
