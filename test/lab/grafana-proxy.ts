// SPDX-License-Identifier: Apache-2.0
// Grafana's plugin proxy, as far as a plugin without a backend meets it: which route is taken, what of a request goes on
// and what comes back, nothing buffered. WebSockets are refused: whether Grafana lets them through is documented nowhere.
// Source: grafana/grafana pkg/api/pluginproxy/pluginproxy.go, pkg/util/proxyutil, and Go's httputil.ReverseProxy.
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GrafanaUser, PluginJson } from './grafana-plugin-json.ts';
import { permissionsOf } from './grafana-plugin-json.ts';
import { escapePath, fillTemplate, joinPath, matchRoute, proxyPath } from './grafana-routes.ts';
import type { TemplateData } from './grafana-routes.ts';

/** What a request is proxied with. */
export interface ProxyContext {
  readonly plugin: PluginJson;
  readonly settings: TemplateData;
  readonly user: GrafanaUser;
  /** The value of `X-Grafana-Id`; absent where Grafana could sign none. */
  readonly identity?: string;
}

/** Headers that end at a proxy (RFC 9110, 7.6.1), as Go's ReverseProxy knows them. */
const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const NOT_FORWARDED = [
  'cookie',
  'set-cookie',
  'x-grafana-user',
  'origin',
  'referer',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'host',
];

/** Answers a request to `/api/plugin-proxy/ID/...`. */
export function proxyPluginRequest(request: IncomingMessage, response: ServerResponse, context: ProxyContext): void {
  const { plugin, settings, user } = context;
  const [escaped, query] = splitQuery(request.url ?? '/');
  const asker = { role: user.role, permissions: permissionsOf(plugin, user.role) };
  const match = matchRoute(plugin.routes, plugin.id, request.method ?? 'GET', proxyPath(escaped), asker);
  if (match === undefined) {
    sendMessage(response, 404, 'plugin route match not found');
    return;
  }
  if (match === 'denied') {
    sendMessage(response, 403, 'plugin proxy route access denied');
    return;
  }
  const target = fillTemplate(match.route.url, settings);
  // Without an address in the settings there is no URL: Go finds no scheme in it.
  if (!URL.canParse(target)) {
    response.writeHead(502).end();
    return;
  }
  const { origin, pathname } = new URL(target);
  forward(request, response, {
    origin,
    path: escapePath(joinPath(decodeURIComponent(pathname), match.rest)) + (query === undefined ? '' : `?${query}`),
    headers: forwardedHeaders(request, context, match.route.headers),
  });
}

/** What goes on of a request's headers, and what is added. */
function forwardedHeaders(
  request: IncomingMessage,
  { settings, user, identity }: ProxyContext,
  added: readonly { readonly name: string; readonly content: string }[],
): OutgoingHttpHeaders {
  const address = request.socket.remoteAddress ?? '';
  // Grafana appends the client's address, then Go's ReverseProxy does once more.
  const forwardedFor = [request.headers['x-forwarded-for'] ?? [], address, address].flat().join(', ');
  const headers: OutgoingHttpHeaders = { ...withoutHopByHop(request.headers) };
  const referer = headers.referer ?? '';
  for (const name of NOT_FORWARDED) Reflect.deleteProperty(headers, name);
  headers['x-grafana-context'] = JSON.stringify({ Login: user.login, OrgRole: user.role });
  if (identity !== undefined) headers['x-grafana-id'] = identity;
  for (const { name, content } of added) headers[name.toLowerCase()] = fillTemplate(content, settings);
  headers['x-grafana-referer'] = referer;
  headers['x-forwarded-for'] = forwardedFor;
  return headers;
}

function withoutHopByHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name)));
}

/** Where {@link forward} sends a request. */
export interface ForwardTarget {
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** Sends a request on and its answer back, each byte as it comes. */
export function forward(request: IncomingMessage, response: ServerResponse, target: ForwardTarget): void {
  const upstream = httpRequest(target.origin, { method: request.method, path: target.path, headers: target.headers });
  upstream.once('response', (answer) => {
    const { 'set-cookie': _cookies, ...headers } = withoutHopByHop(answer.headers);
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-security-policy': 'sandbox' });
    // An event stream says nothing for a while, and its reader waits for the headers.
    response.flushHeaders();
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  upstream.once('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

/** The path of a request's URL as it came, and the query if there is one. */
export function splitQuery(url: string): [string, string | undefined] {
  const at = url.indexOf('?');
  return at === -1 ? [url, undefined] : [url.slice(0, at), url.slice(at + 1)];
}

/** Answers as Grafana does when it refuses. */
export function sendMessage(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { message });
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}
