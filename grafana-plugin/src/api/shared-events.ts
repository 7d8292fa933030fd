// SPDX-License-Identifier: Apache-2.0
// One event stream for all that follows events in a tab: pages, and every panel of a dashboard. A browser has six
// connections to Grafana, for all tabs together. Grafana takes each kind of panel for a plugin of its own, with modules of
// its own, so what they share is found by an event of the document.

import { PLUGIN_ID } from '../constants';
import { eventsAddress } from './client';
import { followEvents, type StreamOptions } from './event-source';

/** Who follows; `onOpen` is told where it is when it joins, unless that isn't known yet. */
export type Follower = Pick<StreamOptions, 'onEvent' | 'onOpen'>;

/** Asks whoever has the stream of this tab to share it: it answers at once with how to leave. */
const JOIN = `${PLUGIN_ID}:follow-events`;
interface Joining {
  readonly follower: Follower;
  leave?: () => void;
}

/** Follows the events until the returned function is called; with the last follower the stream is closed. */
export function shareEvents(follower: Follower, open?: StreamOptions['open']): () => void {
  const joining: Joining = { follower };
  document.dispatchEvent(new CustomEvent(JOIN, { detail: joining }));
  return joining.leave ?? lead(follower, open);
}

/** Has the stream, as long as anybody follows, whoever came first. */
function lead(first: Follower, open: StreamOptions['open']): () => void {
  const followers = new Set<Follower>();
  let isOpen: boolean | undefined;
  let stop: (() => void) | undefined;

  const follow = () => {
    // A hidden tab holds no stream; back in view, it reads everything anew.
    if (document.hidden) {
      stop?.();
      stop = undefined;
    } else if (stop === undefined) {
      stop = followEvents({
        address: eventsAddress,
        onOpen: (now) => {
          isOpen = now;
          followers.forEach(({ onOpen }) => onOpen(now));
        },
        onEvent: (event) => followers.forEach(({ onEvent }) => onEvent(event)),
        ...(open && { open }),
      });
    }
  };
  const admit = (follower: Follower) => {
    followers.add(follower);
    if (isOpen !== undefined) {
      follower.onOpen(isOpen);
    }
    return () => {
      if (followers.delete(follower) && followers.size === 0) {
        document.removeEventListener(JOIN, onJoin);
        document.removeEventListener('visibilitychange', follow);
        stop?.();
      }
    };
  };
  const onJoin = (event: Event) => {
    const joining = (event as CustomEvent<Joining>).detail;
    joining.leave ??= admit(joining.follower);
  };

  document.addEventListener(JOIN, onJoin);
  document.addEventListener('visibilitychange', follow);
  const leave = admit(first);
  follow();
  return leave;
}
