// SPDX-License-Identifier: Apache-2.0
// The lab's emulation of Grafana's plugin proxy, rule by rule: what the app's journeys prove is worth as much as this is
// true to Grafana. Source of each rule: grafana/grafana pkg/api/pluginproxy and pkg/web/tree.go.
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayDo, permissionsOf } from '../lab/grafana-plugin-json.ts';
import type { OrgRole, PluginJson, PluginRoute } from '../lab/grafana-plugin-json.ts';
import { escapePath, fillTemplate, joinPath, matchPath, matchRoute, proxyPath } from '../lab/grafana-routes.ts';
import { SESSION_COOKIE, startGrafana } from '../lab/grafana-server.ts';
import type { GrafanaServer } from '../lab/grafana-server.ts';
import { bodyOf } from '../lab/http-body.ts';

const PLUGIN_ID = 'example-libvirt-app';
const READ = `${PLUGIN_ID}.domains:read`;
const OPERATE = `${PLUGIN_ID}.domains:operate`;

function route(path: string, method: string, more: Partial<PluginRoute> = {}): PluginRoute {
  return { path, method, url: 'http://upstream/', reqAction: '', headers: [], ...more };
}

describe('which route is taken', () => {
  const nobody = { role: 'Viewer', permissions: new Map() } as const;

  test.each([
    ['v1/*', '/v1/hosts/kvm1', 'hosts/kvm1'],
    ['/v1/*', '/v1/hosts', 'hosts'],
    ['v1/*', '/v1', undefined],
    ['v1/*', '/v2/hosts', undefined],
    ['v1/*', '/v%31/hosts', 'hosts'],
    ['v1/*', '/v1/a%2Fb', 'a/b'],
    ['v1/*', '/v1/%2e%2e%2fadmin', '../admin'],
    ['v1/*', '/v1/a%252Fb', 'a%2Fb'],
    ['v1/*', '/v1/%zz', undefined],
    ['v1', '/v1', ''],
    ['v1', '/v1/hosts', undefined],
    ['v1/hosts', '/v1/hosts', ''],
    ['v1/hosts', '/v1%2Fhosts', undefined],
    ['*', '/anything/at/all', 'anything/at/all'],
  ])('%s and %s: * is %s', (pattern, path, rest) => {
    expect(matchPath(pattern, path)).toBe(rest);
  });

  test.each([
    ['/api/plugin-proxy/example-libvirt-app/v1/hosts', '/v1/hosts'],
    ['/api/plugin-proxy/example-libvirt-app/v1/hosts/', '/v1/hosts'],
    ['/api/plugin-proxy/example-libvirt-app/v1//hosts', '/v1/hosts'],
    ['/api/plugin-proxy/example-libvirt-app/v1/../v2', '/v2'],
    ['/api/plugin-proxy/example-libvirt-app/v1/%2e%2e/v2', '/v1/%2e%2e/v2'],
    ['/api/plugin-proxy/example-libvirt-app', '/'],
  ])('the path of %s is %s', (path, below) => {
    expect(proxyPath(path)).toBe(below);
  });

  test('methods are compared as they are: a list with a comma is no method, * and none are all', () => {
    const take = (method: string): unknown => matchRoute([route('v1/*', method)], PLUGIN_ID, 'POST', '/v1/x', nobody);
    expect(take('POST')).toMatchObject({ rest: 'x' });
    expect(take('GET,POST')).toBeUndefined();
    expect(take('post')).toBeUndefined();
    expect(take('*')).toMatchObject({ rest: 'x' });
    expect(take('')).toMatchObject({ rest: 'x' });
  });

  test('the first route that matches decides, even when a later one would let the user in', () => {
    const routes = [route('v1/*', 'GET', { reqAction: OPERATE }), route('v1/*', 'GET')];
    expect(matchRoute(routes, PLUGIN_ID, 'GET', '/v1/x', nobody)).toBe('denied');
    expect(matchRoute(routes.reverse(), PLUGIN_ID, 'GET', '/v1/x', nobody)).toMatchObject({ rest: 'x' });
  });

  test('an action goes before a role', () => {
    const permissions = new Map([[READ, ['']]]);
    const wanted = route('v1/*', 'GET', { reqAction: READ, reqRole: 'Admin' });
    expect(matchRoute([wanted], PLUGIN_ID, 'GET', '/v1/x', { role: 'Viewer', permissions })).toMatchObject({
      rest: 'x',
    });
    expect(matchRoute([wanted], PLUGIN_ID, 'GET', '/v1/x', { role: 'Admin', permissions: new Map() })).toBe('denied');
  });

  test('an admin is an editor and a viewer too', () => {
    const take = (role: OrgRole, reqRole: OrgRole): boolean =>
      matchRoute([route('x', '', { reqRole })], PLUGIN_ID, 'GET', '/x', { role, permissions: new Map() }) !== 'denied';
    expect([take('Admin', 'Viewer'), take('Editor', 'Viewer'), take('Viewer', 'Viewer')]).toEqual([true, true, true]);
    expect([take('Viewer', 'Editor'), take('Editor', 'Admin')]).toEqual([false, false]);
  });

  test('a role is granted with what it includes; a scope is asked for where Grafana asks', () => {
    const plugin: PluginJson = {
      type: 'app',
      id: PLUGIN_ID,
      name: '',
      routes: [],
      roles: [
        { role: { name: 'viewer', permissions: [{ action: READ }] }, grants: ['Viewer'] },
        { role: { name: 'operator', permissions: [{ action: OPERATE }] }, grants: ['Admin'] },
        { role: { name: 'server', permissions: [{ action: 'x' }] }, grants: ['Grafana Admin'] },
      ],
    };
    const may = (role: OrgRole): boolean[] => {
      const permissions = permissionsOf(plugin, role);
      return [mayDo(permissions, READ), mayDo(permissions, OPERATE), mayDo(permissions, 'x')];
    };
    expect([may('Viewer'), may('Editor'), may('Admin')]).toEqual([
      [true, false, false],
      [true, false, false],
      [true, true, false],
    ]);
    const held = new Map([['plugins.app:access', ['plugins:id:other-app']]]);
    const wanted = route('x', '', { reqAction: 'plugins.app:access' });
    expect(matchRoute([wanted], PLUGIN_ID, 'GET', '/x', { role: 'Admin', permissions: held })).toBe('denied');
  });
});

describe('where it goes', () => {
  test.each([
    ['/api/v1', 'hosts', '/api/v1/hosts'],
    ['/api/v1/', 'hosts', '/api/v1/hosts'],
    ['/api/v1', '', '/api/v1'],
    ['/api/v1', '../../metrics', '/api/v1/../../metrics'],
  ])('%s and %s: %s', (base, rest, path) => {
    expect(joinPath(base, rest)).toBe(path);
  });

  test('what was unescaped is escaped as Go does', () => {
    expect(escapePath("/a b/ü/(x)!'*?#/;,:@&=+$")).toBe('/a%20b/%C3%BC/%28x%29%21%27%2A%3F%23/;,:@&=+$');
  });

  test('templates are filled in; what is not set says so', () => {
    const data = { jsonData: { apiUrl: 'http://x', port: 1 }, secureJsonData: { token: 't' } };
    expect(fillTemplate('{{ .JsonData.apiUrl }}/v{{.JsonData.port}}', data)).toBe('http://x/v1');
    expect(fillTemplate('Bearer {{ .SecureJsonData.token }}', data)).toBe('Bearer t');
    expect(fillTemplate('[{{ .JsonData.none }}][{{ orEmpty .JsonData.none }}]', data)).toBe('[<no value>][]');
    expect(() => fillTemplate('{{ if .JsonData.apiUrl }}', data)).toThrow('is not known here');
  });
});

describe('what goes on and what comes back', () => {
  let directory: string;
  let upstream: Server;
  let grafana: GrafanaServer;
  let seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const closing: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vireo-proxy-'));
    const authorization = { name: 'Authorization', content: 'Bearer {{ .SecureJsonData.token }}' };
    const url = '{{ .JsonData.apiUrl }}/api/v1';
    const routes = [
      { path: 'v1/*', method: 'GET', url, reqAction: READ, headers: [authorization] },
      { path: 'v1/*', method: 'POST', url, reqAction: OPERATE, headers: [authorization] },
      { path: 'nowhere', method: 'GET', url: '{{ .JsonData.unset }}/api/v1' },
    ];
    const roles = [
      { role: { name: 'viewer', permissions: [{ action: READ }] }, grants: ['Viewer'] },
      { role: { name: 'operator', permissions: [{ action: OPERATE }] }, grants: ['Admin'] },
    ];
    const json = { type: 'app', id: PLUGIN_ID, name: 'Example', routes, roles };
    await writeFile(join(directory, 'plugin.json'), JSON.stringify(json));
    upstream = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const host = { directory, icons: directory };
    grafana = await startGrafana({ onClose: (task) => closing.push(task) }, { pluginDirectory: directory, host });
    const { port } = upstream.address() as AddressInfo;
    grafana.settings = {
      jsonData: { apiUrl: `http://127.0.0.1:${String(port)}` },
      secureJsonData: { token: 'the-token' },
    };
  });

  beforeEach(() => {
    seen = [];
    answer = (_, response) => response.end('{}');
  });

  afterAll(async () => {
    for (const close of closing) await close();
    upstream.closeAllConnections();
    upstream.close();
    await rm(directory, { recursive: true });
  });

  /** The path is sent as it is: fetch would clean it. */
  function ask(
    path: string,
    { method = 'GET', login = 'ada', headers = {}, body = '' } = {},
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    return new Promise((resolve, reject) => {
      const cookie = `theme=dark; ${SESSION_COOKIE}=${login}`;
      const request = httpRequest(grafana.url, {
        method,
        path: `/api/plugin-proxy/${PLUGIN_ID}${path}`,
        headers: { ...(login === '' ? {} : { cookie }), ...headers },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        void bodyOf(response).then((text) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      request.end(body);
    });
  }

  test('a request arrives with query, body and the token of its route', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' };
    const { status } = await ask('/v1/actions?dry=1&x=%2F', { method: 'POST', headers, body: '{"a":1}' });
    expect(status).toBe(200);
    expect(seen).toMatchObject([{ method: 'POST', url: '/api/v1/actions?dry=1&x=%2F', body: '{"a":1}' }]);
    expect(seen[0]?.headers).toMatchObject({ ...headers, authorization: 'Bearer the-token' });
  });

  test('a path that climbs is cleaned when it is plain and arrives when it is escaped', async () => {
    expect(await ask('/v1/../metrics')).toMatchObject({ status: 404 });
    expect(await ask('/v1/%2e%2e%2f%2e%2e%2fmetrics')).toMatchObject({ status: 200 });
    expect(seen.map(({ url }) => url)).toEqual(['/api/v1/../../metrics']);
  });

  test('session, origin and what proxies said stay behind; the client’s address is added, twice', async () => {
    await ask('/v1/x', {
      headers: {
        origin: 'http://evil.example',
        referer: 'http://grafana/d/1',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-host': 'h',
        'x-forwarded-port': '1',
        'x-forwarded-proto': 'https',
        'x-grafana-user': 'root',
        'x-grafana-context': 'forged',
        authorization: 'Bearer forged',
        connection: 'close, x-hop',
        'x-hop': '1',
      },
    });
    const headers = seen[0]?.headers ?? {};
    const gone = ['cookie', 'origin', 'referer', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-hop'];
    expect(Object.keys(headers).filter((name) => [...gone, 'x-grafana-user'].includes(name))).toEqual([]);
    expect(headers).toMatchObject({
      authorization: 'Bearer the-token',
      'x-forwarded-for': '10.0.0.1, 127.0.0.1, 127.0.0.1',
      'x-grafana-referer': 'http://grafana/d/1',
      'x-grafana-context': '{"Login":"ada","OrgRole":"Admin"}',
    });
  });

  test('the identity is Grafana’s whatever the client sent, and its key is published', async () => {
    await ask('/v1/x', { login: 'vera', headers: { 'x-grafana-id': 'forged' } });
    const token = String(seen[0]?.headers['x-grafana-id']);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const decode = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const { keys } = (await (await fetch(`${grafana.url}/api/signing-keys/keys`)).json()) as {
      keys: { kid: string }[];
    };
    const jwk = keys.find(({ kid }) => kid === decode(header)['kid']);
    const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`);
    const bytes = Buffer.from(signature, 'base64url');
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);
    expect(decode(header)).toMatchObject({ alg: 'ES256' });
    const claims = decode(payload);
    expect(claims).toMatchObject({
      iss: `${grafana.url}/`,
      aud: ['org:1'],
      sub: 'user:1',
      type: 'user',
      username: 'vera',
      role: 'Viewer',
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  });

  test('an answer comes back sandboxed and without cookies', async () => {
    answer = (_, response) => {
      response.writeHead(418, { 'set-cookie': 'a=b', 'content-security-policy': "default-src 'self'", 'x-own': '1' });
      response.end('short and stout');
    };
    const { status, headers, body } = await ask('/v1/x');
    expect([status, body]).toEqual([418, 'short and stout']);
    expect(headers).toMatchObject({ 'content-security-policy': 'sandbox', 'x-own': '1' });
    expect(headers).not.toHaveProperty('set-cookie');
  });

  test('who may not is told so before anything goes on; who is nobody, too', async () => {
    const denied = { status: 403, body: '{"message":"plugin proxy route access denied"}' };
    expect(await ask('/v1/x', { method: 'POST', login: 'vera' })).toMatchObject(denied);
    expect(await ask('/v1/x', { method: 'POST', login: 'edgar' })).toMatchObject(denied);
    expect(await ask('/v1/x', { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: '{"message":"plugin route match not found"}',
    });
    expect(await ask('/v1/x', { login: '' })).toMatchObject({ status: 401 });
    expect(seen).toEqual([]);
  });

  test('an address that is not set, and a server that is not there, are 502', async () => {
    expect(await ask('/nowhere')).toMatchObject({ status: 502, body: '' });
    const { settings } = grafana;
    grafana.settings = { ...settings, jsonData: { apiUrl: 'http://127.0.0.1:9' } };
    expect(await ask('/v1/x')).toMatchObject({ status: 502, body: '' });
    grafana.settings = settings;
  });

  test('an event stream arrives piece by piece, and its end on one side is its end on the other', async () => {
    let stream: ServerResponse | undefined;
    answer = (_, response) => {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    };
    const stop = new AbortController();
    const response = await fetch(`${grafana.url}/api/plugin-proxy/${PLUGIN_ID}/v1/events`, {
      headers: { cookie: `${SESSION_COOKIE}=vera` },
      signal: stop.signal,
    });
    const reader = response.body?.getReader();
    for (const piece of ['data: 1\n\n', 'data: 2\n\n']) {
      stream?.write(piece);
      const part = (await reader?.read())?.value as Uint8Array | undefined;
      expect(Buffer.from(part ?? []).toString()).toBe(piece);
    }
    const closed = new Promise((resolve) => stream?.once('close', resolve));
    stop.abort();
    await closed;
  });
});
