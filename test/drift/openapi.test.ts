// SPDX-License-Identifier: Apache-2.0
// docs/openapi.json is what the contract says; `npm run docs` (VIREO_UPDATE_DOCS=1) writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATIONS } from '../../exporter/src/contract/api-operations.ts';
import { buildOpenApi } from '../../exporter/src/contract/openapi.ts';

const ROOT = join(__dirname, '../..');
const FILE = join(ROOT, 'docs/openapi.json');
const { version } = JSON.parse(readFileSync(join(ROOT, 'exporter/package.json'), 'utf8')) as { version: string };

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

describe('docs/openapi.json', () => {
  it('is what the contract says', () => {
    const text = `${JSON.stringify(buildOpenApi(version), null, 2)}\n`;
    if (process.env['VIREO_UPDATE_DOCS'] === '1') writeFileSync(FILE, text);
    expect(readFileSync(FILE, 'utf8')).toBe(text);
  });

  it('has every operation under its own name, and refers to nothing that is not there', () => {
    const text = readFileSync(FILE, 'utf8');
    const document = JSON.parse(text) as Document;
    expect(document.openapi).toBe('3.1.0');
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId));
    expect(ids).toEqual(OPERATIONS.map((operation) => operation.id));
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...text.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
    expect([...text.matchAll(/"\$ref": "(?!#\/components\/schemas\/)/g)]).toEqual([]);
  });
});
