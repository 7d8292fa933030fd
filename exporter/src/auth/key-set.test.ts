// SPDX-License-Identifier: Apache-2.0

import { gzipSync } from 'node:zlib';
import { KeyServer, signingKey } from './grafana.fixture.ts';
import { KeySet, KeysUnavailableError } from './key-set.ts';

const PATH = '/api/signing-keys/keys';
const first = signingKey('first');
const second = signingKey('second');

let server: KeyServer;
let clock: { ms: number };
let keys: KeySet;
beforeEach(async () => {
  server = await KeyServer.start();
  server.publish([first.jwk]);
  clock = { ms: 0 };
  keys = new KeySet({ url: server.origin + PATH, now: () => clock.ms });
});
afterEach(async () => {
  await server.close();
});

/** What came of looking for a key. */
async function find(id: string, of: KeySet = keys): Promise<string> {
  try {
    const key = await of.find(id);
    return key === undefined ? 'unknown' : 'found';
  } catch (error) {
    if (error instanceof KeysUnavailableError) return `unavailable: ${error.message}`;
    throw error;
  }
}

describe('keys', () => {
  it('are fetched once, by however many ask at once, and then held', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => find('first')))).toEqual(
      Array.from({ length: 20 }, () => 'found'),
    );
    clock.ms = 299_000;
    expect(await find('first')).toBe('found');
    expect(server.requests).toBe(1);
  });

  it('are the same keys that were published', async () => {
    expect((await keys.find('first'))?.export({ format: 'jwk' })).toMatchObject({ x: first.jwk.x, y: first.jwk.y });
  });

  it('are fetched anew for a key that is not known: a rotation', async () => {
    expect(await find('first')).toBe('found');
    server.publish([first.jwk, second.jwk]);
    clock.ms = 30_000;
    expect(await find('second')).toBe('found');
    expect(server.requests).toBe(2);
  });

  it('that are not known make us fetch at most twice a minute', async () => {
    for (clock.ms = 0; clock.ms < 120_000; clock.ms += 500)
      expect(await find(`junk ${String(clock.ms)}`)).toBe('unknown');
    expect(server.requests).toBe(4);
  });

  it('are fetched again while they are still used', async () => {
    await find('first');
    server.publish([second.jwk]);
    clock.ms = 300_000;
    expect(await find('first')).toBe('found');
    // That fetch goes on behind the answer; what asks meanwhile for another key waits for it.
    expect(await find('second')).toBe('found');
    expect(await find('first')).toBe('unknown');
    expect(server.requests).toBe(2);
  });

  it('are fetched behind an answer, without waiting for the key to become unknown', async () => {
    await find('first');
    clock.ms = 300_000;
    const fetched = new Promise<void>((resolve) => {
      server.answer = (_, response) => {
        resolve();
        response.writeHead(500).end();
      };
    });
    expect(await find('first')).toBe('found');
    await fetched;
  });

  it('that were withdrawn are not used for more than ten minutes, also when nobody asked meanwhile', async () => {
    await find('first');
    server.publish([second.jwk]);
    clock.ms = 600_000;
    expect(await find('first')).toBe('unknown');
  });
});

describe('an outage', () => {
  it('is told from an unknown key, and is over when it is over', async () => {
    const { port } = server;
    await server.close();
    expect(await find('first')).toMatch(/^unavailable: http:.*ECONNREFUSED/);
    await server.listen(port);
    clock.ms = 4_999;
    expect(await find('first')).toMatch(/^unavailable/);
    expect(server.requests).toBe(0);
    clock.ms = 5_000;
    expect(await find('first')).toBe('found');
  });

  it('says when to come back', async () => {
    await server.close();
    await expect(keys.find('first')).rejects.toMatchObject({ retryAfterSeconds: 5 });
    clock.ms = 3_500;
    await expect(keys.find('first')).rejects.toMatchObject({ retryAfterSeconds: 2 });
    await server.listen(0);
  });

  it('does not hurt while the keys are young', async () => {
    await find('first');
    server.answer = (_, response) => response.writeHead(502).end();
    for (clock.ms = 300_000; clock.ms < 600_000; clock.ms += 10_000) expect(await find('first')).toBe('found');
    expect(await find('first')).toMatch(/^unavailable: .*status 502/);
  });

  it('makes us try every five seconds behind the answers', async () => {
    await find('first');
    server.answer = (_, response) => response.writeHead(502).end();
    for (const [ms, requests] of [
      [300_000, 2],
      [304_999, 2],
      [305_000, 3],
    ] as const) {
      clock.ms = ms;
      expect(await find('first')).toBe('found');
      // Waits for the fetch, if there is one.
      await find('second');
      expect([ms, server.requests]).toEqual([ms, requests]);
    }
  });

  it('makes a key that is not known neither good nor bad', async () => {
    await find('first');
    server.answer = (_, response) => response.writeHead(500).end();
    clock.ms = 30_000;
    expect(await find('second')).toMatch(/^unavailable: .*status 500/);
    clock.ms = 31_000;
    expect(await find('second')).toMatch(/^unavailable/);
    expect(server.requests).toBe(2);
    expect(await find('first')).toBe('found');
  });
});

describe('an answer that is no set of keys', () => {
  it.each([
    ['no JSON', '<!doctype html><title>Grafana</title>', 'no JSON Web Key Set'],
    ['no set', '{"key":[]}', 'no JSON Web Key Set'],
    ['the null of Grafana Cloud', '{"keys":null}', 'no ES256 key'],
    ['an empty set', '{"keys":[]}', 'no ES256 key'],
    ['too many keys', JSON.stringify({ keys: Array.from({ length: 101 }, () => first.jwk) }), 'no JSON Web Key Set'],
  ])('is an outage: %s', async (_, body, message) => {
    server.answer = (__, response) => response.end(body);
    expect(await find('first')).toContain(message);
  });

  it('is an outage when it is no text', async () => {
    server.answer = (_, response) => response.end(Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await find('first')).toContain('not UTF-8');
  });

  it('leaves out the keys that are not for ES256, and a second one of the same id', async () => {
    const p384 = signingKey('p384', 'P-384').jwk;
    const { x = '' } = first.jwk;
    const others = [
      null,
      'first',
      p384,
      { ...p384, kid: 'lying curve', crv: 'P-256' },
      { ...first.jwk, kid: 'off the curve', y: x },
      { ...first.jwk, kid: 'encryption', use: 'enc' },
      { ...first.jwk, kid: 'other algorithm', alg: 'ES384' },
      { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
      { kty: 'RSA', kid: 'rsa', n: x, e: 'AQAB' },
      { ...first.jwk, kid: undefined },
    ];
    server.publish([...others, first.jwk, { ...second.jwk, kid: 'first' }]);
    expect((await keys.find('first'))?.export({ format: 'jwk' })).toMatchObject({ x });
    const ids = [
      'p384',
      'lying curve',
      'off the curve',
      'encryption',
      'other algorithm',
      'secret',
      'rsa',
      'undefined',
      '',
    ];
    for (const id of ids) expect([id, await find(id)]).toEqual([id, 'unknown']);
  });
});

describe('a fetch', () => {
  const quick = (): KeySet => new KeySet({ url: server.origin + PATH, times: { fetchTimeoutMs: 200 } });

  it('follows a redirect on the same origin', async () => {
    server.answer = ({ url }, response) => {
      if (url === PATH) response.writeHead(302, { Location: '/elsewhere' }).end();
      else response.end(JSON.stringify({ keys: [first.jwk] }));
    };
    expect(await find('first')).toBe('found');
  });

  it.each([302, 307, 308])('does not follow a redirect to another origin: %d', async (status) => {
    const other = await KeyServer.start();
    other.publish([first.jwk]);
    // Another port of the same machine is another origin.
    server.answer = (_, response) => response.writeHead(status, { Location: `${other.origin}${PATH}` }).end();
    expect(await find('first')).toContain(`redirects to another origin, ${other.origin}`);
    expect(other.requests).toBe(0);
    await other.close();
  });

  it('does not follow a redirect to another origin on the second step, to another scheme or to no URL', async () => {
    const other = await KeyServer.start();
    other.publish([first.jwk]);
    const { port } = server;
    for (const location of [
      `//127.0.0.1:${String(other.port)}/`,
      `https://127.0.0.1:${String(port)}/`,
      'http://[',
      'file:///etc/passwd',
    ]) {
      server.answer = ({ url }, response) =>
        response.writeHead(302, { Location: url === PATH ? '/2' : location }).end();
      expect(await find('first', quick())).toMatch(/^unavailable: .*redirects to/);
    }
    expect(other.requests).toBe(0);
    await other.close();
  });

  it('does not go round in circles', async () => {
    server.answer = (_, response) => response.writeHead(302, { Location: PATH }).end();
    expect(await find('first')).toContain('redirects more than 3 times');
    expect(server.requests).toBe(4);
  });

  it('stops reading a body that is too large, also one that unfolds', async () => {
    const padding = ' '.repeat(300 * 1024);
    server.answer = (_, response) => response.end(padding + JSON.stringify({ keys: [first.jwk] }));
    expect(await find('first')).toContain('more than 262144 bytes');
    server.answer = (_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(padding));
    };
    expect(await find('first', quick())).toContain('more than 262144 bytes');
  });

  it('stops reading a body without end', async () => {
    server.answer = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(64 * 1024)));
      };
      response.on('drain', more);
      more();
    };
    expect(await find('first')).toContain('more than 262144 bytes');
  });

  it('gives up on a server that does not answer, and on one that drips', async () => {
    server.answer = () => undefined;
    expect(await find('first', quick())).toContain('no whole answer within 200 ms');
    server.answer = (_, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.once('close', () => {
        clearInterval(drip);
      });
    };
    expect(await find('first', quick())).toContain('no whole answer within 200 ms');
  });

  it('fails when the connection breaks in the middle of the body', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{"keys":[');
      setImmediate(() => response.destroy());
    };
    expect(await find('first')).toMatch(/^unavailable/);
  });
});
