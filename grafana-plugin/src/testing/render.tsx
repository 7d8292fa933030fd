// SPDX-License-Identifier: Apache-2.0
// Renders a page or a part of one as Grafana would: theme, location, store; and axe's opinion of it.

import { createTheme, ThemeContext } from '@grafana/data';
import { locationService, LocationServiceProvider } from '@grafana/runtime';
import { notifyManager } from '@tanstack/react-query';
import { act, render, type RenderResult } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import React, { type ReactNode } from 'react';
import { MemoryRouter, Route, Routes } from 'react-router-dom';
import { ApiProvider } from '../api/live';
import { createQueryClient } from '../api/queries';
import { ROOT } from '../urls';

// What a query brings is a change of the page like any other.
notifyManager.setNotifyFunction((notify) => act(notify));

/** What {@link renderAt} can be told. */
export interface RenderOptions {
  /** Where it is, by urls.ts. */
  readonly url?: string;
  readonly mode?: 'light' | 'dark';
  /** An event stream; without one nothing but asking renews. */
  readonly openEvents?: (address: string) => EventSource;
}

/** Renders `ui` at an address of the app, with nothing read yet. */
export function renderAt(ui: ReactNode, options: RenderOptions = {}): RenderResult & { user: UserEvent } {
  const { url = ROOT, mode = 'dark', openEvents = 'none' } = options;
  const client = createQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  const result = render(
    <ThemeContext.Provider value={createTheme({ colors: { mode } })}>
      <LocationServiceProvider service={locationService}>
        <MemoryRouter initialEntries={[url]} future={{ v7_relativeSplatPath: true, v7_startTransition: true }}>
          <ApiProvider client={client} openEvents={openEvents}>
            <Routes>
              <Route path={`${ROOT}/*`} element={ui} />
            </Routes>
          </ApiProvider>
        </MemoryRouter>
      </LocationServiceProvider>
    </ThemeContext.Provider>,
  );
  return { ...result, user: userEvent.setup() };
}

/** What axe objects to; colours can't be judged without a browser, and a part of a page has no landmarks. */
export async function accessibilityFaults(element: Element): Promise<string[]> {
  const { violations } = await axe.run(element, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
