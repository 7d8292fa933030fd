// SPDX-License-Identifier: Apache-2.0
// Several domains, a row of buttons for each, in the order of the panel's data. No InteractiveTable: it makes its cells anew
// whenever their content changes, and a button that has the focus would lose it with every answer of the API.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { TextLink, useStyles2 } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { type ReactNode } from 'react';
import { StateBadge } from '../../components/StateBadge';
import { domainUrl } from '../../urls';
import { HostLost } from '../HostLost';

/** What {@link DomainRows} takes. */
export interface DomainRowsProps {
  readonly domains: readonly DomainBrief[];
  readonly actions: (domain: DomainBrief) => ReactNode;
}

export function DomainRows({ domains, actions }: DomainRowsProps) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table} aria-label={t('domains.title', 'Domains')}>
      <thead>
        <tr>
          <th scope="col">{t('domains.name', 'Domain')}</th>
          <th scope="col">{t('domains.host', 'Host')}</th>
          <th scope="col">{t('domains.state', 'State')}</th>
          <th scope="col">{t('panel.actions', 'Actions')}</th>
        </tr>
      </thead>
      <tbody>
        {domains.map((domain) => (
          <tr key={JSON.stringify([domain.host, domain.uuid])}>
            <td>
              <TextLink href={domainUrl(domain.host, domain.uuid)} inline={false}>
                {domain.name}
              </TextLink>
            </td>
            <td>
              {domain.host} <HostLost host={domain.host} />
            </td>
            <td>
              <StateBadge state={domain.state} reason={domain.reason} />
            </td>
            <td>
              {/* Each row has the same buttons: who hears them must hear of which domain they are. */}
              <div
                role="group"
                aria-label={t('panel.actions-of', 'Actions on {{domain}} on {{host}}', {
                  domain: domain.name,
                  host: domain.host,
                  interpolation: { escapeValue: false },
                })}
              >
                {actions(domain)}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    'th, td': { padding: theme.spacing(1), textAlign: 'left' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
