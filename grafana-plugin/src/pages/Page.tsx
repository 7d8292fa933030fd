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
  /** Where this is, and what is above it. */
  readonly parent?: { readonly text: string; readonly url: string };
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, parent, actions, children }: PageProps) {
  const pageNav: NavModelItem = {
    text: title,
    ...(parent && { parentItem: parent }),
  };
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
