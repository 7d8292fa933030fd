// SPDX-License-Identifier: Apache-2.0

import { type DataSourceSrv, locationService, setDataSourceSrv } from '@grafana/runtime';
import { screen, waitFor } from '@testing-library/react';
import type { TokenFacts } from '@vireo/exporter/contract';
import React from 'react';
import { type AppSettings, addressFault } from '../../settings';
import { type FakeApi, failure, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { aHost } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { judgeToken } from './checks';
import { ConfigPage, type ConfigPageProps } from './ConfigPage';

let api: FakeApi;

beforeEach(() => {
  api = fakeApi();
  signIn('operator');
  const sources = [{ uid: 'prom-1', name: 'Metrics of the fleet' }];
  setDataSourceSrv({
    getList: ({ type }: { type: string }) => (type === 'prometheus' ? sources : []),
  } as unknown as DataSourceSrv);
});

function show(jsonData: AppSettings | undefined, stored: readonly string[] = []) {
  const secureJsonFields = Object.fromEntries(stored.map((key) => [key, true]));
  const plugin = { meta: { enabled: true, pinned: false, jsonData, secureJsonFields } };
  return renderAt(<ConfigPage {...({ plugin, query: {} } as unknown as ConfigPageProps)} />);
}

const facts = (changes: Partial<TokenFacts> = {}): TokenFacts => ({
  name: 'grafana-read',
  privileges: ['read', 'xml'],
  hosts: ['*'],
  domains: ['*'],
  user: 'ana',
  ...changes,
});

describe('the configuration page', () => {
  it('saves the address without its last slash, and only the tokens that were entered, and loads again', async () => {
    const reload = jest.spyOn(locationService.getHistory(), 'go').mockImplementation(() => undefined);
    const { user } = show({ apiUrl: 'http://old:9177', prometheusUid: 'prom-1' }, ['readToken', 'operateToken']);
    const address = screen.getByLabelText(/Address of the API/);
    await user.clear(address);
    await user.type(address, 'https://vireo.example:9177/');
    await user.type(screen.getByLabelText(/Token for consoles/), ' secret-3 ');
    await user.click(screen.getByRole('button', { name: /^Save/ }));

    await waitFor(() => expect(reload).toHaveBeenCalledWith(0));
    expect(api.savedSettings).toEqual([
      {
        enabled: true,
        pinned: false,
        jsonData: { apiUrl: 'https://vireo.example:9177', prometheusUid: 'prom-1' },
        secureJsonData: { consoleToken: 'secret-3' },
      },
    ]);
    reload.mockRestore();
  });

  it('names the data source that is asked without a choice, or says that there is none', () => {
    show({ apiUrl: 'http://vireo:9177' });
    expect(screen.getByText(/^Without a choice: .*, now Metrics of the fleet\.$/)).toBeVisible();
    expect(screen.getByRole('combobox', { name: /Metrics/ })).toHaveAttribute('placeholder', 'Metrics of the fleet');
    expect(screen.getByText('Grafana has no data source of the type loki.')).toBeVisible();
  });

  it('never shows a stored token, and replaces one only when asked', async () => {
    const { user } = show({ apiUrl: 'http://vireo:9177' }, ['readToken']);
    const read = screen.getByLabelText(/Token to look/);
    expect(read).toBeDisabled();
    await user.click(screen.getByRole('button', { name: /reset/i }));
    expect(screen.getByLabelText(/Token to look/)).toHaveValue('');
    expect(screen.getByLabelText(/Token to look/)).toHaveFocus();
    expect(screen.getByText(/not saved yet/)).toBeVisible();
  });

  it.each([
    ['vireo:9177', /begins with http/],
    ['http://ana:secret@vireo:9177', /every viewer can read the address/],
    ['http://vireo:9177/api/v1', /Leave out \/api\/v1/],
  ])('refuses the address %s and says why', async (address, why) => {
    const { user } = show(undefined);
    await user.type(screen.getByLabelText(/Address of the API/), address);
    expect(screen.getByText(why)).toBeVisible();
    expect(screen.getByRole('button', { name: /^Save/ })).toBeDisabled();
  });

  it('tests each token through the route that uses it', async () => {
    api
      .on('GET /token', ({ route }) => {
        if (route === 'v1') {
          return facts();
        }
        if (route === 'operate') {
          throw problem('VIREO_AUTH_TOKEN', 'the token is not known');
        }
        throw failure(502, { message: 'bad gateway' });
      })
      .on('GET /hosts', { items: [aHost(), aHost({ host: 'kvm2', state: 'lost' })] });
    const { user, container } = show({ apiUrl: 'http://vireo:9177' }, ['readToken', 'operateToken', 'consoleToken']);
    await user.click(screen.getByRole('button', { name: /^Test/ }));

    expect(
      await screen.findByText('Token "grafana-read" works, and Vireo knows you as ana. Hosts: 2, lost: 1.'),
    ).toBeVisible();
    expect(screen.getByText('the token is not known')).toBeVisible();
    expect(screen.getByText(/VIREO_AUTH_TOKEN/)).toBeVisible();
    expect(screen.getByText(/Grafana does not reach Vireo/)).toBeVisible();
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('keeps its button, and with it the focus, while it saves, and saves once', async () => {
    const saving = jest.spyOn(api, 'answer').mockImplementation(() => new Promise(() => undefined));
    const { user } = show({ apiUrl: 'http://vireo:9177' });
    await user.dblClick(screen.getByRole('button', { name: /^Save/ }));
    expect(screen.getByRole('button', { name: /^Save/ })).toBeEnabled();
    expect(saving).toHaveBeenCalledTimes(1);
  });

  it('says when Grafana does not save', async () => {
    jest.spyOn(api, 'answer').mockImplementation(() => {
      throw failure(403, { message: 'permission denied' });
    });
    const { user } = show({ apiUrl: 'http://vireo:9177' });
    await user.click(screen.getByRole('button', { name: /^Save/ }));
    expect(await screen.findByText(/Grafana does not let you do this/)).toBeVisible();
    expect(screen.getByRole('button', { name: /^Save/ })).toBeEnabled();
  });
});

describe('a token that Vireo knows', () => {
  it.each([
    ['lacks what the route is for', 'operateToken', facts(), /lacks: power, force/],
    [
      'may do more than viewers should',
      'readToken',
      facts({ privileges: ['read', 'xml', 'force'] }),
      /more than .*: force/,
    ],
    ['comes without the user’s name', 'readToken', facts({ user: undefined }), /not told who is signed in/],
  ] as const)('is warned of when it %s', (_why, key, token, message) => {
    expect(judgeToken(key, token)).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is warned of when it sees no host', () => {
    expect(judgeToken('readToken', facts(), { items: [] })).toMatchObject({ severity: 'warning' });
  });

  it('is good with exactly what it needs', () => {
    const token = facts({ name: 'c', privileges: ['console.view', 'console.control'] });
    expect(judgeToken('consoleToken', token)).toMatchObject({ severity: 'success' });
  });
});

test('an address below a path is fine', () => {
  expect(addressFault('https://ops.example/vireo')).toBeUndefined();
});
