// SPDX-License-Identifier: Apache-2.0
// VNC authentication (RFC 6143, 7.2.2): the challenge encrypted with DES under the password, whose bytes VNC takes with
// their bits the wrong way round. OpenSSL 3 no longer has single DES; triple DES under three times the same key is it.

import { createCipheriv } from 'node:crypto';

/** Bytes of a challenge and of its answer. */
export const CHALLENGE_BYTES = 16;
const KEY_BYTES = 8;

/** The answer to a challenge. What of the password is beyond eight bytes does not count: so says the protocol. */
export function answerChallenge(password: string, challenge: Buffer): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  Buffer.from(password, 'utf8').copy(key);
  const mirrored = key.map(mirror);
  const cipher = createCipheriv('des-ede3', Buffer.concat([mirrored, mirrored, mirrored]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function mirror(byte: number): number {
  let mirrored = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) mirrored |= 0x80 >> bit;
  return mirrored;
}
