// SPDX-License-Identifier: Apache-2.0
// What Grafana loads before anybody opens a page: as little as possible. Everything else, translations too, comes with
// the first page.

import { AppPlugin } from '@grafana/data';
import { lazy } from 'react';

const App = lazy(async () => {
  const [{ initTranslations }, { App: component }] = await Promise.all([import('./i18n'), import('./App')]);
  await initTranslations();
  return { default: component };
});

export const plugin = new AppPlugin().setRootPage(App);
