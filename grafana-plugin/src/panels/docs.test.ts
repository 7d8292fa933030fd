// SPDX-License-Identifier: Apache-2.0
// docs/grafana-panels.md has every option of every panel. `VIREO_UPDATE_DOCS=1 npx jest src/panels/docs` writes its tables.

import { PanelOptionsEditorBuilder } from '@grafana/data';
import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import '../testing/panel';
import { addOptions as domainActions } from './domain-actions/options';
import actionsJson from './domain-actions/plugin.json';
import { addOptions as domainConsole } from './domain-console/options';
import consoleJson from './domain-console/plugin.json';
import { addOptions as domainXml } from './domain-xml/options';
import xmlJson from './domain-xml/plugin.json';
import { addOptions as hostXml } from './host-xml/options';
import hostJson from './host-xml/plugin.json';
import type { AddOptions } from './lazy-panel';

const PAGE = join(__dirname, '../../../docs/grafana-panels.md');

/** What its builder has, as a table of the page. */
function tableOf<T>(addOptions: AddOptions<T>): string {
  const builder = new PanelOptionsEditorBuilder<T>();
  addOptions(builder, (_key, english) => english);
  const rows = builder
    .getItems()
    .map(({ path, name, description, defaultValue }) => [
      name,
      `\`${path}\``,
      defaultValue === '' ? '' : `\`${JSON.stringify(defaultValue).replaceAll('"', '')}\``,
      description ?? '',
    ]);
  const lines = [['Option', 'In JSON', 'Default', 'What it does'], ['---', '---', '---', '---'], ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

test.each([
  { ...actionsJson, expected: tableOf(domainActions) },
  { ...xmlJson, expected: tableOf(domainXml) },
  { ...consoleJson, expected: tableOf(domainConsole) },
  { ...hostJson, expected: tableOf(hostXml) },
])('the page has the options of $id, and each is explained', ({ id, name, expected }) => {
  const text = readFileSync(PAGE, 'utf8');
  const [begin, end] = [`<!-- begin ${id} -->\n`, `<!-- end ${id} -->`];
  expect(text).toContain(`### ${name}\n\n<!-- prettier-ignore-start -->\n${begin}`);
  const start = text.indexOf(begin) + begin.length;
  if (process.env['VIREO_UPDATE_DOCS'] === '1') {
    writeFileSync(PAGE, text.slice(0, start) + expected + text.slice(text.indexOf(end)));
  } else {
    expect(text.slice(start, text.indexOf(end))).toBe(expected);
  }
  expect(expected).not.toMatch(/\| +\|$/m);
});
