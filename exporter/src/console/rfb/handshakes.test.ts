// SPDX-License-Identifier: Apache-2.0
// Both handshakes, fed whole, byte by byte, and everything at once. The bytes of servers are written down as the RFB
// documents have them, not made by our own writer.

import { ConsoleEnd } from '../console-end.ts';
import { clientHandshake } from './client-handshake.ts';
import { otherScreen } from './desktop-name.ts';
import { Exchange } from './exchange.ts';
import type { Handshake, Progress } from './exchange.ts';
import { serverHandshake } from './server-handshake.ts';
import { answerChallenge } from './vnc-password.ts';

const V38 = Buffer.from('RFB 003.008\n').toString('hex');
const V37 = Buffer.from('RFB 003.007\n').toString('hex');
const V33 = Buffer.from('RFB 003.003\n').toString('hex');
const NAME = 'QEMU (vm1)';
/** 720 × 400, 32 bits a pixel, and the name. */
const INIT = `02d0 0190 20180001 00ff00ff00ff 100800 000000 0000000a ${Buffer.from(NAME).toString('hex')}`;
const CHALLENGE = '000102030405060708090a0b0c0d0e0f';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

interface Outcome<T> {
  readonly sent: string;
  readonly progress: Progress<T>;
  readonly end?: ConsoleEnd;
}

/** Feeds the other side's bytes in pieces of so many; goes on after TLS as if nothing had been. */
function feed<T>(handshake: Handshake<T>, input: Buffer, size: number): Outcome<T> {
  let sent = '';
  const exchange = new Exchange(handshake, (out) => (sent += out.toString('hex')));
  let progress: Progress<T> = { kind: 'reading' };
  try {
    progress = exchange.start();
    for (let at = 0; at < input.length && progress.kind !== 'done'; at += size) {
      progress = exchange.push(input.subarray(at, at + size));
      while (progress.kind === 'tls') progress = exchange.push(Buffer.alloc(0));
    }
  } catch (error) {
    if (!(error instanceof ConsoleEnd)) throw error;
    return { sent, progress, end: error };
  }
  return { sent, progress };
}

function server(hex: string, password: string | undefined = 'secret'): Outcome<{ name: string; encrypted: boolean }> {
  const input = bytes(hex);
  const [whole, torn] = [input.length, 1].map((size) =>
    feed(serverHandshake({ password: () => password }), input, size),
  );
  if (whole === undefined || torn === undefined) throw new Error('nothing was fed');
  expect([torn.sent, torn.end?.message]).toEqual([whole.sent, whole.end?.message]);
  return whole;
}

function isThrough(outcome: Outcome<{ name: string }>): boolean {
  return outcome.progress.kind === 'done' && outcome.progress.value.name === NAME;
}

describe('the handshake with a VNC server', () => {
  it.each([
    ['3.8, no security', `${V38} 01 01 00000000`, `${V38} 01 01`],
    ['3.7, no security: no result', `${V37} 01 01`, `${V37} 01 01`],
    ['3.3, no security: the server decides', `${V33} 00000001`, `${V33} 01`],
    ['Apple’s 3.889, as 3.8', `${Buffer.from('RFB 003.889\n').toString('hex')} 01 01 00000000`, `${V38} 01 01`],
    ['RealVNC’s 4.1, as 3.8', `${Buffer.from('RFB 004.001\n').toString('hex')} 01 01 00000000`, `${V38} 01 01`],
    ['VeNCrypt with X509None', `${V38} 01 13 0002 00 02 00000101 00000104 01 00000000`, `${V38} 13 0002 00000104 01`],
  ])('%s', (_what, said, answered) => {
    const outcome = server(`${said} ${INIT}`);
    expect(outcome.end).toBeUndefined();
    expect(isThrough(outcome)).toBe(true);
    expect(outcome.sent).toBe(answered.replaceAll(' ', ''));
  });

  it('signs in with a password, and inside TLS too', () => {
    const answer = answerChallenge('secret', bytes(CHALLENGE)).toString('hex');
    const plain = server(`${V38} 02 01 02 ${CHALLENGE} 00000000 ${INIT}`);
    expect(plain.sent).toBe(`${V38}02${answer}01`);
    expect(plain.progress).toMatchObject({ kind: 'done', value: { encrypted: false } });
    const inside = server(`${V38} 02 02 13 0002 00 02 00000104 00000105 01 ${CHALLENGE} 00000000 ${INIT}`);
    expect(inside.sent).toBe(`${V38}13000200000105${answer}01`);
    expect(inside.progress).toMatchObject({ kind: 'done', value: { encrypted: true } });
  });

  it('gives back what came after the handshake', () => {
    expect(server(`${V38} 01 01 00000000 ${INIT}`).progress).toMatchObject({ rest: Buffer.alloc(0) });
    const input = bytes(`${V38} 01 01 00000000 ${INIT} 00 00 00 01`);
    const { progress } = feed(serverHandshake({ password: () => undefined }), input, input.length);
    expect(progress).toMatchObject({ kind: 'done', rest: bytes('00000001') });
  });

  it.each([
    ['server-protocol', 'HTTP', Buffer.from('HTTP/1.1 400 Bad').toString('hex')],
    ['server-protocol', 'version 2', Buffer.from('RFB 002.000\n').toString('hex')],
    ['security-unsupported', 'no type, with a reason', `${V38} 00 00000004 62757379`],
    ['security-unsupported', '3.3, refused with a reason', `${V33} 00000000 00000004 62757379`],
    ['security-unsupported', 'only Tight and SASL', `${V38} 02 10 14`],
    ['security-unsupported', 'VeNCrypt 0.1', `${V38} 01 13 0001`],
    ['security-unsupported', 'TLS without a certificate', `${V38} 01 13 0002 00 02 00000101 00000102`],
    ['server-protocol', 'VeNCrypt refused', `${V38} 01 13 0002 01`],
    ['server-protocol', 'a subtype refused', `${V38} 01 13 0002 00 01 00000104 00`],
    ['password-refused', 'a wrong password', `${V38} 01 02 ${CHALLENGE} 00000001 00000005 77726f6e67`],
    ['password-refused', 'a wrong password, 3.3', `${V33} 00000002 ${CHALLENGE} 00000001`],
    ['server-protocol', 'a name without end', `${V38} 01 01 00000000 ${INIT.replaceAll(' ', '').slice(0, 40)}ffffffff`],
    ['server-protocol', 'a reason without end', `${V38} 00 ffffffff`],
  ])('ends with %s: %s', (end, _what, said) => {
    expect(server(said).end?.end).toBe(end);
  });

  it('says that there is no password, before one is asked for in vain, and never says a password', () => {
    const input = bytes(`${V38} 01 02 ${CHALLENGE} 00000001 00000005 77726f6e67`);
    expect(feed(serverHandshake({ password: () => undefined }), input, 1).end?.end).toBe('password-refused');
    const refused = feed(serverHandshake({ password: () => 'planted-x' }), input, 1);
    expect(refused.end?.detail).toBe('It says: wrong');
    expect(JSON.stringify([refused.end?.message, refused.end?.reason])).not.toContain('planted-x');
  });
});

describe('the answer to a challenge', () => {
  // Computed with `openssl enc -des-ecb -provider legacy -nopad` and the mirrored keys.
  it.each([
    ['secret', '000102030405060708090a0b0c0d0e0f', 'ee22539f33a5983ec12f9c2edbc995dd'],
    ['', '00112233445566778899aabbccddeeff', '74f4ae777aa431e89ca4757b2414f4d7'],
    ['eight888', 'ffeeddccbbaa99887766554433221100', 'b706edd86196c3f5b17a1fae682275f0'],
    ['longer than eight', '0123456789abcdef0123456789abcdef', '9b8663f4e5ef1b119b8663f4e5ef1b11'],
    ['päss', 'deadbeefdeadbeefcafebabecafebabe', '7eb7b43ec99cf42ed6a67a4d6eef5003'],
  ])('of %j is as DES has it', (password, challenge, answer) => {
    expect(answerChallenge(password, bytes(challenge)).toString('hex')).toBe(answer);
  });
});

describe('the handshake with a browser', () => {
  function browser(hex: string): Outcome<void> {
    const input = bytes(hex);
    const [whole, torn] = [input.length, 1].map((size) => feed(clientHandshake(bytes(INIT)), input, size));
    if (whole === undefined || torn === undefined) throw new Error('nothing was fed');
    expect([torn.sent, torn.end?.message]).toEqual([whole.sent, whole.end?.message]);
    return whole;
  }

  it('offers no security and passes the description on', () => {
    const outcome = browser(`${V38} 01 00`);
    expect(outcome.progress.kind).toBe('done');
    expect(outcome.sent).toBe(`${V38}010100000000${INIT.replaceAll(' ', '')}`);
  });

  it.each([
    ['another version', V33],
    ['a type not offered', `${V38} 02`],
    ['anything else', Buffer.from('GET / HTTP/1.1').toString('hex')],
  ])('ends with client-protocol: %s', (_what, said) => {
    expect(browser(said).end?.end).toBe('client-protocol');
  });
});

describe('the name of a screen', () => {
  it.each([
    ['QEMU (vm1)', 'vm1', 'QEMU', true],
    ['QEMU (vm1)', 'vm1', 'Xen', true],
    ['QEMU (vm10)', 'vm1', 'QEMU', false],
    ['QEMU (a (b) c)', 'a (b) c', 'QEMU', true],
    ['QEMU', 'vm1', 'QEMU', false],
    ['vm1', 'vm1', 'QEMU', false],
    ['VMware', 'vm1', 'ESX', true],
    ['QEMU (vm2)', 'vm1', 'ESX', false],
  ])('%j for the domain %j of %s: %j', (desktop, domain, driver, right) => {
    expect(otherScreen(desktop, domain, driver) === undefined).toBe(right);
  });
});
