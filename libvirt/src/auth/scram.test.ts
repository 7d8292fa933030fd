// SPDX-License-Identifier: Apache-2.0

import { SaslError } from './sasl-mechanism.ts';
import { ScramExchange } from './scram.ts';
import type { ScramHash } from './scram.ts';

const PENCIL = { username: 'user', password: 'pencil' };

/** The examples of RFC 5802 section 5 and RFC 7677 section 3. */
const EXAMPLES: [ScramHash, { nonce: string; serverFirst: string; clientFinal: string; serverFinal: string }][] = [
  [
    'sha1',
    {
      nonce: 'fyko+d2lbbFgONRv9qkxdawL',
      serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    },
  ],
  [
    'sha256',
    {
      nonce: 'rOprNGfwEbeRWgbNEkqO',
      serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      clientFinal:
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    },
  ],
];

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString('utf8');
}

describe.each(EXAMPLES)('SCRAM with %s', (hash, example) => {
  it('says what the RFC says, and is finished only after the server proved itself', async () => {
    const exchange = new ScramExchange(hash, PENCIL, example.nonce);
    expect(text(exchange.first())).toBe(`n,,n=user,r=${example.nonce}`);
    expect(text(await exchange.respond(bytes(example.serverFirst)))).toBe(example.clientFinal);
    expect(exchange.finished).toBe(false);
    expect(await exchange.respond(bytes(example.serverFinal))).toHaveLength(0);
    expect(exchange.finished).toBe(true);
  });

  it('refuses a server that does not know the password', async () => {
    const exchange = new ScramExchange(hash, { ...PENCIL, password: 'other' }, example.nonce);
    await exchange.respond(bytes(example.serverFirst));
    await expect(exchange.respond(bytes(example.serverFinal))).rejects.toThrow('did not prove');
    expect(exchange.finished).toBe(false);
  });
});

describe('SCRAM', () => {
  const nonce = 'abc';

  it('escapes what would end the user name, and prepares odd text', () => {
    const exchange = new ScramExchange('sha256', { username: 'a=b,c\u00a0\u00add\u2168', password: 'x' }, nonce);
    expect(text(exchange.first())).toBe('n,,n=a=3Db=2Cc dIX,r=abc');
  });

  it('uses a new nonce each time', () => {
    const once = text(new ScramExchange('sha256', PENCIL).first());
    expect(text(new ScramExchange('sha256', PENCIL).first())).not.toBe(once);
  });

  it.each([
    ['another nonce', 'r=xyz123,s=AAAA,i=4096', 'nonce'],
    ['only our own nonce', 'r=abc,s=AAAA,i=4096', 'nonce'],
    ['so few iterations that the proof is cheap to guess from', 'r=abcd,s=AAAA,i=4095', '4095 SCRAM iterations'],
    ['so many iterations that we would be busy for hours', 'r=abcd,s=AAAA,i=999999999', '999999999 SCRAM iterations'],
    ['a mandatory extension', 'm=x,r=abcd,s=AAAA,i=4096', 'malformed'],
    ['no salt', 'r=abcd,i=4096', 'malformed'],
    ['nothing of SCRAM', 'hello', 'malformed'],
  ])('refuses a server that sends %s', async (_what, serverFirst, why) => {
    const exchange = new ScramExchange('sha256', PENCIL, nonce);
    await expect(exchange.respond(bytes(serverFirst))).rejects.toThrow(why);
  });

  it.each(['v=', 'v=AAAA', 'x=6rriTRBi23WpRR', ''])('takes %p for no proof of the server', async (serverFinal) => {
    const exchange = new ScramExchange('sha256', PENCIL, nonce);
    await exchange.respond(bytes('r=abcd,s=AAAA,i=4096'));
    await expect(exchange.respond(bytes(serverFinal))).rejects.toThrow(SaslError);
  });

  it('does not repeat the words of a server that refuses', async () => {
    const exchange = new ScramExchange('sha256', PENCIL, nonce);
    await exchange.respond(bytes('r=abcd,s=AAAA,i=4096'));
    await expect(exchange.respond(bytes('e=unknown-user'))).rejects.toThrow(
      'the server refused the user name or the password',
    );
  });

  it('refuses control characters in a password without showing it', async () => {
    const exchange = new ScramExchange('sha256', { username: 'user', password: 'sec\u0007ret' }, nonce);
    const failure = exchange.respond(bytes('r=abcd,s=AAAA,i=4096'));
    await expect(failure).rejects.toThrow('holds a character SASL forbids');
    await expect(failure).rejects.not.toThrow('sec');
  });
});
