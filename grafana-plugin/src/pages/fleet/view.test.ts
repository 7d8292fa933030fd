// SPDX-License-Identifier: Apache-2.0

import { aHost } from '../../testing/fixtures';
import { type HostRow, shown, viewOf } from './view';

const rows: HostRow[] = [
  { ...aHost({ host: 'kvm10' }), cpu: 0.2 },
  { ...aHost({ host: 'kvm2', state: 'lost' }) },
  { ...aHost({ host: 'xen1', driver: 'Xen' }), cpu: 0.9 },
];
const names = (query: string) => shown(rows, viewOf(new URLSearchParams(query))).map(({ host }) => host);

describe('the hosts of an address', () => {
  it('are those in trouble first, by name as people count', () => {
    expect(names('')).toEqual(['kvm2', 'kvm10', 'xen1']);
  });

  it('are those that fit state, driver and text', () => {
    expect(names('state=up')).toEqual(['kvm10', 'xen1']);
    expect(names('driver=Xen')).toEqual(['xen1']);
    expect(names('q=KVM')).toEqual(['kvm2', 'kvm10']);
  });

  it('stand in the order asked for, the unknown last either way', () => {
    expect(names('sort=cpu')).toEqual(['kvm10', 'xen1', 'kvm2']);
    expect(names('sort=-cpu')).toEqual(['xen1', 'kvm10', 'kvm2']);
  });

  it('are all where an address makes no sense', () => {
    expect(names('state=nonsense&sort=nonsense&driver=')).toHaveLength(3);
  });
});
