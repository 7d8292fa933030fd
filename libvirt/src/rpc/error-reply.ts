// SPDX-License-Identifier: Apache-2.0
// The error struct a daemon puts into a reply or a stream packet of status ERROR.

import { ProtocolError, RemoteError } from '../errors.ts';
import { errorNumber } from '../protocol/error-numbers.ts';
import { int, optional, string, struct, uuid } from '../protocol/layout.ts';
import type { XdrReader } from '../xdr/reader.ts';
import { XdrError } from '../xdr/xdr-error.ts';

/**
 * remote_error
 *   code: int (virErrorNumber), domain: int (virErrorDomain), message: ?string, level: int (virErrorLevel),
 *   dom: ?domain, str1: ?string, str2: ?string, str3: ?string, int1: int, int2: int, net: ?network
 * @see libvirt src/rpc/virnetprotocol.x: virNetMessageError
 */
const REMOTE_ERROR = struct({
  code: int,
  domain: int,
  message: optional(string),
  level: int,
  dom: optional(struct({ name: string, uuid, id: int })),
  str1: optional(string),
  str2: optional(string),
  str3: optional(string),
  int1: int,
  int2: int,
  net: optional(struct({ name: string, uuid })),
});

/**
 * Reads what the daemon says went wrong.
 * @param procedure the call's name, for the message
 * @throws ProtocolError LV_PROTO_PAYLOAD when it is no error struct: the same for every call, so the peer is not libvirt
 */
export function decodeErrorReply(procedure: string, reader: XdrReader): RemoteError {
  try {
    const fields = REMOTE_ERROR.read(reader);
    return new RemoteError(procedure, errorNumber(fields.code), fields);
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    throw new ProtocolError(
      'LV_PROTO_PAYLOAD',
      `${procedure} failed, and its error does not decode: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}
