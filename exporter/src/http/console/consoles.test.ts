// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RemoteError } from '@vireo/libvirt';
import type { ConsoleEvent, ConsoleService } from '../../console/console-service.ts';
import { WebSocket } from 'ws';
import { ControlCloggedError } from '../../hosts/action-connection.ts';
import { ViaDaemonError } from '../../hosts/via-daemon.ts';
import { selfSigned } from '../../web/pki.fixture.ts';
import { WebConfigFile } from '../../web/web-config-file.ts';
import { parseDomainXml } from '../../xml/domain-xml.ts';
import { createHttpServer } from '../server.ts';
import { apiOff, domain, noActions, noInspection, startApi } from '../api/api.fixture.ts';
import type { TestApi } from '../api/api.fixture.ts';
import { lost } from '../snapshots.fixture.ts';
import { fakeHost, openConsole, serviceOf, startVnc } from './consoles.fixture.ts';
import type { FakeHost, FakeVnc } from './consoles.fixture.ts';

jest.setTimeout(30_000);

const VM = domain(1, 'vm1');
const PATH = `/api/v1/hosts/kvm1/domains/${VM.uuid}/console`;
const NO_DOMAIN = new RemoteError(
  'DOMAIN_GET_XML_DESC',
  { number: 42, name: 'VIR_ERR_NO_DOMAIN', class: 'gone' },
  {
    ...{ code: 42, domain: 10, message: 'Domain not found', level: 2, str1: null, str2: null, str3: null },
    ...{ int1: 0, int2: 0, dom: null, net: null },
  },
);
const KEY = Buffer.from('0401000000000061', 'hex');

let vnc: FakeVnc;
let host: FakeHost;
let service: ConsoleService;
let events: ConsoleEvent[];
let api: TestApi;

async function start(limits: Parameters<typeof serviceOf>[1] = {}, name = 'QEMU (vm1)'): Promise<void> {
  vnc = await startVnc(name);
  host = fakeHost(vnc.port, VM);
  ({ service, events } = serviceOf(host, limits));
  api = await startApi([host.snapshot], {
    inspection: noInspection,
    actions: noActions(),
    consoles: { service, place: { allowedOrigins: ['https://grafana.example'] }, directAccess: false },
  });
}

afterEach(async () => {
  await service.stop();
  await api.close();
  await vnc.close();
});

async function ticket(mode: 'control' | 'view' = 'control'): Promise<string> {
  const { status, json } = await api.ask(PATH, { method: 'POST', body: { mode } });
  expect(status).toBe(200);
  return (json as { url: string }).url.split('#ticket=')[1] ?? '';
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('not within 20 s');
    await delay(5);
  }
}

async function opened(mode: 'control' | 'view' = 'control'): Promise<Awaited<ReturnType<typeof openConsole>>> {
  const console = await openConsole(api.port, await ticket(mode));
  await until(() => console.notices.some((notice) => notice === '{"type":"open"}'));
  return console;
}

/** A WebSocket that says nothing. */
function silentConsole(port: number, ticket: string): WebSocket {
  const origin = `http://127.0.0.1:${String(port)}`;
  return new WebSocket(`ws://127.0.0.1:${String(port)}/api/v1/console`, ['binary', `ticket.${ticket}`], { origin });
}

const lastEvent = (): ConsoleEvent | undefined => events.at(-1);

describe('a session', () => {
  it('passes what control allows, and of a viewer nothing that acts', async () => {
    await start();
    const control = await opened();
    control.socket.send(KEY);
    await until(() => vnc.received().equals(KEY));
    const viewer = await opened('view');
    viewer.socket.send(Buffer.concat([KEY, Buffer.from('03010000000002800190', 'hex'), KEY]));
    await until(() => vnc.received().length === KEY.length + 10);
    viewer.socket.close();
    control.socket.close();
    await until(() => events.filter(({ event }) => event === 'console.closed').length === 2);
    expect(events.map(({ event, mode }) => `${event} ${mode ?? ''}`)).toEqual([
      'console.ticket.issued control',
      'console.opened control',
      'console.ticket.issued view',
      'console.opened view',
      expect.stringMatching(/^console\.closed/),
      expect.stringMatching(/^console\.closed/),
    ]);
    expect(events.find(({ event, mode }) => event === 'console.closed' && mode === 'control')).toMatchObject({
      ...{ tokenName: 'all', host: 'kvm1', domain: 'vm1', end: 'left', code: 1000, bytesFromClient: KEY.length },
      bytesToClient: 0,
    });
  });

  it('does not read a screen faster than its tab, so a stalled tab costs no memory', async () => {
    await start();
    const { socket, bytes } = await opened();
    socket.pause();
    const [screen] = vnc.sockets;
    if (screen === undefined) throw new Error('no screen');
    // Far more than the sockets between could hold.
    const flood = Buffer.alloc(32 * 1024 * 1024);
    let taken = false;
    screen.write(flood, () => (taken = true));
    let before = -1;
    // Until nothing moves any more.
    for (let still = 0; still < 5;) {
      await delay(50);
      still = screen.bytesWritten - screen.writableLength === before ? still + 1 : 0;
      before = screen.bytesWritten - screen.writableLength;
    }
    expect(taken).toBe(false);
    expect(service.sessions).toBe(1);
    socket.resume();
    await until(() => bytes() >= flood.length);
    socket.close();
  }, 60_000);

  it('does not read a browser faster than the screen', async () => {
    await start();
    const { socket } = await opened();
    vnc.sockets[0]?.pause();
    const clipboard = Buffer.alloc(8 + 1024 * 1024);
    clipboard.set([6], 0);
    clipboard.writeUInt32BE(1024 * 1024, 4);
    for (let n = 0; n < 24; n++) {
      for (let at = 0; at < clipboard.length; at += 128 * 1024) socket.send(clipboard.subarray(at, at + 128 * 1024));
    }
    let before = -1;
    for (let still = 0; still < 5;) {
      await delay(50);
      still = socket.bufferedAmount === before ? still + 1 : 0;
      before = socket.bufferedAmount;
    }
    // Most of the 24 MiB wait at the browser.
    expect(socket.bufferedAmount).toBeGreaterThan(8 * 1024 * 1024);
    vnc.sockets[0]?.resume();
    await until(() => vnc.received().length === 24 * clipboard.length);
    socket.close();
  }, 60_000);

  it.each([
    [
      'domain-stopped',
      4001,
      () => {
        host.change({ ...VM, id: -1, state: 'shutoff' });
      },
      true,
    ],
    [
      'domain-restarted',
      4002,
      () => {
        host.change({ ...VM, id: 2 });
      },
      true,
    ],
    [
      'domain-gone',
      4003,
      () => {
        host.change(undefined);
      },
      false,
    ],
    [
      'host-lost',
      4004,
      () => {
        host.change(VM, lost('LV_CONN_CLOSED', 'x'));
      },
      true,
    ],
    [
      'token-revoked',
      4005,
      () => {
        api.guard.configure({ ...api.guard.api, tokens: [] });
      },
      false,
    ],
  ] as const)('ends with %s', async (end, code, cause, returns) => {
    await start();
    const console = await opened();
    cause();
    expect((await console.end)[0]).toBe(code);
    expect(console.notices.some((notice) => notice.includes('"type":"return"'))).toBe(returns);
    expect(events.find(({ event }) => event === 'console.closed')).toMatchObject({ end });
    await until(() => vnc.sockets.every((socket) => socket.destroyed));
  });

  it('ends when its time is up, without a way back', async () => {
    await start({ longestSessionSeconds: 1 });
    const console = await opened();
    expect((await console.end)[0]).toBe(4006);
    expect(console.notices.join()).not.toContain('return');
  });

  it('ends when the screen does, but says that the domain stopped if it did', async () => {
    await start();
    const first = await opened();
    for (const socket of vnc.sockets) socket.destroy();
    // The page knows at once; why, it hears when no event has told for a second.
    await until(() => first.notices.includes('{"type":"ending"}'));
    expect((await first.end)[0]).toBe(4007);
    // Too short a session to come back to.
    expect(first.notices.join()).not.toContain('return');
    const second = await opened();
    for (const socket of vnc.sockets) socket.destroy();
    await delay(50);
    host.change({ ...VM, id: -1, state: 'shutoff' });
    expect((await second.end)[0]).toBe(4001);
  }, 60_000);

  it.each([
    ['domain-stopped', 4001, -1],
    ['domain-restarted', 4002, 9],
    ['domain-gone', 4003, NO_DOMAIN],
    ['server-closed', 4007, new Error('no daemon')],
  ])('asks the daemon why the screen ended when no event says so: %s', async (_end, code, answer) => {
    await start();
    const console = await opened();
    jest
      .spyOn(host.consoles, 'describe')
      .mockImplementation(({ uuid }) =>
        answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve({ uuid, id: answer, otherGraphics: [], serial: false }),
      );
    for (const socket of vnc.sockets) socket.destroy();
    expect((await console.end)[0]).toBe(code);
  });

  it.each([
    ['no-console', 4020, { otherGraphics: ['spice'] }, 'It has no VNC screen. It has spice.'],
    ['domain-restarted', 4002, { id: 9 }, 'The domain was started anew.'],
    ['domain-stopped', 4001, { id: -1 }, 'The domain stopped.'],
    ['domain-gone', 4003, NO_DOMAIN, 'The domain no longer exists on this host.'],
    ['unreachable', 4021, { vnc: { port: 1, listen: '127.0.0.1' } }, 'ECONNREFUSED'],
    ['libvirt-failed', 4028, new ViaDaemonError('VIREO_VIA_SILENT', 'no answer'), 'VIREO_VIA_SILENT'],
    ['fault', 4500, new TypeError('never seen'), 'A fault in Vireo.'],
  ])('that cannot begin says why: %s', async (end, code, found, words) => {
    await start();
    const describe = jest.spyOn(host.consoles, 'describe');
    if (found instanceof Error) describe.mockRejectedValue(found);
    else describe.mockResolvedValue({ uuid: VM.uuid, id: VM.id, otherGraphics: [], serial: false, ...found });
    const ended = await (await openConsole(api.port, await ticket())).end;
    expect(ended).toEqual([code, expect.stringContaining(words)]);
    expect(lastEvent()?.event).toMatch(/console\.(?:closed|ticket\.issued)/);
    expect(events.find(({ event }) => event === 'console.closed')).toMatchObject({ end, seconds: 0 });
    expect(events.some(({ event }) => event === 'console.fault')).toBe(end === 'fault');
  });

  it('gives up a domain that does not start within ten minutes', async () => {
    await start({ longestSessionSeconds: 3600 });
    host.change({ ...VM, id: -1, state: 'shutoff' });
    const console = await openConsole(api.port, await ticket());
    await until(() => console.notices.some((notice) => notice.includes('waiting')));
    const later = Date.now() + 601_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    try {
      expect((await console.end)[0]).toBe(4011);
    } finally {
      clock.mockRestore();
    }
  });

  it('is no fault of Vireo when libvirt has no thread left to ask', async () => {
    await start();
    jest.spyOn(host.consoles, 'describe').mockRejectedValue(new ControlCloggedError(4));
    const [code, reason] = await (await openConsole(api.port, await ticket())).end;
    expect(code).toBe(4028);
    expect(reason).toContain('4 calls hang in libvirtd');
    expect(events.map(({ event }) => event)).not.toContain('console.fault');
  });

  it('gives up a browser that does not shake hands, and does not blame the screen', async () => {
    await start();
    // Its clock alone; sockets and the test go on in real time.
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] });
    try {
      const socket = silentConsole(api.port, await ticket());
      const end = new Promise<number>((resolve) => socket.once('close', resolve));
      await new Promise<void>((resolve) => {
        socket.on('message', (data: Buffer) => {
          if (data.toString() === 'RFB 003.008\n') resolve();
        });
      });
      jest.advanceTimersByTime(20_000);
      expect(await end).toBe(4010);
    } finally {
      jest.useRealTimers();
    }
  });

  it('waits for a domain that is off, and begins when it runs', async () => {
    await start();
    host.change({ ...VM, id: -1, state: 'shutoff' });
    const console = await openConsole(api.port, await ticket());
    await until(() => console.notices.includes('{"type":"waiting","state":"shutoff"}'));
    expect(vnc.sockets).toHaveLength(0);
    host.change({ ...VM, id: 7 });
    await until(() => console.notices.includes('{"type":"open"}'));
    console.socket.close();
  });

  it('comes back with a ticket of its own, and no later than the first one’s end', async () => {
    await start({ longestSessionSeconds: 3 });
    const first = await opened();
    host.change({ ...VM, id: 2 });
    await first.end;
    const fresh = /"ticket":"([^"]+)"/.exec(first.notices.at(-1) ?? '')?.[1] ?? '';
    const second = await openConsole(api.port, fresh);
    await until(() => second.notices.includes('{"type":"open"}'));
    expect((await second.end)[0]).toBe(4006);
    expect((await (await openConsole(api.port, fresh)).end)[0]).toBe(4401);
  }, 60_000);

  it('never shows another domain’s screen', async () => {
    await start({}, 'QEMU (vm2)');
    const console = await openConsole(api.port, await ticket());
    const [code, reason] = await console.end;
    expect([code, reason]).toEqual([4025, 'Another domain’s screen answered. It calls itself "QEMU (vm2)".']);
    expect(console.bytes()).toBe(0);
  });

  it('ends with all others when Vireo stops', async () => {
    await start();
    const console = await opened();
    await service.stop();
    expect((await console.end)[0]).toBe(1001);
    expect((await (await openConsole(api.port, await ticket())).end)[0]).toBe(1001);
  });
});

describe('a serial console', () => {
  it('takes what control types, and of a viewer nothing', async () => {
    await start();
    for (const [mode, expected] of [
      ['view', 0],
      ['control', 5],
    ] as const) {
      const { json } = await api.ask(PATH, { method: 'POST', body: { mode, kind: 'serial' } });
      const console = await openConsole(api.port, (json as { url: string }).url.split('=')[1] ?? '');
      await until(() => console.notices.includes('{"type":"open"}'));
      console.socket.send(Buffer.from('login'));
      console.socket.ping();
      // Answered after the message before it was taken.
      await new Promise((resolve) => console.socket.once('pong', resolve));
      await until(() => console.bytes() === expected);
      console.socket.close();
      await until(() => service.sessions === 0);
      expect(lastEvent()).toMatchObject({ kind: 'serial', bytesFromClient: expected, bytesToClient: expected });
      await service.stop();
      await api.close();
      await vnc.close();
      await start();
    }
  });
});

describe('refusals', () => {
  it('of one reason are told once a second, and counted each time', async () => {
    await start();
    for (let n = 0; n < 5; n++) await (await openConsole(api.port, 'A'.repeat(43))).end;
    const refused = events.filter(({ event }) => event === 'console.refused');
    expect(refused).toHaveLength(5);
    expect(refused.filter(({ quiet }) => quiet !== true).length).toBeLessThan(5);
  });
});

describe('text', () => {
  const typed = (headers: Record<string, string>, text: string) =>
    api.ask('/api/v1/console/text', {
      method: 'POST',
      token: null,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ text }),
    });

  it('is typed with the key of a session that may, as long as that lasts, and is on no record', async () => {
    await start();
    const console = await opened();
    const key = /"key":"([\w-]{43})"/.exec(console.notices[0] ?? '')?.[1] ?? '';
    const answer = await typed({ 'x-vireo-console': key }, 'Hi');
    expect([answer.status, answer.json]).toEqual([200, { characters: 2 }]);
    expect(host.pressed).toEqual([[42, 35], [23]]);
    expect(lastEvent()).toMatchObject({ event: 'console.typed', tokenName: 'all', domain: 'vm1', characters: 2 });
    expect(JSON.stringify(events)).not.toContain('Hi');
    expect((await typed({ 'x-vireo-console': `${key}x` }, 'a')).status).toBe(401);
    expect((await typed({}, 'a')).status).toBe(401);
    console.socket.close();
    await until(() => service.sessions === 0);
    expect((await typed({ 'x-vireo-console': key }, 'a')).status).toBe(401);
    expect(host.pressed).toHaveLength(2);
  });

  it('has no key in the session of a viewer, nor once the token is withdrawn', async () => {
    await start();
    const viewer = await opened('view');
    expect(viewer.notices[0]).not.toContain('"key"');
    const control = await opened();
    const key = /"key":"([\w-]{43})"/.exec(control.notices[0] ?? '')?.[1] ?? '';
    api.guard.configure({ ...api.guard.api, tokens: [] });
    expect((await typed({ 'x-vireo-console': key }, 'a')).status).toBe(401);
    expect(host.pressed).toHaveLength(0);
  });

  it('stops where the session ends or the token is withdrawn', async () => {
    await start();
    const console = await opened();
    const key = /"key":"([\w-]{43})"/.exec(console.notices[0] ?? '')?.[1] ?? '';
    const byKey = typed({ 'x-vireo-console': key }, 'a'.repeat(1000));
    await until(() => host.pressed.length > 2);
    console.socket.close();
    expect((await byKey).status).toBe(401);
    const already = host.pressed.length;
    const byToken = api.ask(`${PATH}/text`, { method: 'POST', body: { text: 'a'.repeat(1000) } });
    await until(() => host.pressed.length > already + 2);
    api.guard.configure({ ...api.guard.api, tokens: [] });
    expect((await byToken).json).toMatchObject({ code: 'VIREO_CONSOLE_TICKET' });
    expect(host.pressed.length).toBeLessThan(500);
    expect(lastEvent()).toMatchObject({ event: 'console.typed', characters: host.pressed.length - already });
  });

  it('is typed with a token too, one text at a time, and whole or not at all', async () => {
    await start();
    const post = (text: string) => api.ask(`${PATH}/text`, { method: 'POST', body: { text } });
    const [first, second] = await Promise.all([post('abc'), post('xyz')]);
    expect([first.status, second.status].sort()).toEqual([200, 503]);
    expect(host.pressed).toHaveLength(3);
    expect((await post('a\u00e4')).json).toMatchObject({
      code: 'VIREO_BODY',
      detail: 'a US keyboard has no key for character 2 of the text',
    });
    expect(host.pressed).toHaveLength(3);
    host.change({ ...VM, id: -1, state: 'shutoff' });
    expect((await post('a')).json).toMatchObject({ code: 'VIREO_STATE' });
  });
});

describe('limits', () => {
  it.each(['sessionsPerDomain', 'sessionsPerUser', 'sessions'])(
    'of %s hold at the ticket and at the session',
    async (limit) => {
      await start({ [limit]: 1 });
      const [first, second] = [await ticket(), await ticket()];
      const open = await openConsole(api.port, first);
      await until(() => service.sessions === 1);
      expect((await (await openConsole(api.port, second)).end)[0]).toBe(4027);
      expect(await api.code(PATH, { method: 'POST', body: { mode: 'view' } })).toBe('VIREO_CONSOLE_LIMIT');
      expect(events.filter(({ reason }) => reason === 'too-many')).toHaveLength(2);
      open.socket.close();
      await until(() => service.sessions === 0);
      await ticket();
    },
  );
});

describe('the way in', () => {
  it('serves the page with a policy of its own, and nothing outside its folders', async () => {
    await start();
    const page = await api.ask('/console/', { token: null });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
    // Neither inline scripts nor styles.
    expect(page.body.toString()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=/);
    for (const path of [
      'boot.js',
      'console.js',
      'novnc/core/rfb.js',
      'novnc/vendor/pako/lib/zlib/inflate.js',
      'xterm/lib/xterm.js',
    ]) {
      expect([path, (await api.ask(`/console/${path}`, { token: null })).status]).toEqual([path, 200]);
    }
    for (const path of ['novnc/package.json', '../package.json', '%2e%2e/package.json', 'xterm/package.json']) {
      expect([400, 404]).toContain((await api.ask(`/console/${path}`, { token: null })).status);
    }
  });

  it('tells whoever asks without Upgrade that a proxy may have taken it away', async () => {
    await start();
    expect(await api.code('/api/v1/console', { token: null })).toBe('VIREO_CONSOLE_UPGRADE');
  });

  it('answers whoever offers another protocol, or another path, as if there had been no offer', async () => {
    await start();
    const ask = (path: string, upgrade: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { connection: 'Upgrade', upgrade, 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };
        const sent = request({ port: api.port, host: '127.0.0.1', path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on('error', reject).end();
      });
    expect(await ask('/-/healthy', 'h2c')).toBe(200);
    expect(await ask('/-/healthy', 'websocket')).toBe(200);
    expect(await ask('/api/v1/hosts', 'websocket')).toBe(401);
    expect(await ask('/api/v1/%63onsole', 'websocket')).toBe(401);
    expect(await ask('/api/v1/console', 'websocket')).toBe(403);
  });

  it('lets pages of configured origins in, and puts others on record', async () => {
    await start();
    const code = (origin: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = {
          connection: 'Upgrade',
          upgrade: 'websocket',
          origin,
          'sec-websocket-version': '13',
          'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          'sec-websocket-protocol': 'binary',
        };
        const sent = request({ port: api.port, host: '127.0.0.1', path: '/api/v1/console', headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on('error', reject).end();
      });
    // Let in as far as the missing ticket.
    expect(await code('https://grafana.example')).toBe(401);
    expect(lastEvent()).toMatchObject({ event: 'console.refused', reason: 'no-ticket' });
    for (const origin of ['http://grafana.example', 'https://grafana.example.evil', 'null', `http://127.0.0.1`]) {
      expect(await code(origin)).toBe(403);
      expect(lastEvent()).toMatchObject({ event: 'console.refused', reason: 'origin' });
    }
  });

  it('keeps no half of a connection open whose request it refused, or answered without the upgrade', async () => {
    await start();
    for (const path of ['/api/v1/console', '/-/healthy']) {
      const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      await new Promise((resolve) => socket.once('end', resolve));
      expect(answer).toMatch(/^HTTP\/1.1 (?:403|200) /);
      // Its own half stays open; what comes there finds nobody.
      const probe = setInterval(() => socket.write('x'), 20);
      socket.on('error', () => undefined);
      await closed;
      clearInterval(probe);
    }
  });

  it('makes no URL of a Host header that is more than a host', async () => {
    await start();
    const options = { method: 'POST', body: { mode: 'view' } };
    for (const bad of ['evil.example/x?', 'user@evil.example', 'evil.example#']) {
      expect(await api.code(PATH, { ...options, headers: { host: bad } })).toBe('VIREO_HTTP_BAD_REQUEST');
    }
    const { json } = await api.ask(PATH, { ...options, headers: { host: 'Vireo.example:9177' } });
    expect((json as { url: string }).url).toMatch(/^http:\/\/vireo\.example:9177\/console\/#ticket=[\w-]{43}$/);
  });

  it('is through TLS too, without a user of the web config file, whose headers stay off the WebSocket', async () => {
    await start();
    const directory = mkdtempSync(join(tmpdir(), 'vireo-wss-'));
    const { cert, key } = selfSigned(directory, 'vireo');
    writeFileSync(
      join(directory, 'web.yml'),
      `tls_server_config: { cert_file: ${cert}, key_file: ${key} }\nbasic_auth_users: { alice: "$2b$04$${'a'.repeat(53)}" }\n`,
    );
    const logger = { debug: () => undefined, info: () => undefined, error: () => undefined };
    const web = WebConfigFile.open(join(directory, 'web.yml'), { logger });
    const consoles = { service, place: { allowedOrigins: [] }, directAccess: false };
    const server = createHttpServer({
      web,
      hosts: () => [host.snapshot],
      metrics: () => Promise.reject(new Error('no metrics here')),
      api: { ...apiOff(), consoles },
      ...{ version: '0.1.0', startedAt: 0, logger },
    });
    try {
      const port = await server.listen({ host: '127.0.0.1', port: 0 });
      const actor = { token: 'ops', address: '::1' };
      const grant = { host: 'kvm1', uuid: VM.uuid, domain: 'vm1', mode: 'control', kind: 'vnc', actor } as const;
      const { ticket: secret } = service.issue({ ...grant, isAllowed: () => true });
      const socket = new WebSocket(`wss://127.0.0.1:${String(port)}/api/v1/console`, ['binary', `ticket.${secret}`], {
        origin: `https://127.0.0.1:${String(port)}`,
        ca: readFileSync(cert),
      });
      const first = await new Promise<Buffer>((resolve, reject) => {
        socket.on('error', reject).on('message', (data: Buffer, isBinary) => {
          if (isBinary) resolve(data);
        });
      });
      expect(first.toString()).toBe('RFB 003.008\n');
      socket.terminate();
    } finally {
      await server.close(0);
      web.close();
      rmSync(directory, { recursive: true });
    }
  });

  it('gives out no address unless that is switched on', async () => {
    await start();
    expect(await api.code(`${PATH}/address`)).toBe('VIREO_CONSOLE_OFF');
    expect(await api.code(`${PATH}/file.vv`)).toBe('VIREO_CONSOLE_OFF');
  });
});

it.each([
  [
    'ESX',
    'esx://root@esx1.example/?no_verify=1',
    'vnc',
    'no screen, and no text console through libvirt’s driver esx; use the console of the vSphere Client, or of https://esx1.example/ui/',
    'use-vsphere',
  ],
  ['ESX', 'vpx://vc.example/dc/esx1', undefined, 'https://vc.example/ui/', 'use-vsphere'],
  [
    'ESX',
    'esx://esx1.example/',
    'serial',
    'the domain has no text console through libvirt’s driver esx; use',
    'use-vsphere',
  ],
  [
    'Hyper-V',
    'hyperv://hv1.example/',
    undefined,
    'use VMConnect, or Remote Desktop to hv1.example:2179',
    'use-vmconnect',
  ],
  ['QEMU', 'qemu:///system', 'vnc', 'the domain has no screen', 'no-vnc'],
  ['vz', 'vz:///system', undefined, 'no screen, and no text console through libvirt’s driver vz', 'no-console'],
  ['vz', 'vz:///system', 'serial', 'no text console through libvirt’s driver vz', 'no-text-console'],
] as const)(
  'says what to use instead of a console that %s at %s has not: %s',
  async (driver, uri, kind, words, reason) => {
    await start();
    const { snapshot } = host;
    const without = {
      ...VM,
      xml: parseDomainXml(`<domain type='vmware'><name>vm1</name><uuid>${VM.uuid}</uuid></domain>`),
    };
    host.snapshot = {
      ...snapshot,
      uri,
      facts: { driver, libvirtVersion: '9.0.0' },
      domains: new Map([[VM.uuid, without]]),
    };
    const { status, json } = await api.ask(PATH, {
      method: 'POST',
      body: { mode: 'view', ...(kind === undefined ? {} : { kind }) },
    });
    expect(status).toBe(409);
    const detail = expect.stringContaining(words) as string;
    expect(json).toMatchObject({ code: 'VIREO_CONSOLE_NONE', detail, reasonCode: reason });
    if (kind !== undefined) return;
    const { json: domain } = await api.ask(PATH.replace('/console', ''));
    expect(domain).toMatchObject({ consoleRefusal: detail, consoleRefusalCode: reason });
  },
);
