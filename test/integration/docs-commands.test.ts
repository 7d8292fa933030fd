// SPDX-License-Identifier: Apache-2.0
// The shell blocks marked `sh run` of all pages, run as they stand there: first those of docs/install.md that pack and
// install the program, then the others against the program that came of it, which watches the simulated fleet and a lost
// host. test/drift/pages.test.ts reads the rest.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allPages, blocksOf } from '../drift/markdown.ts';
import { tokenLine } from '../lab/api.ts';
import { scrape } from '../lab/exporter.ts';
import { freePort, openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keepOutput, secret } from '../lab/planted.ts';
import { start } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

/** The address that the pages name. */
const ADDRESS = 'http://127.0.0.1:9177';
const BLOCKS = allPages().flatMap(blocksOf);
const RUN = BLOCKS.filter(({ info }) => info === 'sh run').map((block) => ({
  at: `${block.page}:${String(block.line)}`,
  ...block,
}));
const INSTALLING = RUN.filter(({ text }) => /^npm |\nnpm /.test(text));
const ASKING = RUN.filter((block) => !INSTALLING.includes(block));

let lab: Lab;
/** What is the home of whoever follows the pages. */
let home: string;
let url: string;

beforeAll(async () => {
  lab = await openLab();
  home = join(lab.directory, 'home');
  await seedVersions(join(home, 'vireo'));
  for (const { text } of INSTALLING) await run(text);
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  const lost = `{ name: lost, uri: 'qemu+tcp://127.0.0.1:${String(await freePort())}/system' }`;
  const token = tokenLine('docs', secret('API token of docs/api.md'), ['read']);
  const config = join(home, 'vireo.yml');
  await writeFile(config, `hosts: [${lost}]\napi: { tokens: [${token}] }\n`);
  const program = join(home, 'vireo/node_modules/.bin/vireo');
  const vireo = start(lab, program, ['--demo', `--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`]);
  await waitFor(async () => (vireo.hasExited ? 'exited' : (await fetch(`${url}/-/ready`)).ok), {
    what: 'the installed program is ready',
    deadlineMs: 30_000,
  });
  if (vireo.hasExited) throw new Error(`the installed program ended at once:\n${vireo.output()}`);
}, 120_000);

afterAll(() => lab.close());

/**
 * Lets npm find in a directory the versions of the repository's own lock file, whose packages `npm ci` left in npm's
 * cache: with them it need not ask the registry. What the two packages do not need, it leaves out.
 */
async function seedVersions(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const lock = JSON.parse(readFileSync(join(repositoryRoot(), 'package-lock.json'), 'utf8')) as {
    readonly lockfileVersion: number;
    readonly packages: Readonly<Record<string, { readonly link?: boolean }>>;
  };
  const installed = Object.entries(lock.packages).filter(
    ([path, { link }]) => path.startsWith('node_modules/') && link !== true,
  );
  const packages = { '': {}, ...Object.fromEntries(installed) };
  await writeFile(join(directory, 'package.json'), '{}');
  await writeFile(
    join(directory, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: lock.lockfileVersion, packages }),
  );
}

async function run(block: string): Promise<string> {
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${join(home, 'vireo/node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    // Where npm looks otherwise is below the home.
    npm_config_cache: process.env['npm_config_cache'] ?? join(homedir(), '.npm'),
    npm_config_userconfig: process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    // Packing would build, and it is built.
    npm_config_ignore_scripts: 'true',
  };
  const text = block.replaceAll(ADDRESS, url);
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], {
    cwd: repositoryRoot(),
    env,
    timeout: 60_000,
  });
  keepOutput('answers-docs', stdout + stderr);
  return stdout;
}

/** The files of an installed package. */
function filesOf(name: string): string[] {
  return readdirSync(join(home, 'vireo/node_modules', name), { recursive: true, encoding: 'utf8' });
}

describe('the packages', () => {
  it.each(['@vireo/libvirt', '@vireo/exporter'])('%s brings its licence and README, and no tests', (name) => {
    const files = filesOf(name);
    expect(files).toEqual(expect.arrayContaining(['package.json', 'LICENSE', 'README.md']));
    expect(files.filter((file) => /\.(test|test-support|fixture)\.|testdata|\.map$|^src/.test(file))).toEqual([]);
    const licence = readFileSync(join(home, 'vireo/node_modules', name, 'LICENSE'), 'utf8');
    expect(licence).toBe(readFileSync(join(repositoryRoot(), 'LICENSE'), 'utf8'));
  });

  it('have a program that watches, and shows a console page with the libraries it needs', async () => {
    const page = await scrape(`${url}/metrics`);
    expect(page.all('libvirt_up').map(({ value }) => value)).toEqual(expect.arrayContaining([0, 1]));
    for (const path of [
      '/console/',
      '/console/console.js',
      '/console/novnc/core/rfb.js',
      '/console/xterm/lib/xterm.js',
    ]) {
      const response = await fetch(url + path);
      await response.arrayBuffer();
      expect([path, response.status]).toEqual([path, 200]);
    }
  });

  it('have doors for programs', async () => {
    const program = `
      import { METRIC_FAMILIES } from '@vireo/exporter/contract';
      import { connect } from '@vireo/libvirt';
      import { startDemoFleet } from '@vireo/libvirt/testing';
      console.log(METRIC_FAMILIES.length > 100, typeof connect, typeof startDemoFleet);`;
    await writeFile(join(home, 'vireo/doors.mjs'), program);
    const output = await run('node "$HOME/vireo/doors.mjs"');
    expect(output).toBe('true function function\n');
  });
});

describe('the pages', () => {
  it('have lines to run', () => {
    expect(INSTALLING.map(({ page }) => page)).toEqual(['docs/install.md', 'docs/install.md']);
    expect(new Set(ASKING.map(({ page }) => page))).toEqual(
      new Set(['docs/install.md', 'docs/security.md', 'docs/sizing.md', 'docs/troubleshooting.md']),
    );
  });

  it.each(ASKING)('run at $at', async ({ text }) => {
    expect((await run(text)).length).toBeGreaterThan(0);
  });

  it('say why a host is lost, and which token is missing, as docs/troubleshooting.md has it', async () => {
    const troubles = ASKING.filter(({ page }) => page === 'docs/troubleshooting.md').map(({ text }) => run(text));
    const output = (await Promise.all(troubles)).join('');
    expect(output).toMatch(/^libvirt_up\{host="lost"\} 0$/m);
    expect(output).toMatch(/^vireo_host_connection_error_info\{host="lost",code="LV_CONN_REFUSED"\} 1$/m);
    expect(output).toContain('VIREO_AUTH_MISSING');
  });

  it('have queries that Prometheus can read', async () => {
    const queries = BLOCKS.filter(({ info }) => info === 'promql');
    expect(queries.length).toBeGreaterThan(5);
    const rules = queries.map(({ text }, i) => ({ record: `docs:${String(i)}`, expr: text }));
    const file = join(home, 'queries.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'docs', rules }] }));
    expect(await run(`promtool check rules "${file}"`)).toContain(`${String(queries.length)} rules found`);
  });
});
