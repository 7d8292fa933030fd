// SPDX-License-Identifier: Apache-2.0
// What listing ten thousand domains costs: GET /api/v1/domains of a real server over made-up snapshots, a new one before
// each request, beside the same answer built plainly. The client's CPU is counted too: it is the same process.
import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { ActionService } from '../exporter/src/actions/action-service.ts';
import { RequestGuard } from '../exporter/src/auth/request-guard.ts';
import type { ApiConfig } from '../exporter/src/config/config.ts';
import { ConsoleService } from '../exporter/src/console/console-service.ts';
import { DEFAULT_GROUPS } from '../exporter/src/contract/groups.ts';
import type { DomainSnapshot, HostSnapshot } from '../exporter/src/hosts/snapshot.ts';
import { EventFeed } from '../exporter/src/http/api/event-feed.ts';
import { viewDomainFacts } from '../exporter/src/http/api/domain-views.ts';
import { createHttpServer } from '../exporter/src/http/server.ts';

const HOSTS = 20;
const DOMAINS_PER_HOST = 500;
const ROUNDS = 40;
const TOKEN = 'bench';

/** States in the proportions of a host at work: most run, some are off, few are paused. */
const STATES: readonly Pick<DomainSnapshot, 'state' | 'reason'>[] = [
  ...Array.from({ length: 7 }, () => ({ state: 'running', reason: 'booted' }) as const),
  { state: 'shutoff', reason: 'shutdown' },
  { state: 'shutoff', reason: 'saved' },
  { state: 'paused', reason: 'user' },
];

function domainOf(number: number): DomainSnapshot {
  const state = STATES[number % STATES.length] ?? { state: 'running', reason: 'booted' };
  return {
    uuid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    // In no order, as libvirt lists them.
    name: `guest-${String((number * 7919) % 10_007)}`,
    id: state.state === 'shutoff' ? -1 : number + 1,
    persistent: true,
    autostart: number % 2 === 0,
    managedSave: state.reason === 'saved',
    ...state,
  };
}

function fleet(generation: number): HostSnapshot[] {
  return Array.from({ length: HOSTS }, (_, h) => ({
    host: `kvm${String(h)}`,
    uri: `qemu+ssh://kvm${String(h)}/system`,
    simulated: true,
    state: { kind: 'up', since: 0 },
    groups: DEFAULT_GROUPS,
    generation,
    facts: { hostname: `kvm${String(h)}`, driver: 'QEMU', hypervisorVersion: '7.2.0', libvirtVersion: '9.0.0' },
    domains: new Map(
      Array.from({ length: DOMAINS_PER_HOST }, (__, d) => {
        const domain = domainOf(h * DOMAINS_PER_HOST + d);
        return [domain.uuid, domain];
      }),
    ),
    domainsKnown: true,
    filteredDomains: 0,
    pools: [],
    events: [],
    polls: new Map(),
  }));
}

const api: ApiConfig = {
  readOnly: false,
  tokens: [
    {
      name: TOKEN,
      sha256: createHash('sha256').update(TOKEN).digest('hex'),
      privileges: ['read', 'power', 'force'],
      hosts: ['*'],
      // Patterns that must be matched, name by name.
      domains: ['none-*', 'guest-*'],
      requireIdentity: false,
    },
  ],
  rateLimit: { requestsPerMinutePerToken: 100_000, failuresPerMinutePerAddress: 100_000 },
  trustedProxies: [],
};

/** CPU milliseconds of each round, in order of size. */
async function cpuMs(work: () => unknown): Promise<readonly number[]> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 1000);
  }
  return rounds.sort((a, b) => a - b);
}

async function fetchBytes(port: number, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { authorization: `Bearer ${TOKEN}` } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${path}: ${String(response.statusCode)}`));
      });
    }).on('error', reject);
  });
}

const no = (): Promise<never> => Promise.reject(new Error('not in this measurement'));
const quiet = { debug: () => undefined, info: () => undefined, error: () => undefined };
const guard = new RequestGuard({ api, onDenied: () => undefined });
const actions = new ActionService({ host: () => undefined, audit: () => undefined, readOnly: false });
const limits = { sessionsPerDomain: 1, sessionsPerUser: 1, sessions: 1, longestSessionSeconds: 60 };
let hosts = fleet(0);
const server = createHttpServer({
  hosts: () => hosts,
  metrics: no,
  api: {
    guard,
    feed: new EventFeed(),
    actions,
    inspection: () => ({ capabilitiesXml: no, domainXml: no, domainXmlDiff: no, screenshot: no, snapshots: no }),
    consoles: {
      service: new ConsoleService({ hosts: new Map(), limits, tls: { caFile: '/none' }, onEvent: () => undefined }),
      place: { allowedOrigins: [] },
      directAccess: false,
    },
  },
  version: 'bench',
  startedAt: Date.now(),
  logger: quiet,
});
const port = await server.listen({ host: '127.0.0.1', port: 0 });
const snapshots = Array.from({ length: ROUNDS * 3 + 1 }, (_, generation) => fleet(generation + 1));
const withNewSnapshots = (path: string) => (): Promise<number> => {
  hosts = snapshots.pop() ?? hosts;
  return fetchBytes(port, path);
};
const everything = '/api/v1/domains?limit=10000';
const bytes = await withNewSnapshots(everything)();

const principal = await guard.guard({ authorization: `Bearer ${TOKEN}`, grafanaId: undefined, address: '127.0.0.1' });
if ('code' in principal) throw new Error(principal.detail);
const plainly = (): string =>
  JSON.stringify(
    hosts.flatMap((host) =>
      [...host.domains.values()].map((domain) => ({
        ...viewDomainFacts({ host, domain }),
        ...actions.describe({ host, domain }, principal.principal),
      })),
    ),
  );

const rows: readonly (readonly [string, readonly number[]])[] = [
  ['all of them, after a poll of every host', await cpuMs(withNewSnapshots(everything))],
  [
    'a page of 100, searched and sorted by state',
    await cpuMs(withNewSnapshots('/api/v1/domains?limit=100&q=guest-1&sort=-state')),
  ],
  [
    'a page of 100, nothing changed since',
    await cpuMs(() => fetchBytes(port, '/api/v1/domains?limit=100&state=running')),
  ],
  ['all of them built plainly, unsorted, not sent', await cpuMs(plainly)],
];
await server.close(0);

console.log(
  `${String(HOSTS * DOMAINS_PER_HOST)} domains of ${String(HOSTS)} hosts, ${(bytes / 1e6).toFixed(1)} MB of JSON\n`,
);
console.log('| CPU (ms) | median | slowest of 40 |\n| --- | --: | --: |');
for (const [what, sorted] of rows) {
  const [median = Number.NaN, slowest = Number.NaN] = [sorted[ROUNDS / 2], sorted.at(-1)];
  console.log(`| ${what} | ${median.toFixed(1)} | ${slowest.toFixed(1)} |`);
}
