// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createGunzip, gunzipSync } from 'node:zlib';
import { acceptsGzip, beginGzip, endGzip, joinGzip } from './gzip-parts.ts';
import type { BodySource } from './gzip-parts.ts';

/** A body given out in as many bytes as fit. */
function bodyOf(text: string): BodySource {
  const body = Buffer.from(text);
  let at = 0;
  return {
    bound: body.length,
    fill: (target) => {
      const copied = body.copy(target, 0, at);
      at += copied;
      return copied;
    },
  };
}

async function gzip(beginning: string, end: string): Promise<Buffer> {
  return joinGzip(await beginGzip(bodyOf(beginning)), await endGzip(Buffer.from(end)));
}

describe('gzip in two parts', () => {
  it.each([
    ['', ''],
    ['a\n', ''],
    ['', 'b\n'],
    ['a\n', 'b\n'],
    ['x'.repeat(200_000), 'x'.repeat(70_000)],
    ['0123456789'.repeat(330_000), 'x'.repeat(70_000)],
  ])('unpacks to both (%#)', async (beginning, end) => {
    expect(gunzipSync(await gzip(beginning, end)).toString()).toBe(beginning + end);
  });

  it('is what gzip itself takes for a sound file', async () => {
    const file = await gzip('libvirt_up 1\n'.repeat(1000), 'vireo_scrapes_total 1\n');
    const text = execFileSync('gzip', ['-dc'], { input: file }).toString();
    expect(text).toBe(`${'libvirt_up 1\n'.repeat(1000)}vireo_scrapes_total 1\n`);
  });

  it('is one member, so a reader that stops after the first has everything', async () => {
    const gunzip = createGunzip();
    const chunks: Buffer[] = [];
    gunzip.on('data', (chunk: Buffer) => chunks.push(chunk));
    const file = await gzip('first,', 'second');
    gunzip.end(file);
    await new Promise((resolve) => gunzip.once('end', resolve));
    expect(Buffer.concat(chunks).toString()).toBe('first,second');
    expect(file.indexOf(Buffer.from([0x1f, 0x8b, 0x08]), 3)).toBe(-1);
  });

  it('may have more than one end', async () => {
    const beginning = await beginGzip(bodyOf('hosts\n'));
    const first = joinGzip(beginning, await endGzip(Buffer.from('1\n')));
    const second = joinGzip(beginning, await endGzip(Buffer.from('2\n')));
    expect([first, second].map((file) => gunzipSync(file).toString())).toEqual(['hosts\n1\n', 'hosts\n2\n']);
  });
});

describe('Accept-Encoding', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['GZIP', true],
    ['deflate, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.0, *', false],
    ['*', true],
    ['*;q=0', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=x', false],
  ])('%j: %p', (header, accepted) => {
    expect(acceptsGzip(header)).toBe(accepted);
  });
});
