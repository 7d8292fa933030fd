// SPDX-License-Identifier: Apache-2.0
// The built plugin, which `npm run build` must have made: small at the start, the rest in parts.

import { readdirSync, readFileSync, statSync } from 'fs';
import { join } from 'path';

const dist = (name: string) => join(__dirname, '..', 'dist', name);
/** Grafana loads module.js of every app that extends it, before anybody opens a page. */
const ENTRY_BYTES_MAX = 30_000;
/** Of a panel: its options, and from where the rest comes. */
const PANEL_BYTES_MAX = 10_000;

describe('the build', () => {
  it('has a small entry, with a source map', () => {
    expect(statSync(dist('module.js')).size).toBeLessThan(ENTRY_BYTES_MAX);
    expect(statSync(dist('module.js.map')).size).toBeGreaterThan(0);
  });

  it('loads neither the contract nor the pages with the entry', () => {
    const { sources } = JSON.parse(readFileSync(dist('module.js.map'), 'utf8')) as { sources: string[] };
    const own = sources.filter((source) => source.includes('/./') || source.includes('/../'));
    expect(own.map((source) => source.replace(/^webpack:\/\/[^/]+\//, '')).sort()).toEqual([
      './constants.ts',
      './extensions/links.ts',
      './module.tsx',
      './node_modules/grafana-public-path.js',
      './urls.ts',
    ]);
  });

  it.each(readdirSync(dist('panels')))('has a small entry for the panel %s, beside its logo', (name) => {
    const entry = readFileSync(dist(`panels/${name}/module.js`), 'utf8');
    expect(entry.length).toBeLessThan(PANEL_BYTES_MAX);
    const { sources } = JSON.parse(readFileSync(dist(`panels/${name}/module.js.map`), 'utf8')) as { sources: string[] };
    expect(sources.filter((source) => /node_modules\/(?!grafana-public-path)|exporter\/src/.test(source))).toEqual([]);
    expect(statSync(dist(`panels/${name}/img/logo.svg`)).size).toBeGreaterThan(0);
  });

  it('says what it is', () => {
    const { info } = JSON.parse(readFileSync(dist('plugin.json'), 'utf8')) as { info: { version: string } };
    const { version } = JSON.parse(readFileSync(dist('../package.json'), 'utf8')) as { version: string };
    expect(info.version).toBe(version);
  });
});
