// SPDX-License-Identifier: Apache-2.0
import { act, screen, waitFor } from '@testing-library/react';
import React from 'react';
import { type FakeApi, fakeApi, problem, signIn } from '../testing/fakeApi';
import { UUID } from '../testing/fixtures';
import { accessibilityFaults, renderAt } from '../testing/render';
import { ConsoleButton } from './ConsoleButton';

const URL_OF_CONSOLE = 'http://vireo.test/console/#secret-ticket';
const domain = { host: 'kvm1', uuid: UUID };
const LINK = /works once/;

let api: FakeApi;
let opened: jest.SpyInstance;

function issue(forMs = 30_000) {
  return ({ body }: { body: unknown }) => ({
    ...(body as object),
    kind: 'vnc',
    url: URL_OF_CONSOLE,
    expiresAt: new Date(Date.now() + forMs).toISOString(),
  });
}

function hideTab(hidden: boolean) {
  Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
}

beforeEach(() => {
  signIn('operator');
  api = fakeApi().on('POST /hosts/kvm1/domains/*/console', issue());
  opened = jest.spyOn(window, 'open').mockReturnValue(null);
});

afterEach(() => {
  opened.mockRestore();
  Object.defineProperty(document, 'hidden', { configurable: true, value: false });
});

describe('the console', () => {
  it('opens in a tab of its own, with a ticket asked for by the click', async () => {
    const { user, container } = renderAt(<ConsoleButton domain={domain} />);
    expect(await accessibilityFaults(container)).toEqual([]);
    expect(api.requests).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Console' }));
    await waitFor(() => expect(opened.mock.calls).toEqual([[URL_OF_CONSOLE, '_blank', 'noopener,noreferrer']]));
    expect(api.requests).toMatchObject([{ method: 'POST', route: 'console', body: { mode: 'control' } }]);
  });

  it('keeps its button, and with it the focus, while it opens, and opens one console however often it is pressed', async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    api.on('POST /hosts/kvm1/domains/*/console', (request) => asked.then(() => issue()(request)));
    const { user } = renderAt(<ConsoleButton domain={domain} />);
    const button = screen.getByRole('button', { name: 'Console' });
    await user.dblClick(button);
    expect(button).toBeEnabled();
    expect(screen.getByRole('button', { name: 'How to open the console' })).toBeEnabled();
    answer();
    await waitFor(() => expect(opened).toHaveBeenCalled());
    expect(api.requests).toHaveLength(1);
  });

  it('opens to look only', async () => {
    const { user } = renderAt(<ConsoleButton domain={domain} />);
    await user.click(screen.getByRole('button', { name: 'How to open the console' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Only look' }));
    await waitFor(() => expect(opened).toHaveBeenCalledTimes(1));
    expect(api.requests).toMatchObject([{ body: { mode: 'view' } }]);
  });

  it('leaves a link where the browser opened nothing, until it was used', async () => {
    const { user, container } = renderAt(<ConsoleButton domain={domain} />);
    await user.click(screen.getByRole('button', { name: 'Console' }));
    const link = await screen.findByRole('link', { name: LINK });
    expect(link).toHaveAttribute('href', URL_OF_CONSOLE);
    expect(link).toHaveAttribute('target', '_blank');
    expect(link.getAttribute('rel')).toMatch(/noopener|noreferrer/);
    expect(await accessibilityFaults(container)).toEqual([]);
    link.addEventListener('click', (event) => event.preventDefault());
    await user.click(link);
    await waitFor(() => expect(screen.queryByRole('link', { name: LINK })).not.toBeInTheDocument());
    expect(document.body).not.toContainHTML('secret-ticket');
  });

  it('keeps no link once a tab has opened', async () => {
    const { user } = renderAt(<ConsoleButton domain={domain} />);
    await user.click(screen.getByRole('button', { name: 'Console' }));
    expect(await screen.findByRole('link', { name: LINK })).toBeInTheDocument();
    hideTab(true);
    await waitFor(() => expect(screen.queryByRole('link', { name: LINK })).not.toBeInTheDocument());
  });

  it('keeps no link that works no longer', async () => {
    api.on('POST /hosts/kvm1/domains/*/console', issue(1500));
    const { user } = renderAt(<ConsoleButton domain={domain} />);
    await user.click(screen.getByRole('button', { name: 'Console' }));
    expect(await screen.findByRole('link', { name: LINK })).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByRole('link', { name: LINK })).not.toBeInTheDocument());
  });

  it('says why there is none', async () => {
    api.on('POST /hosts/kvm1/domains/*/console', () => {
      throw problem('VIREO_CONSOLE_NONE', 'web-1 has no VNC screen');
    });
    const { user } = renderAt(<ConsoleButton domain={domain} />);
    await user.click(screen.getByRole('button', { name: 'Console' }));
    expect(await screen.findByText('web-1 has no VNC screen')).toBeInTheDocument();
    expect(screen.getByText('VIREO_CONSOLE_NONE · request-1')).toBeInTheDocument();
    expect(opened).not.toHaveBeenCalled();
  });

  it.each([
    ['viewer', undefined, 'Needs the role "Vireo operator" of Grafana.'],
    ['operator', 'kvm1 is lost', 'kvm1 is lost'],
  ] as const)('is refused to a %s, and says why', async (role, refusal, why) => {
    signIn(role);
    const { user } = renderAt(<ConsoleButton domain={domain} refusal={refusal} />);
    const button = screen.getByRole('button', { name: 'Console' });
    await user.click(button);
    expect(await screen.findByText(why)).toBeInTheDocument();
    expect(api.requests).toEqual([]);
  });
});
