// SPDX-License-Identifier: Apache-2.0

import { screen } from '@testing-library/react';
import React from 'react';
import { useLocation } from 'react-router-dom';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aDomain, aPage } from '../../testing/fixtures';
import { renderAt } from '../../testing/render';
import { domainsUrl, domainUrl, openUrl } from '../../urls';
import { Pages } from '../../App';

let api: FakeApi;

function Where() {
  const { pathname, search } = useLocation();
  return <output>{pathname + search}</output>;
}

const open = (host: string | undefined, domain: string) =>
  renderAt(
    <>
      <Where />
      <React.Suspense fallback="">
        <Pages />
      </React.Suspense>
    </>,
    { url: openUrl({ host, domain }) },
  );

beforeEach(() => {
  signIn('viewer');
  api = fakeApi();
});

describe('a link by name', () => {
  it('leads to the domain of exactly that name', async () => {
    const web = aDomain({ name: 'web' });
    api.on('GET /domains', aPage(web, aDomain({ name: 'web-2', uuid: web.uuid.replace(/1$/, '2') })));
    api.on('GET /hosts/*/domains/*', web);
    open('kvm1', 'web');
    expect(await screen.findByText(domainUrl('kvm1', web.uuid))).toBeVisible();
    expect(api.requests[0]?.query.getAll('host')).toEqual(['kvm1']);
  });

  it('leads to the list when several hosts have one of that name', async () => {
    api.on('GET /domains', aPage(aDomain({ name: 'web' }), aDomain({ name: 'web', host: 'kvm2' })));
    open(undefined, 'web');
    expect(await screen.findByText(domainsUrl({ q: 'web' }))).toBeVisible();
  });

  it('says when there is none', async () => {
    api.on('GET /domains', aPage(aDomain({ name: 'web-2' })));
    open('kvm1', 'web');
    expect(await screen.findByText(/There is no domain web/)).toBeVisible();
  });

  it('says why it cannot look', async () => {
    api.on('GET /domains', () => {
      throw problem('VIREO_AUTH_PRIVILEGE', 'token "x" lacks read');
    });
    open('kvm1', 'web');
    expect(await screen.findByText('token "x" lacks read')).toBeVisible();
  });
});
