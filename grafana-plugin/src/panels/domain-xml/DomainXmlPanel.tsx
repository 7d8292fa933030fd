// SPDX-License-Identifier: Apache-2.0
// The XML of one domain, read anew whenever the dashboard is refreshed or the domain starts or stops.

import type { PanelProps } from '@grafana/data';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { useState } from 'react';
import { KEYS } from '../../api/queries';
import { DomainXml, type XmlView } from '../../components/xml/DomainXml';
import { DomainLine } from '../DomainLine';
import { documentHeight } from '../document-height';
import { OneDomain } from '../OneDomain';
import { PanelFrame } from '../PanelFrame';
import { useDashboardRefresh } from '../useDashboardRefresh';
import type { DomainXmlOptions } from './options';

/** The panel. */
export function DomainXmlPanel(panel: PanelProps<DomainXmlOptions>) {
  return (
    <PanelFrame width={panel.width} height={panel.height}>
      <OneDomain panel={panel}>{(domain) => <Xml key={domain.id} panel={panel} domain={domain} />}</OneDomain>
    </PanelFrame>
  );
}

interface XmlProps {
  readonly panel: PanelProps<DomainXmlOptions>;
  readonly domain: DomainBrief;
}

function Xml({ panel: { options, timeRange, height }, domain }: XmlProps) {
  const [view, setView] = useState<XmlView>();
  useDashboardRefresh(timeRange, KEYS.domainXml(domain));
  return (
    <DomainLine domain={domain}>
      <DomainXml domain={domain} view={view ?? options.view} onView={setView} height={documentHeight(height)} />
    </DomainLine>
  );
}
