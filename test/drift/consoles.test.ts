// SPDX-License-Identifier: Apache-2.0
// docs/consoles.md and the page know every way a session ends, and no other. `npm run docs` (VIREO_UPDATE_DOCS=1) writes
// both anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSOLE_ENDS, CONSOLE_TICKET_SECONDS } from '../../exporter/src/contract/console.ts';
import type { ConsoleEndDoc } from '../../exporter/src/contract/console.ts';
import { PING_MS } from '../../exporter/src/http/console/web-socket-client.ts';
import { blockOf, table } from './generated-blocks.ts';

const ROOT = join(__dirname, '../..');
const PAGE = join(ROOT, 'docs/consoles.md');
const ENDS = join(ROOT, 'exporter/console-page/ends.js');

const ends = Object.entries<ConsoleEndDoc>(CONSOLE_ENDS);

describe('docs/consoles.md', () => {
  it('has a row for every way a session ends', () => {
    const rows = ends.map(([name, { code, meaning, advice }]) => [String(code), `\`${name}\``, meaning, advice]);
    const expected = table(['Code', 'In log and metrics', 'What happened', 'What to do'], rows);
    expect(blockOf(PAGE, 'ends', expected)).toBe(expected);
  });

  it('says how long a ticket works, and how often is pinged', () => {
    const text = readFileSync(PAGE, 'utf8');
    expect(text).toContain(`for ${String(CONSOLE_TICKET_SECONDS)} seconds`);
    expect(text).toContain(`pings every ${String(PING_MS / 1000)} seconds`);
  });

  it('gives no code to two ends', () => {
    expect(new Set(ends.map(([, { code }]) => code)).size).toBe(ends.length);
  });
});

describe('the page', () => {
  it('knows every way a session ends', () => {
    const rows = ends.map(
      ([, { code, meaning, advice }]) => `  ${String(code)}: ${JSON.stringify([meaning, advice])},\n`,
    );
    const expected = [
      '// SPDX-License-Identifier: Apache-2.0\n',
      '// Generated from exporter/src/contract/console.ts by npm run docs; do not edit.\n\n',
      '/** By close code: what the page says, and what to do. */\n',
      `export const ENDS = {\n${rows.join('')}};\n`,
    ].join('');
    if (process.env['VIREO_UPDATE_DOCS'] === '1') writeFileSync(ENDS, expected);
    expect(readFileSync(ENDS, 'utf8')).toBe(expected);
  });
});
