// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDomainXml } from './domain-xml.ts';
import { XmlError } from './xml-error.ts';

const fixture = (name: string): string => readFileSync(join(__dirname, 'testdata', name), 'utf8');

const minimal = (inside: string): string =>
  `<domain type='kvm'><name>d</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>${inside}</domain>`;

describe('a real domain', () => {
  it('reads the test driver’s domain', () => {
    expect(parseDomainXml(fixture('test-driver.xml'))).toEqual({
      hypervisorType: 'test',
      uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
      name: 'test',
      osType: 'hvm',
      osArch: 'i686',
      disks: [{ targetDevice: 'vda', type: 'file', device: 'disk', bus: 'virtio', sourceFile: '/guest/diskimage1' }],
      interfaces: [
        { type: 'network', sourceBridge: 'default', targetDevice: 'testnet0', macAddress: 'aa:bb:cc:dd:ee:ff' },
      ],
      graphics: [],
      memoryBytes: 8589934592,
      currentMemoryBytes: 2147483648,
      vcpuMaximum: 2,
      guestAgentChannel: false,
    });
  });

  it('reads a running QEMU domain with escaped names, an empty drive, a balloon and a guest agent', () => {
    expect(parseDomainXml(fixture('qemu-running.xml'))).toEqual({
      hypervisorType: 'qemu',
      uuid: '2b0a1f44-7d3c-4b55-9e0f-0123456789ab',
      name: 'web-01 & "Zürich" <α>',
      title: 'Web front end',
      description: 'First line\nsecond <line> ©',
      nova: { instanceName: 'web' },
      osType: 'hvm',
      osArch: 'x86_64',
      osMachine: 'pc-i440fx-7.2',
      memoryBytes: 128 * 1024 * 1024,
      currentMemoryBytes: 128 * 1024 * 1024,
      vcpuMaximum: 2,
      disks: [
        {
          targetDevice: 'vda',
          type: 'file',
          device: 'disk',
          bus: 'virtio',
          driverName: 'qemu',
          driverType: 'qcow2',
          cache: 'none',
          discard: 'unmap',
          sourceFile: '/var/lib/libvirt/images/web-01.qcow2',
          serial: 'WD-1',
        },
        { targetDevice: 'hdc', type: 'file', device: 'cdrom', bus: 'ide', driverName: 'qemu' },
      ],
      interfaces: [
        { type: 'user', macAddress: '52:54:00:aa:bb:01', modelType: 'virtio', linkState: 'down', alias: 'net0' },
      ],
      graphics: [{ type: 'vnc', port: 5900, listen: '127.0.0.1' }, { type: 'spice' }],
      balloonStatsPeriodSeconds: 5,
      guestAgentChannel: true,
    });
  });

  it('reads rbd, volume, block and directory disks, in the document’s order', () => {
    const { disks } = parseDomainXml(fixture('qemu-defined.xml'));
    expect(disks.map((disk) => [disk.targetDevice, disk.type, disk.sourceProtocol, disk.sourceName, disk.sourceFile])) //
      .toEqual([
        ['vda', 'network', 'rbd', 'volumes/volume-9f3e', undefined],
        ['vdb', 'volume', undefined, 'default/scratch.qcow2', undefined],
        ['sda', 'block', undefined, undefined, '/dev/mapper/vg0-data'],
        ['fda', 'dir', undefined, undefined, '/var/lib/floppy'],
      ]);
  });

  it('reads Open vSwitch, network, SR-IOV and macvtap interfaces', () => {
    expect(parseDomainXml(fixture('qemu-defined.xml')).interfaces).toEqual([
      {
        type: 'bridge',
        sourceBridge: 'br-int',
        targetDevice: 'tap9f3e0000-11',
        macAddress: 'fa:16:3e:00:00:01',
        modelType: 'virtio',
        mtuBytes: 1450,
      },
      { type: 'network', sourceBridge: 'default', macAddress: '52:54:00:00:00:02', modelType: 'e1000e' },
      { type: 'hostdev', macAddress: '52:54:00:00:00:03' },
      { type: 'direct', sourceBridge: 'eth0', macAddress: '52:54:00:00:00:04', modelType: 'virtio' },
    ]);
  });

  it('reads graphics on a Unix socket', () => {
    expect(parseDomainXml(fixture('qemu-defined.xml')).graphics).toEqual([
      { type: 'vnc', socket: '/run/vnc/guest.sock' },
    ]);
  });

  it('reads Nova’s metadata and lower-cases the UUID and MAC address', () => {
    const domain = parseDomainXml(fixture('openstack.xml'));
    expect(domain.uuid).toBe('9f3e1c2a-5b6d-4e7f-8a9b-0c1d2e3f4a5b');
    expect(domain.interfaces[0]?.macAddress).toBe('fa:16:3e:11:22:33');
    expect(domain.nova).toEqual({
      instanceName: 'shop & cart',
      flavorName: 'm1.small',
      userName: 'alice',
      userId: 'd0a1b2c3d4e5f60718293a4b5c6d7e8f',
      projectName: 'shop',
      projectId: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    });
  });
});

describe('Nova metadata', () => {
  const nova = (metadata: string) => parseDomainXml(minimal(`<metadata>${metadata}</metadata>`)).nova;
  const ns = 'http://openstack.org/xmlns/libvirt/nova/1.0';

  it('is found under any prefix', () => {
    expect(nova(`<ns9:instance xmlns:ns9="${ns}"><ns9:name>a</ns9:name></ns9:instance>`)).toEqual({
      instanceName: 'a',
    });
  });

  it('is found as the default namespace', () => {
    expect(nova(`<instance xmlns="${ns}"><name>a</name></instance>`)).toEqual({ instanceName: 'a' });
  });

  it('is not what only looks like it', () => {
    expect(nova(`<nova:instance xmlns:nova="http://example.org/"><nova:name>a</nova:name></nova:instance>`)) //
      .toBeUndefined();
    expect(nova(`<nova:instance><nova:name>a</nova:name></nova:instance>`)).toBeUndefined();
  });
});

describe('what is not there', () => {
  it('is absent, and lists are empty', () => {
    expect(parseDomainXml(minimal(''))).toEqual({
      hypervisorType: 'kvm',
      uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
      name: 'd',
      disks: [],
      interfaces: [],
      graphics: [],
      guestAgentChannel: false,
    });
  });

  it('stays absent when the element is empty or no number', () => {
    const domain = parseDomainXml(
      minimal(
        `<title/><description> </description><memory unit='KiB'>many</memory><currentMemory unit='furlong'>1</currentMemory>
         <vcpu/><os/><devices><interface type='bridge'><mtu size=''/><mac/></interface>
         <disk type='file'><source file='/x'/></disk><graphics type='vnc' port='-1'/>
         <memballoon model='virtio'><stats period='0'/></memballoon></devices>`,
      ),
    );
    expect(Object.keys(domain).sort()).toEqual([
      'disks',
      'graphics',
      'guestAgentChannel',
      'hypervisorType',
      'interfaces',
      'name',
      'uuid',
    ]);
    expect(domain.disks).toEqual([]);
    expect(domain.interfaces).toEqual([{ type: 'bridge' }]);
    expect(domain.graphics).toEqual([{ type: 'vnc' }]);
  });

  it.each([
    ['64', 'KiB', 65536],
    ['64', 'b', 64],
    ['2', 'GiB', 2147483648],
    ['2', 'GB', 2000000000],
  ])('scales memory of %s %s', (count, unit, expected) => {
    expect(parseDomainXml(minimal(`<memory unit='${unit}'>${count}</memory>`)).memoryBytes).toBe(expected);
  });

  it('takes memory without a unit as KiB', () => {
    expect(parseDomainXml(minimal(`<memory>3</memory>`)).memoryBytes).toBe(3072);
  });
});

describe('another document', () => {
  it.each([
    ['another root', `<network><name>default</name></network>`, 'expected <domain>, found <network>'],
    ['no uuid', `<domain type='kvm'><name>d</name></domain>`, '<domain> lacks <uuid>'],
    [
      'no name',
      `<domain type='kvm'><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid></domain>`,
      '<domain> lacks <name>',
    ],
    ['no type', `<domain><name>d</name><uuid>u</uuid></domain>`, '<domain> lacks the attribute type'],
  ])('is refused: %s', (_, xml, message) => {
    expect(() => parseDomainXml(xml)).toThrow(new XmlError(message));
  });
});
