// SPDX-License-Identifier: Apache-2.0
// A document as plain text with what was searched for marked: until the editor is there, where it can't be loaded, and
// for diffs, whose lines keep their sign beside their colour.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode, useEffect, useRef } from 'react';
import type { Match } from './search';

/** What {@link PlainText} takes; {@link XmlEditor} takes the same. */
export interface TextBodyProps {
  readonly text: string;
  /** Names it for screen readers. */
  readonly label: string;
  readonly matches: readonly Match[];
  /** Position in `matches` of the one that is looked at. */
  readonly current: number;
  /** A CSS length. */
  readonly height: string;
}

export function PlainText({ isDiff = false, ...props }: TextBodyProps & { readonly isDiff?: boolean }) {
  const { text, label, matches, current, height } = props;
  const styles = useStyles2(getStyles);
  const mark = useRef<HTMLElement>(null);
  const at = matches[current]?.start;
  useEffect(() => {
    // Not in jsdom.
    mark.current?.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
  }, [at]);

  const marked = (start: number, end: number): ReactNode[] => {
    const parts: ReactNode[] = [];
    let from = start;
    matches.forEach((match, index) => {
      if (match.start < start || match.end > end) {
        return;
      }
      const isCurrent = index === current;
      parts.push(
        text.slice(from, match.start),
        <mark
          key={match.start}
          ref={isCurrent ? mark : undefined}
          className={isCurrent ? styles.current : styles.match}
          aria-current={isCurrent ? 'true' : undefined}
        >
          {text.slice(match.start, match.end)}
        </mark>,
      );
      from = match.end;
    });
    parts.push(text.slice(from, end));
    return parts;
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div role="region" aria-label={label} tabIndex={0} className={styles.frame} style={{ maxHeight: height }}>
      <pre className={styles.text}>
        {isDiff
          ? linesOf(text).map(({ start, end }) => (
              <span key={start} className={styles[lineKind(text[start])]}>
                {marked(start, end)}
              </span>
            ))
          : marked(0, text.length)}
      </pre>
    </div>
  );
}

/** Each with its line break. */
function linesOf(text: string): Match[] {
  const lines: Match[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed + 1;
    lines.push({ start, end });
    start = end;
  }
  return lines;
}

function lineKind(first: string | undefined): 'added' | 'removed' | 'place' | 'same' {
  switch (first) {
    case '+':
      return 'added';
    case '-':
      return 'removed';
    case '@':
      return 'place';
    default:
      return 'same';
  }
}

/** Marks of what was found. */
export const getMatchStyles = (theme: GrafanaTheme2) => ({
  match: css({ color: theme.colors.text.primary, backgroundColor: theme.colors.warning.transparent }),
  // Not its text: in the editor that has the colours of the language.
  current: css({
    color: theme.colors.text.primary,
    backgroundColor: theme.colors.warning.transparent,
    outline: `2px solid ${theme.colors.warning.border}`,
  }),
});

const getStyles = (theme: GrafanaTheme2) => ({
  ...getMatchStyles(theme),
  frame: css({
    overflow: 'auto',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    backgroundColor: theme.colors.background.secondary,
  }),
  text: css({
    margin: 0,
    padding: theme.spacing(1),
    border: 'none',
    overflow: 'visible',
    whiteSpace: 'pre',
    wordBreak: 'normal',
    background: 'none',
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  added: css({ backgroundColor: theme.colors.success.transparent }),
  removed: css({ backgroundColor: theme.colors.error.transparent }),
  place: css({ color: theme.colors.text.secondary }),
  same: '',
});
