// SPDX-License-Identifier: Apache-2.0
// A reader that is connected and reads nothing, without waiting for it: the rest is in events.test.ts.

import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { EventFeed } from './event-feed.ts';
import { streamEvents } from './event-stream.ts';

/** A connection whose buffers are full from the first byte on. */
class FullResponse extends EventEmitter {
  readonly written: string[] = [];
  ended: string | undefined;
  isDestroyed = false;
  status = (): this => this;
  set = (): this => this;
  flushHeaders = (): void => undefined;
  write(text: string): boolean {
    this.written.push(text);
    return false;
  }
  end(text: string): void {
    this.ended = text;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('drops a reader that takes nothing for half a minute, with the reason, though little happens', () => {
  const feed = new EventFeed();
  const response = new FullResponse();
  const dropped: string[] = [];
  streamEvents(response as unknown as Response, {
    feed,
    lastEventId: undefined,
    mayHear: () => true,
    isCurrent: () => true,
    stopping: new AbortController().signal,
    heartbeatMs: 15_000,
    onDropped: (reason, behind) => dropped.push(`${reason}, ${String(behind)} behind`),
  });
  const { length } = response.written;
  feed.publish({ type: 'domain.state', host: 'kvm1', data: '{}' });
  jest.advanceTimersByTime(30_000);
  expect(dropped).toEqual([]);
  jest.advanceTimersByTime(15_000);
  expect(dropped).toEqual(['slow-reader, 1 behind']);
  expect(response.ended).toContain('"reason":"slow-reader"');
  // Nothing was put on top of what it does not read.
  expect(response.written).toHaveLength(length);
  jest.advanceTimersByTime(1000);
  expect(response.isDestroyed).toBe(true);
});
