// SPDX-License-Identifier: Apache-2.0
// The event stream: one EventSource that comes back by itself, with the place it had. What its readers do with the
// events is theirs; see live.tsx.

import type { ChangeEvent, TaskEvent } from '@vireo/exporter/contract';

/** What the stream tells. `reset`: something was missed, read everything anew. */
export type LiveEvent = ChangeEvent | TaskEvent | { readonly type: 'reset' };

/** Every event with data, by its name. */
const EVENT_NAMES: ReadonlyArray<(ChangeEvent | TaskEvent)['type']> = [
  'host.up',
  'host.lost',
  'domain.added',
  'domain.removed',
  'domain.state',
  'domain.stuck',
  'domain.recovered',
  'domain.event',
  'poll.failed',
  'poll.recovered',
  'task',
];

/** Pauses after a stream that didn't come about: doubled each time, up to the last. */
const PAUSE_MS = { first: 1000, longest: 30_000 };
/** Without `ready` in that time, a proxy in between holds the stream back. */
const READY_MS = 10_000;

/** What {@link followEvents} needs of the browser. */
export interface StreamOptions {
  readonly address: () => string;
  readonly onEvent: (event: LiveEvent) => void;
  /** Whether events arrive now. */
  readonly onOpen: (open: boolean) => void;
  readonly open?: (address: string) => EventSource;
}

/** Follows the events until the returned function is called. */
export function followEvents({
  address,
  onEvent,
  onOpen,
  open = (at) => new EventSource(at),
}: StreamOptions): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = PAUSE_MS.first;

  const connect = () => {
    source = open(address());
    timer = setTimeout(comeBack, READY_MS);
    source.addEventListener('ready', () => {
      clearTimeout(timer);
      pauseMs = PAUSE_MS.first;
      onOpen(true);
      // A new EventSource has no place to go on from: what was read before it may have changed meanwhile.
      onEvent({ type: 'reset' });
    });
    source.addEventListener('reset', () => onEvent({ type: 'reset' }));
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (message) => {
        const event = parse(message.data);
        if (event !== undefined) {
          onEvent(event);
        }
      });
    }
    // The browser would come back at once and for ever, or never after a refusal: this is one rule for both.
    source.addEventListener('error', comeBack);
  };
  const comeBack = () => {
    if (source === undefined) {
      return;
    }
    source.close();
    source = undefined;
    clearTimeout(timer);
    onOpen(false);
    timer = setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
  };

  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
    onOpen(false);
  };
}

function parse(data: unknown): ChangeEvent | TaskEvent | undefined {
  try {
    const event: unknown = JSON.parse(String(data));
    return typeof event === 'object' && event !== null && 'type' in event
      ? (event as ChangeEvent | TaskEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
