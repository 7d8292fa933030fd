// SPDX-License-Identifier: Apache-2.0
import { FakeEventSource } from '../testing/FakeEventSource';
import type { Follower, shareEvents } from './shared-events';

jest.mock('./client', () => ({ eventsAddress: () => '/events' }));

/** As each kind of panel has it: Grafana loads every one as a plugin of its own. */
function ownModule(): typeof shareEvents {
  let share: typeof shareEvents | undefined;
  jest.isolateModules(() => {
    share = (jest.requireActual('./shared-events') as { shareEvents: typeof shareEvents }).shareEvents;
  });
  if (share === undefined) {
    throw new Error('not loaded');
  }
  return share;
}

const follower = (): jest.Mocked<Follower> => ({ onEvent: jest.fn(), onOpen: jest.fn() });
const open = FakeEventSource.open;
const stream = () => FakeEventSource.opened.at(-1);

beforeEach(() => {
  FakeEventSource.opened = [];
});
afterEach(() => jest.restoreAllMocks());

describe('all that follow events in a tab', () => {
  it('share one stream, whatever they were loaded as, and each is told everything', () => {
    const followers = Array.from({ length: 12 }, follower);
    const leaves = followers.map((one) => ownModule()(one, open));
    expect(FakeEventSource.opened).toHaveLength(1);
    stream()?.say('ready');
    stream()?.say('host.up', { type: 'host.up', host: 'kvm1' });
    for (const one of followers) {
      expect(one.onOpen.mock.calls).toEqual([[true]]);
      expect(one.onEvent).toHaveBeenLastCalledWith({ type: 'host.up', host: 'kvm1' });
    }
    leaves.forEach((leave) => leave());
  });

  it('who comes late is told that events arrive', () => {
    const leave = ownModule()(follower(), open);
    stream()?.say('ready');
    const late = follower();
    const leaveLate = ownModule()(late, open);
    expect(late.onOpen.mock.calls).toEqual([[true]]);
    stream()?.say('error');
    expect(late.onOpen).toHaveBeenLastCalledWith(false);
    leaveLate();
    leave();
  });

  it('keep the stream when the first leaves, and close it with the last, who may leave twice', () => {
    const [first, second] = [follower(), follower()];
    const leaveFirst = ownModule()(first, open);
    const leaveSecond = ownModule()(second, open);
    stream()?.say('ready');
    leaveFirst();
    leaveFirst();
    expect(stream()?.isClosed).toBe(false);
    first.onEvent.mockClear();
    stream()?.say('host.up', { type: 'host.up', host: 'kvm1' });
    expect(first.onEvent).not.toHaveBeenCalled();
    expect(second.onEvent).toHaveBeenLastCalledWith({ type: 'host.up', host: 'kvm1' });
    leaveSecond();
    expect(stream()?.isClosed).toBe(true);

    const leave = ownModule()(follower(), open);
    expect(FakeEventSource.opened).toHaveLength(2);
    leave();
  });

  it('hold none in a hidden tab, also when they come there', () => {
    const hidden = jest.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    const leave = ownModule()(follower(), open);
    const leaveSecond = ownModule()(follower(), open);
    expect(FakeEventSource.opened).toHaveLength(0);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeEventSource.opened).toHaveLength(1);
    leave();
    leaveSecond();
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(stream()?.isClosed).toBe(true);
  });
});
