// SPDX-License-Identifier: Apache-2.0
// The one domain that a panel is about, or why there is none to show: none is named, none is found, or several fit, and
// somebody chooses.

import { t } from '@grafana/i18n';
import { Combobox, Stack, Text } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { type ReactNode, useState } from 'react';
import { type NamedDomain, useNamedDomains } from '../api/named';
import { useHosts } from '../api/queries';
import { Empty, Failed, Loading } from '../components/States';
import { type DomainOptions, namedDomains, type PanelSource } from './named';
import { useStable } from './useStable';

/** Most domains that are looked for, and to choose from. */
const CHOICE_MAX = 100;

/** What {@link OneDomain} takes. */
export interface OneDomainProps {
  readonly panel: PanelSource<DomainOptions>;
  readonly children: (domain: DomainBrief) => ReactNode;
}

export function OneDomain({ panel, children }: OneDomainProps) {
  const named = useStable(namedDomains(panel).slice(0, CHOICE_MAX));
  const { found, isPending, error, retry } = useNamedDomains(named);
  const [chosen, choose] = useState<string>();
  if (named.length === 0) {
    return <NothingNamed />;
  }
  const domains = found.flatMap((one) => one.domains).slice(0, CHOICE_MAX);
  const [first, ...others] = domains;
  if (first === undefined) {
    if (error) {
      return <Failed error={error} onRetry={retry} />;
    }
    return isPending ? <Loading what={t('domain.loading', 'Asking for the domain …')} /> : <NotFound named={named} />;
  }
  const shown = domains.find((domain) => keyOf(domain) === chosen) ?? first;
  return (
    <Stack direction="column" gap={1}>
      {error && <Failed error={error} onRetry={retry} />}
      {others.length > 0 && (
        <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
          <Text color="secondary">{t('panel.several', 'Several domains fit. Shown:')}</Text>
          <Combobox
            aria-label={t('panel.domain', 'Domain')}
            width="auto"
            minWidth={20}
            options={domains.map((domain) => ({ value: keyOf(domain), label: `${domain.name} · ${domain.host}` }))}
            value={keyOf(shown)}
            onChange={({ value }) => choose(value)}
          />
        </Stack>
      )}
      {children(shown)}
    </Stack>
  );
}

function keyOf({ host, uuid }: DomainBrief): string {
  return JSON.stringify([host, uuid]);
}

/** Neither options nor data name a domain. */
export function NothingNamed() {
  return (
    <Empty message={t('panel.nothing', 'No domain is named')}>
      {t(
        'panel.nothing-hint',
        'Name one in the options of the panel, with a variable say, or give the panel data with columns or labels host and domain.',
      )}
    </Empty>
  );
}

/** No domain fits; of a host that is lost nobody knows. */
export function NotFound({ named }: { readonly named: readonly NamedDomain[] }) {
  const name = named.map(({ domain }) => domain).join(', ');
  return (
    <Empty
      message={t('open.none', 'There is no domain {{name}} that you may see, or no longer', {
        name,
        interpolation: { escapeValue: false },
      })}
    >
      <LostHosts named={named} />
    </Empty>
  );
}

/** Says which of the hosts in question are not known about now. */
export function LostHosts({ named }: { readonly named: readonly NamedDomain[] }) {
  const hosts = useHosts().data ?? [];
  const isAsked = (host: string) => named.some((one) => one.hosts.length === 0 || one.hosts.includes(host));
  const lost = hosts.filter(({ host, state }) => state !== 'up' && isAsked(host)).map(({ host }) => host);
  return lost.length === 0 ? null : (
    <Text color="warning">
      {t('panel.lost', 'Vireo does not reach {{hosts}}: what runs there is not known.', {
        hosts: lost.join(', '),
        interpolation: { escapeValue: false },
      })}
    </Text>
  );
}
