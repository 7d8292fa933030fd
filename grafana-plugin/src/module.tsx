// SPDX-License-Identifier: Apache-2.0
// What Grafana loads before anybody opens a page: as little as possible. Everything else, translations too, comes with
// the first page.

import { AppPlugin } from '@grafana/data';
import React, { lazy, Suspense } from 'react';
import { alertLink, paletteLinks, panelLink } from './extensions/links';
import type { ConfigPageProps } from './pages/config/ConfigPage';
import type { AppSettings } from './settings';

const App = lazy(async () => {
  const [{ initTranslations }, { App: component }] = await Promise.all([import('./i18n'), import('./App')]);
  await initTranslations();
  return { default: component };
});

const Configuration = lazy(async () => {
  const [{ initTranslations }, page] = await Promise.all([import('./i18n'), import('./pages/config/ConfigPage')]);
  await initTranslations();
  return { default: page.ConfigPage };
});

export const plugin = new AppPlugin<AppSettings>().setRootPage(App).addConfigPage({
  title: 'Configuration',
  id: 'configuration',
  icon: 'cog',
  // Grafana waits for no translations here, and shows nothing meanwhile.
  body: (props: ConfigPageProps) => (
    <Suspense fallback={null}>
      <Configuration {...props} />
    </Suspense>
  ),
});

plugin.addLink(panelLink).addLink(alertLink);
paletteLinks.forEach((link) => plugin.addLink(link));
