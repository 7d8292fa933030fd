// SPDX-License-Identifier: Apache-2.0
// The lines of docs/api.md, run as they stand there against the built exporter and a real domain.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiClient, tokenLine } from '../lab/api.ts';
import { startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(60_000);

const TOKEN = 'docs-token';
const PAGE = readFileSync(join(repositoryRoot(), 'docs', 'api.md'), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);

let lab: Lab;
let exporter: Exporter;
let uuid: string;

beforeAll(async () => {
  lab = await openLab();
  const libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, ['web-1']);
  uuid = (await libvirtd.virsh('domuuid', 'web-1')).trim();
  const token = tokenLine('docs', TOKEN, ['read', 'xml', 'power', 'console.view']);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\napi: { tokens: [${token}] }\n`,
  });
  await waitFor(async () => (await apiClient(exporter, TOKEN).get(`/hosts/lab/domains/${uuid}`)).status === 200, {
    what: 'the API knows the domain',
    deadlineMs: 30_000,
  });
}, 120_000);

afterAll(() => lab.close());

test('the page has lines to run', () => {
  expect(BLOCKS.length).toBeGreaterThanOrEqual(8);
});

test.each(BLOCKS)('runs: %s', async (block) => {
  const { stdout } = await promisify(execFile)('bash', ['-euc', block], {
    cwd: lab.directory,
    env: { ...process.env, VIREO: exporter.url, TOKEN, HOST: 'lab', UUID: uuid },
    timeout: 30_000,
  });
  if (!block.includes(' -o ')) expect(stdout.length).toBeGreaterThan(10);
});
