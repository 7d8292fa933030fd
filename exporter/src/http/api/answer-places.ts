// SPDX-License-Identifier: Apache-2.0
// How many large answers are under way at once, how many bytes they hold together, and how long one may take: whoever
// reads a document a byte at a time must not keep it from others for ever. Bytes that trickle count as activity for the
// server's own patience, so the clock of this one runs from the request on.

import type { RequestHandler, Response } from 'express';
import { HttpProblem } from '../problems.ts';

/** The bounds of {@link AnswerPlaces}. */
export interface AnswerBounds {
  readonly count: number;
  readonly bytes: number;
  /** From the request to the last byte read; then the connection is broken. */
  readonly longestMs: number;
}

/** Places for large answers. */
export class AnswerPlaces {
  readonly #bounds: AnswerBounds;
  /** The bytes that each answer under way has reserved. */
  readonly #places = new Map<Response, number>();

  constructor(bounds: AnswerBounds) {
    this.#bounds = bounds;
  }

  /** The route, which takes a place until its answer is read; rejects with VIREO_BUSY when there is none. */
  limited(route: RequestHandler): RequestHandler {
    return async (request, response, next) => {
      const { count, longestMs } = this.#bounds;
      if (this.#places.size >= count) throw busy(`${String(count)} documents and screens are under way`);
      this.#places.set(response, 0);
      const cutOff = setTimeout(() => {
        response.destroy();
      }, longestMs);
      response.once('close', () => {
        clearTimeout(cutOff);
        this.#places.delete(response);
      });
      try {
        await route(request, response, next);
      } catch (error) {
        // Given up because the client left: nobody is there to be told.
        if (!response.destroyed) throw error;
      }
    };
  }

  /**
   * Makes room for the bytes of a {@link limited} route's answer, until it is read. One alone always has room.
   *
   * @throws HttpProblem VIREO_BUSY
   */
  reserve(response: Response, bytes: number): void {
    let taken = 0;
    for (const each of this.#places.values()) taken += each;
    if (taken > 0 && taken + bytes > this.#bounds.bytes) {
      throw busy('documents and screens that are being read fill the memory meant for them');
    }
    // One whose reader has gone holds nothing any more.
    if (this.#places.has(response)) this.#places.set(response, bytes);
  }
}

function busy(detail: string): HttpProblem {
  return new HttpProblem('VIREO_BUSY', detail, { 'Retry-After': '1' });
}
