// SPDX-License-Identifier: Apache-2.0
// Screenshots: a small PNG of the domain's own colours, sent as libvirt sends one: reply, data, an empty packet.

import { crc32, deflateSync } from 'node:zlib';

import { DOMAIN_SCREENSHOT } from '../../protocol/domain-details.ts';
import { ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import type { SimulatedDomain } from './domain.ts';
import type { SimulatedHost } from './host.ts';

const WIDTH = 320;
const HEIGHT = 200;

/** Answers DOMAIN_SCREENSHOT. */
export function serveScreenshots(table: HandlerTable, host: SimulatedHost): void {
  table.on(DOMAIN_SCREENSHOT, ({ dom }, context) => {
    const domain = host.domain(dom);
    if (!domain.isActive) throw daemonError('OPERATION_INVALID', ERROR_FROM.DOMAIN, 'domain is not running');
    const { stream } = context;
    context.afterReply(() => {
      stream.send(screenshot(domain, host.now()));
      stream.end();
    });
    return { mime: 'image/png' };
  });
}

/** A gradient with a bar that moves from second to second. */
function screenshot(domain: SimulatedDomain, now: number): Buffer {
  const hue = domain.noise.integer('hue', 40, 200);
  const bar = Math.floor(now / 1000) % HEIGHT;
  const rows = Buffer.alloc((WIDTH * 3 + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const row = y * (WIDTH * 3 + 1) + 1;
    for (let x = 0; x < WIDTH; x++) {
      rows[row + x * 3] = y === bar ? 255 : (hue * y) / HEIGHT;
      rows[row + x * 3 + 1] = y === bar ? 255 : (x * 120) / WIDTH;
      rows[row + x * 3 + 2] = y === bar ? 255 : 200 - hue;
    }
  }
  const size = Buffer.alloc(13);
  size.writeUInt32BE(WIDTH, 0);
  size.writeUInt32BE(HEIGHT, 4);
  // Eight bits a channel, RGB.
  size.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', size),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
