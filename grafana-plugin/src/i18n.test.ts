// SPDX-License-Identifier: Apache-2.0
// Panels bring their texts themselves, in every language of the app.

import i18next from 'i18next';
import { initPanelTranslations, TEXTS, translate } from './i18n';
import pluginJson from './plugin.json';

it('panels have texts in every language of plugin.json', () => {
  expect(['en-US', ...Object.keys(TEXTS)]).toEqual(pluginJson.languages);
});

it('panels speak the language of Grafana, of which only Grafana’s own texts are there', async () => {
  await i18next.init({ lng: 'zh-Hans', resources: { 'zh-Hans': { grafana: { some: 'text' } } } });
  await initPanelTranslations();
  expect(translate('panel.nothing', 'No domain is named')).toBe('没有指定域');
});
