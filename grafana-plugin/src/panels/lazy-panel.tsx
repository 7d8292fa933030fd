// SPDX-License-Identifier: Apache-2.0
// A panel as Grafana loads it: its options, and nothing of what it shows until it is shown. Texts come with the first panel
// that is shown, so options have theirs in English until then; their editor opens later.

import { PanelPlugin, type PanelOptionsEditorBuilder, type PanelProps } from '@grafana/data';
import React, { type ComponentType, lazy, Suspense } from 'react';
import { appPath } from './app-path';

/** Webpack's, from where it loads parts; what is assigned to it holds for this panel alone. */
declare let __webpack_public_path__: string;

/** `t` of @grafana/i18n, without what it would add to module.js. */
export type Translate = (key: string, english: string) => string;

/** Adds the options of a panel; asked again whenever they are edited. */
export type AddOptions<T> = (builder: PanelOptionsEditorBuilder<T>, t: Translate) => void;

/** The panel that `load` brings, with the options that `addOptions` tells. */
export function lazyPanel<T>(
  load: () => Promise<ComponentType<PanelProps<T>>>,
  addOptions: AddOptions<T>,
): PanelPlugin<T> {
  if (typeof __webpack_public_path__ === 'string') {
    __webpack_public_path__ = appPath(__webpack_public_path__);
  }
  let translate: Translate = (_key, english) => english;
  const Panel = lazy(async () => {
    const [texts, component] = await Promise.all([import('../i18n'), load()]);
    await texts.initPanelTranslations();
    translate = texts.translate;
    return { default: component };
  });
  return new PanelPlugin<T>((props) => (
    <Suspense fallback={null}>
      <Panel {...props} />
    </Suspense>
  )).setPanelOptions((builder) => addOptions(builder, translate));
}
