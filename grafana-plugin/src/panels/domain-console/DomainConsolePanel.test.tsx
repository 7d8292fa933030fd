// SPDX-License-Identifier: Apache-2.0
import { act, screen, waitFor } from '@testing-library/react';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage } from '../../testing/fixtures';
import { type Dashboard, onDashboard } from '../../testing/panel';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { DomainConsolePanel } from './DomainConsolePanel';
import { plugin } from './module';
import type { DomainConsoleOptions } from './options';

let api: FakeApi;
/** Scrolls what is watched into view, or out of it. */
let scroll: (isIntersecting: boolean) => void;

beforeEach(() => {
  signIn('operator');
  jest.spyOn(globalThis, 'IntersectionObserver').mockImplementation((told) => {
    scroll = (isIntersecting) => act(() => told([{ isIntersecting } as IntersectionObserverEntry], observer));
    const observer = { observe: () => undefined, disconnect: () => undefined } as unknown as IntersectionObserver;
    return observer;
  });
  api = fakeApi()
    .on('GET /hosts', aPage(aHost()))
    .on('GET /domains', aPage(aDomain()))
    .on('GET /hosts/kvm1/domains/*/screenshot', () => new Blob(['a picture'], { type: 'image/png' }));
});

function show(options: Partial<DomainConsoleOptions>, dashboard?: Dashboard) {
  const all = { ...(plugin.defaults as DomainConsoleOptions), domain: 'web-1', ...options };
  return renderAt(onDashboard<DomainConsoleOptions>(DomainConsolePanel, all, dashboard));
}
const taken = () => api.sent('GET').filter(({ path }) => path.endsWith('/screenshot')).length;
const launch = () => screen.findByRole('button', { name: 'Console' });

it('opens the console of the domain', async () => {
  const url = 'https://vireo.test/console/#ticket';
  api.on('POST /hosts/kvm1/domains/*/console', { url, expiresAt: new Date(Date.now() + 30_000).toISOString() });
  const open = jest.spyOn(window, 'open').mockReturnValue(null);
  const { user, container } = show({});
  await user.click(await launch());
  await waitFor(() => expect(open).toHaveBeenCalledWith(url, '_blank', 'noopener,noreferrer'));
  expect(await screen.findByRole('link', { name: /This link works once/ })).toHaveAttribute('href', url);
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('takes a picture only when asked for, unless its options say otherwise', async () => {
  const { user } = show({});
  await launch();
  scroll(true);
  expect(taken()).toBe(0);
  await user.click(screen.getByRole('button', { name: 'Show the screen' }));
  expect(await screen.findByRole('img', { name: 'Screen of web-1' })).toBeVisible();
  scroll(false);
  scroll(true);
  expect(taken()).toBe(1);
});

it('takes pictures again and again while it can be seen, and none while it cannot', async () => {
  jest.useFakeTimers();
  try {
    show({ refreshSeconds: 5 });
    await launch();
    expect(taken()).toBe(0);
    scroll(true);
    await screen.findByRole('img', { name: 'Screen of web-1' });
    expect(taken()).toBe(1);
    await act(() => jest.advanceTimersByTimeAsync(5_100));
    expect(taken()).toBe(2);
    scroll(false);
    await act(() => jest.advanceTimersByTimeAsync(20_000));
    expect(taken()).toBe(2);
    scroll(true);
    await waitFor(() => expect(taken()).toBe(3));
  } finally {
    jest.useRealTimers();
  }
});

it('has no screen when its options say so', async () => {
  show({ hasScreenshot: false });
  await launch();
  expect(screen.queryByRole('button', { name: 'Show the screen' })).not.toBeInTheDocument();
});

it.each([
  ['a viewer', 'viewer', true, 'Needs the role "Vireo operator" of Grafana.'],
  ['a dashboard that forbids actions', 'operator', false, 'This dashboard does not let you run actions.'],
  ['a dashboard that does not say', 'operator', undefined, 'This dashboard does not let you run actions.'],
] as const)('opens none for %s, and says why', async (_whom, role, canExecuteActions, why) => {
  signIn(role);
  const { user } = show({}, { canExecuteActions });
  const button = await launch();
  expect(button).toHaveAttribute('aria-disabled', 'true');
  await user.hover(button);
  expect(await screen.findByText(why)).toBeInTheDocument();
  expect(api.sent('POST')).toEqual([]);
});

it('says why there is no picture', async () => {
  api.on('GET /hosts/kvm1/domains/*/screenshot', () => {
    throw problem('VIREO_HOST_LOST', 'kvm1 does not answer');
  });
  show({ refreshSeconds: 60 });
  await launch();
  scroll(true);
  expect(await screen.findByText('kvm1 does not answer')).toBeVisible();
});
