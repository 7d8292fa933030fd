// SPDX-License-Identifier: Apache-2.0
import { filterOf } from './pages/domains/filter';
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

  it('of the table of domains come back as the filter they were made from', () => {
    const filter = { host: ['a', 'b c'], state: ['running'], q: 'x&y', sort: '-state' };
    expect(filterOf(new URL(domainsUrl(filter), 'http://grafana.test').searchParams)).toEqual(filter);
    expect(domainsUrl()).toBe('/a/vireo-libvirt-app/domains');
  });

  it('that the API would refuse still show something', () => {
    expect(filterOf(new URLSearchParams('state=no&sort=size&host=&q='))).toEqual({});
  });
});
