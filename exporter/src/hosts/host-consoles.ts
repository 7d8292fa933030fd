// SPDX-License-Identifier: Apache-2.0
// What consoles need of one host's daemon: where a domain's screen is, its password included, and the text console. On
// read-write connections of their own, for libvirt tells secrets to no reader.

import type { Duplex } from 'node:stream';
import type { Connection, DomainRef } from '@vireo/libvirt';
import { parseConsoleXml } from '../xml/console-xml.ts';
import type { ConsoleXml } from '../xml/console-xml.ts';
import { Lane } from './action-connection.ts';
import { until } from './until.ts';

const DEADLINE_MS = 10_000;
const IDLE_MS = 60_000;
/** How long a key is held; a guest looks at its keyboard far more often. */
const HOLD_MS = 20;

/** How connections are opened; a console's is without keepalive, for a guest that reads no input stalls it. */
export type OpenConsoleConnection = (
  options: { readonly keepalive: boolean },
  signal: AbortSignal,
) => Promise<Connection>;

/** The consoles of one host. Rejects with the client's errors, or the reason of the signal. */
export class HostConsoles {
  readonly #open: OpenConsoleConnection;
  readonly #stop = new AbortController();
  readonly #reading: Lane;

  constructor({ open, slots = 4 }: { readonly open: OpenConsoleConnection; readonly slots?: number }) {
    this.#open = open;
    const openLane = (): Promise<Connection> => open({ keepalive: true }, this.#stop.signal);
    this.#reading = new Lane({ open: openLane, slots, idleMs: IDLE_MS, limit: 1 });
  }

  /** Where the consoles of a running domain are now. */
  async describe(domain: DomainRef, signal: AbortSignal): Promise<ConsoleXml> {
    const call = { deadlineMs: DEADLINE_MS, signal };
    const xml = this.#reading.with((connection) => connection.domains.xml(domain, { secure: true }, call));
    return parseConsoleXml(await until(xml, signal));
  }

  /** Presses keys together, Linux's codes, and lets them go. */
  async press(domain: DomainRef, keys: readonly number[], signal: AbortSignal): Promise<void> {
    const call = { deadlineMs: DEADLINE_MS, signal };
    await until(
      this.#reading.with((connection) => connection.devices.sendKey(domain, keys, HOLD_MS, call)),
      signal,
    );
  }

  /** The text console, both ways; a connection of its own ends with it. */
  async openSerial(domain: DomainRef, signal: AbortSignal): Promise<Duplex> {
    const connection = await this.#open({ keepalive: false }, signal);
    try {
      const stream = await connection.devices.openConsole(domain, {}, { deadlineMs: DEADLINE_MS, signal });
      stream.once('close', () => void connection.close());
      return stream;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Closes the connection; text consoles are ended by their sessions. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the host is no longer watched'));
    await this.#reading.close();
  }
}
