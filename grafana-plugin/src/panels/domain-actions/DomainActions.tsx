// SPDX-License-Identifier: Apache-2.0
// Buttons for one domain, or a table of several: what may be done now, why not, and the question before anything is done.

import type { PanelProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import { Stack, Text, usePanelContext } from '@grafana/ui';
import type { ActionId, DomainBrief } from '@vireo/exporter/contract';
import React, { useState } from 'react';
import { ActionBar } from '../../actions/ActionBar';
import { ActionDialog } from '../../actions/ActionDialog';
import { useNamedDomains } from '../../api/named';
import { useDomain } from '../../api/queries';
import { LiveBadge } from '../../components/LiveBadge';
import { Failed, Loading } from '../../components/States';
import { PERMISSIONS } from '../../constants';
import { namedDomains } from '../named';
import { LostHosts, NothingNamed, NotFound } from '../OneDomain';
import { PanelFrame } from '../PanelFrame';
import { useStable } from '../useStable';
import { DomainLine } from '../DomainLine';
import { DomainRows } from './DomainRows';
import type { DomainActionsOptions } from './options';

/** Most domains of one panel, whatever its options say. */
const DOMAINS_MAX = 100;

/** The panel. */
export function DomainActions(panel: PanelProps<DomainActionsOptions>) {
  return (
    <PanelFrame width={panel.width} height={panel.height}>
      <Actions {...panel} />
    </PanelFrame>
  );
}

interface Asked {
  readonly domain: DomainBrief;
  readonly action: ActionId;
}

function Actions(panel: PanelProps<DomainActionsOptions>) {
  const { buttons, hasMenu, domainsMax } = panel.options;
  // As Grafana's own panels have it: a dashboard that doesn't say that actions may run forbids them.
  const canExecute = usePanelContext().canExecuteActions?.() ?? false;
  // Not in a row: the query may leave the domain out as soon as it is off, and its outcome must not be missed.
  const [asked, ask] = useState<Asked>();
  const bar = (domain: DomainBrief) => (
    <ActionBar
      domain={domain}
      buttons={buttons}
      hasMenu={hasMenu}
      canExecute={canExecute}
      // The question is below; the bar takes the focus back from it.
      action={asked?.domain.host === domain.host && asked.domain.uuid === domain.uuid ? asked.action : undefined}
      hasDialog={false}
      onAction={(action) => ask(action && { domain, action })}
    />
  );
  return (
    <Stack direction="column" gap={1}>
      <WhyNone canExecute={canExecute} />
      <Domains panel={panel} most={Math.min(Math.max(1, domainsMax), DOMAINS_MAX)} bar={bar} />
      {asked && (
        <Question
          key={JSON.stringify([asked.action, asked.domain.host, asked.domain.uuid])}
          {...asked}
          canExecute={canExecute}
          onAction={(action) => ask(action && { ...asked, action })}
        />
      )}
    </Stack>
  );
}

/** Why no button at all can be used, for those who can't hover over one. */
function WhyNone({ canExecute }: { readonly canExecute: boolean }) {
  const reason = !hasPermission(PERMISSIONS.operate)
    ? t('refusal.permission', 'Needs the role "Vireo operator" of Grafana.')
    : canExecute
      ? undefined
      : t('refusal.dashboard', 'This dashboard does not let you run actions.');
  return reason === undefined ? null : (
    <Text variant="bodySmall" color="secondary">
      {reason}
    </Text>
  );
}

interface DomainsProps {
  readonly panel: PanelProps<DomainActionsOptions>;
  readonly most: number;
  readonly bar: (domain: DomainBrief) => React.ReactNode;
}

function Domains({ panel, most, bar }: DomainsProps) {
  const all = useStable(namedDomains(panel));
  const named = useStable(all.slice(0, most));
  const { found, isPending, error, retry } = useNamedDomains(named);
  if (all.length === 0) {
    return <NothingNamed />;
  }
  const failure = error && <Failed error={error} onRetry={retry} />;
  const domains = found.flatMap((one) => one.domains).slice(0, most);
  const [first, ...others] = domains;
  if (first === undefined) {
    return (
      failure ??
      (isPending ? <Loading what={t('domain.loading', 'Asking for the domain …')} /> : <NotFound named={named} />)
    );
  }
  const missing = isPending ? [] : found.filter((one) => one.domains.length === 0).map((one) => one.named);
  const isAmbiguous = found.some((one) => one.domains.length > 1);
  const left = all.length - named.length;
  return (
    <>
      {failure}
      {isAmbiguous && (
        <Text color="warning">
          {t('panel.ambiguous', 'Several hosts have a domain of that name: look at the host before you act.')}
        </Text>
      )}
      {others.length === 0 && all.length === 1 ? (
        <DomainLine domain={first}>{bar(first)}</DomainLine>
      ) : (
        <>
          <Stack direction="row">
            <LiveBadge />
          </Stack>
          <DomainRows domains={domains} actions={bar} />
        </>
      )}
      {missing.length > 0 && (
        <Text color="secondary">
          {t('panel.missing', 'Not found: {{names}}', {
            names: missing.map(({ domain }) => domain).join(', '),
            interpolation: { escapeValue: false },
          })}
        </Text>
      )}
      {missing.length > 0 && <LostHosts named={missing} />}
      {left > 0 && (
        <Text color="secondary">
          {t('panel.left-out', '', {
            count: left,
            defaultValue_one: '{{count}} more domain is left out',
            defaultValue_other: '{{count}} more domains are left out',
          })}
        </Text>
      )}
    </>
  );
}

interface QuestionProps extends Asked {
  readonly canExecute: boolean;
  readonly onAction: (action: ActionId | undefined) => void;
}

/** With what only the domain in full tells; a transient one that is off is gone, and the question was about it. */
function Question({ domain, onAction, ...question }: QuestionProps) {
  const { data } = useDomain(domain);
  return (
    <ActionDialog
      domain={data ?? domain}
      startedAtMs={data?.startedAt === undefined ? undefined : Date.parse(data.startedAt)}
      viewers={data?.consoleSessions}
      onDismiss={() => onAction(undefined)}
      onEscalate={onAction}
      {...question}
    />
  );
}
