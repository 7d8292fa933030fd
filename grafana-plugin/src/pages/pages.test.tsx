// SPDX-License-Identifier: Apache-2.0
// What is true of every page: it loads, it may be empty, it may fail, it may be forbidden, and it is accessible.

import { screen } from '@testing-library/react';
import React, { version } from 'react';
import { App, Pages } from '../App';
import { type FakeApi, fakeApi, problem, signIn } from '../testing/fakeApi';
import { aDomain, aHost, aPage, aTask, UUID } from '../testing/fixtures';
import { accessibilityFaults, renderAt } from '../testing/render';
import { domainsUrl, domainUrl, fleetUrl, hostUrl, ROOT, tasksUrl } from '../urls';

/** Of jest.config.js. */
declare const REACT_MAJOR: number;
let api: FakeApi;

beforeEach(() => {
  api = fakeApi();
  signIn('operator');
});

it('React is the one that is meant: Grafana 13.0 and 13.1 have 18, newer ones 19', () => {
  expect(version).toMatch(new RegExp(`^${String(REACT_MAJOR)}\\.`));
});

interface PageCase {
  readonly name: string;
  readonly url: string;
  /** What it asks for. */
  readonly ask: string;
  readonly answer: object;
  /** A text that stands there when it has come. */
  readonly shows: string | RegExp;
  readonly empty?: { readonly answer: object; readonly shows: string };
}

const PAGES: readonly PageCase[] = [
  {
    name: 'Fleet',
    url: fleetUrl(),
    ask: 'GET /hosts',
    answer: { items: [aHost()] },
    shows: 'kvm1',
    empty: { answer: { items: [] }, shows: 'Vireo watches no host that you may see' },
  },
  { name: 'Host', url: hostUrl('kvm1'), ask: 'GET /hosts/kvm1', answer: aHost(), shows: 'QEMU 9.0.0' },
  {
    name: 'Domains',
    url: domainsUrl({ q: 'web' }),
    ask: 'GET /domains',
    answer: aPage(aDomain()),
    shows: 'web-1',
    empty: { answer: aPage(), shows: 'No domain fits' },
  },
  { name: 'Domain', url: domainUrl('kvm1', UUID), ask: 'GET /hosts/*/domains/*', answer: aDomain(), shows: UUID },
  {
    name: 'Tasks',
    url: tasksUrl(),
    ask: 'GET /tasks',
    answer: aPage(aTask()),
    shows: 'Shut down',
    empty: { answer: aPage(), shows: 'Nobody has asked for an action since Vireo started' },
  },
];

describe.each(PAGES)('the page $name', ({ url, ask, answer, shows, empty }) => {
  it('loads, shows what there is, and is accessible', async () => {
    let come: (value: object) => void = () => undefined;
    api.on(ask, () => new Promise((resolve) => (come = resolve)));
    const { container } = renderAt(<Pages />, { url });
    expect((await screen.findAllByRole('status'))[0]).toBeInTheDocument();
    await screen.findByText(/…/);
    come(answer);
    expect(await screen.findByText(shows)).toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('says what failed, why, what to do, and tries again', async () => {
    api.on(ask, () => {
      throw problem('VIREO_LIBVIRT_TIMEOUT', 'the daemon of kvm1 did not answer within 10 s');
    });
    const { user, container } = renderAt(<Pages />, { url });
    expect(await screen.findByText('the daemon of kvm1 did not answer within 10 s')).toBeInTheDocument();
    expect(screen.getByText('VIREO_LIBVIRT_TIMEOUT · request-1')).toBeInTheDocument();
    expect(await accessibilityFaults(container)).toEqual([]);
    api.on(ask, answer);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText(shows)).toBeInTheDocument();
    expect(screen.queryByText('VIREO_LIBVIRT_TIMEOUT · request-1')).not.toBeInTheDocument();
  });

  it('says who may not see it that it is so', async () => {
    api.on(ask, () => {
      throw problem('VIREO_AUTH_PRIVILEGE', 'this needs the privilege read');
    });
    renderAt(<Pages />, { url });
    expect(await screen.findByText('You may not see or do this')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Try again' })).not.toBeInTheDocument();
  });

  it('leads to the configuration where there is none', async () => {
    api.on(ask, () => {
      throw problem('VIREO_AUTH_MISSING', 'the request carries no bearer token');
    });
    renderAt(<Pages />, { url });
    expect(await screen.findByRole('link', { name: /Open the configuration/ })).toHaveAttribute(
      'href',
      '/plugins/vireo-libvirt-app',
    );
  });

  if (empty) {
    it('says that there is nothing', async () => {
      api.on(ask, empty.answer);
      renderAt(<Pages />, { url });
      expect(await screen.findByText(empty.shows)).toBeInTheDocument();
    });
  }
});

describe('the app', () => {
  it('tells a user without its role so, and asks for nothing', () => {
    signIn('nobody');
    renderAt(<App />);
    expect(screen.getByText('Grafana does not let you do this.')).toBeInTheDocument();
    expect(api.requests).toEqual([]);
  });

  it('leads from an unknown address to the fleet', async () => {
    api.on('GET /hosts', { items: [aHost()] });
    renderAt(<Pages />, { url: `${ROOT}/nothing` });
    expect(await screen.findByText('kvm1')).toBeInTheDocument();
  });
});
