// SPDX-License-Identifier: Apache-2.0

import { EventFeed } from './event-feed.ts';

const event = (data: string) => ({ type: 'host.up', host: 'kvm1', data });

/** What a reader gets that stands at a number. */
function readFrom(feed: EventFeed, start: number): string[] {
  const read: string[] = [];
  let at = start;
  for (let next = feed.after(at); next !== undefined; next = feed.after(at)) {
    read.push(next.data);
    at = next.number;
  }
  return read;
}

describe('the feed', () => {
  it('numbers events from 1 and gives them in order', () => {
    const feed = new EventFeed();
    expect([feed.last, feed.after(0)]).toEqual([0, undefined]);
    for (const data of ['a', 'b', 'c']) feed.publish(event(data));
    expect(feed.last).toBe(3);
    expect(readFrom(feed, 0)).toEqual(['a', 'b', 'c']);
    expect(readFrom(feed, 2)).toEqual(['c']);
    expect(readFrom(feed, 3)).toEqual([]);
  });

  it('keeps the last N and says what it has forgotten', () => {
    const feed = new EventFeed(3);
    for (const data of ['a', 'b', 'c', 'd', 'e']) feed.publish(event(data));
    expect(readFrom(feed, 2)).toEqual(['c', 'd', 'e']);
    expect([0, 1, 2, 3, 5].map((number) => feed.hasForgotten(number))).toEqual([true, true, false, false, false]);
  });

  it('knows its own ids and no others', () => {
    const feed = new EventFeed();
    feed.publish(event('a'));
    expect(feed.numberOf(feed.idOf(1))).toBe(1);
    expect(feed.numberOf(feed.idOf(0))).toBe(0);
    expect(feed.numberOf(feed.idOf(2))).toBeUndefined();
    expect(feed.numberOf(new EventFeed().idOf(0))).toBeUndefined();
    for (const id of ['', '1', 'x-1', `${feed.idOf(1)}0000000000000000`]) expect(feed.numberOf(id)).toBeUndefined();
  });

  it('calls listeners until they have enough', () => {
    const feed = new EventFeed();
    let calls = 0;
    const stop = feed.onEvent(() => {
      calls += 1;
    });
    feed.publish(event('a'));
    stop();
    feed.publish(event('b'));
    expect(calls).toBe(1);
  });
});
