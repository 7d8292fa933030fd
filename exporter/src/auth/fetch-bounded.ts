// SPDX-License-Identifier: Apache-2.0
// A small document over HTTP, with bounds on time and size, from the origin that was asked and no other.

import { types } from 'node:util';

/** How many redirects within the origin are followed. */
const REDIRECTS_MAX = 3;

/** Bounds of {@link fetchBounded}. */
export interface FetchBounds {
  /** For all of it: connecting, redirects, the last byte of the body. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** No document; the message says why and holds nothing of what came. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
}

/**
 * Fetches a document that is UTF-8 text.
 *
 * A redirect to another origin is refused: whoever could cause one could choose what we read.
 *
 * @throws {@link FetchError}
 */
export async function fetchBounded(url: string, { timeoutMs, bytesMax }: FetchBounds): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await follow(new URL(url), signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new FetchError(`answered with status ${String(response.status)}`);
    }
    return await readText(response, bytesMax);
  } catch (error) {
    if (error instanceof FetchError) throw error;
    if (signal.aborted) throw new FetchError(`no whole answer within ${String(timeoutMs)} ms`, { cause: error });
    throw new FetchError(reasonOf(error), { cause: error });
  }
}

async function follow(start: URL, signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const response = await fetch(url.href, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url.href)) throw new FetchError('redirects to what is no URL');
    url = new URL(location, url.href);
    if (url.origin !== start.origin) throw new FetchError(`redirects to another origin, ${url.origin}; not followed`);
  }
  throw new FetchError(`redirects more than ${String(REDIRECTS_MAX)} times`);
}

async function readText(response: Response, bytesMax: number): Promise<string> {
  // Counted after decompression, so a small body that unfolds into a huge one is caught too.
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  // Leaving the loop early cancels the body.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new FetchError(`answered with more than ${String(bytesMax)} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new FetchError('answered with what is not UTF-8 text', { cause: error });
  }
}

/** fetch says no more than "fetch failed"; its cause knows. */
function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return 'cannot be fetched';
  const { cause } = error;
  const inner = types.isNativeError(cause) ? cause : error;
  const code = 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' && !inner.message.includes(code) ? `${inner.message} (${code})` : inner.message;
}
