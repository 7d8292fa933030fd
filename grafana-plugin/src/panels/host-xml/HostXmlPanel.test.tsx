// SPDX-License-Identifier: Apache-2.0
import { screen } from '@testing-library/react';
import { type FakeApi, fakeApi, problem, signIn } from '../../testing/fakeApi';
import { type Dashboard, onDashboard, table } from '../../testing/panel';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { HostXmlPanel } from './HostXmlPanel';
import type { HostXmlOptions } from './options';

let api: FakeApi;

beforeEach(() => {
  signIn('viewer');
  api = fakeApi().on('GET /hosts/*/xml', ({ path }) => `<capabilities of='${path}'/>`);
});

const show = (options: HostXmlOptions, dashboard?: Dashboard) =>
  renderAt(onDashboard(HostXmlPanel, options, dashboard));

it('shows the capabilities of the host that a variable names', async () => {
  const { container } = show({ host: '$host' }, { variables: { host: 'kvm1' } });
  expect(await screen.findByRole('region', { name: 'Capabilities of kvm1' })).toHaveTextContent("of='/hosts/kvm1/xml'");
  expect(screen.getByRole('link', { name: 'kvm1' })).toBeVisible();
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('lets one choose among the hosts of its data', async () => {
  const { user, container } = show({}, { series: [table({ host: ['kvm1', 'kvm2', 'kvm1'] })] });
  await screen.findByText(/kvm1\/xml/);
  await user.click(screen.getByRole('combobox', { name: 'Host' }));
  await user.keyboard('{ArrowDown}{Enter}');
  expect(await screen.findByText(/kvm2\/xml/)).toBeInTheDocument();
  expect(screen.getByRole('combobox', { name: 'Host' })).toHaveFocus();
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('says that no host is named, and asks for nothing', async () => {
  show({});
  expect(await screen.findByText('No host is named')).toBeVisible();
  expect(api.requests).toEqual([]);
});

it.each(['VIREO_HOST_UNKNOWN', 'VIREO_HOST_LOST', 'VIREO_AUTH_PRIVILEGE'] as const)(
  'says what is wrong: %s',
  async (code) => {
    api.on('GET /hosts/*/xml', () => {
      throw problem(code, 'what is wrong');
    });
    show({ host: 'kvm9' });
    expect(await screen.findByText('what is wrong')).toBeVisible();
  },
);
