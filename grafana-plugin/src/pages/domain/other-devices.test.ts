// SPDX-License-Identifier: Apache-2.0
import { otherDevices } from './other-devices';

const XML = `<domain type='kvm'><devices><emulator>/usr/bin/qemu</emulator>
  <disk type='file'/><interface type='network'/>
  <console type='pty' tty='/dev/pts/1'><source path='/dev/pts/1'/><target type='serial' port='0'/><alias name='serial0'/></console>
  <hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/></source></hostdev>
  <hostdev mode='subsystem' type='usb'><source><address bus='1' device='4'/></source></hostdev>
  <video><model type='vga' vram='16384' heads='1' primary='yes'/></video>
  <watchdog model='i6300esb' action='reset'/>
</devices></domain>`;

describe('devices that the API does not tell of', () => {
  it('are read from the XML, without those it tells of', () => {
    expect(otherDevices(XML)).toEqual([
      {
        kind: 'console',
        type: 'pty',
        details: ['source /dev/pts/1', 'target serial port=0'],
        alias: 'serial0',
      },
      { kind: 'hostdev', type: 'pci', details: ['source 0000:06:00.0'] },
      { kind: 'hostdev', type: 'usb', details: ['source bus=1 device=4'] },
      { kind: 'video', details: ['model vga vram=16384 heads=1 primary=yes'] },
      { kind: 'watchdog', type: 'i6300esb', details: [] },
    ]);
  });

  it('are none without devices, and unknown of what is no domain', () => {
    expect(otherDevices('<domain/>')).toEqual([]);
    expect(otherDevices('<domain')).toBeUndefined();
    expect(otherDevices('<network/>')).toBeUndefined();
  });
});
