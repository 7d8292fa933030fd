// SPDX-License-Identifier: Apache-2.0
import { ACTION_IDS, DRIVER_NAMES, driverSpec } from '@vireo/exporter/contract';
import chinese from '../locales/zh-Hans/vireo-libvirt-app.json';
import { aDomain } from '../testing/fixtures';
import { consequenceThere, lackText, noteThere } from './driver-texts';
import { consequenceOf } from './texts';

describe('what is different with a hypervisor', () => {
  it.each(DRIVER_NAMES)('is said of %s wherever the contract notes something, and nowhere else', (driver) => {
    const told = ACTION_IDS.filter((id) => (consequenceThere(id, driver) ?? noteThere(id, driver)) !== undefined);
    expect(told.sort()).toEqual(Object.keys(driverSpec(driver).notes).sort());
    for (const action of told) {
      const usual = consequenceOf(action, aDomain({ driver: 'QEMU' }));
      expect(consequenceOf(action, aDomain({ driver }))).not.toBe(usual);
    }
  });

  it('is, with VMware Workstation and Player, that force off is none', () => {
    const text = consequenceOf('destroy', aDomain({ driver: 'VMware' }));
    expect(text).toMatch(/^This is not forced: .*asks the guest to shut down \(vmrun stop soft\)/);
    expect(text).not.toContain('plug');
    expect(chinese.there['vmware-destroy']).toContain('并非强制关机');
    expect(consequenceOf('destroy', aDomain({ driver: 'ESX' }))).toContain('The plug is pulled');
  });

  it('is what its driver lacks, with what helps instead', () => {
    expect(lackText('reset', 'ESX')).toBe(
      'libvirt’s driver for VMware ESX has no such action. Force it off and start it instead.',
    );
    expect(lackText('nmi', 'LXC')).toBe('libvirt’s driver for LXC has no such action.');
  });
});
