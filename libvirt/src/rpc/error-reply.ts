// SPDX-License-Identifier: Apache-2.0
// The error struct a daemon puts into a reply or a stream packet of status ERROR.

import { ProtocolError, RemoteError } from '../errors.ts';
import { errorNumber } from '../protocol/error-numbers.ts';
import { remoteError } from '../protocol/types.ts';
import type { XdrReader } from '../xdr/reader.ts';
import { XdrError } from '../xdr/xdr-error.ts';

/**
 * Reads what the daemon says went wrong.
 * @param procedure the call's name, for the message
 * @throws ProtocolError LV_PROTO_PAYLOAD when it is no error struct: the same for every call, so the peer is not libvirt
 */
export function decodeErrorReply(procedure: string, reader: XdrReader): RemoteError {
  try {
    const fields = remoteError.read(reader);
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
