// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import type { PageRequest } from '../metrics/metrics-page.ts';
import { apiOff } from './api/api.fixture.ts';
import type { HttpDeps } from './deps.ts';
import { SCRAPE_LIMITS } from './scrape-answers.ts';
import { createHttpServer } from './server.ts';
import type { HttpServer } from './server.ts';
import { NOW, hostSnapshot, lost } from './snapshots.fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const LOCAL = { host: '127.0.0.1', port: 0 };
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

let server: HttpServer;
let port: number;
let hosts: HostSnapshot[];
let asked: PageRequest[];
let lines: { level: string; fields: Record<string, unknown> }[];
let metrics: HttpDeps['metrics'];

beforeEach(async () => {
  hosts = [hostSnapshot('kvm1'), hostSnapshot('esx 2/ü')];
  asked = [];
  lines = [];
  metrics = (request) => {
    asked.push(request);
    return Promise.resolve({ contentType: TEXT, body: Buffer.from('libvirt_up{host="kvm1"} 1\n') });
  };
  const log = (level: string) => (fields: object) => {
    lines.push({ level, fields: { ...fields } });
  };
  server = createHttpServer({
    hosts: () => hosts,
    metrics: (request) => metrics(request),
    api: apiOff(),
    version: '0.1.0',
    startedAt: NOW,
    logger: { debug: log('debug'), info: log('info'), error: log('error') },
  });
  port = await server.listen(LOCAL);
});
afterEach(async () => {
  await server.close(0);
});

function ask(path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

async function problem(
  path: string,
  options: RequestOptions = {},
): Promise<Record<string, unknown> & { headers: IncomingHttpHeaders }> {
  const { status, headers, body } = await ask(path, options);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const parsed = JSON.parse(body) as Record<string, unknown>;
  expect(parsed['status']).toBe(status);
  expect(parsed['requestId']).toBe(headers['x-request-id']);
  return { ...parsed, headers };
}

describe('GET /runbooks/NAME', () => {
  it('is the page of an alert, as text', async () => {
    const { status, headers, body } = await ask('/runbooks/LibvirtHostLost');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(body).toMatch(/^# LibvirtHostLost\n/);
  });

  it.each(['NoSuchAlert', '..%2f..%2fpackage', '%2e%2e', 'LibvirtHostLost.md'])('has nothing at %s', async (name) => {
    expect((await ask(`/runbooks/${name}`)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('GET /metrics', () => {
  it('serves the page as it is made, for all hosts', async () => {
    const { status, headers, body } = await ask('/metrics');
    expect([status, headers['content-type'], body]).toEqual([200, TEXT, 'libvirt_up{host="kvm1"} 1\n']);
    expect(headers.vary).toBe('Accept, Accept-Encoding');
    expect(headers['content-length']).toBe(String(body.length));
    expect(asked).toEqual([{}]);
  });

  it('passes on the host and the encodings the client takes', async () => {
    const body = gzipSync('x 1\n');
    metrics = (request) => {
      asked.push(request);
      return Promise.resolve({ contentType: TEXT, contentEncoding: 'gzip', body });
    };
    const { headers } = await ask(`/metrics?host=${encodeURIComponent('esx 2/ü')}`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers['content-length']).toBe(String(body.length));
    expect(asked).toEqual([{ host: 'esx 2/ü', acceptEncoding: 'gzip' }]);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { status, headers, body } = await ask('/metrics', { method: 'HEAD' });
    expect([status, headers['content-type'], headers['content-length'], body]).toEqual([200, TEXT, '26', '']);
  });

  it('refuses a host that is not configured, and says which was meant', async () => {
    expect(await problem('/metrics?host=kvm')).toMatchObject({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'VIREO_HOST_UNKNOWN',
      detail: 'no host is called "kvm"; did you mean "kvm1"?',
    });
    expect(await problem('/metrics?host=qemu:///system')).toMatchObject({ code: 'VIREO_HOST_UNKNOWN' });
    expect(await problem('/metrics?host=__proto__')).toMatchObject({ code: 'VIREO_HOST_UNKNOWN' });
    expect(asked).toEqual([]);
  });

  it('refuses two hosts', async () => {
    expect(await problem('/metrics?host=kvm1&host=kvm2')).toMatchObject({
      status: 400,
      code: 'VIREO_HTTP_BAD_REQUEST',
    });
  });

  it('answers a fault of ours with 500, tells nothing of it, and logs it once', async () => {
    metrics = () => Promise.reject(new Error('password hunter2'));
    const answer = await problem('/metrics');
    expect(answer).toMatchObject({ status: 500, code: 'VIREO_INTERNAL' });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    const errors = lines.filter((line) => line.level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.fields).toMatchObject({ event: 'http.error', requestId: answer['requestId'], path: '/metrics' });
  });

  it('answers 503 beyond the scrapes it serves at once, and serves again when they are over', async () => {
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    metrics = async (request) => {
      asked.push(request);
      await gate;
      return { contentType: TEXT, body: Buffer.from('x 1\n') };
    };
    const waiting = Array.from({ length: SCRAPE_LIMITS.answers }, () => ask('/metrics'));
    while (asked.length < SCRAPE_LIMITS.answers) await sleep(5);
    const refused = await problem('/metrics');
    expect(refused).toMatchObject({ status: 503, code: 'VIREO_BUSY' });
    expect(refused.headers['retry-after']).toBe('1');
    finish();
    const answers = await Promise.all(waiting);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect((await ask('/metrics')).status).toBe(200);
  });

  it('counts a scraper that went away no longer', async () => {
    metrics = () => new Promise(() => undefined);
    const sockets = Array.from({ length: SCRAPE_LIMITS.answers }, () => connect(port, '127.0.0.1'));
    for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    while ((await ask('/metrics', { timeout: 100 }).catch(() => ({ status: 0 }))).status !== 503) await sleep(5);
    for (const socket of sockets) socket.destroy();
    metrics = () => Promise.resolve({ contentType: TEXT, body: Buffer.from('x 1\n') });
    while ((await ask('/metrics')).status !== 200) await sleep(5);
  });
});

describe('health', () => {
  it('is 200 while the process runs, whatever the hosts do', async () => {
    hosts = [hostSnapshot('kvm1', { state: lost('LV_TIMEOUT', 'x') })];
    expect(await ask('/-/healthy')).toMatchObject({ status: 200, body: 'Vireo is healthy.\n' });
  });

  it('is ready once the first attempt of every host is decided, lost or up', async () => {
    hosts = [hostSnapshot('kvm1', { state: { kind: 'connecting', since: NOW } }), hostSnapshot('kvm2')];
    expect(await problem('/-/ready')).toMatchObject({
      status: 503,
      code: 'VIREO_NOT_READY',
      detail: 'first connection not decided yet: kvm1',
    });
    hosts = [hostSnapshot('kvm1', { state: lost('LV_CONN_REFUSED', 'x') }), hostSnapshot('kvm2')];
    expect(await ask('/-/ready')).toMatchObject({ status: 200, body: 'Vireo is ready.\n' });
    hosts = [];
    expect((await ask('/-/ready')).status).toBe(200);
  });

  it('names only some of many hosts it waits for', async () => {
    hosts = Array.from({ length: 25 }, (_, i) =>
      hostSnapshot(`h${String(i)}`, { state: { kind: 'connecting', since: NOW } }),
    );
    expect((await problem('/-/ready'))['detail']).toMatch(/h0, h1, .*h19 and 5 more$/);
  });
});

describe('every answer', () => {
  it.each(['/', '/metrics', '/-/healthy', '/nowhere'])('may not be framed, sniffed or kept: %s', async (path) => {
    const { headers } = await ask(path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
  });

  it('of / allows its own style sheet and nothing else', async () => {
    const { headers, body } = await ask('/');
    const style = /<style>([^]*?)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).not.toMatch(/<script|style=|onload=|https?:/);
  });

  it('is logged at level debug with an id of its own', async () => {
    const first = await ask('/-/healthy?token=hunter2');
    await ask('/nowhere');
    while (lines.length < 2) await sleep(2);
    expect(lines[0]).toMatchObject({
      level: 'debug',
      fields: { event: 'http.request', method: 'GET', path: '/-/healthy', status: 200, finished: true },
    });
    expect(lines[0]?.fields['requestId']).toBe(first.headers['x-request-id']);
    expect(lines[1]).toMatchObject({ level: 'debug', fields: { status: 404 } });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('what is not there', () => {
  it('is a 404 problem, or text for a browser', async () => {
    expect(await problem('/nowhere')).toMatchObject({ status: 404, code: 'VIREO_HTTP_NOT_FOUND' });
    const page = await ask('/nowhere', { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.headers['content-type']).toMatch(/^text\/plain/);
    expect(page.body).toMatch(/^404 Not Found\n\nthere is nothing at \/nowhere\n[^]*VIREO_HTTP_NOT_FOUND/);
  });

  it.each(['/', '/metrics', '/-/healthy', '/-/ready'])('takes no other method: %s', async (path) => {
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      const answer = await problem(path, { method });
      expect(answer).toMatchObject({ status: 405, code: 'VIREO_HTTP_METHOD' });
      expect(answer.headers.allow).toBe('GET, HEAD');
    }
  });
});

describe('listening', () => {
  it('serves several addresses', async () => {
    const second = await server.listen(LOCAL);
    expect(second).not.toBe(port);
    expect((await ask('/-/healthy', { port: second })).status).toBe(200);
  });

  it('says what is wrong with a taken address', async () => {
    await expect(server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'VIREO_LISTEN',
      message: `listen failed: 127.0.0.1:${String(port)}: the address is taken; stop what uses it or choose another with --web.listen-address`,
    });
  });
});

describe('closing', () => {
  it('ends idle connections, lets an answer under way finish, and takes no more', async () => {
    const agent = new Agent({ keepAlive: true });
    await ask('/-/healthy', { agent });
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    metrics = async (request) => {
      asked.push(request);
      await gate;
      return { contentType: TEXT, body: Buffer.from('late 1\n') };
    };
    const slow = ask('/metrics', { agent: new Agent({ keepAlive: true }) });
    while (asked.length === 0) await sleep(2);
    const closed = server.close(10_000);
    await expect(ask('/-/healthy')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish();
    expect((await slow).body).toBe('late 1\n');
    await closed;
    agent.destroy();
  });

  it('cuts off what is not over by the deadline', async () => {
    metrics = (request) => {
      asked.push(request);
      return new Promise(() => undefined);
    };
    const stuck = ask('/metrics');
    const cut = expect(stuck).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (asked.length === 0) await sleep(2);
    await server.close(20);
    await cut;
  });

  it('does not wait for a client that never sends its request', async () => {
    const mute = connect(port, '127.0.0.1');
    await once(mute, 'connect');
    mute.write('GET / HTTP/1.1\r\n');
    const gone = once(mute, 'close');
    await server.close(20);
    await gone;
  });
});
