// SPDX-License-Identifier: Apache-2.0
// The XML of a domain; which of its views, stands in the address.

import type { DomainFull } from '@vireo/exporter/contract';
import React from 'react';
import { DomainXml, XML_VIEWS } from '../../components/xml/DomainXml';
import { useParameters } from '../../useParameters';

export function XmlTab({ domain }: { readonly domain: DomainFull }) {
  const [parameters, change] = useParameters();
  const asked = parameters.get('view');
  return (
    <DomainXml
      domain={domain}
      view={XML_VIEWS.find((view) => view === asked)}
      onView={(view) => change({ view })}
      height="65vh"
    />
  );
}
