// SPDX-License-Identifier: Apache-2.0
// The committed files are what the sources give; `npm run docs` (VIREO_UPDATE_DOCS=1) writes them anew.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildFiles } from './generated-files.ts';

const ROOT = join(__dirname, '../..');

describe('the generated files', () => {
  it.each([...buildFiles()])('%s is what its source gives', (path, text) => {
    const file = join(ROOT, path);
    if (process.env['VIREO_UPDATE_DOCS'] === '1') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'no such file').toBe(text);
  });
});
