// SPDX-License-Identifier: Apache-2.0
// The daemon's side is played here, message by message; test/integration has the real one.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

import { RemoteError } from '../errors.ts';
import { errorNumber } from '../protocol/error-numbers.ts';
import type { Procedure } from '../protocol/procedure.ts';
import type { CallOptions } from '../rpc/pending-call.ts';
import { parseConnectionUri } from '../uri.ts';
import { authenticate } from './authenticate.ts';
import type { AuthCaller } from './authenticate.ts';

interface SaslReply {
  readonly complete: boolean;
  readonly nil: boolean;
  readonly data: Uint8Array;
}

type Handler = (args: { readonly mech?: string; readonly data?: Uint8Array }) => unknown;

/** Answers each procedure by its handler; records the calls. */
class Daemon implements AuthCaller {
  readonly calls: string[] = [];
  readonly deadlines: (number | undefined)[] = [];
  readonly #handlers: Readonly<Record<string, Handler>>;

  constructor(handlers: Readonly<Record<string, Handler>>) {
    this.#handlers = handlers;
  }

  call<A, R>(procedure: Procedure<A, R>, args: A, options?: CallOptions): Promise<R> {
    this.calls.push(procedure.name);
    this.deadlines.push(options?.deadlineMs);
    const handler = this.#handlers[procedure.name];
    if (handler === undefined) return Promise.reject(new Error(`${procedure.name} was not expected`));
    return Promise.resolve().then(() => handler(args as { mech?: string; data?: Uint8Array }) as R);
  }
}

function remoteError(procedure: string, code: number): RemoteError {
  const nothing = { dom: null, str1: null, str2: null, str3: null, int1: 0, int2: 0, net: null };
  return new RemoteError(procedure, errorNumber(code), {
    code,
    domain: 7,
    message: 'stale text',
    level: 2,
    ...nothing,
  });
}

function refuse(procedure: string, code: number): Handler {
  return () => {
    throw remoteError(procedure, code);
  };
}

const LOCAL = parseConnectionUri('qemu:///system');
const TIMES = { readOnly: false, listMs: 10_000, authMs: 30_000 };
const CREDENTIALS = { username: 'vireo', password: 'secret' };

/** A SCRAM-SHA-256 server after RFC 5802, written apart from the client. */
function scramServer(password: string): { start: Handler; step: Handler } {
  const salt = Buffer.from('0123456789abcdef');
  let clientFirstBare = '';
  let serverFirst = '';
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    start: ({ data }) => {
      clientFirstBare = Buffer.from(data ?? [])
        .toString()
        .slice('n,,'.length);
      serverFirst = `r=${/r=(.*)$/u.exec(clientFirstBare)?.[1] ?? ''}SRV,s=${salt.toString('base64')},i=4096`;
      return { complete: false, nil: false, data: Buffer.from(serverFirst) } satisfies SaslReply;
    },
    step: ({ data }) => {
      const [withoutProof = '', proof = ''] = Buffer.from(data ?? [])
        .toString()
        .split(',p=');
      const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
      const message = `${clientFirstBare},${serverFirst},${withoutProof}`;
      const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
      const signature = hmac(storedKey, message);
      const clientKey = Buffer.from(Buffer.from(proof, 'base64').map((byte, i) => byte ^ (signature[i] ?? 0)));
      if (!createHash('sha256').update(clientKey).digest().equals(storedKey)) throw remoteError('AUTH_SASL_STEP', 45);
      const verifier = hmac(hmac(salted, 'Server Key'), message).toString('base64');
      return { complete: true, nil: false, data: Buffer.from(`v=${verifier}`) } satisfies SaslReply;
    },
  };
}

function saslDaemon(mechlist: string, password = 'secret'): Daemon {
  const { start, step } = scramServer(password);
  return new Daemon({
    AUTH_LIST: () => ({ types: [1] }),
    AUTH_SASL_INIT: () => ({ mechlist }),
    AUTH_SASL_START: start,
    AUTH_SASL_STEP: step,
  });
}

describe('authenticate', () => {
  it('asks what is wanted even when nothing is', async () => {
    const daemon = new Daemon({ AUTH_LIST: () => ({ types: [0] }) });
    await authenticate(daemon, LOCAL, TIMES);
    expect(daemon.calls).toEqual(['AUTH_LIST']);
    expect(daemon.deadlines).toEqual([10_000]);
  });

  it('goes through polkit with the time a person needs', async () => {
    const daemon = new Daemon({ AUTH_LIST: () => ({ types: [2] }), AUTH_POLKIT: () => ({ complete: 1 }) });
    await authenticate(daemon, LOCAL, TIMES);
    expect(daemon.calls).toEqual(['AUTH_LIST', 'AUTH_POLKIT']);
    expect(daemon.deadlines).toEqual([10_000, 30_000]);
  });

  it.each([
    [45, 'polkit denies this user org.libvirt.unix.manage; allow it by a polkit rule'],
    [79, 'about org.libvirt.unix.manage was cancelled'],
    [94, 'has no agent to ask through'],
    [1, 'could not ask polkit about org.libvirt.unix.manage (VIR_ERR_INTERNAL_ERROR)'],
  ])("explains polkit's error %d without the daemon's stale text", async (code, why) => {
    const daemon = new Daemon({ AUTH_LIST: () => ({ types: [2] }), AUTH_POLKIT: refuse('AUTH_POLKIT', code) });
    const failure = authenticate(daemon, LOCAL, TIMES);
    await expect(failure).rejects.toMatchObject({
      code: 'LV_CONN_AUTH',
      message: expect.stringContaining(why) as string,
    });
    await expect(failure).rejects.not.toThrow('stale text');
  });

  it.each([
    ['qemu:///system', false, 'manage'],
    ['qemu:///system', true, 'monitor'],
    ['qemu:///system?socket=/run/libvirt/libvirt-sock-ro', false, 'monitor'],
    ['qemu:///system?socket=/run/libvirt/libvirt-sock', true, 'manage'],
  ])('names the action polkit refused and a remedy that can help: %s, read-only %p', async (text, readOnly, action) => {
    const daemon = new Daemon({ AUTH_LIST: () => ({ types: [2] }), AUTH_POLKIT: refuse('AUTH_POLKIT', 45) });
    const failure: unknown = await authenticate(daemon, parseConnectionUri(text), { ...TIMES, readOnly }).catch(
      (error: unknown) => error,
    );
    expect(failure).toHaveProperty('message', expect.stringContaining(`org.libvirt.unix.${action};`));
    // The group libvirt has manage only, and a read-only connection asks for monitor.
    const more = action === 'manage' ? ', add the user to the group libvirt, or connect read-only' : '';
    expect(failure).toHaveProperty('message', expect.stringMatching(new RegExp(`polkit rule${more}$`, 'u')));
  });

  it("takes the daemon's first method, unless the URI chooses", async () => {
    const handlers = { AUTH_LIST: () => ({ types: [1, 2] }), AUTH_POLKIT: () => ({ complete: 1 }) };
    const daemon = new Daemon(handlers);
    await authenticate(daemon, parseConnectionUri('qemu:///system?auth=polkit'), TIMES);
    expect(daemon.calls).toEqual(['AUTH_LIST', 'AUTH_POLKIT']);
  });

  it.each([
    ['qemu:///system?auth=sasl', [2], 'accepts polkit, and the URI asks for sasl'],
    ['qemu:///system', [9], 'accepts type 9'],
    ['qemu:///system', [], 'accepts no authentication at all'],
  ])('refuses %s when the daemon offers %j', async (text, types, why) => {
    const daemon = new Daemon({ AUTH_LIST: () => ({ types }) });
    await expect(authenticate(daemon, parseConnectionUri(text), TIMES)).rejects.toThrow(why);
  });
});

describe('authenticate with SASL', () => {
  it('prefers SCRAM and never sends the password', async () => {
    const daemon = saslDaemon('PLAIN,SCRAM-SHA-256,DIGEST-MD5');
    await authenticate(daemon, LOCAL, { ...TIMES, credentials: CREDENTIALS });
    expect(daemon.calls).toEqual(['AUTH_LIST', 'AUTH_SASL_INIT', 'AUTH_SASL_START', 'AUTH_SASL_STEP']);
  });

  it('says LV_CONN_AUTH for a wrong password', async () => {
    const failure = authenticate(saslDaemon('SCRAM-SHA-256', 'another'), LOCAL, { ...TIMES, credentials: CREDENTIALS });
    await expect(failure).rejects.toMatchObject({
      code: 'LV_CONN_AUTH',
      message: 'connect failed: qemu:///system: SASL SCRAM-SHA-256: the daemon refused the user name or the password',
    });
  });

  it('refuses a daemon that lets us in without proving that it knows the password', async () => {
    const daemon = new Daemon({
      AUTH_LIST: () => ({ types: [1] }),
      AUTH_SASL_INIT: () => ({ mechlist: 'SCRAM-SHA-256' }),
      AUTH_SASL_START: () => ({ complete: true, nil: true, data: new Uint8Array() }),
    });
    const failure = authenticate(daemon, LOCAL, { ...TIMES, credentials: CREDENTIALS });
    await expect(failure).rejects.toThrow('ended the exchange before proving who it is');
  });

  it('gives up on an exchange that does not end', async () => {
    const again: SaslReply = { complete: false, nil: true, data: new Uint8Array() };
    const daemon = new Daemon({
      AUTH_LIST: () => ({ types: [1] }),
      AUTH_SASL_INIT: () => ({ mechlist: 'SCRAM-SHA-256' }),
      AUTH_SASL_START: () => again,
      AUTH_SASL_STEP: () => again,
    });
    const failure = authenticate(daemon, LOCAL, { ...TIMES, credentials: CREDENTIALS });
    await expect(failure).rejects.toThrow('the exchange does not end');
  });

  it('sends PLAIN in one message when the daemon has nothing better', async () => {
    let sent = '';
    const daemon = new Daemon({
      AUTH_LIST: () => ({ types: [1] }),
      AUTH_SASL_INIT: () => ({ mechlist: 'ANONYMOUS,PLAIN' }),
      AUTH_SASL_START: ({ mech, data }) => {
        sent = `${mech ?? ''} ${Buffer.from(data ?? []).toString('hex')}`;
        return { complete: true, nil: true, data: new Uint8Array() };
      },
    });
    await authenticate(daemon, parseConnectionUri('qemu+tls://kvm1/system'), { ...TIMES, credentials: CREDENTIALS });
    // NUL "vireo" NUL "secret"
    expect(sent).toBe('PLAIN 00766972656f00736563726574');
  });

  it('sends nothing over plain TCP', async () => {
    const daemon = saslDaemon('SCRAM-SHA-256');
    const uri = parseConnectionUri('qemu+tcp://kvm1/system');
    const failure = authenticate(daemon, uri, { ...TIMES, credentials: CREDENTIALS });
    await expect(failure).rejects.toMatchObject({
      code: 'LV_CONN_AUTH',
      message: expect.stringContaining('SASL over plain TCP') as string,
    });
    expect(daemon.calls).toEqual(['AUTH_LIST']);
  });

  it('does not show a password to a daemon it did not verify', async () => {
    const daemon = saslDaemon('PLAIN');
    const uri = parseConnectionUri('qemu+tls://kvm1/system?no_verify=1');
    const failure = authenticate(daemon, uri, { ...TIMES, credentials: CREDENTIALS });
    await expect(failure).rejects.toThrow('PLAIN would tell them the password');
    expect(daemon.calls).not.toContain('AUTH_SASL_START');
  });

  it.each([
    ['qemu:///system', 'GSSAPI', 'the daemon offers GSSAPI; this client has'],
    ['qemu:///system?auth=sasl.PLAIN', 'SCRAM-SHA-256', 'and the URI asks for PLAIN'],
  ])('names both sides when %s meets a daemon with %s', async (text, mechlist, why) => {
    const failure = authenticate(saslDaemon(mechlist), parseConnectionUri(text), {
      ...TIMES,
      credentials: CREDENTIALS,
    });
    await expect(failure).rejects.toMatchObject({
      code: 'LV_CONN_AUTH',
      message: expect.stringContaining(why) as string,
    });
  });

  it('wants credentials only now, and says where they would be read from', async () => {
    const uri = parseConnectionUri('qemu:///system?authfile=/nowhere/auth.conf');
    await expect(authenticate(saslDaemon('PLAIN'), uri, TIMES)).rejects.toMatchObject({
      code: 'LV_ARG_CREDENTIALS',
      message: 'cannot read credentials: /nowhere/auth.conf: ENOENT',
    });
  });
});
