// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/events: what happens, as Server-Sent Events. A stream reads the feed at its own pace and holds no queue; one
// that falls behind what the feed keeps, or reads nothing for a while, is dropped with the reason.

import type { Response } from 'express';
import type { EventFeed, NumberedEvent } from './event-feed.ts';

/** Comments that keep proxies from closing an idle stream. */
export const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is dropped. */
const BLOCKED_MS_MAX = 30_000;
/** How long the last words may take. */
const FAREWELL_MS = 1_000;
/** What a client is asked to wait before it comes back. */
const RETRY_MS = 2_000;

/** Why a stream ended by us. */
export type DropReason = 'slow-reader' | 'token-changed' | 'stopping';

/** How a stream is served. */
export interface EventStreamOptions {
  readonly feed: EventFeed;
  /** The header Last-Event-ID. */
  readonly lastEventId: string | undefined;
  /** Whether the reader may hear of an event. */
  readonly mayHear: (event: NumberedEvent) => boolean;
  /** Whether the reader's token is still in force; asked before every event and at every heartbeat. */
  readonly isCurrent: () => boolean;
  /** Ends the stream when the server stops. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs: number;
  readonly onDropped: (reason: DropReason, eventsBehind: number) => void;
}

/** Serves one stream until its reader goes, or is dropped. Headers are set here. */
export function streamEvents(response: Response, options: EventStreamOptions): void {
  const { feed, lastEventId, mayHear, isCurrent, stopping, heartbeatMs, onDropped } = options;
  const resumed = lastEventId === undefined ? undefined : feed.numberOf(lastEventId);
  const gap = lastEventId !== undefined && (resumed === undefined || feed.hasForgotten(resumed));
  let at = resumed === undefined || gap ? feed.last : resumed;
  let blockedSince: number | undefined;
  let ended = false;

  const write = (text: string): void => {
    if (!response.write(text) && blockedSince === undefined) blockedSince = performance.now();
  };
  const pump = (): void => {
    if (feed.hasForgotten(at)) {
      drop('slow-reader');
      return;
    }
    while (!ended && blockedSince === undefined) {
      const event = feed.after(at);
      if (event === undefined) return;
      if (!isCurrent()) {
        drop('token-changed');
        return;
      }
      at = event.number;
      if (mayHear(event)) write(`id: ${feed.idOf(at)}\nevent: ${event.type}\ndata: ${event.data}\n\n`);
    }
  };
  const drop = (reason: DropReason): void => {
    if (ended) return;
    end();
    onDropped(reason, feed.last - at);
    response.end(`event: dropped\ndata: ${JSON.stringify({ reason })}\n\n`);
    setTimeout(() => {
      response.destroy();
    }, FAREWELL_MS).unref();
  };
  const beat = (): void => {
    if (!isCurrent()) drop('token-changed');
    else if (blockedSince === undefined) write(`: heartbeat\nid: ${feed.idOf(at)}\n\n`);
    else if (performance.now() - blockedSince > BLOCKED_MS_MAX) drop('slow-reader');
  };
  const stop = (): void => {
    drop('stopping');
  };
  const end = (): void => {
    ended = true;
    clearInterval(heartbeat);
    stopListening();
    stopping.removeEventListener('abort', stop);
  };

  response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  const heartbeat = setInterval(beat, heartbeatMs);
  const stopListening = feed.onEvent(pump);
  stopping.addEventListener('abort', stop);
  response.on('drain', () => {
    blockedSince = undefined;
    pump();
  });
  response.once('close', end);
  write(`retry: ${String(RETRY_MS)}\n\n`);
  // Whoever was away too long cannot be told what they missed, only that they did.
  const first = gap ? 'reset' : 'ready';
  write(`id: ${feed.idOf(at)}\nevent: ${first}\ndata: {}\n\n`);
  pump();
}
