// SPDX-License-Identifier: Apache-2.0
// The handshake with the VNC server, where Vireo is the client: version, security, and the server's own description.
// @see RFC 6143, 7.1 to 7.3; VeNCrypt: rfbproto, "VeNCrypt"; QEMU ui/vnc.c, ui/vnc-auth-vencrypt.c

import { ConsoleEnd } from '../console-end.ts';
import type { Handshake, Step } from './exchange.ts';
import { read, write } from './exchange.ts';
import { CHALLENGE_BYTES, answerChallenge } from './vnc-password.ts';

/** Security types. */
const SECURITY = { none: 1, vncAuth: 2, venCrypt: 19 } as const;
/** Subtypes of VeNCrypt that verify the server. */
const X509 = { none: 260, vncAuth: 261 } as const;

const TEXT_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 4096;
const TEXT_SHOWN_MAX = 200;
/** Width, height, pixel format, length of the name. */
const SERVER_INIT_BYTES = 24;

/** How to sign in. */
export interface ServerSecurity {
  /** Called only when the server asks for a password; undefined when there is none. */
  password(): string | undefined;
}

/** The server's description. */
export interface ServerInit {
  /** As it came, for the browser. */
  readonly bytes: Buffer;
  /** The name of the desktop. */
  readonly name: string;
  /** Whether it went through TLS. */
  readonly encrypted: boolean;
}

/** Throws ConsoleEnd: server-protocol, security-unsupported, password-refused. */
export function* serverHandshake(security: ServerSecurity): Handshake<ServerInit> {
  const minor = yield* agreeVersion();
  const type = minor === 3 ? yield* givenType() : yield* chosenType();
  let encrypted = false;
  if (type === SECURITY.venCrypt) {
    encrypted = true;
    const subtype = yield* venCrypt();
    yield { startTls: true };
    if (subtype === X509.vncAuth) yield* vncAuth(security);
    yield* result(minor);
  } else if (type === SECURITY.vncAuth) {
    yield* vncAuth(security);
    yield* result(minor);
  } else if (minor >= 8) yield* result(minor);
  // Shared, always: to look at a screen must not throw out whoever works there.
  yield* write(Buffer.from([1]));
  const head = yield* read(SERVER_INIT_BYTES);
  const length = head.readUInt32BE(20);
  if (length > NAME_BYTES_MAX) throw broken(`a desktop name of ${String(length)} bytes`);
  const name = yield* read(length);
  return { bytes: Buffer.concat([head, name]), name: name.toString('utf8'), encrypted };
}

function* agreeVersion(): Generator<Step, 3 | 7 | 8, Buffer> {
  const greeting = (yield* read(12)).toString('latin1');
  const [, majorText, minorText] = /^RFB (\d{3})\.(\d{3})\n$/.exec(greeting) ?? [];
  const [major, theirs] = [Number(majorText), Number(minorText)];
  if (!(major >= 3)) throw broken('it does not greet as a VNC server does');
  // What newer ones call themselves, 3.889 or 4.1, stands for 3.8.
  const minor = major > 3 || theirs >= 8 ? 8 : theirs === 7 ? 7 : 3;
  yield* write(Buffer.from(`RFB 003.00${String(minor)}\n`));
  return minor;
}

/** 3.3: the server decides. */
function* givenType(): Generator<Step, number, Buffer> {
  const type = (yield* read(4)).readUInt32BE(0);
  if (type === 0) throw new ConsoleEnd('security-unsupported', yield* text());
  if (type !== SECURITY.none && type !== SECURITY.vncAuth) throw unsupported([type]);
  return type;
}

/** The safest of those offered. */
function* chosenType(): Generator<Step, number, Buffer> {
  const count = (yield* read(1)).readUInt8(0);
  if (count === 0) throw new ConsoleEnd('security-unsupported', yield* text());
  const offered = [...(yield* read(count))];
  const chosen = [SECURITY.venCrypt, SECURITY.vncAuth, SECURITY.none].find((type) => offered.includes(type));
  if (chosen === undefined) throw unsupported(offered);
  yield* write(Buffer.from([chosen]));
  return chosen;
}

function* venCrypt(): Generator<Step, number, Buffer> {
  const version = yield* read(2);
  if (version.readUInt8(0) !== 0 || version.readUInt8(1) < 2) {
    throw new ConsoleEnd('security-unsupported', `VeNCrypt ${version.join('.')}`);
  }
  yield* write(Buffer.from([0, 2]));
  if ((yield* read(1)).readUInt8(0) !== 0) throw broken('it refuses its own version of VeNCrypt');
  const count = (yield* read(1)).readUInt8(0);
  const list = yield* read(count * 4);
  const offered = Array.from({ length: count }, (_, index) => list.readUInt32BE(index * 4));
  const chosen = [X509.vncAuth, X509.none].find((subtype) => offered.includes(subtype));
  if (chosen === undefined) {
    const anonymous = offered.some((subtype) => subtype >= 256 && subtype <= 259);
    const why = anonymous ? ': TLS without a certificate proves nothing' : '';
    throw new ConsoleEnd('security-unsupported', `VeNCrypt ${offered.join(', ')}${why}`);
  }
  const answer = Buffer.alloc(4);
  answer.writeUInt32BE(chosen);
  yield* write(answer);
  if ((yield* read(1)).readUInt8(0) !== 1) throw broken('it refuses the VeNCrypt it offered');
  return chosen;
}

function* vncAuth(security: ServerSecurity): Generator<Step, void, Buffer> {
  const challenge = yield* read(CHALLENGE_BYTES);
  const password = security.password();
  if (password === undefined) throw new ConsoleEnd('password-refused', 'It wants one, and the domain’s XML has none.');
  yield* write(answerChallenge(password, challenge));
}

function* result(minor: 3 | 7 | 8): Generator<Step, void, Buffer> {
  const code = (yield* read(4)).readUInt32BE(0);
  if (code === 0) return;
  throw new ConsoleEnd('password-refused', minor === 8 ? yield* text() : '');
}

/** A sentence of the server. */
function* text(): Generator<Step, string, Buffer> {
  const length = (yield* read(4)).readUInt32BE(0);
  if (length > TEXT_BYTES_MAX) throw broken(`a reason of ${String(length)} bytes`);
  const said = (yield* read(length)).toString('utf8').replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
  return `It says: ${said.slice(0, TEXT_SHOWN_MAX)}`;
}

function unsupported(types: readonly number[]): ConsoleEnd {
  return new ConsoleEnd('security-unsupported', `It offers type ${types.slice(0, 10).join(', ')}.`);
}

function broken(what: string): ConsoleEnd {
  return new ConsoleEnd('server-protocol', what);
}
