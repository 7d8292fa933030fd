// SPDX-License-Identifier: Apache-2.0

import { formatListenAddress, parseListenAddress } from './listen-address.ts';

describe('a listen address', () => {
  it.each([
    ['127.0.0.1:9177', { host: '127.0.0.1', port: 9177 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:9177', { host: '::1', port: 9177 }],
    [':65535', { port: 65535 }],
  ])('is read and written back: %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatListenAddress(address)).toBe(text);
  });

  it.each([
    '',
    '9177',
    'host',
    'host:',
    'host:port',
    '::1:9177',
    '[::1]',
    '[::1',
    '[x]:1',
    'http://h:1',
    'h:65536',
    'h:-1',
    '*:1',
    'h :1',
    '[fe80::1%eth0 ]:1',
  ])('is refused with what is wrong: %j', (text) => {
    expect(parseListenAddress(text)).toContain(JSON.stringify(text));
  });
});
