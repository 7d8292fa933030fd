// SPDX-License-Identifier: Apache-2.0
// A document in Grafana's editor (Monaco), which loads itself when it is shown first. Until then, and where it can't be
// loaded, the same as plain text.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { CodeEditor, type Monaco, type MonacoEditor, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { getMatchStyles, PlainText, type TextBodyProps } from './PlainText';

export function XmlEditor(props: TextBodyProps) {
  const { text, label, matches, current, height } = props;
  const styles = useStyles2(getMatchStyles);
  const { frame } = useStyles2(getStyles);
  const [mounted, setMounted] = useState<{ editor: MonacoEditor; monaco: Monaco }>();

  useEffect(() => {
    const model = mounted?.editor.getModel();
    if (mounted === undefined || !model) {
      return undefined;
    }
    const { editor, monaco } = mounted;
    const ranges = matches.map(({ start, end }) =>
      monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end)),
    );
    const marks = editor.createDecorationsCollection(
      ranges.map((range, index) => ({
        range,
        options: { inlineClassName: index === current ? styles.current : styles.match },
      })),
    );
    const range = ranges[current];
    if (range !== undefined) {
      editor.revealRangeInCenterIfOutsideViewport(range);
    }
    return () => marks.clear();
  }, [mounted, matches, current, text, styles]);

  return (
    <>
      {mounted === undefined && <PlainText {...props} />}
      <div hidden={mounted === undefined} className={frame}>
        <CodeEditor
          value={text}
          language="xml"
          height={height}
          readOnly
          showLineNumbers
          showMiniMap={false}
          monacoOptions={{
            ariaLabel: label,
            domReadOnly: true,
            links: false,
            occurrencesHighlight: false,
            scrollBeyondLastLine: false,
          }}
          onEditorDidMount={(editor, monaco) => setMounted({ editor, monaco })}
          onEditorWillUnmount={() => setMounted(undefined)}
        />
      </div>
    </>
  );
}

// Monaco shows its cursor, which is easily missed, and nothing else.
const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({ '&:focus-within': { outline: `2px solid ${theme.colors.primary.border}` } }),
});
