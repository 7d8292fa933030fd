// SPDX-License-Identifier: Apache-2.0
// What is around every panel: a store of its own, the event stream of the tab, and what it shows where Grafana lets nobody
// look, or the panel breaks.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { hasPermission } from '@grafana/runtime';
import { ErrorBoundaryAlert, useStyles2 } from '@grafana/ui';
import React, { type ReactNode, useState } from 'react';
import { ApiProvider } from '../api/live';
import { appError } from '../api/problem';
import { createQueryClient } from '../api/queries';
import { Failed } from '../components/States';
import { PERMISSIONS } from '../constants';

/** What {@link PanelFrame} takes. */
export interface PanelFrameProps {
  /** What Grafana leaves to the panel, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly children: ReactNode;
}

export function PanelFrame({ width, height, children }: PanelFrameProps) {
  const [client] = useState(createQueryClient);
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.frame} style={{ width, height }}>
      {hasPermission(PERMISSIONS.read) ? (
        <ErrorBoundaryAlert>
          <ApiProvider client={client}>{children}</ApiProvider>
        </ErrorBoundaryAlert>
      ) : (
        <Failed error={appError('APP_FORBIDDEN', 403)} />
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  // What has the focus is ringed, and the frame would cut the ring off.
  frame: css({ boxSizing: 'border-box', overflow: 'auto', padding: theme.spacing(0.5) }),
});
