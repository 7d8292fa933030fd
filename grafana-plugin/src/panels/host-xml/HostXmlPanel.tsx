// SPDX-License-Identifier: Apache-2.0
// The capabilities of one host as XML, read anew whenever the dashboard is refreshed.

import type { PanelProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Combobox, Stack, TextLink } from '@grafana/ui';
import React, { useState } from 'react';
import { KEYS, useHostXml } from '../../api/queries';
import { Empty, Loaded } from '../../components/States';
import { XmlViewer } from '../../components/xml/XmlViewer';
import { hostUrl } from '../../urls';
import { documentHeight } from '../document-height';
import { namedHosts } from '../named';
import { PanelFrame } from '../PanelFrame';
import { useDashboardRefresh } from '../useDashboardRefresh';
import type { HostXmlOptions } from './options';

/** Most hosts to choose from. */
const CHOICE_MAX = 100;

/** The panel. */
export function HostXmlPanel(panel: PanelProps<HostXmlOptions>) {
  const hosts = namedHosts(panel).slice(0, CHOICE_MAX);
  const [chosen, choose] = useState<string>();
  const host = hosts.find((name) => name === chosen) ?? hosts[0];
  return (
    <PanelFrame width={panel.width} height={panel.height}>
      {host === undefined ? (
        <Empty message={t('panel.no-host', 'No host is named')}>
          {t(
            'panel.no-host-hint',
            'Name one in the options of the panel, with a variable say, or give the panel data with a column or label host.',
          )}
        </Empty>
      ) : (
        <Stack direction="column" gap={1}>
          <Stack direction="row">
            {hosts.length > 1 ? (
              <Combobox
                aria-label={t('panel.host', 'Host')}
                width="auto"
                minWidth={20}
                options={hosts.map((value) => ({ value }))}
                value={host}
                onChange={({ value }) => choose(value)}
              />
            ) : (
              <TextLink href={hostUrl(host)} inline={false}>
                {host}
              </TextLink>
            )}
          </Stack>
          <Xml key={host} panel={panel} host={host} />
        </Stack>
      )}
    </PanelFrame>
  );
}

interface XmlProps {
  readonly panel: PanelProps<HostXmlOptions>;
  readonly host: string;
}

function Xml({ panel: { timeRange, height }, host }: XmlProps) {
  const result = useHostXml(host);
  useDashboardRefresh(timeRange, KEYS.hostXml(host));
  return (
    <Loaded result={result}>
      {(text) => (
        <XmlViewer
          text={text}
          label={t('panel.host-xml', 'Capabilities of {{host}}', { host, interpolation: { escapeValue: false } })}
          fileName={`${host}-capabilities.xml`}
          height={documentHeight(height)}
        />
      )}
    </Loaded>
  );
}
