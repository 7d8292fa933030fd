// SPDX-License-Identifier: Apache-2.0

import { composeConsoleHosts } from './console-hosts.ts';
import type { ConsoleHostSource } from './console-hosts.ts';
import { routeTo } from './console/locate.ts';
import { Host } from './hosts/host.ts';
import { POLL } from './hosts/watch-host.fixture.ts';

/** Where a screen at port 5901 of all addresses is found. */
function screenOf(source: Pick<ConsoleHostSource, 'uri' | 'via' | 'console'>): string {
  const open = (): Promise<never> => Promise.reject(new Error('nothing is opened'));
  const nobody = (): void => undefined;
  const { uri } = source;
  const host = new Host({ name: 'h', uri, simulated: false, poll: POLL, open, onSnapshot: nobody, onChange: nobody });
  const way = composeConsoleHosts([{ host, open, ...source }]).byName.get('h')?.way;
  if (way === undefined) throw new Error('no way');
  const { via, to } = routeTo({ port: 5901, listen: '0.0.0.0' }, way);
  return to.kind === 'tcp' ? `${via} ${to.host}:${String(to.port)}` : via;
}

test.each([
  ['that of its URI', { uri: 'qemu+tls://kvm1/system' }, 'direct kvm1:5901'],
  [
    'the hypervisor, where a daemon finds it over the network',
    { uri: 'esx://root@esx1.example/', via: 'qemu:///system' },
    'direct esx1.example:5901',
  ],
  ['so too by IPv6', { uri: 'esx://[2001:db8::1]:8443/', via: 'qemu:///system' }, 'direct 2001:db8::1:5901'],
  [
    'the daemon, where the hypervisor is there',
    { uri: 'vbox:///session', via: 'remote+ssh://ann@desk1/session' },
    'ssh 127.0.0.1:5901',
  ],
  [
    'what the configuration says, before all else',
    { uri: 'esx://esx1/', via: 'qemu:///system', console: { via: 'direct', address: 'esx1-vnc' } },
    'direct esx1-vnc:5901',
  ],
] as const)('the host of a screen is %s', (_, source, expected) => {
  expect(screenOf(source)).toBe(expected);
});
