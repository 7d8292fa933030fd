// SPDX-License-Identifier: Apache-2.0
// Puts the rooms together: configured hosts are polled, their snapshots become the metrics page, HTTP serves it.

import { hostname } from 'node:os';
import { connect, redactUri } from '@vireo/libvirt';
import type { Connection, ConnectOptions, Credentials } from '@vireo/libvirt';
import { startDemoFleet } from '@vireo/libvirt/testing';
import type { Logger } from 'pino';
import { composeApi } from './api.ts';
import { composeConsoleHosts } from './console-hosts.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { logChange } from './change-log.ts';
import type { Config, HostConfig } from './config/config.ts';
import { domainFilter } from './hosts/domain-filter.ts';
import { Host } from './hosts/host.ts';
import { HostInspection } from './hosts/inspection.ts';
import type { PollOptions } from './hosts/session.ts';
import { ViaDaemon } from './hosts/via-daemon.ts';
import { EventFeed } from './http/api/event-feed.ts';
import { HostChangePublisher } from './http/api/publish-changes.ts';
import { createHttpServer } from './http/server.ts';
import { localDaemonUri } from './local-daemon.ts';
import { MetricsPage } from './metrics/metrics-page.ts';
import { SelfMetrics } from './metrics/self-metrics.ts';
import { refusedClients } from './refused-clients.ts';
import { certificateExpiries } from './web/certificate-expiry.ts';
import { WebConfigFile } from './web/web-config-file.ts';
import type { WebConfig } from './web/web-config.ts';

/** How long answers under way may take once we stop. */
const HTTP_CLOSE_MS = 2_000;
/** A daemon may wait for a hypervisor for ever; who waits for the daemon gives up long before. */
const VIA_OPEN_MS = 86_400_000;
/** A daemon asks a hypervisor that is elsewhere over HTTPS: a list of a few hundred machines takes seconds. */
const FAR_DEADLINES = 5;

/** Nothing is configured, and this machine has no daemon to fall back on. */
export class NoHostsError extends Error {
  override readonly name = 'NoHostsError';
  readonly code = 'VIREO_NO_HOSTS';

  constructor() {
    super(
      'no hosts: none are configured and no libvirt socket is in /run/libvirt; ' +
        'name one with --libvirt.uri=qemu+ssh://root@HOST/system or in --config.file, or try --demo',
    );
  }
}

/** What {@link startApp} needs. */
export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
}

/** The running service. */
export interface App {
  /** Reads the API's tokens again. */
  reload(): void;
  /** Closes everything. */
  stop(): Promise<void>;
}

interface WatchedHost extends HostConfig {
  readonly simulated: boolean;
}

/**
 * Starts polling and listening.
 * Rejects with {@link NoHostsError}, ConfigError for the web config file, or ListenError when an address cannot be listened on; nothing runs then.
 */
export async function startApp({ config, version, logger }: AppOptions): Promise<App> {
  const web = config.web.configFile === undefined ? undefined : WebConfigFile.open(config.web.configFile, { logger });
  const demo = config.demo ? await startDemoFleet() : undefined;
  const watched = watchedHosts(config, demo?.hosts ?? []);
  const self = new SelfMetrics({ version });
  const showCertificates = ({ tls }: WebConfig): void => {
    self.observeWebCertificates(certificateExpiries(tls));
  };
  if (web !== undefined) showCertificates(web.initial);
  web?.onChange(showCertificates);
  const onRefused = self.observeRefusal.bind(self);
  const observers: Observers = {
    self,
    certificates: new CertificateWatch({ onCertificates: self.observeHostCertificates.bind(self) }),
    logger,
  };
  const page = new MetricsPage({
    process: self,
    onError: (error) => {
      logger.error({ event: 'metrics.failed', err: error }, 'a part of the metrics page could not be made');
    },
  });
  const feed = new EventFeed();
  const doors = watched.map((host) => ({ host, ...door(host, config, observers) }));
  const hosts = doors.map(({ host, open }) => watch(host, config, { open, self, page, feed, logger }));
  const slots = config.poll.maxInFlight;
  const inspections = new Map(
    doors.map(({ host: { name }, open }) => [name, new HostInspection({ host: name, open, slots })]),
  );
  const consoles = composeConsoleHosts(
    hosts.flatMap((host, i) => {
      const source = doors[i];
      if (source === undefined) return [];
      const { open } = source;
      return [{ ...source.host, host, open: ({ keepalive }, signal) => open(false, signal, keepalive) }];
    }),
  );
  const api = composeApi({
    config,
    feed,
    hosts,
    inspections,
    consoleHosts: consoles.byName,
    onConsoleEvent: (event, sessions) => {
      self.observeConsole(event, sessions);
    },
    onRefused,
    onActionEnd: (end) => {
      self.observeAction(end);
    },
    logger,
  });
  const server = createHttpServer({
    ...(web === undefined ? {} : { web }),
    onRefused,
    onRefusedClient: refusedClients({ onRefused, logger }),
    hosts: () => hosts.map((host) => host.snapshot),
    metrics: async (request) => {
      const response = await page.respond(request);
      if (response === undefined) throw new RangeError(`no host ${String(request.host)} on the metrics page`);
      return response;
    },
    api,
    version,
    startedAt: Date.now(),
    logger,
  });
  const app: App = {
    reload: () => {
      api.reload();
    },
    stop: async () => {
      await server.close(HTTP_CLOSE_MS);
      web?.close();
      await api.stop();
      await consoles.close();
      await Promise.all([observers.certificates.close(), ...hosts.map((host) => host.stop())]);
      await Promise.all(doors.map((way) => way.close()));
      await demo?.close();
      self.close();
    },
  };
  try {
    for (const address of config.web.listenAddresses) {
      const port = await server.listen(address);
      const scheme = web?.initial.tls === undefined ? 'http' : 'https';
      const url = `${scheme}://${address.host?.includes(':') === true ? `[${address.host}]` : (address.host ?? '*')}:${String(port)}/`;
      logger.info({ event: 'listening', host: address.host, port }, `listening on ${url}`);
    }
  } catch (error) {
    await app.stop();
    throw error;
  }
  const names = watched.map(({ name }) => name);
  logger.info({ event: 'started', version, hosts: names }, `vireo ${version} watches ${String(names.length)} hosts`);
  const { intervalSeconds } = config.poll;
  for (const [i, host] of hosts.entries()) host.start((i / hosts.length) * intervalSeconds * 1000);
  return app;
}

function watchedHosts(config: Config, demo: readonly { readonly name: string; readonly uri: string }[]): WatchedHost[] {
  const watched = [
    ...config.hosts.map((host) => ({ ...host, simulated: false })),
    ...demo.map((host) => ({ ...host, simulated: true })),
  ];
  if (watched.length > 0) return watched;
  const uri = localDaemonUri();
  if (uri === undefined) throw new NoHostsError();
  return [{ name: hostname(), uri, simulated: false }];
}

interface WatchContext {
  readonly open: Open;
  readonly self: SelfMetrics;
  readonly page: MetricsPage;
  readonly feed: EventFeed;
  readonly logger: Logger;
}

function watch(host: WatchedHost, config: Config, { open, self, page, feed, logger }: WatchContext): Host {
  const { name, uri, simulated } = host;
  const poll = pollOptions(host, config);
  const publisher = new HostChangePublisher(feed, name);
  let connected = false;
  self.addHost(name);
  return new Host({
    name,
    uri: redactUri(uri),
    ...(host.via === undefined ? {} : { via: redactUri(host.via) }),
    simulated,
    poll,
    isFar: host.via !== undefined,
    watched: domainFilter((host.watching ?? config.watching).domains),
    open: (signal) => open(true, signal),
    openControl: (signal) => open(false, signal),
    onSnapshot: (snapshot) => {
      page.update(snapshot);
      publisher.snapshot();
    },
    onChange: (change) => {
      if (change.kind === 'host.up') {
        if (connected) self.observeReconnect(name);
        connected = true;
      }
      logChange(logger, name, change);
      publisher.change(change);
    },
  });
}

/** Messages of that kind that are logged at most. */
const UNREADABLE_MAX = 100;

/** Who is told of connections, calls and events. */
interface Observers {
  readonly self: SelfMetrics;
  readonly certificates: CertificateWatch;
  readonly logger: Logger;
}

type Open = (readOnly: boolean, signal: AbortSignal, keepalive?: boolean) => Promise<Connection>;

/** The way to one host. */
interface Door {
  readonly open: Open;
  close(): Promise<void>;
}

/** How connections to a host are opened. */
function door(host: WatchedHost, config: Config, { self, certificates, logger }: Observers): Door {
  const unreadable = new Set<string>();
  const { name, uri, via, credentials } = host;
  const client = credentials === undefined ? {} : { credentials: revealed(credentials) };
  const options = (readOnly: boolean, signal: AbortSignal, keepalive: boolean): ConnectOptions => ({
    ...client,
    ...(keepalive ? {} : { keepalive: false }),
    readOnly,
    signal,
    maxInFlight: config.poll.maxInFlight,
    onCallEnd: (call) => {
      self.observeCall({ host: name, ...call });
    },
    onEventError: ({ code, message }) => {
      self.observeUndecodableEvent(name);
      // Each kind once: a guest may make its host tell of something again and again.
      if (unreadable.has(message) || unreadable.size >= UNREADABLE_MAX) return;
      unreadable.add(message);
      logger.warn({ event: 'event.undecodable', host: name, code }, `left out at host ${name}: ${message}`);
    },
  });
  const daemon =
    via === undefined
      ? undefined
      : new ViaDaemon({
          uri: redactUri(uri),
          via: redactUri(via),
          open: ({ readOnly, keepalive }, signal) =>
            connect(via, { ...options(readOnly, signal, keepalive), name: uri, deadlines: { openMs: VIA_OPEN_MS } }),
        });
  const open: Open = async (readOnly, signal, keepalive = true) => {
    const connection = await (daemon?.open({ readOnly, keepalive }, signal) ??
      connect(uri, options(readOnly, signal, keepalive)));
    certificates.take(name, connection, (later) => open(true, later));
    return connection;
  };
  return { open, close: async () => daemon?.close() };
}

function revealed({ username, password }: NonNullable<HostConfig['credentials']>): Credentials {
  return { username, password: password.reveal() };
}

function pollOptions({ watching, via }: WatchedHost, config: Config): PollOptions {
  const { poll } = config;
  const { groups, inactiveSeries } = watching ?? config.watching;
  return {
    intervalMs: poll.intervalSeconds * 1000,
    deadlineMs: poll.statisticsDeadlineSeconds * 1000 * (via === undefined ? 1 : FAR_DEADLINES),
    chunkDomains: poll.chunkDomains,
    staleAfterPolls: poll.staleAfterPolls,
    slowIntervalMs: poll.detailsIntervalSeconds * 1000,
    groups,
    inactiveSeries,
    metadata: config.metadata,
    maxInFlight: poll.maxInFlight,
  };
}
