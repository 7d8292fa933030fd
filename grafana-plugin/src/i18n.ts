// SPDX-License-Identifier: Apache-2.0
// Texts: `t` and `<Trans>` of @grafana/i18n with their English default in the source; src/locales has the languages.

import { initPluginTranslations } from '@grafana/i18n';
import { PLUGIN_ID } from './constants';

/** Must have ended before the first text is asked for: awaited in the lazy factories of pages. */
export async function initTranslations(): Promise<void> {
  await initPluginTranslations(PLUGIN_ID);
}

/** Texts by language; English is in the source. */
export const TEXTS: Readonly<Record<string, () => Promise<object>>> = {
  'zh-Hans': async () => (await import('./locales/zh-Hans/vireo-libvirt-app.json')).default,
};

/** The same for panels: Grafana brings the texts of the app with its pages only, which nobody may have opened. */
export async function initPanelTranslations(): Promise<void> {
  await initPluginTranslations(PLUGIN_ID, [async (language) => ({ ...(await TEXTS[language]?.()) })]);
}

/** For those that get it late. */
export { t as translate } from '@grafana/i18n';
