// SPDX-License-Identifier: Apache-2.0
// Consoles: what is asked for, what is answered, what goes over the WebSocket beside the bytes, and every way a session
// ends. The page, the docs and the plugin read this.

import { z } from 'zod';
import { instant } from './api-fields.ts';

/** What a console allows: `view` shows, `control` also types and points. */
export const CONSOLE_MODES = ['control', 'view'] as const;
/** One of {@link CONSOLE_MODES}. */
export type ConsoleMode = (typeof CONSOLE_MODES)[number];

/** `vnc` is the screen, `serial` the text console (libvirt's OpenConsole). */
export const CONSOLE_KINDS = ['vnc', 'serial'] as const;
/** One of {@link CONSOLE_KINDS}. */
export type ConsoleKind = (typeof CONSOLE_KINDS)[number];

/** The WebSocket subprotocol of every console; the one the server chooses. */
export const CONSOLE_PROTOCOL = 'binary';
/** Offered beside it: this and the ticket. */
export const CONSOLE_TICKET_PREFIX = 'ticket.';
/** How long a ticket can be redeemed. */
export const CONSOLE_TICKET_SECONDS = 30;

/** Body of POST …/console. */
export const consoleRequest = z
  .strictObject({
    mode: z.enum(CONSOLE_MODES).meta({ description: 'view needs console.view, control needs console.control.' }),
    kind: z
      .enum(CONSOLE_KINDS)
      .optional()
      .meta({ description: 'vnc by default, serial for a domain that has no VNC screen.' }),
  })
  .meta({ id: 'ConsoleRequest' });

/** Answer of POST …/console. */
export const consoleTicket = z
  .strictObject({
    url: z.url().meta({ description: 'The page to open; its fragment holds the ticket, which works once.' }),
    expiresAt: instant,
    mode: z.enum(CONSOLE_MODES),
    kind: z.enum(CONSOLE_KINDS),
  })
  .meta({ id: 'ConsoleTicket', description: 'One visit to a console.' });
/** {@link consoleTicket} */
export type ConsoleTicket = z.infer<typeof consoleTicket>;

/** Answer of GET …/console/address. */
export const consoleAddress = z
  .strictObject({
    url: z.string().meta({ description: 'For a VNC viewer: vnc://ADDRESS:PORT.' }),
  })
  .meta({ id: 'ConsoleAddress' });

/** Longest text that can be typed at once. */
const TEXT_LENGTH_MAX = 1000;

/** Body of POST …/console/text. */
export const consoleText = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(TEXT_LENGTH_MAX)
      .meta({ description: 'Characters of a US keyboard, tabs and line breaks.' }),
  })
  .meta({ id: 'ConsoleText', description: 'Text for the keyboard of a domain.' });

/** Answer of POST …/console/text. */
export const consoleTyped = z.strictObject({ characters: z.int().nonnegative() }).meta({ id: 'ConsoleTyped' });

/** The header with the key of a session; see {@link ConsoleNotice}. */
export const CONSOLE_KEY_HEADER = 'X-Vireo-Console';

/** How one session can end, by the code of the WebSocket's close. */
export interface ConsoleEndDoc {
  /** A WebSocket close code. */
  readonly code: number;
  /** What the page says, one sentence; what exactly happened follows it. */
  readonly meaning: string;
  /** What the operator does about it. */
  readonly advice: string;
  /** The page gets a fresh ticket and comes back by itself. */
  readonly returns?: true;
}

/** Every way a session ends. A published code is never reused. */
export const CONSOLE_ENDS = {
  left: { code: 1000, meaning: 'The page was closed.', advice: 'Nothing.' },
  stopping: { code: 1001, meaning: 'Vireo stops.', advice: 'Open the console again when it runs.' },
  'domain-stopped': {
    code: 4001,
    meaning: 'The domain stopped.',
    advice: 'Start it: the page waits and comes back.',
    returns: true,
  },
  'domain-restarted': {
    code: 4002,
    meaning: 'The domain was started anew.',
    advice: 'Nothing: the page comes back.',
    returns: true,
  },
  'domain-gone': {
    code: 4003,
    meaning: 'The domain no longer exists on this host.',
    advice: 'Look for it on other hosts: it was undefined or migrated.',
  },
  'host-lost': {
    code: 4004,
    meaning: 'Vireo lost the host.',
    advice: 'See the host’s error in GET /api/v1/hosts/{host}; the page waits and comes back.',
    returns: true,
  },
  'token-revoked': {
    code: 4005,
    meaning: 'The token that opened this console is changed or gone.',
    advice: 'Open the console with a token that is in force.',
  },
  'time-up': {
    code: 4006,
    meaning: 'The longest time of a session is over.',
    advice: 'Open the console again, or raise console.longestSessionSeconds.',
  },
  'server-closed': {
    code: 4007,
    meaning: 'The hypervisor closed the console.',
    advice: 'Open it again; somebody else may have taken it over, or the guest is ending.',
    returns: true,
  },
  'client-protocol': {
    code: 4008,
    meaning: 'The browser sent what a console does not take.',
    advice: 'Reload the page; clients of your own must send binary frames of RFB 3.8.',
  },
  unresponsive: {
    code: 4010,
    meaning: 'The browser did not answer.',
    advice: 'Look at the network between browser and Vireo: nothing came back for a minute.',
  },
  'not-started': {
    code: 4011,
    meaning: 'The domain did not start in time.',
    advice: 'Open the console again once it runs.',
  },
  'no-console': {
    code: 4020,
    meaning: 'The domain has no such console.',
    advice: 'Add a VNC screen or a serial console to the domain, or use the vendor’s own.',
  },
  unreachable: {
    code: 4021,
    meaning: 'The console’s address cannot be reached from Vireo.',
    advice: 'Let the screen listen where Vireo reaches it, use a qemu+ssh URI, or set hosts[].console.via.',
  },
  'security-unsupported': {
    code: 4022,
    meaning: 'The VNC server wants a way of signing in that Vireo does not speak.',
    advice: 'Use none, a VNC password, or TLS with X.509 certificates (vnc_tls) on the host.',
  },
  'password-refused': {
    code: 4023,
    meaning: 'The VNC server refused the password.',
    advice: 'Look whether it has expired (passwdValidTo), and whether Vireo may read it (a read-write connection).',
  },
  untrusted: {
    code: 4024,
    meaning: 'The certificate of the VNC server is not trusted.',
    advice: 'Set console.tls.caFile to the authority of the host, and hosts[].console.tlsServerName to its name.',
  },
  'other-screen': {
    code: 4025,
    meaning: 'Another domain’s screen answered.',
    advice: 'Open the console again; if it stays so, look which process listens on the port.',
  },
  'server-protocol': {
    code: 4026,
    meaning: 'What answers is no VNC server, or a broken one.',
    advice: 'Look which process listens on the address the domain’s XML names.',
  },
  'too-many': {
    code: 4027,
    meaning: 'Too many sessions are open.',
    advice: 'Close one, or raise console.sessionsPerDomain, sessionsPerUser or sessions.',
  },
  'libvirt-failed': {
    code: 4028,
    meaning: 'libvirt refused or failed.',
    advice: 'Act on the message; the daemon’s log has more.',
  },
  'console-busy': {
    code: 4029,
    meaning: 'Another session has the serial console.',
    advice: 'Wait until it is free: libvirt gives it to one at a time.',
  },
  'ticket-refused': {
    code: 4401,
    meaning: 'The link was used already, has expired or was never valid.',
    advice: 'Open the console again from where you came: a link works once, for 30 seconds.',
  },
  fault: {
    code: 4500,
    meaning: 'A fault in Vireo.',
    advice: 'Look for console.fault in the log and report that line.',
  },
} as const satisfies Record<string, ConsoleEndDoc>;
/** One of {@link CONSOLE_ENDS}. */
export type ConsoleEndName = keyof typeof CONSOLE_ENDS;

/** Text frames from the server; the client sends none. Binary frames are the console's bytes. */
export type ConsoleNotice =
  | {
      readonly type: 'session';
      readonly host: string;
      readonly domain: string;
      readonly uuid: string;
      readonly mode: ConsoleMode;
      readonly kind: ConsoleKind;
      /** Types text with POST /api/v1/console/text while this session lasts; only of a screen, with control. */
      readonly key?: string;
      /** Sessions of the domain that are open, this one included. */
      readonly sessions: number;
    }
  /** A state of the domain, or `host-lost`. */
  | { readonly type: 'waiting'; readonly state: string }
  | { readonly type: 'connecting' }
  | { readonly type: 'open' }
  /** The hypervisor has closed the console; why, the close says a moment later. */
  | { readonly type: 'ending' }
  /** Comes before the close: the ticket to come back with. */
  | { readonly type: 'return'; readonly ticket: string };

/** Why requests about consoles are refused before there is a session; the values of a metric's label. */
export const CONSOLE_REJECTIONS = [
  'origin',
  'no-ticket',
  'ticket-unknown',
  'ticket-expired',
  'ticket-used',
  'too-many',
] as const;
/** One of {@link CONSOLE_REJECTIONS}. */
export type ConsoleRejection = (typeof CONSOLE_REJECTIONS)[number];
