// SPDX-License-Identifier: Apache-2.0
// One domain: its state, and what may be done about it.

import { t } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';
import type { DomainFull } from '@vireo/exporter/contract';
import React from 'react';
import { useParams } from 'react-router-dom';
import { ActionBar } from '../../actions/ActionBar';
import { useActionLink } from '../../actions/useActionLink';
import { useDomain } from '../../api/queries';
import { StateBadge } from '../../components/StateBadge';
import { Loaded } from '../../components/States';
import { hostUrl } from '../../urls';
import { Page } from '../Page';

/** /hosts/:host/domains/:uuid */
export function DomainPage() {
  const { host = '', uuid = '' } = useParams();
  const result = useDomain({ host, uuid });
  return (
    <Page title={result.data?.name ?? uuid} parent={{ text: host, url: hostUrl(host) }}>
      <Loaded result={result} what={t('domain.loading', 'Asking for the domain …')}>
        {(domain) => <Overview domain={domain} />}
      </Loaded>
    </Page>
  );
}

function Overview({ domain }: { readonly domain: DomainFull }) {
  const [action, setAction] = useActionLink();
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" gap={1} alignItems="center">
        <StateBadge state={domain.state} reason={domain.reason} />
        <Text color="secondary">{domain.uuid}</Text>
      </Stack>
      <ActionBar domain={domain} action={action} onAction={setAction} />
    </Stack>
  );
}
