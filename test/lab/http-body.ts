// SPDX-License-Identifier: Apache-2.0
// The body of a request as text.
import type { IncomingMessage } from 'node:http';

/** Reads it to its end. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
