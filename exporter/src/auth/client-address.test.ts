// SPDX-License-Identifier: Apache-2.0

import { ClientAddress, failureKey } from './client-address.ts';

describe('the address of a client', () => {
  const direct = new ClientAddress([]);
  const proxied = new ClientAddress(['10.0.0.1', '10.1.0.0/16', 'fd00::/8']);

  it.each([
    ['10.0.0.1', '192.0.2.7', '10.0.0.1'],
    ['::ffff:10.0.0.1', undefined, '10.0.0.1'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
    [undefined, '192.0.2.7', 'unknown'],
  ])('is that of the connection when no proxy is trusted: %j, %j', (socket, forwarded, expected) => {
    expect(direct.of(socket, forwarded)).toBe(expected);
  });

  it.each([
    ['one proxy', '10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['a chain of proxies', '10.0.0.1', '192.0.2.7, fd00::9,10.1.2.3', '192.0.2.7'],
    ['a connection over IPv6 from an IPv4 proxy', '::ffff:10.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['only proxies', '10.0.0.1', '10.1.0.9', '10.1.0.9'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ])('is what trusted proxies say: %s', (_, socket, forwarded, expected) => {
    expect(proxied.of(socket, forwarded)).toBe(expected);
  });

  it.each([
    ['a header from who is no proxy', '192.0.2.66', '10.0.0.9', '192.0.2.66'],
    ['an entry before the one of the proxy', '10.0.0.1', '1.1.1.1, 192.0.2.66', '192.0.2.66'],
    ['an entry that is no address', '10.0.0.1', '1.1.1.1, localhost', '10.0.0.1'],
    ['an entry with a port', '10.0.0.1', '192.0.2.66:1234', '10.0.0.1'],
  ])('is not what a client claims: %s', (_, socket, forwarded, expected) => {
    expect(proxied.of(socket, forwarded)).toBe(expected);
  });

  it('does not read a header without end', () => {
    expect(proxied.of('10.0.0.1', `192.0.2.7,${'10.0.0.1,'.repeat(50_000)}10.0.0.1`)).toBe('10.0.0.1');
  });
});

describe('the key failures are counted by', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['unknown', 'unknown'],
    ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
    ['2001:0DB8:0000:0001:ffff:1:2:3', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
  ])('%s is counted as %s', (address, key) => {
    expect(failureKey(address)).toBe(key);
  });
});
