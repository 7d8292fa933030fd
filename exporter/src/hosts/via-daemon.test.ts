// SPDX-License-Identifier: Apache-2.0

import { connect, protocol } from '@vireo/libvirt';
import { ERROR_FROM, FakeDaemon, daemonError } from '@vireo/libvirt/testing';
import { ViaDaemon } from './via-daemon.ts';
import { until } from './watch-host.fixture.ts';

const URI = 'esx://esx1.example/';
const KIND = { readOnly: true, keepalive: true };

let daemon: FakeDaemon;
let way: ViaDaemon;
/** What the daemon was asked to open. */
let asked: string[];
/** Ends the daemon's waiting for the hypervisor. */
let answer: () => void;

beforeEach(async () => {
  daemon = await FakeDaemon.listen();
  asked = [];
  const answered = new Promise<void>((resolve) => (answer = resolve));
  daemon.on(protocol.CONNECT_OPEN, async ({ name, flags }, context) => {
    asked.push(name ?? '');
    await answered;
    context.open(URI, (flags & 1) === 1);
    return {};
  });
  way = new ViaDaemon({
    uri: URI,
    via: 'qemu:///system',
    open: ({ readOnly }, signal) => connect(daemon.uri, { readOnly, signal, name: URI }),
    openMs: 300,
  });
});

afterEach(async () => {
  answer();
  await way.close();
  await daemon.close();
});

const forever = (): AbortSignal => new AbortController().signal;

test('the daemon is asked to open the URI', async () => {
  answer();
  const connection = await way.open(KIND, forever());
  expect(asked).toEqual([URI]);
  await connection.close();
});

test('a hypervisor that does not answer has one attempt however often it is tried, and is there when it answers', async () => {
  for (let n = 0; n < 3; n += 1) {
    await expect(way.open(KIND, forever())).rejects.toMatchObject({
      code: 'VIREO_VIA_SILENT',
      message: expect.stringContaining(`${URI} does not answer the daemon qemu:///system`) as string,
    });
  }
  expect(asked).toEqual([URI]);
  answer();
  const connection = await way.open(KIND, forever());
  expect(asked).toEqual([URI]);
  await connection.close();
  // That one is given out.
  await (await way.open(KIND, forever())).close();
  expect(asked).toEqual([URI, URI]);
});

test('whoever needs a connection that may write does not get one that may only read', async () => {
  await expect(way.open(KIND, forever())).rejects.toMatchObject({ code: 'VIREO_VIA_SILENT' });
  answer();
  const connection = await way.open({ ...KIND, readOnly: false }, forever());
  expect(connection.readOnly).toBe(false);
  await connection.close();
});

test('who waits can go, and the next goes on waiting', async () => {
  const caller = new AbortController();
  const waiting = way.open(KIND, caller.signal);
  await until(() => asked.length === 1, 'the daemon is asked');
  caller.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  answer();
  await (await way.open(KIND, forever())).close();
  expect(asked).toEqual([URI]);
});

test('an attempt is not kept when it failed, nor when what it opened is gone', async () => {
  await expect(way.open(KIND, forever())).rejects.toMatchObject({ code: 'VIREO_VIA_SILENT' });
  for (const session of daemon.sessions) session.drop();
  await until(() => daemon.sessions.length === 0, 'the daemon is gone');
  answer();
  await (await way.open(KIND, forever())).close();
  expect(asked).toEqual([URI, URI]);
});

test('closing ends the attempts', async () => {
  await expect(way.open(KIND, forever())).rejects.toMatchObject({ code: 'VIREO_VIA_SILENT' });
  await way.close();
  await until(() => daemon.sessions.length === 0, 'nothing is connected');
});

test('a refused user is not tried again before time, for a hypervisor may lock it', async () => {
  let logins = 0;
  daemon.on(protocol.CONNECT_OPEN, () => {
    logins += 1;
    return daemonError('INTERNAL_ERROR', ERROR_FROM.NONE, "HTTP response code 500 for call to 'Login'");
  });
  for (let n = 0; n < 3; n += 1) {
    await expect(way.open(KIND, forever())).rejects.toMatchObject({ code: 'VIREO_VIA_LOGIN' });
    expect(logins).toBe(1);
  }
  const impatient = new ViaDaemon({
    uri: URI,
    via: 'qemu:///system',
    open: (_kind, signal) => connect(daemon.uri, { signal, name: URI }),
    loginRefusedMs: 0,
  });
  for (let n = 0; n < 2; n += 1) {
    await expect(impatient.open(KIND, forever())).rejects.toMatchObject({ code: 'VIREO_VIA_LOGIN' });
  }
  expect(logins).toBe(3);
});

test.each([
  ['NO_CONNECT', 'no connection driver available for vbox:///session', 'VIREO_DRIVER_MISSING', 'has no esx driver'],
  [
    'CONFIG_UNSUPPORTED',
    "libvirt was built without the 'hyperv' driver",
    'VIREO_DRIVER_MISSING',
    'name one in via that has it',
  ],
  ['INVALID_ARG', 'Missing authentication credentials', 'VIREO_VIA_CREDENTIALS', 'auth.conf'],
  ['INTERNAL_ERROR', "call to 'Login'. Fault: no", 'VIREO_VIA_LOGIN', 'refused the user and password in auth.conf'],
  ['INTERNAL_ERROR', 'curl_easy_perform() returned an error', 'LV_REMOTE', 'curl_easy_perform'],
] as const)('%s "%s" becomes %s, which says what to do', async (name, text, code, advice) => {
  daemon.on(protocol.CONNECT_OPEN, () => daemonError(name, ERROR_FROM.NONE, text));
  await expect(way.open(KIND, forever())).rejects.toMatchObject({
    code,
    message: expect.stringContaining(advice) as string,
  });
});
