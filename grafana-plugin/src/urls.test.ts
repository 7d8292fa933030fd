// SPDX-License-Identifier: Apache-2.0
import { viewOf } from './pages/domains/view';
import { domainsUrl, domainUrl, hostUrl, tasksUrl } from './urls';

describe('addresses', () => {
  it('hold any name of a host', () => {
    expect(hostUrl('Büro 1/a')).toBe('/a/vireo-libvirt-app/hosts/B%C3%BCro%201%2Fa');
    expect(domainUrl('kvm1', 'u', { tab: 'xml', action: 'start' })).toBe(
      '/a/vireo-libvirt-app/hosts/kvm1/domains/u?tab=xml&action=start',
    );
    expect(tasksUrl({ uuid: 'u', state: ['failed', 'unknown'] })).toBe(
      '/a/vireo-libvirt-app/tasks?uuid=u&state=failed&state=unknown',
    );
  });

  it('of the table of domains come back as the view they were made from', () => {
    const view = { host: ['a', 'b c'], state: ['running'], driver: ['QEMU'], q: 'x&y', sort: '-state' };
    expect(viewOf(new URL(domainsUrl(view), 'http://grafana.test').searchParams)).toEqual(view);
    expect(domainsUrl()).toBe('/a/vireo-libvirt-app/domains');
  });

  it('that the API would refuse still show something', () => {
    expect(viewOf(new URLSearchParams('state=no&sort=size&host=&q='))).toEqual({});
  });
});
