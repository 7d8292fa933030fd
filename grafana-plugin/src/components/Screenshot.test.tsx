// SPDX-License-Identifier: Apache-2.0
import { screen } from '@testing-library/react';
import React from 'react';
import { type FakeApi, fakeApi, problem, signIn } from '../testing/fakeApi';
import { aDomain } from '../testing/fixtures';
import { accessibilityFaults, renderAt } from '../testing/render';
import { Screenshot } from './Screenshot';

const ASK = 'GET /hosts/kvm1/domains/*/screenshot';
let api: FakeApi;

beforeEach(() => {
  signIn('operator');
  api = fakeApi().on(ASK, () => new Blob(['a picture'], { type: 'image/png' }));
});

describe('the screen', () => {
  it('is taken when asked for, and again', async () => {
    const { user, container } = renderAt(<Screenshot domain={aDomain()} />);
    expect(api.requests).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Show the screen' }));
    const picture = await screen.findByRole('img', { name: 'Screen of web-1' });
    expect(picture.getAttribute('src')).toBe(`data:image/png;base64,${btoa('a picture')}`);
    expect(screen.getByText(/^Taken at \d\d:\d\d:\d\d$/)).toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
    api.on(ASK, () => new Blob(['another'], { type: 'image/png' }));
    await user.click(screen.getByRole('button', { name: 'New screenshot' }));
    expect(await screen.findByRole('img')).toBeInTheDocument();
    expect(api.requests.map(({ route }) => route)).toEqual(['console', 'console']);
  });

  it('keeps its button, and with it the focus, while it is taken, and is taken once', async () => {
    let answer = (_picture: Blob): void => undefined;
    api.on(ASK, () => new Promise<Blob>((resolve) => (answer = resolve)));
    const { user } = renderAt(<Screenshot domain={aDomain()} />);
    await user.dblClick(screen.getByRole('button', { name: 'Show the screen' }));
    expect(screen.getByRole('button', { name: 'New screenshot' })).toBeEnabled();
    answer(new Blob(['a picture'], { type: 'image/png' }));
    expect(await screen.findByRole('img')).toBeInTheDocument();
    expect(api.requests).toHaveLength(1);
  });

  it('is taken at once where that was asked for', async () => {
    renderAt(<Screenshot domain={aDomain()} isImmediate />);
    expect(await screen.findByRole('img')).toBeInTheDocument();
  });

  it('says why there is none', async () => {
    api.on(ASK, () => {
      throw problem('VIREO_DOMAIN_BUSY', 'web-1 did not answer an earlier one');
    });
    const { user } = renderAt(<Screenshot domain={aDomain()} />);
    await user.click(screen.getByRole('button', { name: 'Show the screen' }));
    expect(await screen.findByText('web-1 did not answer an earlier one')).toBeInTheDocument();
  });

  it.each([
    ['viewer', aDomain(), 'Needs the role "Vireo operator" of Grafana.'],
    ['operator', aDomain({ driver: 'LXC' }), 'libvirt’s driver for this hypervisor takes no pictures of screens.'],
    ['operator', aDomain({ id: -1, state: 'shutoff' }), 'A domain that is off has no screen.'],
  ] as const)('is refused to a %s, and says why', async (role, domain, why) => {
    signIn(role);
    const { user } = renderAt(<Screenshot domain={domain} isImmediate />);
    await user.hover(screen.getByRole('button'));
    expect(await screen.findByText(why)).toBeInTheDocument();
    expect(api.requests).toEqual([]);
  });
});
