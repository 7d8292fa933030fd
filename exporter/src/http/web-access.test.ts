// SPDX-License-Identifier: Apache-2.0
// The web config file's say over the paths of the server, and a server that hostile clients cannot hold.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebConfigFile } from '../web/web-config-file.ts';
import { createHttpServer } from './server.ts';
import { apiOff } from './api/api.fixture.ts';
import type { HttpServer, Patience } from './server.ts';
import { NOW, hostSnapshot } from './snapshots.fixture.ts';

/** Of the password `secret`. */
const HASH = '$2y$04$3mDAyOvSnuOMwXobK3f37OrsxqHsHxuZ/l8GVqqEdvGMhukZJqxa.';
const GOOD = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` };
const silent = { debug: () => undefined, info: () => undefined, error: () => undefined };

let directory: string;
let file: WebConfigFile;
let server: HttpServer;
let url: string;
let port: number;
let refused: string[];

async function serve(yaml: string, patience?: Patience): Promise<void> {
  const path = join(directory, 'web.yml');
  writeFileSync(path, yaml);
  file = WebConfigFile.open(path, { logger: silent, lookIntervalMs: 20 });
  refused = [];
  server = createHttpServer(
    {
      web: file,
      onRefused: ({ method, reason }) => refused.push(`${method} ${reason}`),
      hosts: () => [hostSnapshot('kvm1')],
      metrics: () => Promise.resolve({ contentType: 'text/plain', body: Buffer.from('libvirt_up 1\n') }),
      api: apiOff(),
      version: '0.1.0',
      startedAt: NOW,
      logger: silent,
    },
    patience,
  );
  port = await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${String(port)}`;
}

async function ask(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, { headers });
  const text = await response.text();
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return { status: response.status, code, headers: response.headers };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-web-'));
});
afterEach(async () => {
  await server.close(0);
  file.close();
  rmSync(directory, { recursive: true });
});

describe('users', () => {
  it('are asked on every path but those of the API, which has tokens of its own', async () => {
    await serve(`basic_auth_users: { alice: "${HASH}" }`);
    for (const path of [
      '/',
      '/metrics',
      '/probe?target=kvm1',
      '/sd',
      '/-/healthy',
      '/-/ready',
      '/no',
      '/api/v12',
      '/consoles',
    ]) {
      const refused = await ask(path);
      expect(refused).toMatchObject({ status: 401, code: 'VIREO_WEB_CREDENTIALS' });
      expect(refused.headers.get('www-authenticate')).toBe('Basic realm="vireo", charset="UTF-8"');
      expect((await ask(path, GOOD)).status).not.toBe(401);
    }
    expect((await ask('/api/v1/hosts')).code).not.toBe('VIREO_WEB_CREDENTIALS');
    // The page of consoles has nothing secret in it, and a ticket opens one.
    expect((await ask('/console/')).status).toBe(200);
    expect((await ask('/api/v1/console')).code).toBe('VIREO_CONSOLE_UPGRADE');
    // Not the way around: what only looks like a path of the API.
    for (const path of [
      '/API/v1/../../metrics',
      '//api/v1/hosts',
      '/%61pi/v1',
      '/console/../metrics',
      '/console/%2e%2e/metrics',
      '/CONSOLE/',
    ]) {
      expect((await ask(path)).status).not.toBe(200);
    }
  });

  it('of a password that is wrong are not let in, and counted; so is who gives none', async () => {
    await serve(`basic_auth_users: { alice: "${HASH}" }`);
    for (const pair of ['alice:Secret', 'bob:secret', ':', 'alice']) {
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
      expect((await ask('/metrics', { authorization })).status).toBe(401);
    }
    expect(refused).toEqual(Array.from({ length: 4 }, () => 'password wrong'));
    await ask('/metrics');
    expect(refused.at(-1)).toBe('password missing');
    await ask('/metrics', GOOD);
    expect(refused).toHaveLength(5);
  });

  it('are let in no more when the file is broken, nor anybody else', async () => {
    await serve(`basic_auth_users: { alice: "${HASH}" }`);
    expect((await ask('/metrics', GOOD)).status).toBe(200);
    writeFileSync(join(directory, 'web.yml'), 'basic_auth_users: [');
    while ((await ask('/metrics', GOOD)).status === 200) await sleep(5);
    for (const path of ['/metrics', '/-/healthy', '/api/v1/hosts']) {
      expect(await ask(path, GOOD)).toMatchObject({ status: 500, code: 'VIREO_WEB_CONFIG' });
    }
  });
});

describe('the rest of the file', () => {
  it('adds headers to every answer, in place of our own', async () => {
    await serve(
      'http_server_config: { headers: { X-Frame-Options: sameorigin, Strict-Transport-Security: max-age=1 } }',
    );
    const { headers } = await ask('/metrics');
    expect([headers.get('x-frame-options'), headers.get('strict-transport-security')]).toEqual([
      'sameorigin',
      'max-age=1',
    ]);
  });

  it('limits the rate of all clients together', async () => {
    await serve('rate_limit: { interval: 1h, burst: 2 }');
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask('/metrics')).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a client that is slow on purpose', () => {
  it.each([
    ['says nothing', ''],
    ['sends its headers bit by bit', 'GET /metrics HTTP/1.1\r\nHost: x\r\n'],
  ])('and %s is cut off, while others are served', async (_, beginning) => {
    await serve('', { headersMs: 500, requestMs: 1000, idleMs: 5000, lookMs: 50 });
    const slow = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
    const gone = slow.map((socket) => once(socket.on('error', () => undefined).resume(), 'close'));
    for (const socket of slow) socket.write(beginning);
    const drip = setInterval(() => {
      for (const socket of slow) if (beginning !== '' && !socket.destroyed) socket.write('X-A: b\r\n');
    }, 30);
    const startedAt = performance.now();
    expect((await ask('/metrics')).status).toBe(200);
    await Promise.all(gone);
    clearInterval(drip);
    expect(performance.now() - startedAt).toBeLessThan(4500);
  });
});
