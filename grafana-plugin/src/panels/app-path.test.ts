// SPDX-License-Identifier: Apache-2.0
import { appPath } from './app-path';

test.each([
  ['/public/plugins/vireo-libvirt-app/panels/domain-xml/', '/public/plugins/vireo-libvirt-app/'],
  [
    'http://g.test/grafana/public/plugins/vireo-domainxml-panel/',
    'http://g.test/grafana/public/plugins/vireo-libvirt-app/',
  ],
  [
    'https://cdn.test/vireo-libvirt-app/1.0.0/public/plugins/vireo-libvirt-app/panels/host-xml/',
    'https://cdn.test/vireo-libvirt-app/1.0.0/public/plugins/vireo-libvirt-app/',
  ],
])('parts of a panel in %s are in %s', (from, to) => {
  expect(appPath(from)).toBe(to);
});
