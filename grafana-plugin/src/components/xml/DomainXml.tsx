// SPDX-License-Identifier: Apache-2.0
// The XML of a domain: as it runs, as it will start next, or what differs.

import { t } from '@grafana/i18n';
import { RadioButtonGroup, Stack } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React from 'react';
import { useDomainXml, useXmlDiff } from '../../api/queries';
import { Empty, Loaded } from '../States';
import { XmlViewer } from './XmlViewer';

/** Views of a domain's XML. */
export const XML_VIEWS = ['live', 'config', 'diff'] as const;
/** One of {@link XML_VIEWS}. */
export type XmlView = (typeof XML_VIEWS)[number];

/** What {@link DomainXml} takes. */
export interface DomainXmlProps {
  readonly domain: Pick<DomainBrief, 'host' | 'uuid' | 'name' | 'id' | 'persistent'>;
  /** One that there is not, of a domain that is off say, gives way to one that there is. */
  readonly view: XmlView | undefined;
  readonly onView: (view: XmlView) => void;
  /** A CSS length. */
  readonly height?: string;
}

export function DomainXml({ domain, view, onView, height }: DomainXmlProps) {
  const missing = missingViews(domain);
  const shown = view !== undefined && !missing.includes(view) ? view : domain.id === -1 ? 'config' : 'live';
  const labels = viewLabels();
  const document = {
    label: t('xml.label', '{{view}}: XML of {{domain}}', {
      view: labels[shown],
      domain: domain.name,
      interpolation: { escapeValue: false },
    }),
    fileName: `${domain.name}-${shown}.${shown === 'diff' ? 'diff' : 'xml'}`,
    ...(height !== undefined && { height }),
  };
  return (
    <Stack direction="column" gap={1}>
      {/* Not in the document, which goes and comes with each choice: it would take the focus along. */}
      <Stack direction="row">
        <RadioButtonGroup
          size="sm"
          aria-label={t('xml.view', 'View of the XML')}
          options={XML_VIEWS.map((value) => ({ value, label: labels[value] }))}
          disabledOptions={[...missing]}
          value={shown}
          onChange={onView}
        />
      </Stack>
      {shown === 'diff' ? (
        <Difference domain={domain} document={document} />
      ) : (
        <Document domain={domain} view={shown} document={document} />
      )}
    </Stack>
  );
}

interface PartProps {
  readonly domain: DomainXmlProps['domain'];
  readonly document: { readonly label: string; readonly fileName: string; readonly height?: string };
}

function Document({ domain, view, document }: PartProps & { readonly view: 'live' | 'config' }) {
  return <Loaded result={useDomainXml(domain, view)}>{(text) => <XmlViewer text={text} {...document} />}</Loaded>;
}

function Difference({ domain, document }: PartProps) {
  return (
    <Loaded result={useXmlDiff(domain)}>
      {({ changes, unified }) =>
        changes.length === 0 ? (
          <Empty message={t('xml.same', 'Its next start changes nothing')} />
        ) : (
          <XmlViewer text={unified} isDiff {...document} />
        )
      }
    </Loaded>
  );
}

/** A domain that is off has no live XML, a transient one no other; a difference takes both. */
function missingViews({ id, persistent }: DomainXmlProps['domain']): readonly XmlView[] {
  if (id === -1) {
    return ['live', 'diff'];
  }
  return persistent === false ? ['config', 'diff'] : [];
}

function viewLabels(): Readonly<Record<XmlView, string>> {
  return {
    live: t('xml.live', 'As it runs'),
    config: t('xml.config', 'Configuration'),
    diff: t('xml.diff', 'What differs'),
  };
}
