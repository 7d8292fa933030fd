// SPDX-License-Identifier: Apache-2.0
// What is different with a hypervisor, in words: actions that do something else there, and what helps where libvirt's
// driver lacks one. A test holds it to the contract's table of drivers.

import { t } from '@grafana/i18n';
import { type ActionId, driverSpec } from '@vireo/exporter/contract';

/** What an action leads to where that is something else than elsewhere; undefined where it is not. */
export function consequenceThere(action: ActionId, driver: string): string | undefined {
  switch (`${driver.toLowerCase()} ${action}`) {
    case 'vmware destroy':
      return t(
        'there.vmware-destroy',
        'This is not forced: libvirt’s driver for VMware Workstation, Player and Fusion asks the guest to shut down (vmrun stop soft). It may ignore that; then the action fails, and the window of VMware can power it off.',
      );
    case 'vbox reboot':
      return t(
        'there.vbox-reboot',
        'VirtualBox presses the reset button instead. The guest is not asked: what it has not written to disk is lost, and file systems may be damaged.',
      );
    case 'esx suspend':
      return t(
        'there.esx-suspend',
        'Its memory is written to the disk of the VMware host. Nothing in the guest runs or answers until it is resumed.',
      );
    default:
      return undefined;
  }
}

/** What else must be known of an action there. */
export function noteThere(action: ActionId, driver: string): string | undefined {
  switch (`${driver.toLowerCase()} ${action}`) {
    case 'lxc shutdown':
      return t(
        'there.lxc-shutdown',
        'Containers are told through initctl, which many lack: then choose the signal to the first process.',
      );
    case 'esx shutdown':
    case 'esx reboot':
      return t('there.esx-tools', 'It goes through VMware Tools in the guest; without them it fails.');
    case 'hyper-v shutdown':
      return t('there.hyper-v-shutdown', 'It goes through the integration services in the guest.');
    case 'vmware suspend':
    case 'vmware resume':
      return t('there.vmware-suspend', 'VMware Workstation can do that, Player cannot.');
    default:
      return undefined;
  }
}

/** What people call the hypervisor of a driver. */
export function hypervisorTitle(driver: string): string {
  return driverSpec(driver).title.split(',')[0] ?? driver;
}

/** That a driver has no such action, and what to do instead. */
export function lackText(action: ActionId, driver: string): string {
  const lack = t('there.lack', 'libvirt’s driver for {{hypervisor}} has no such action.', {
    hypervisor: hypervisorTitle(driver),
    interpolation: { escapeValue: false },
  });
  return [lack, insteadOf(action)].filter(Boolean).join(' ');
}

function insteadOf(action: ActionId): string | undefined {
  switch (action) {
    case 'reset':
      return t('there.instead-reset', 'Force it off and start it instead.');
    case 'managed-save':
      return t('there.instead-save', 'Suspend it, or shut it down.');
    case 'managed-save-remove':
      return t('there.instead-save-remove', 'So it has no saved state either.');
    case 'suspend':
      return t('there.instead-suspend', 'Shut it down instead.');
    case 'autostart':
      return t('there.instead-autostart', 'Set it with the hypervisor’s own tools.');
    default:
      return undefined;
  }
}
