// SPDX-License-Identifier: Apache-2.0
// A few domains of a host, those that do not run as they should first, and the way to all of them.

import { t } from '@grafana/i18n';
import { Stack, Text, TextLink } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React from 'react';
import { useDomains } from '../../api/queries';
import { StateCounts } from '../../components/StateCounts';
import { StateBadge } from '../../components/StateBadge';
import { Loaded } from '../../components/States';
import { domainsUrl, domainUrl } from '../../urls';

/** Domains that are named; the table of domains has all. */
const NAMED_MAX = 10;

export function TopDomains({ host: { host, domains } }: { readonly host: HostFull }) {
  const list = useDomains({ host: [host], sort: 'state' }, NAMED_MAX);
  return (
    <Stack direction="column" gap={1}>
      {domains && (
        <StateCounts
          title={t('host.its-domains', 'Domains')}
          counts={Object.entries(domains.byState)}
          urlOf={(state) => domainsUrl({ host: [host], state: [state] })}
        />
      )}
      <Loaded result={{ data: list.total === undefined ? undefined : list, error: list.error, refetch: list.retry }}>
        {({ items, total = 0 }) =>
          items.length === 0 ? (
            <Text color="secondary">
              {domains === undefined
                ? t('host.domains-unknown', 'Its domains are not known')
                : t('host.no-domains', 'It has no domain that you may see')}
            </Text>
          ) : (
            <Stack direction="row" gap={2} wrap="wrap" alignItems="center">
              {items.map(({ uuid, name, state, reason }) => (
                <Stack key={uuid} direction="row" gap={0.5} alignItems="center">
                  <TextLink href={domainUrl(host, uuid)} inline>
                    {name}
                  </TextLink>
                  <StateBadge state={state} reason={reason} />
                </Stack>
              ))}
              {total > items.length && (
                <TextLink href={domainsUrl({ host: [host] })} inline>
                  {t('host.all-domains', 'All {{total}} domains', { total })}
                </TextLink>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  );
}
