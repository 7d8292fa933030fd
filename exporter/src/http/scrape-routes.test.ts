// SPDX-License-Identifier: Apache-2.0
// /probe, /sd, and the parts of a page, over a real server.

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { METRIC_GROUPS } from '../contract/groups.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import type { PageRequest } from '../metrics/metrics-page.ts';
import { createApp } from './app.ts';
import { apiOff } from './api/api.fixture.ts';
import type { HttpDeps } from './deps.ts';
import { errorMiddleware } from './error-middleware.ts';
import { scrapeAnswers } from './scrape-answers.ts';
import type { ScrapeLimits } from './scrape-answers.ts';
import { NOW, hostSnapshot, lost } from './snapshots.fixture.ts';

const silent = { debug: () => undefined, info: () => undefined, error: () => undefined };

let hosts: HostSnapshot[];
let asked: PageRequest[];
let page: Buffer;
let close: () => Promise<void>;
let port: number;

const deps: HttpDeps = {
  hosts: () => hosts,
  metrics: (request) => {
    asked.push(request);
    return Promise.resolve({ contentType: 'text/plain', body: page });
  },
  api: apiOff(),
  version: '0.1.0',
  startedAt: NOW,
  logger: silent,
};

async function serve(app: express.Express): Promise<void> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

beforeEach(async () => {
  hosts = [hostSnapshot('kvm1'), hostSnapshot('esx 2/ü', { state: lost('LV_TIMEOUT', 'x') })];
  asked = [];
  page = Buffer.from('libvirt_up 1\n');
  await serve(createApp(deps, new AbortController().signal, undefined));
});
afterEach(() => close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: unknown;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        const isJson = (response.headers['content-type'] ?? '').includes('json') && body !== '';
        const json: unknown = isJson ? JSON.parse(body) : body;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

describe('/probe', () => {
  it('gives one configured host by its name', async () => {
    expect((await ask(`/probe?target=${encodeURIComponent('esx 2/ü')}`)).status).toBe(200);
    expect((await ask('/probe?target=kvm1', {}, 'HEAD')).status).toBe(200);
    expect(asked).toEqual([{ host: 'esx 2/ü' }, { host: 'kvm1' }]);
  });

  it.each(['qemu:///system', 'qemu+ssh://root@kvm1/system', 'http://169.254.169.254/', 'test:/default'])(
    'refuses a URI, and says why: %s',
    async (uri) => {
      expect(await ask(`/probe?target=${encodeURIComponent(uri)}`)).toMatchObject({
        status: 400,
        json: {
          code: 'VIREO_HTTP_BAD_REQUEST',
          detail: 'target= takes the name of a configured host, not a URI: Vireo connects only to what its file says',
        },
      });
      expect(asked).toEqual([]);
    },
  );

  it('refuses no target, two of them, and one that is not configured', async () => {
    for (const path of ['/probe', '/probe?target=', '/probe?target=kvm1&target=kvm1']) {
      expect((await ask(path)).status).toBe(400);
    }
    const answer = await ask('/probe?target=kvm');
    expect(answer).toMatchObject({ status: 404, json: { detail: 'no host is called "kvm"; did you mean "kvm1"?' } });
    expect((await ask('/probe?target=kvm1', {}, 'POST')).status).toBe(405);
  });

  it('may be narrowed and negotiated like /metrics', async () => {
    await ask('/probe?target=kvm1&collect[]=cpu', {
      accept: 'application/openmetrics-text',
      'accept-encoding': 'gzip',
    });
    expect(asked).toEqual([
      { host: 'kvm1', groups: new Set(['cpu']), accept: 'application/openmetrics-text', acceptEncoding: 'gzip' },
    ]);
  });
});

describe('collect[] and exclude[]', () => {
  it('choose groups, as one value or several', async () => {
    await ask('/metrics?collect[]=block&collect%5B%5D=vcpu&collect[]=block');
    await ask('/metrics?exclude[]=domain');
    await ask(`/metrics?${METRIC_GROUPS.map((group) => `exclude[]=${group}`).join('&')}`);
    expect(asked.map(({ groups }) => groups)).toEqual([
      new Set(['block', 'vcpu']),
      new Set(METRIC_GROUPS.filter((group) => group !== 'domain')),
      new Set(),
    ]);
  });

  it('name the groups there are when one is unknown', async () => {
    for (const group of ['disk', '__proto__', '']) {
      expect(await ask(`/metrics?collect[]=cpu&exclude[]=&collect[]=${group}`)).toMatchObject({
        status: 400,
        json: { detail: expect.stringContaining(`the groups are ${METRIC_GROUPS.join(', ')}`) as unknown },
      });
    }
    expect(asked).toEqual([]);
  });

  it('are not combined', async () => {
    expect(await ask('/metrics?collect[]=cpu&exclude[]=memory')).toMatchObject({
      status: 400,
      json: { code: 'VIREO_HTTP_BAD_REQUEST', detail: expect.stringContaining('cannot be combined') as unknown },
    });
  });
});

describe('/sd', () => {
  it('lists every host, the lost ones too, at the address the client used', async () => {
    const { status, headers, json } = await ask('/sd', { host: 'vireo.example:9177' });
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const target = (host: string) => ({
      targets: ['vireo.example:9177'],
      labels: {
        __metrics_path__: '/probe',
        __param_target: host,
        instance: host,
        __meta_vireo_host: host,
        __meta_vireo_simulated: 'false',
      },
    });
    expect(json).toEqual([target('kvm1'), target('esx 2/ü')]);
    hosts = [];
    expect((await ask('/sd')).json).toEqual([]);
  });

  it.each([
    ['vireo', 'vireo:80'],
    ['10.0.0.1:9', '10.0.0.1:9'],
    ['[::1]', '[::1]:80'],
    ['[2001:db8::1]:9177', '[2001:db8::1]:9177'],
  ])('reads the Host header %s', async (host, target) => {
    expect((await ask('/sd', { host })).json).toMatchObject([{ targets: [target] }, { targets: [target] }]);
  });

  it.each(['a b', 'http://x', 'x/y', 'x:99999', ':9177', 'x@y', '"', 'x:0', '[::g]'])(
    'refuses the Host header %s',
    async (host) => {
      expect(await ask('/sd', { host })).toMatchObject({ status: 400, json: { code: 'VIREO_HTTP_BAD_REQUEST' } });
    },
  );
});

describe('scrapers that do not read', () => {
  const withLimits = async (limits: ScrapeLimits): Promise<void> => {
    await close();
    const answer = scrapeAnswers(deps, limits);
    const app = express();
    app.get('/metrics', (request, response) => answer(request, response, undefined));
    app.use(errorMiddleware(silent));
    await serve(app);
  };
  /** Asks for the page and reads nothing of it. */
  const deafScraper = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    return socket;
  };

  it('are answered 503 once so many bytes wait, and served again when those are gone', async () => {
    page = Buffer.alloc(16 * 1024 * 1024, 'x');
    await withLimits({ answers: 1000, bytes: 20 * 1024 * 1024, answerMs: 60_000 });
    const deaf = [await deafScraper(), await deafScraper()];
    while (asked.length < 2) await sleep(5);
    expect(await ask('/metrics')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { code: 'VIREO_BUSY', detail: `${String(32 * 1024 * 1024)} bytes wait for scrapers that read slowly` },
    });
    for (const socket of deaf) socket.destroy();
    while ((await ask('/metrics')).status !== 200) await sleep(5);
  });

  it('are cut off in the end, even if they read a little now and then', async () => {
    page = Buffer.alloc(16 * 1024 * 1024, 'x');
    await withLimits({ answers: 1, bytes: 1, answerMs: 300 });
    const slow = await deafScraper();
    const trickle = setInterval(() => {
      slow.read(1);
    }, 20);
    slow.on('readable', () => undefined);
    while ((await ask('/metrics')).status !== 503) await sleep(5);
    const startedAt = performance.now();
    while ((await ask('/metrics', {}, 'HEAD')).status !== 200) await sleep(5);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    clearInterval(trickle);
    slow.destroy();
  });
});
