// SPDX-License-Identifier: Apache-2.0
// The frame of every page: Grafana's, with how fresh it is and the page's own buttons.

import type { NavModelItem } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Stack } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { LiveBadge } from '../components/LiveBadge';

/** What {@link Page} takes. */
export interface PageProps {
  readonly title: string;
  /** What is above it, the topmost first. */
  readonly above?: ReadonlyArray<{ readonly text: string; readonly url: string }>;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, above = [], actions, children }: PageProps) {
  const pageNav = [...above, { text: title }].reduce<NavModelItem | undefined>(
    (parentItem, page) => ({ ...page, ...(parentItem && { parentItem }) }),
    undefined,
  );
  return (
    <PluginPage
      pageNav={pageNav}
      actions={
        <Stack direction="row" gap={1} alignItems="center">
          <LiveBadge />
          {actions}
        </Stack>
      }
    >
      {children}
    </PluginPage>
  );
}
