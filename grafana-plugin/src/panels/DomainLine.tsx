// SPDX-License-Identifier: Apache-2.0
// Which domain it is, on which host, its state, and how fresh that is: above what a panel shows of one.

import { Stack, Text, TextLink } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { type ReactNode } from 'react';
import { LiveBadge } from '../components/LiveBadge';
import { StateBadge } from '../components/StateBadge';
import { domainUrl } from '../urls';
import { HostLost } from './HostLost';

/** The domain, and below it `children`. */
export function DomainLine({ domain, children }: { readonly domain: DomainBrief; readonly children: ReactNode }) {
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <TextLink href={domainUrl(domain.host, domain.uuid)} inline={false}>
          {domain.name}
        </TextLink>
        <Text color="secondary">{domain.host}</Text>
        <HostLost host={domain.host} />
        <StateBadge state={domain.state} reason={domain.reason} />
        <LiveBadge />
      </Stack>
      {children}
    </Stack>
  );
}
