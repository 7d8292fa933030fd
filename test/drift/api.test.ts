// SPDX-License-Identifier: Apache-2.0
// The tables of docs/api.md follow from the contract; `npm run docs` (VIREO_UPDATE_DOCS=1) writes them anew.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ACTIONS } from '../../exporter/src/contract/actions.ts';
import { changeEvent, taskEvent } from '../../exporter/src/contract/api.ts';
import { OPERATIONS } from '../../exporter/src/contract/api-operations.ts';
import { PRIVILEGE_DOCS } from '../../exporter/src/contract/privileges.ts';
import { EVENTS_KEPT } from '../../exporter/src/http/api/event-feed.ts';
import { HEARTBEAT_MS } from '../../exporter/src/http/api/event-stream.ts';
import { blockOf, table } from './generated-blocks.ts';

const PAGE = join(__dirname, '../../docs/api.md');
const text = (): string => readFileSync(PAGE, 'utf8');

/** The values a property's `type` can have in a schema that is an object or a choice of objects. */
function typesOf(schema: z.ZodType): string[] {
  const json = JSON.stringify(z.toJSONSchema(schema));
  return [...json.matchAll(/"properties":\{"type":\{"type":"string","const":"([\w.]+)"/g)].map(([, type = '']) => type);
}

describe('docs/api.md', () => {
  it('has a row for every privilege', () => {
    const rows = Object.entries(PRIVILEGE_DOCS).map(([name, { meaning }]) => [`\`${name}\``, meaning]);
    const expected = table(['Privilege', 'Allows'], rows);
    expect(blockOf(PAGE, 'privileges', expected)).toBe(expected);
  });

  it('has a row for every operation', () => {
    const rows = OPERATIONS.map(({ method, path, privilege, summary, query }) => [
      `\`${method.toUpperCase()} ${path}\``,
      summary,
      privilege === undefined ? '' : `\`${privilege}\``,
      Object.keys(query?.shape ?? {})
        .map((name) => `\`${name}\``)
        .join(' '),
    ]);
    const expected = table(['Path below /api/v1', 'What', 'Privilege', 'Query'], rows);
    expect(blockOf(PAGE, 'operations', expected)).toBe(expected);
  });

  it('has a row for every action', () => {
    const rows = Object.entries(ACTIONS).map(([id, { privilege, deadlineSeconds, options, help }]) => {
      const { properties = {} } = z.toJSONSchema(options, { io: 'input' });
      const names = Object.keys(properties).map((name) => `\`${name}\``);
      return [`\`${id}\``, `\`${privilege}\``, `${String(deadlineSeconds)} s`, names.join(' '), help];
    });
    const expected = table(['Action', 'Privilege', 'Deadline', 'Options', 'What it does'], rows);
    expect(blockOf(PAGE, 'actions', expected)).toBe(expected);
  });

  it('names every event, how many are kept, and the heartbeat', () => {
    const types = [...typesOf(changeEvent), ...typesOf(taskEvent)];
    expect(types.length).toBe(11);
    for (const type of [...types, 'ready', 'reset', 'dropped']) expect(text()).toContain(`\`${type}\``);
    expect(text()).toContain(`the last ${EVENTS_KEPT.toLocaleString('en')} events`);
    expect(text()).toContain(`every ${String(HEARTBEAT_MS / 1000)} seconds`);
  });
});
