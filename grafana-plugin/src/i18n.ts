// SPDX-License-Identifier: Apache-2.0
// Texts: `t` and `<Trans>` of @grafana/i18n with their English default in the source; src/locales has the languages.

import { initPluginTranslations } from '@grafana/i18n';
import { PLUGIN_ID } from './constants';

/** Must have ended before the first text is asked for: awaited in the lazy factories of pages and panels. */
export async function initTranslations(): Promise<void> {
  await initPluginTranslations(PLUGIN_ID);
}
