// SPDX-License-Identifier: Apache-2.0
// What a live domain's XML, its secrets included, says about reaching its consoles. The only place where a VNC password
// is read; it leaves in a wrapper that shows it to nobody who does not ask.

import { inspect } from 'node:util';
import { parseXml } from './parse-xml.ts';
import type { XmlElement } from './parse-xml.ts';
import { XmlError } from './xml-error.ts';

/** The password of a screen. */
export class ScreenPassword {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** One VNC screen. */
export interface VncScreen {
  /** Absent while libvirt has chosen none, and when it listens on a socket. */
  readonly port?: number;
  /** The listen address; absent when it listens on a socket or nowhere. */
  readonly listen?: string;
  /** Path of a unix socket on the host. */
  readonly socket?: string;
  readonly password?: ScreenPassword;
}

/** The consoles of a running domain. */
export interface ConsoleXml {
  readonly uuid: string;
  /** The hypervisor's id. */
  readonly id: number;
  /** The first VNC screen; absent when it has none. */
  readonly vnc?: VncScreen;
  /** `spice`, `rdp` ... : what it has instead. */
  readonly otherGraphics: readonly string[];
  /** Whether it has a text console. */
  readonly serial: boolean;
}

/** Reads it. Throws {@link XmlError}. */
export function parseConsoleXml(xml: string): ConsoleXml {
  const domain = parseXml(xml);
  if (domain.name !== 'domain') throw new XmlError(`expected <domain>, found <${domain.name}>`);
  const devices = domain.child('devices');
  const graphics = devices?.children('graphics') ?? [];
  const vnc = graphics.find((one) => one.attribute('type') === 'vnc');
  return {
    uuid: domain.child('uuid')?.text.trim().toLowerCase() ?? '',
    id: Number(domain.attribute('id') ?? -1),
    ...(vnc === undefined ? {} : { vnc: readScreen(vnc) }),
    otherGraphics: graphics.map((one) => one.attribute('type') ?? 'unknown').filter((type) => type !== 'vnc'),
    serial: (devices?.child('console') ?? devices?.child('serial')) !== undefined,
  };
}

function readScreen(graphics: XmlElement): VncScreen {
  const listen = graphics.child('listen');
  const socket = listen?.attribute('socket') ?? graphics.attribute('socket');
  // VMware's, where its settings name no address; QEMU's always has one.
  const anywhere = listen?.attribute('type') === 'address' ? '0.0.0.0' : undefined;
  const address = listen?.attribute('address') ?? graphics.attribute('listen') ?? anywhere;
  const port = Number(graphics.attribute('port') ?? -1);
  const password = graphics.attribute('passwd');
  return {
    ...(socket === undefined && Number.isInteger(port) && port > 0 && port < 65_536 ? { port } : {}),
    ...(address === undefined ? {} : { listen: address }),
    ...(socket === undefined ? {} : { socket }),
    ...(password === undefined ? {} : { password: new ScreenPassword(password) }),
  };
}
