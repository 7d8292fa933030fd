// SPDX-License-Identifier: Apache-2.0
// Another machine's network as far as TCP can tell: a network namespace at the end of a virtual cable, which can be
// pulled. Needs root. All of it goes with the lab.
import type { Lab } from './lab.ts';
import { runInside } from './process.ts';

const NAMESPACE = 'far';

/** The cable and who is at its far end. */
export interface NetworkLink {
  /** The far end's address. */
  readonly address: string;
  /** What a command line must begin with to run at the far end, in the lab. */
  readonly command: readonly string[];
  /** Packets are lost without a word, both ways; connections stay open at both ends. */
  pull(): Promise<void>;
  plug(): Promise<void>;
}

/** Makes one; one a lab. */
export async function connectNetwork(lab: Lab): Promise<NetworkLink> {
  const ip = (...args: string[]): Promise<string> => runInside(lab, 'ip', args);
  // 198.18.0.0/15 is for tests (RFC 2544); another lab may have a link of its own, hence the dice.
  const dice = Math.floor(Math.random() * 2 ** 15);
  const network = `198.${String(18 + (dice >> 14))}.${String((dice >> 6) & 255)}`;
  const host = (dice & 63) * 4;
  const [near, far] = [`${network}.${String(host + 1)}`, `${network}.${String(host + 2)}`];
  const [nearEnd, farEnd] = [`vireo${String(dice)}a`, `vireo${String(dice)}b`];
  await ip('netns', 'add', NAMESPACE);
  lab.onClose(async () => {
    await ip('netns', 'del', NAMESPACE);
  });
  await ip('-n', NAMESPACE, 'link', 'set', 'lo', 'up');
  await ip('link', 'add', nearEnd, 'type', 'veth', 'peer', 'name', farEnd, 'netns', NAMESPACE);
  await ip('address', 'add', `${near}/30`, 'dev', nearEnd);
  await ip('link', 'set', nearEnd, 'up');
  await ip('-n', NAMESPACE, 'address', 'add', `${far}/30`, 'dev', farEnd);
  const set = async (state: 'up' | 'down'): Promise<void> => {
    await ip('-n', NAMESPACE, 'link', 'set', farEnd, state);
  };
  await set('up');
  return {
    address: far,
    command: ['nsenter', `--net=/run/netns/${NAMESPACE}`],
    pull: () => set('down'),
    plug: () => set('up'),
  };
}
