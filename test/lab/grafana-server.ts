// SPDX-License-Identifier: Apache-2.0
// What of a Grafana server a built app plugin meets in the browser: its files, its settings, the signed-in user, data
// sources, the plugin proxy and the key set of the identities. The page is that of grafana-host/. What it cannot show
// about a real Grafana: the loading and the signature of plugins, the import of dashboards, its content security policy.
import { createReadStream, readFileSync, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import type { GrafanaHost } from './grafana-host.ts';
import { identitySigner } from './grafana-identity.ts';
import { permissionsOf, readPluginJson } from './grafana-plugin-json.ts';
import type { GrafanaUser, OrgRole, PluginJson } from './grafana-plugin-json.ts';
import { forward, proxyPluginRequest, sendJson, sendMessage, splitQuery } from './grafana-proxy.ts';
import type { TemplateData } from './grafana-routes.ts';
import { bodyOf } from './http-body.ts';
import type { Lab } from './lab.ts';

/** The three of them, as the lab knows them by login. */
export const USERS: Readonly<Record<string, GrafanaUser>> = {
  vera: { login: 'vera', name: 'Vera Viewer', role: 'Viewer' },
  edgar: { login: 'edgar', name: 'Edgar Editor', role: 'Editor' },
  ada: { login: 'ada', name: 'Ada Admin', role: 'Admin' },
};

/** A data source the page can query, below `/api/datasources/proxy/uid/UID/`. */
export interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: 'prometheus' | 'loki';
  /** Its server, or what answers in its place. */
  readonly backend: string | ((request: IncomingMessage, response: ServerResponse) => void);
}

/** What {@link startGrafana} serves. */
export interface GrafanaOptions {
  /** The folder of the built plugin: plugin.json, module.js and what else there is. */
  readonly pluginDirectory: string;
  readonly host: GrafanaHost;
}

/** One request that came for the plugin proxy. */
export interface ProxiedRequest {
  readonly method: string;
  readonly url: string;
  readonly login: string;
  /** Of the answer; undefined while there is none. */
  status?: number;
}

/** A running stand-in. */
export interface GrafanaServer {
  /** `http://127.0.0.1:PORT`, which is its `root_url` too. */
  readonly url: string;
  readonly plugin: PluginJson;
  /** What the app's configuration page would have saved. */
  settings: TemplateData;
  dataSources: readonly DataSource[];
  /** What came for the plugin proxy so far. */
  readonly proxied: readonly ProxiedRequest[];
  /** What was asked for and is not there. */
  readonly notFound: readonly string[];
}

/** Where the page looks for Grafana's fonts, which no package has. */
export const FONTS = '/public/fonts/';

/** In place of icons that @grafana/ui uses and does not bring, the spinner for one. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 2a10 10 0 0 1 10 10h-2a8 8 0 0 0-8-8z"/></svg>';

/** The cookie that says who is signed in; its value is the login. */
export const SESSION_COOKIE = 'grafana_session';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Starts it on a free port. Closing the lab stops it. */
export async function startGrafana(lab: Pick<Lab, 'onClose'>, options: GrafanaOptions): Promise<GrafanaServer> {
  const plugin = readPluginJson(join(options.pluginDirectory, 'plugin.json'));
  const proxied: ProxiedRequest[] = [];
  const notFound: string[] = [];
  const panels = nestedPanels(options.pluginDirectory);
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  const url = `http://127.0.0.1:${String(address.port)}`;
  lab.onClose(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  const files: Readonly<Record<string, string>> = {
    '/lab/': options.host.directory,
    '/public/build/img/icons/': options.host.icons,
    [`/public/plugins/${plugin.id}/`]: options.pluginDirectory,
  };
  const signer = identitySigner(`${url}/`);
  const logins = Object.keys(USERS);
  const grafana: GrafanaServer = {
    url,
    plugin,
    settings: { jsonData: {}, secureJsonData: {} },
    dataSources: [],
    proxied,
    notFound,
  };
  return grafana;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path] = splitQuery(request.url ?? '/');
    if (path === '/api/signing-keys/keys') {
      sendJson(response, 200, signer.keySet);
      return;
    }
    for (const [prefix, directory] of Object.entries(files)) {
      if (path.startsWith(prefix)) {
        await sendFile(directory, path.slice(prefix.length), request, response);
        return;
      }
    }
    const user = USERS[cookie(request, SESSION_COOKIE) ?? ''];
    if (user === undefined) {
      sendMessage(response, 401, 'Unauthorized');
      return;
    }
    if (path.startsWith('/api/')) await handleApi(request, response, path, user);
    else if (/^\/(?:a\/|d-solo\/|plugins\/|extensions$)/.test(path)) sendPage(response, user);
    else absent(request, response);
  }

  async function handleApi(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    user: GrafanaUser,
  ): Promise<void> {
    const dataSource = /^\/api\/datasources\/proxy\/uid\/([\w-]+)(\/.*)$/.exec(path);
    if (path.startsWith(`/api/plugin-proxy/${plugin.id}`)) {
      const entry: ProxiedRequest = { method: request.method ?? '', url: request.url ?? '', login: user.login };
      proxied.push(entry);
      response.once('close', () => {
        if (response.headersSent) entry.status = response.statusCode;
      });
      const identity = signer.sign(user, logins.indexOf(user.login) + 1);
      proxyPluginRequest(request, response, { plugin, settings: grafana.settings, user, identity });
    } else if (dataSource !== null) {
      const [, uid, below = '/'] = dataSource;
      const backend = grafana.dataSources.find((source) => source.uid === uid)?.backend;
      if (typeof backend === 'function') backend(request, response);
      else if (backend === undefined) sendMessage(response, 404, 'Unable to find datasource');
      else {
        const [, query] = splitQuery(request.url ?? '');
        const { cookie: _session, host: _host, ...headers } = request.headers;
        forward(request, response, {
          origin: backend,
          path: below + (query === undefined ? '' : `?${query}`),
          headers,
        });
      }
    } else if (path === `/api/plugins/${plugin.id}/settings`) await handleSettings(request, response, user.role);
    else absent(request, response);
  }

  async function handleSettings(request: IncomingMessage, response: ServerResponse, role: OrgRole): Promise<void> {
    if (request.method === 'POST') {
      if (role !== 'Admin') {
        sendMessage(response, 403, "You'll need additional permissions to perform this action.");
        return;
      }
      const body = JSON.parse(await bodyOf(request)) as Partial<TemplateData>;
      const { jsonData, secureJsonData } = grafana.settings;
      // A secret that is not sent stays; what is not secret is replaced.
      grafana.settings = {
        jsonData: body.jsonData ?? jsonData,
        secureJsonData: { ...secureJsonData, ...body.secureJsonData },
      };
      sendJson(response, 200, { message: 'Plugin settings updated' });
      return;
    }
    sendJson(response, 200, pluginMeta());
  }

  /** Secrets are never told, only which there are. */
  function pluginMeta(): object {
    const { jsonData, secureJsonData } = grafana.settings;
    const secrets = Object.entries(secureJsonData).map(([key, value]) => [key, value !== '']);
    return {
      ...(JSON.parse(readFileSync(join(options.pluginDirectory, 'plugin.json'), 'utf8')) as object),
      enabled: true,
      pinned: true,
      module: `public/plugins/${plugin.id}/module.js`,
      baseUrl: `public/plugins/${plugin.id}`,
      jsonData,
      secureJsonFields: Object.fromEntries(secrets) as Record<string, boolean>,
    };
  }

  function sendPage(response: ServerResponse, user: GrafanaUser): void {
    const permissions = Object.fromEntries(
      [...permissionsOf(plugin, user.role).keys()].map((action) => [action, true]),
    );
    const boot = {
      settings: {
        appSubUrl: '',
        buildInfo: { version: '13.2.2', commit: 'lab', env: 'production' },
        namespace: 'default',
        featureToggles: {},
        datasources: {},
        apps: {},
        panels: {},
      },
      user: {
        isSignedIn: true,
        id: logins.indexOf(user.login) + 1,
        login: user.login,
        name: user.name,
        orgId: 1,
        orgRole: user.role,
        timezone: 'utc',
        locale: 'en-US',
        language: 'en-US',
        permissions,
      },
      navTree: [],
      assets: {},
      lab: {
        plugin: pluginMeta(),
        panels,
        dataSources: grafana.dataSources.map(({ uid, name, type }) => ({ uid, name, type })),
      },
    };
    // "<" cannot end the script early when it is written as an escape.
    const json = JSON.stringify(boot).replaceAll('<', String.raw`\u003c`);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><base href="/"><title>Grafana</title><style>body { margin: 0 }</style><link rel="icon" href="data:,"><link rel="stylesheet" href="/lab/index.css"></head>
<body>
<div id="root"></div>
<script>window.__grafana_public_path__ = '/public/'; window.grafanaBootData = ${json}</script>
<script type="module" src="/lab/index.js"></script>
</body>
</html>
`);
  }

  function absent(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: wanted = '' } = request;
    if (!wanted.startsWith(FONTS)) notFound.push(`${method} ${wanted}`);
    sendMessage(response, 404, 'Not found');
  }

  async function sendFile(
    directory: string,
    below: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const file = join(directory, normalize(`/${decodeURIComponent(below)}`));
    const isFile = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isFile && directory === options.host.icons) {
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(ICON);
      return;
    }
    if (!isFile) {
      absent(request, response);
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }
}

/** The folder of each nested panel below the plugin's, by the panel's id. */
function nestedPanels(directory: string): Readonly<Record<string, string>> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const nested = files.filter((file) => file.endsWith('/plugin.json'));
  return Object.fromEntries(nested.map((file) => [readPluginJson(join(directory, file)).id, dirname(file)]));
}

function cookie(request: IncomingMessage, name: string): string | undefined {
  return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1];
}
