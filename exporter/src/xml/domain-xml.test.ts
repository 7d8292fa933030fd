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
      balloonModel: 'virtio',
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
          backing: [],
        },
        { targetDevice: 'hdc', type: 'file', device: 'cdrom', bus: 'ide', driverName: 'qemu' },
      ],
      interfaces: [
        { type: 'user', macAddress: '52:54:00:aa:bb:01', modelType: 'virtio', linkState: 'down', alias: 'net0' },
      ],
      graphics: [{ type: 'vnc', port: 5900, listen: '127.0.0.1' }, { type: 'spice' }],
      guestAgentState: 'disconnected',
      balloonModel: 'virtio',
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
        portId: '9f3e0000-1111-4222-8333-444455556667',
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
      rootType: 'image',
      rootId: '11111111-2222-4333-8444-555555555555',
      createdAt: Date.UTC(2026, 2, 1, 10, 11, 12),
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

  it.each(['yesterday', '2026-13-01 10:11:12', '2026-03-01'])('was not made at %s', (text) => {
    const creation = `<creationTime>${text}</creationTime>`;
    expect(nova(`<instance xmlns="${ns}"><name>a</name>${creation}</instance>`)).toEqual({ instanceName: 'a' });
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
      'balloonModel',
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

describe('limits and placement', () => {
  const devices = (inside: string) => parseDomainXml(minimal(`<devices>${inside}</devices>`));

  it('of a disk are read by their element names, what is no number left out', () => {
    const [disk] = devices(
      `<disk><target dev='vda'/><iotune><total_bytes_sec>1048576</total_bytes_sec><read_iops_sec>lots</read_iops_sec>
       <write_iops_sec>0</write_iops_sec><group_name>slow</group_name></iotune></disk>`,
    ).disks;
    expect(disk?.limits).toEqual(
      new Map([
        ['total_bytes_sec', 1048576],
        ['write_iops_sec', 0],
      ]),
    );
    expect(disk?.limitGroup).toBe('slow');
    expect(devices(`<disk><target dev='vda'/><iotune/></disk>`).disks[0]).not.toHaveProperty('limits');
  });

  it('of an interface are read by element and attribute', () => {
    const [iface] = devices(
      `<interface type='bridge'><bandwidth><inbound average='1000' peak='x'/><outbound burst='64'/></bandwidth></interface>`,
    ).interfaces;
    expect(iface?.bandwidth).toEqual(
      new Map([
        ['inbound.average', 1000],
        ['outbound.burst', 64],
      ]),
    );
  });

  it('of CPUs and memory are read; unlimited is absent', () => {
    const { tuning } = parseDomainXml(
      minimal(
        `<vcpu cpuset='0-1'>2</vcpu>
         <cputune><shares>2048</shares><quota>-1</quota><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='0' cpuset='1'/>
         <vcpupin cpuset='1'/><emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='1'/></cputune>
         <memtune><hard_limit unit='MiB'>64</hard_limit><soft_limit unit='KiB'>9007199254740988</soft_limit></memtune>
         <numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' mode='preferred' nodeset='1'/></numatune>
         <memoryBacking><hugepages><page size='2' unit='MiB' nodeset='0'/><page/></hugepages><locked/></memoryBacking>`,
      ),
    );
    expect(tuning).toEqual({
      limits: new Map([
        ['cputune.shares', 2048],
        ['cputune.quota', -1],
        ['memtune.hard_limit', 67108864],
      ]),
      vcpuPins: [{ id: 0, cpuset: '0' }],
      iothreadPins: [{ id: 1, cpuset: '1' }],
      placement: new Map([
        ['cpuset', '0-1'],
        ['emulator_cpuset', '0-1'],
        ['numa_mode', 'strict'],
        ['numa_nodeset', '0'],
        ['memory_locked', 'true'],
      ]),
      numaCells: [{ cell: 0, mode: 'preferred', nodeset: '1' }],
      hugepages: [{ sizeBytes: 2097152, nodeset: '0' }],
    });
  });

  it('are absent when nobody set any', () => {
    expect(parseDomainXml(minimal('<vcpu>2</vcpu><cputune/><memtune/>'))).not.toHaveProperty('tuning');
  });
});

describe('images below a disk', () => {
  const backing = (inside: string) =>
    parseDomainXml(minimal(`<devices><disk><target dev='vda'/>${inside}</disk></devices>`)).disks[0]?.backing;

  it('are read nearest first, with sorted servers', () => {
    expect(
      backing(
        `<backingStore type='file' index='2'><format type='qcow2'/><source file='/a'/>
           <backingStore type='network' index='3'><format type='raw'/>
             <source protocol='rbd' name='p/i'><host name='mon2' port='6789'/><host name='fe80::1' port='1'/></source>
             <backingStore/></backingStore></backingStore>`,
      ),
    ).toEqual([
      { type: 'file', sourceFile: '/a', index: 2, format: 'qcow2' },
      {
        type: 'network',
        sourceProtocol: 'rbd',
        sourceName: 'p/i',
        sourceHosts: '[fe80::1]:1,mon2:6789',
        index: 3,
        format: 'raw',
      },
    ]);
  });

  it('are none, or not known', () => {
    expect(backing('<backingStore/>')).toEqual([]);
    expect(backing('')).toBeUndefined();
  });

  it('may be two hundred, as many as libvirt allows', () => {
    const chain = Array.from({ length: 200 }).reduce<string>(
      (below) => `<backingStore type='file'><source file='/a'/>${below}</backingStore>`,
      '<backingStore/>',
    );
    expect(backing(chain)).toHaveLength(200);
  });
});
