// SPDX-License-Identifier: Apache-2.0
// The API through HTTP, with the built exporter on real QEMU domains.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  domainFull,
  domainList,
  hostFull,
  hostList,
  task as taskSchema,
  xmlDiff,
} from '../../exporter/src/contract/api.ts';
import { apiClient, endOf, followEvents, tokenLine } from '../lab/api.ts';
import type { ApiAnswer, ApiClient, TaskView } from '../lab/api.ts';
import { defineDomains, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { keepOutput, secret } from '../lab/planted.ts';
import { runInside } from '../lab/process.ts';
import { addSaslUser } from '../lab/sasl.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

/** Planted: none of these may be seen anywhere outside of this file and the lab's own files. */
const SECRETS = {
  all: secret('API token all'),
  reader: secret('API token reader'),
  web: secret('API token web'),
  vnc: secret('VNC password of db-1'),
  sasl: secret("SASL password of the API's host"),
};
const EVERYTHING = ['read', 'xml', 'power', 'force', 'console.view'];

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let all: ApiClient;
let reader: ApiClient;
let web: ApiClient;
/** Everything any answer has said. */
let said = '';
const uuids = new Map<string, string>();

/** A client whose answers are all searched for secrets at the end. */
function recorded(secret: string): ApiClient {
  const client = apiClient(exporter, secret);
  const record = async (answer: Promise<ApiAnswer>): Promise<ApiAnswer> => {
    const got = await answer;
    said += got.bytes.toString('latin1') + JSON.stringify([...got.headers]);
    return got;
  };
  return { get: (...args) => record(client.get(...args)), post: (...args) => record(client.post(...args)) };
}

/** A domain's path below /api/v1. */
function at(name: string): string {
  return `/hosts/lab/domains/${uuids.get(name) ?? 'unknown'}`;
}

async function act(name: string, action: string, more: object = {}): Promise<TaskView> {
  const { status, json } = await all.post(`${at(name)}/actions`, { action, ...more });
  if (status !== 202 && status !== 200) throw new Error(`${action} ${name}: ${JSON.stringify(json)}`);
  return endOf(all, taskSchema.parse(json).id);
}

const stateOf = async (name: string): Promise<string> => (await libvirtd.virsh('domstate', name)).trim();
const code = ({ json }: ApiAnswer): unknown => json?.['code'];

beforeAll(async () => {
  lab = await openLab();
  const user = await addSaslUser(lab, 'vireo', SECRETS.sasl);
  const daemon = await startLibvirtd(lab, { sasl: true, tcp: true });
  // The socket asks for a password, which the exporter has; virsh goes round it.
  const uri = `qemu+tcp://127.0.0.1:${String(daemon.tcpPort)}/system`;
  libvirtd = { ...daemon, virsh: (...args) => runInside(lab, 'virsh', ['--connect', uri, ...args]) };
  await startDomains(lab, libvirtd, ['web-1']);
  await defineDomains(lab, libvirtd, ['web-2', 'db-1']);
  const xml = (await libvirtd.virsh('dumpxml', 'db-1')).replace(
    /<graphics[^]*?<\/graphics>|<graphics[^>]*\/>/,
    `<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='${SECRETS.vnc}'/>`,
  );
  const file = join(lab.directory, 'db-1-password.xml');
  await writeFile(file, xml);
  await libvirtd.virsh('define', file);
  await libvirtd.virsh('start', 'db-1');
  for (const name of ['web-1', 'web-2', 'db-1']) uuids.set(name, (await libvirtd.virsh('domuuid', name)).trim());
  await writeFile(join(lab.directory, 'password'), SECRETS.sasl);
  const tokens = [
    tokenLine('all', SECRETS.all, EVERYTHING),
    tokenLine('reader', SECRETS.reader, ['read']),
    tokenLine('web', SECRETS.web, ['read', 'power'], 'web-*'),
  ];
  const credentials = `{ username: '${user}', password_file: password }`;
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}', credentials: ${credentials} }]
log: { level: trace }
api:
  rateLimit: { requestsPerMinutePerToken: 100000, failuresPerMinutePerAddress: 10000 }
  tokens: [${tokens.join(', ')}]
`,
  });
  [all, reader, web] = [recorded(SECRETS.all), recorded(SECRETS.reader), recorded(SECRETS.web)];
  await waitFor(async () => domainFull.safeParse((await all.get(at('db-1'))).json).data?.disks !== undefined, {
    what: 'the API knows the domains and their XML',
    deadlineMs: 30_000,
  });
}, 180_000);

afterAll(() => lab.close());

describe('what the API shows', () => {
  test('is the host and its domains, as its schemas say', async () => {
    expect(hostList.parse((await all.get('/hosts')).json).items).toMatchObject([
      { host: 'lab', state: 'up', driver: 'QEMU', domains: { total: 3 } },
    ]);
    expect(hostFull.parse((await all.get('/hosts/lab')).json).node?.memoryBytes).toBeGreaterThan(2 ** 28);
    const { items } = domainList.parse((await all.get('/domains')).json);
    expect(items.map(({ name, state }) => [name, state])).toEqual([
      ['db-1', 'running'],
      ['web-1', 'running'],
      ['web-2', 'shutoff'],
    ]);
    const full = domainFull.parse((await all.get(at('web-1'))).json);
    expect(full.disks?.[0]).toMatchObject({ targetDevice: 'vda', capacityBytes: 1024 * 1024 });
    expect(full.memory.maximumBytes).toBe(32 * 1024 * 1024);
  });

  test('tells which actions are allowed, to this token, and why not the others', async () => {
    const off = domainFull.parse((await all.get(at('web-2'))).json);
    expect(off.allowedActions).toContain('start');
    expect(off.refusedActions).toMatchObject({ reboot: 'shut off: start it first' });
    const readOnly = domainFull.parse((await reader.get(at('web-1'))).json);
    expect(readOnly.allowedActions).toEqual([]);
  });

  test('is limited by scope and privilege', async () => {
    expect(domainList.parse((await web.get('/domains')).json).items.map(({ name }) => name)).toEqual([
      'web-1',
      'web-2',
    ]);
    expect(code(await web.get(at('db-1')))).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(code(await web.get(`${at('web-1')}/xml`))).toBe('VIREO_AUTH_PRIVILEGE');
    expect(code(await reader.get(`${at('web-1')}/screenshot`))).toBe('VIREO_AUTH_PRIVILEGE');
    expect(code(await reader.post(`${at('web-1')}/actions`, { action: 'destroy' }))).toBe('VIREO_AUTH_PRIVILEGE');
    expect(code(await web.post(`${at('db-1')}/actions`, { action: 'start' }))).toBe('VIREO_DOMAIN_UNKNOWN');
    expect(code(await apiClient(exporter, 'wrong').get('/hosts'))).toBe('VIREO_AUTH_TOKEN');
    for (const expected of ['VIREO_AUTH_TOKEN', 'VIREO_AUTH_PRIVILEGE']) {
      await waitFor(() => exporter.log().some((line) => line['event'] === 'auth.denied' && line['code'] === expected), {
        what: `${expected} is on record`,
        deadlineMs: 20_000,
      });
    }
    expect([await stateOf('web-1'), await stateOf('db-1')]).toEqual(['running', 'running']);
  });

  test('is XML without secrets, with an ETag, and nothing in the diff of a domain without changes', async () => {
    for (const view of ['live', 'config']) {
      const { bytes, headers } = await all.get(`${at('db-1')}/xml?view=${view}`);
      expect(bytes.toString()).toContain('<name>db-1</name>');
      expect(bytes.toString()).not.toContain(SECRETS.vnc);
      const again = await all.get(`${at('db-1')}/xml?view=${view}`, { 'if-none-match': headers.get('etag') ?? '' });
      expect(again.status).toBe(304);
    }
    const same = await all.get(`${at('web-1')}/xml?view=diff`);
    expect(xmlDiff.parse(same.json).changes).toEqual([]);
    await libvirtd.virsh('setvcpus', 'web-1', '2', '--config', '--maximum');
    const changed = xmlDiff.parse((await all.get(`${at('web-1')}/xml?view=diff`)).json);
    expect(changed.changes.map(({ path }) => path)).toContain('/domain/vcpu');
    expect((await all.get('/hosts/lab/xml')).bytes.toString()).toContain('<capabilities>');
  });

  test('is a picture of the screen', async () => {
    const { status, headers, bytes } = await all.get(`${at('web-1')}/screenshot`);
    expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect(code(await all.get(`${at('web-2')}/screenshot`))).toBe('VIREO_STATE');
  });
});

describe('actions', () => {
  test('start, suspend, resume and force off end as what was seen', async () => {
    for (const [action, state, seen] of [
      ['start', 'running', 'running'],
      ['suspend', 'paused', 'paused'],
      ['resume', 'running', 'running'],
      ['destroy', 'shutoff', 'shut off'],
    ] as const) {
      expect(await act('web-2', action)).toMatchObject({ state: 'succeeded', changed: true, result: { state } });
      expect(await stateOf('web-2')).toBe(seen);
    }
  });

  test('that find nothing to do answer 200 and change nothing', async () => {
    const { status, json } = await all.post(`${at('web-1')}/actions`, { action: 'start' });
    expect([status, taskSchema.parse(json)]).toMatchObject([200, { state: 'succeeded', changed: false }]);
  });

  test('are refused in the wrong state, and without a sound request', async () => {
    expect(code(await all.post(`${at('web-2')}/actions`, { action: 'reboot' }))).toBe('VIREO_STATE');
    expect(code(await all.post(`${at('web-1')}/actions`, { action: 'explode' }))).toBe('VIREO_ACTION_UNKNOWN');
    expect(code(await all.post(`${at('web-1')}/actions`, { action: 'suspend', paused: 1 }))).toBe('VIREO_BODY');
    expect(await stateOf('web-1')).toBe('running');
  });

  test('with one Idempotency-Key are done once', async () => {
    const key = { 'idempotency-key': 'once-1' };
    const first = await all.post(`${at('web-1')}/actions`, { action: 'suspend' }, key);
    await endOf(all, taskSchema.parse(first.json).id);
    const second = await all.post(`${at('web-1')}/actions`, { action: 'suspend' }, key);
    expect(second.json?.['id']).toBe(first.json?.['id']);
    expect(code(await all.post(`${at('web-1')}/actions`, { action: 'resume' }, key))).toBe('VIREO_IDEMPOTENCY_KEY');
    expect(await act('web-1', 'resume')).toMatchObject({ state: 'succeeded' });
  });

  test('on many domains have a result each; a dry run does nothing', async () => {
    const targets = ['web-1', 'web-2', 'db-1'].map((name) => ({ host: 'lab', uuid: uuids.get(name) }));
    const body = {
      targets: [...targets, { host: 'lab', uuid: '00000000-0000-4000-8000-000000000000' }],
      action: 'suspend',
    };
    const dry = await all.post('/actions', { ...body, dryRun: true });
    const verdicts = (dry.json as unknown as { results: { accepted: boolean; error?: { code: string } }[] }).results;
    expect(verdicts.map(({ accepted, error }) => [accepted, error?.code])).toEqual([
      [true, undefined],
      [false, 'VIREO_STATE'],
      [true, undefined],
      [false, 'VIREO_DOMAIN_UNKNOWN'],
    ]);
    expect(await stateOf('web-1')).toBe('running');
    const done = await all.post('/actions', body);
    const { results } = done.json as unknown as { results: { task?: { id: string } }[] };
    for (const { task } of results) if (task !== undefined) await endOf(all, task.id);
    expect([await stateOf('web-1'), await stateOf('db-1'), await stateOf('web-2')]).toEqual([
      'paused',
      'paused',
      'shut off',
    ]);
    for (const name of ['web-1', 'db-1']) await act(name, 'resume');
  });
});

describe('events', () => {
  test('tell of a change of state within a second, within the scope, and what a reader missed', async () => {
    const [stream, narrow] = [await followEvents(exporter, SECRETS.all), await followEvents(exporter, SECRETS.web)];
    await waitFor(() => stream.events.length > 0 && narrow.events.length > 0, {
      what: 'the streams begin',
      deadlineMs: 20_000,
    });
    const isPaused = ({ event, data }: { event: string; data: Readonly<Record<string, unknown>> }): boolean =>
      event === 'domain.state' && data['to'] === 'paused';
    const times: number[] = [];
    await libvirtd.virsh('suspend', 'db-1');
    let began = performance.now();
    await waitFor(() => stream.events.some(isPaused), { what: 'the event', deadlineMs: 20_000 });
    times.push(performance.now() - began);
    // By then, what is read shows it.
    expect(domainFull.parse((await all.get(at('db-1'))).json).state).toBe('paused');
    await libvirtd.virsh('suspend', 'web-1');
    began = performance.now();
    await waitFor(() => narrow.events.some(isPaused), { what: 'the event within the scope', deadlineMs: 20_000 });
    times.push(performance.now() - began);
    expect(Math.min(...times)).toBeLessThan(1000);
    expect(narrow.events.filter(isPaused).map(({ data }) => (data['domain'] as { name: string }).name)).toEqual([
      'web-1',
    ]);
    const before = stream.events[0]?.id ?? '';
    stream.close();
    narrow.close();
    const again = await followEvents(exporter, SECRETS.all, before);
    await waitFor(() => again.events.filter(isPaused).length === 2, { what: 'the replay', deadlineMs: 20_000 });
    again.close();
    for (const name of ['db-1', 'web-1']) await libvirtd.virsh('resume', name);
  });
});

/** A small generator with a seed, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a thousand malformed requests', () => {
  test('change nothing on the hypervisor and crash nothing', async () => {
    const pick = random(20_261_124);
    const one = <T>(...choices: readonly T[]): T => choices[pick(choices.length)] as T;
    const noise = (): string => String.fromCharCode(...Array.from({ length: 1 + pick(40) }, () => 33 + pick(90)));
    const before = await libvirtd.virsh('list', '--all');
    const [lifecycle] = [await libvirtd.virsh('domid', 'web-1')];
    const statuses = new Map<number, number>();
    for (let i = 0; i < 1000; i++) {
      const uuid = one(uuids.get('web-1'), uuids.get('db-1'), noise(), '../..', '%2e%2e', '0'.repeat(36));
      const path = one(
        `/hosts/lab/domains/${String(uuid)}/actions`,
        `/hosts/${encodeURIComponent(noise())}/domains/${String(uuid)}/actions`,
        '/actions',
        `/tasks/${encodeURIComponent(noise())}`,
        `/domains?${noise()}`,
        `/${encodeURIComponent(noise())}`,
      );
      const body = one(
        noise(),
        '{"action":"destroy"',
        JSON.stringify({ action: noise() }),
        JSON.stringify({ action: 'destroy', [`x${noise()}`]: 1 }),
        JSON.stringify({ action: 'destroy', options: { [`x${noise()}`]: noise() } }),
        JSON.stringify({ action: 'destroy', ifDomainId: noise() }),
        JSON.stringify({ targets: noise(), action: 'destroy' }),
        JSON.stringify({ targets: [{ host: noise(), uuid: noise() }], action: 'destroy' }),
        `{"action":"destroy","__proto__":{"polluted":true}}`,
        '['.repeat(30_000),
        'x'.repeat(70_000),
        JSON.stringify([null]),
      );
      const method = one('POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH');
      const response = await fetch(`${exporter.url}/api/v1${path}`, {
        method,
        body,
        headers: {
          authorization: one(
            `Bearer ${SECRETS.all}`,
            `Bearer ${SECRETS.all}`,
            `Bearer ${SECRETS.all}`,
            `Bearer ${noise()}`,
            `Basic ${noise()}`,
          ),
          'content-type': one(
            'application/json',
            'application/json',
            'application/json',
            'text/plain',
            noise().replaceAll(/[^\w]/g, 'x'),
          ),
          'idempotency-key': one('k', noise(), 'x'.repeat(300)),
        },
      });
      const text = await response.text();
      keepOutput('answers-malformed', text);
      said += text;
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      expect([i, path, method, response.status >= 400 && response.status < 500]).toEqual([i, path, method, true]);
    }
    expect(statuses.size).toBeGreaterThan(5);
    expect(await libvirtd.virsh('list', '--all')).toBe(before);
    expect(await libvirtd.virsh('domid', 'web-1')).toBe(lifecycle);
    expect((await all.get('/hosts')).status).toBe(200);
    expect(exporter.log().filter((line) => line['event'] === 'http.error' || line['level'] === 'fatal')).toEqual([]);
    expect(exporter.process.hasExited).toBe(false);
  });
});

describe('secrets', () => {
  test('were in no answer and in no line of the log', async () => {
    await exporter.process.stop();
    const output =
      exporter.process.output() +
      exporter
        .log()
        .map((line) => JSON.stringify(line))
        .join('\n');
    expect(output.length).toBeGreaterThan(10_000);
    for (const secret of Object.values(SECRETS)) {
      expect(said).not.toContain(secret);
      expect(output).not.toContain(secret);
    }
  });
});
