// SPDX-License-Identifier: Apache-2.0

/** The bytes do not hold what their layout says, or a value does not fit its layout. The caller names the message. */
export class XdrError extends Error {
  override readonly name = 'XdrError';
}
