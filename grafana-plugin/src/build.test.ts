// SPDX-License-Identifier: Apache-2.0
// The built plugin, which `npm run build` must have made: small at the start, the rest in parts.

import { readFileSync, statSync } from 'fs';
import { join } from 'path';

const dist = (name: string) => join(__dirname, '..', 'dist', name);
/** Grafana loads module.js of every app that extends it, before anybody opens a page. */
const ENTRY_BYTES_MAX = 30_000;

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

  it('says what it is', () => {
    const { info } = JSON.parse(readFileSync(dist('plugin.json'), 'utf8')) as { info: { version: string } };
    const { version } = JSON.parse(readFileSync(dist('../package.json'), 'utf8')) as { version: string };
    expect(info.version).toBe(version);
  });
});
