// SPDX-License-Identifier: Apache-2.0
// The lines of docs/api.md and of the README's "Act on domains", run as they stand there against the built exporter and a
// real domain.
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
import { keepOutput, secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const TOKEN = secret('API token of docs/api.md');
const BLOCKS = blocksOf('docs/api.md');
const README_BLOCKS = blocksOf('README.md');
/** The host and the address that README's lines name. */
const README_HOST = 'kvm1';
const README_ADDRESS = 'http://127.0.0.1:9177';

function blocksOf(page: string): string[] {
  const text = readFileSync(join(repositoryRoot(), page), 'utf8');
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
}

let lab: Lab;
let exporter: Exporter;
/** Of the domain that docs/api.md acts on, and of README's. */
let uuid: string;
let readmeUuid: string;

beforeAll(async () => {
  lab = await openLab();
  const libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, ['web-1', 'web-2']);
  uuid = (await libvirtd.virsh('domuuid', 'web-1')).trim();
  readmeUuid = (await libvirtd.virsh('domuuid', 'web-2')).trim();
  const token = tokenLine('docs', TOKEN, ['read', 'xml', 'power', 'console.view']);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: ${README_HOST}, uri: '${libvirtd.uri}' }]\napi: { tokens: [${token}] }\n`,
  });
  await waitFor(
    async () => (await apiClient(exporter, TOKEN).get(`/hosts/${README_HOST}/domains/${uuid}`)).status === 200,
    {
      what: 'the API knows the domain',
      deadlineMs: 30_000,
    },
  );
}, 120_000);

afterAll(() => lab.close());

async function run(block: string, domain: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euc', block], {
    cwd: lab.directory,
    env: { ...process.env, VIREO: exporter.url, TOKEN, HOST: README_HOST, UUID: domain },
    timeout: 30_000,
  });
  keepOutput('answers-docs', stdout + stderr);
  return stdout;
}

test('the pages have lines to run', () => {
  expect(BLOCKS.length).toBeGreaterThanOrEqual(8);
  expect(README_BLOCKS).toHaveLength(1);
});

test.each(BLOCKS)('runs: %s', async (block) => {
  const output = await run(block, uuid);
  if (!block.includes(' -o ')) expect(output.length).toBeGreaterThan(10);
});

test.each(README_BLOCKS)('begins a task, as the README says: %s', async (block) => {
  expect(block).toContain(README_ADDRESS);
  const task = JSON.parse(await run(block.replace(README_ADDRESS, exporter.url), readmeUuid)) as Record<
    string,
    unknown
  >;
  expect(task).toMatchObject({ action: 'shutdown', host: README_HOST, uuid: readmeUuid });
  expect(task).toHaveProperty('id');
});
