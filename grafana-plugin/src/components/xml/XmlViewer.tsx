// SPDX-License-Identifier: Apache-2.0
// A document to read: searched, copied and downloaded. Secrets are the API's to leave out; nothing is left out here.

import { Trans, t } from '@grafana/i18n';
import { ClipboardButton, ErrorBoundary, IconButton, Input, LinkButton, Stack, Text } from '@grafana/ui';
import React, { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { PlainText, type TextBodyProps } from './PlainText';
import { findMatches, MATCHES_MAX } from './search';

const XmlEditor = lazy(async () => ({ default: (await import('./XmlEditor')).XmlEditor }));
/** What the editor colours without holding up the page; a longer one is plain. */
const EDITOR_LENGTH_MAX = 500_000;

/** What {@link XmlViewer} takes. */
export interface XmlViewerProps {
  readonly text: string;
  /** Names the document for screen readers: "live XML of web-1". */
  readonly label: string;
  /** What it is called when it is downloaded. */
  readonly fileName: string;
  /** A CSS length; the document scrolls in it. */
  readonly height?: string;
  /** Lines of a unified diff rather than XML. */
  readonly isDiff?: boolean;
}

export function XmlViewer({ text, label, fileName, height = '60vh', isDiff = false }: XmlViewerProps) {
  const [wanted, setWanted] = useState('');
  const [position, setPosition] = useState(0);
  const matches = useMemo(() => findMatches(text, wanted), [text, wanted]);
  // The document may have changed since.
  const current = Math.min(position, Math.max(0, matches.length - 1));
  const step = (by: number) => {
    if (matches.length > 0) {
      setPosition((current + by + matches.length) % matches.length);
    }
  };
  const body: TextBodyProps = { text, label, matches, current, height };
  const plain = <PlainText {...body} isDiff={isDiff} />;

  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <Input
          width={30}
          type="search"
          value={wanted}
          placeholder={t('xml.search', 'Search in the document')}
          aria-label={t('xml.search', 'Search in the document')}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
            setPosition(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              step(event.shiftKey ? -1 : 1);
            }
          }}
        />
        <IconButton
          name="angle-up"
          tooltip={t('xml.previous', 'Previous match')}
          disabled={matches.length === 0}
          onClick={() => step(-1)}
        />
        <IconButton
          name="angle-down"
          tooltip={t('xml.next', 'Next match')}
          disabled={matches.length === 0}
          onClick={() => step(1)}
        />
        <div role="status">
          <Text variant="bodySmall" color="secondary">
            {wanted === '' ? '' : found(current, matches.length)}
          </Text>
        </div>
        <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => text}>
          <Trans i18nKey="xml.copy">Copy</Trans>
        </ClipboardButton>
        <Download text={text} fileName={fileName} />
      </Stack>
      {isDiff || text.length > EDITOR_LENGTH_MAX ? (
        plain
      ) : (
        // Whatever goes wrong with it, the document can be read.
        <ErrorBoundary boundaryName="vireo-xml-editor">
          {({ error }) =>
            error ? (
              plain
            ) : (
              <Suspense fallback={plain}>
                <XmlEditor {...body} />
              </Suspense>
            )
          }
        </ErrorBoundary>
      )}
    </Stack>
  );
}

function found(current: number, count: number): string {
  if (count === 0) {
    return t('xml.no-match', 'Not found');
  }
  const of = { current: current + 1, total: count };
  return count < MATCHES_MAX
    ? t('xml.match', 'Match {{current}} of {{total}}', of)
    : t('xml.match-many', 'Match {{current}} of {{total}} or more', of);
}

function Download({ text, fileName }: { readonly text: string; readonly fileName: string }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.current?.setAttribute('href', address);
    return () => URL.revokeObjectURL(address);
  }, [text]);
  return (
    // Without a target Grafana would take it for a page of its own.
    <LinkButton
      ref={link}
      size="sm"
      variant="secondary"
      icon="download-alt"
      download={fileName}
      target="_blank"
      rel="noreferrer"
    >
      <Trans i18nKey="xml.download">Download</Trans>
    </LinkButton>
  );
}
