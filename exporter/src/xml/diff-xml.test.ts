// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffDomainXml } from './diff-xml.ts';
import type { XmlDiff } from './diff-xml.ts';
import { XmlError } from './xml-error.ts';

jest.setTimeout(60_000);

const fixture = (name: string): string => readFileSync(join(__dirname, 'testdata', name), 'utf8');
const REAL = ['full', 'plain', 'custom'] as const;

/** A real configuration with something replaced, against the running domain it belongs to. */
function pending(domain: (typeof REAL)[number], from: string, to: string): XmlDiff {
  const config = fixture(`pair-${domain}-config.xml`);
  expect(config).toContain(from);
  return diffDomainXml(fixture(`pair-${domain}-live.xml`), config.replace(from, to));
}

/** The text a unified diff makes of another. */
function patch(text: string, unified: string): string {
  const before = text.split('\n');
  const after: string[] = [];
  let at = 0;
  for (const line of unified.split('\n').slice(2, -1)) {
    const hunk = /^@@ -(\d+),(\d+) /.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1);
      after.push(...before.slice(at, start));
      at = start;
    } else {
      if (!line.startsWith('+')) expect(before[at++]).toBe(line.slice(1));
      if (!line.startsWith('-')) after.push(line.slice(1));
    }
  }
  return [...after, ...before.slice(at)].join('\n');
}

describe('a domain without pending changes', () => {
  it.each(REAL)('shows none: %s', (name) => {
    const [live, config] = [fixture(`pair-${name}-live.xml`), fixture(`pair-${name}-config.xml`)];
    expect(live).not.toBe(config);
    const diff = diffDomainXml(live, config);
    expect(diff.changes).toEqual([]);
    expect(diff.unified).toBe('');
    expect(diff.live).toBe(diff.config);
    expect(diff.live).toContain(`<name>${name}</name>`);
  });

  it.each(['qemu-running.xml', 'qemu-defined.xml', 'openstack.xml', 'test-driver.xml'])(
    'against itself: %s',
    (name) => {
      expect(diffDomainXml(fixture(name), fixture(name)).changes).toEqual([]);
    },
  );
});

describe('a pending change', () => {
  it.each([
    [
      'of memory',
      'plain',
      `<memory unit='KiB'>32768<`,
      `<memory unit='KiB'>65536<`,
      [{ path: '/domain/memory', live: '32768', config: '65536' }],
    ],
    [
      'of vCPUs',
      'full',
      `current='1'>2<`,
      `current='2'>4<`,
      [
        { path: '/domain/vcpu/@current', live: '1', config: '2' },
        { path: '/domain/vcpu', live: '2', config: '4' },
      ],
    ],
    [
      'of the boot order',
      'full',
      `<boot dev='hd'/>\n    <boot dev='network'/>`,
      `<boot dev='network'/>\n    <boot dev='hd'/>`,
      [
        { path: '/domain/os/boot[1]/@dev', live: 'hd', config: 'network' },
        { path: '/domain/os/boot[2]/@dev', live: 'network', config: 'hd' },
      ],
    ],
    [
      'of the boot order, one less',
      'full',
      `<boot dev='hd'/>`,
      ``,
      [{ path: '/domain/os/boot[1]', live: `<boot dev='hd'/>` }],
    ],
    [
      'of the machine',
      'plain',
      `pc-i440fx-7.2`,
      `pc-i440fx-7.1`,
      [{ path: '/domain/os/type/@machine', live: 'pc-i440fx-7.2', config: 'pc-i440fx-7.1' }],
    ],
    [
      'of a disk’s cache',
      'plain',
      `type='qcow2'/>`,
      `type='qcow2' cache='none'/>`,
      [{ path: '/domain/devices/disk[vda]/driver/@cache', config: 'none' }],
    ],
    [
      'of a disk’s image',
      'full',
      `raw.img`,
      `other.img`,
      [
        {
          path: '/domain/devices/disk[sda]/source/@file',
          live: '/var/lib/libvirt/images/raw.img',
          config: '/var/lib/libvirt/images/other.img',
        },
      ],
    ],
    [
      'of the CPU model',
      'custom',
      `>Nehalem<`,
      `>Westmere<`,
      [{ path: '/domain/cpu/model', live: 'Nehalem', config: 'Westmere' }],
    ],
    [
      'of a CPU feature',
      'custom',
      `<feature policy='disable' name='aes'/>`,
      `<feature policy='require' name='aes'/>`,
      [{ path: '/domain/cpu/feature[aes]/@policy', live: 'disable', config: 'require' }],
    ],
    [
      'of NUMA',
      'custom',
      `cpus='0-1'`,
      `cpus='0'`,
      [{ path: '/domain/cpu/numa/cell/@cpus', live: '0-1', config: '0' }],
    ],
    ['of an interface’s network', 'full', `<source network='isolated'/>`, `<source network='other'/>`, null],
    [
      'of the graphics’ address',
      'full',
      `<listen type='address' address='127.0.0.1'/>`,
      `<listen type='address' address='0.0.0.0'/>`,
      [{ path: '/domain/devices/graphics[vnc]/listen/@address', live: '127.0.0.1', config: '0.0.0.0' }],
    ],
    ['to a fixed port', 'custom', `port='-1' autoport='yes'`, `port='5999' autoport='no'`, null],
    [
      'of QEMU’s command line',
      'full',
      `<qemu:arg value='-fw_cfg'/>`,
      `<qemu:arg value='-snapshot'/>\n    <qemu:arg value='-fw_cfg'/>`,
      [{ path: '/domain/qemu:commandline/qemu:arg[1]', config: `<qemu:arg value='-snapshot'/>` }],
    ],
    ['of the title', 'full', `<title>Full</title>`, ``, [{ path: '/domain/title', live: `<title>Full</title>` }]],
  ] as const)('%s is shown, and nothing else', (_, name, from, to, changes) => {
    const diff = pending(name, from, to);
    if (changes === null) expect(diff.changes.length).toBeGreaterThan(0);
    else expect(diff.changes).toEqual(changes);
    expect(patch(diff.live, diff.unified)).toBe(diff.config);
  });

  it('of an added disk is the disk', () => {
    const disk = `<disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/x&amp;y.img'/>
      <target dev='vdb' bus='virtio'/>
    </disk>`;
    const diff = pending('plain', '<controller', `${disk}\n    <controller`);
    expect(diff.changes).toEqual([{ path: '/domain/devices/disk[vdb]', config: disk.replaceAll('\n    ', '\n') }]);
    expect(diff.unified.split('\n').filter((line) => /^[+-] /.test(line))).toEqual(
      disk.split('\n').map((line) => `+    ${line.startsWith('<') ? line : line.slice(4)}`),
    );
    expect(diff.unified).toMatch(/^--- live\n\+\+\+ config\n@@ -\d+,6 \+\d+,11 @@\n/);
  });

  it('of a removed disk and of a removed setting are what is gone', () => {
    const diff = diffDomainXml(
      `<domain><devices><disk><driver cache='none'/><target dev='vda'/><readonly/></disk><disk><target dev='vdb'/></disk></devices></domain>`,
      `<domain><devices><disk><driver/><target dev='vda'/></disk></devices></domain>`,
    );
    expect(diff.changes).toEqual([
      { path: '/domain/devices/disk[vda]/driver/@cache', live: 'none' },
      { path: '/domain/devices/disk[vda]/readonly', live: '<readonly/>' },
      { path: '/domain/devices/disk[vdb]', live: `<disk>\n  <target dev='vdb'/>\n</disk>` },
    ]);
    expect(patch(diff.live, diff.unified)).toBe(diff.config);
  });

  it('of the metadata is a change even where it looks like noise', () => {
    const diff = diffDomainXml(
      `<domain><metadata><x:disk xmlns:x='u'><x:backingStore a='1'/></x:disk><disk><backingStore a='1'/></disk></metadata></domain>`,
      `<domain><metadata><x:disk xmlns:x='u'/><disk/></metadata></domain>`,
    );
    expect(diff.changes.map(({ path }) => path)).toEqual([
      '/domain/metadata/x:disk/x:backingStore',
      '/domain/metadata/disk/backingStore',
    ]);
    expect(patch(diff.live, diff.unified)).toBe(diff.config);
  });

  it('of text with line ends keeps the lines of both texts apart', () => {
    const diff = diffDomainXml(
      `<domain><description>a\nb\nc</description></domain>`,
      `<domain><description>a\nB &lt;&amp;\nc</description></domain>`,
    );
    expect(diff.changes).toEqual([{ path: '/domain/description', live: 'a\nb\nc', config: 'a\nB <&\nc' }]);
    expect(patch(diff.live, diff.unified)).toBe(diff.config);
  });

  it('from an empty element to a full one is shown', () => {
    const diff = diffDomainXml(`<domain><features/></domain>`, `<domain><features><acpi/></features></domain>`);
    expect(diff.changes).toEqual([{ path: '/domain/features/acpi', config: '<acpi/>' }]);
    expect(patch(diff.live, diff.unified)).toBe(diff.config);
  });
});

describe('noise libvirt makes', () => {
  const device = (xml: string): string => `<domain><devices>${xml}</devices></domain>`;
  it.each([
    [
      'an interface plugged into a network’s bridge',
      device(
        `<interface type='bridge'><mac address='m'/><source network='n' portid='p' bridge='br0'/><virtualport type='openvswitch'/><target dev='vnet3'/></interface>`,
      ),
      device(`<interface type='network'><mac address='m'/><source network='n'/></interface>`),
    ],
    [
      'a macvtap device',
      device(
        `<interface type='direct'><mac address='m'/><source dev='e' mode='bridge'/><target dev='macvtap0'/></interface>`,
      ),
      device(`<interface type='direct'><mac address='m'/><source dev='e' mode='bridge'/></interface>`),
    ],
    [
      'an address libvirt chose',
      device(`<rng model='virtio'><alias name='rng0'/><address type='pci'/></rng>`),
      device(`<rng model='virtio'/>`),
    ],
    [
      'a passed-through card’s driver and place',
      device(
        `<hostdev type='usb'><driver name='x'/><source><vendor id='1'/><product id='2'/><address bus='1' device='4'/></source></hostdev>`,
      ),
      device(`<hostdev type='usb'><source><vendor id='1'/><product id='2'/></source></hostdev>`),
    ],
    [
      'a block job',
      device(`<disk><source file='f'/><mirror type='file' job='copy'/><target dev='vda' tray='open'/></disk>`),
      device(`<disk><source file='f'/><target dev='vda'/></disk>`),
    ],
    [
      // libvirt 12.8.0
      'the number of an empty drive’s medium',
      device(`<disk device='cdrom'><driver name='qemu' type='raw'/><source index='1'/><target dev='sda'/></disk>`),
      device(`<disk device='cdrom'><driver name='qemu' type='raw'/><target dev='sda'/></disk>`),
    ],
    [
      'what the guest plugged of virtio-mem',
      device(`<memory model='virtio-mem'><target><size>2</size><current unit='KiB'>1</current></target></memory>`),
      device(`<memory model='virtio-mem'><target><size>2</size></target></memory>`),
    ],
    [
      'a vsock address',
      device(`<vsock><cid auto='yes' address='3'/></vsock>`),
      device(`<vsock><cid auto='yes'/></vsock>`),
    ],
    [
      'the clock',
      `<domain><clock offset='variable' adjustment='7'/></domain>`,
      `<domain><clock offset='variable' adjustment='0'/></domain>`,
    ],
    [
      'the balloon',
      `<domain><currentMemory>1</currentMemory><devices><memballoon model="virtio"/></devices></domain>`,
      `<domain><currentMemory>2</currentMemory><devices><memballoon model='virtio'/></devices></domain>`,
    ],
    [
      'firmware libvirt chose',
      `<domain><os firmware='efi'><loader>/f</loader><nvram template='/t'>/n</nvram></os></domain>`,
      `<domain><os firmware='efi'/></domain>`,
    ],
    [
      'security labels',
      `<domain><seclabel type='dynamic' model='selinux'><label>a</label><imagelabel>b</imagelabel></seclabel><seclabel type='dynamic' model='dac'><label>c</label></seclabel></domain>`,
      `<domain><seclabel type='dynamic' model='dac'/></domain>`,
    ],
    [
      'the order of devices',
      device(`<disk><target dev='vda'/></disk><disk><target dev='vdb'/></disk>`),
      device(`<disk><target dev='vdb'/></disk><disk><target dev='vda'/></disk>`),
    ],
    [
      'the order of attributes',
      `<domain><vcpu a='1' b='2'>1</vcpu></domain>`,
      `<domain><vcpu b='2' a='1'>1</vcpu></domain>`,
    ],
    [
      'optional features of a CPU',
      `<domain><cpu mode='custom' match='exact' check='full'><model fallback='forbid'>M</model><vendor>V</vendor><feature policy='require' name='a'/><feature policy='require' name='z'/></cpu></domain>`,
      `<domain><cpu mode='custom' match='exact' check='partial'><model>M</model><feature policy='optional' name='a'/><feature policy='optional' name='b'/></cpu></domain>`,
    ],
  ])('%s is left out', (_, live, config) => {
    const diff = diffDomainXml(live, config);
    expect(diff.changes).toEqual([]);
    expect(diff.live).toBe(diff.config);
  });

  it.each([
    [
      'a tap device with a name of its own',
      device(`<interface><mac address='m'/><target dev='web0'/></interface>`),
      device(`<interface><mac address='m'/></interface>`),
    ],
    ['an alias of the admin', device(`<rng><alias name='ua-a'/></rng>`), device(`<rng/>`)],
    [
      'memory of a domain without a balloon',
      `<domain><currentMemory>1</currentMemory><devices><memballoon model='none'/></devices></domain>`,
      `<domain><currentMemory>2</currentMemory><devices><memballoon model='none'/></devices></domain>`,
    ],
    [
      'a fixed security label',
      `<domain><seclabel type='static' model='dac'><label>a</label></seclabel></domain>`,
      `<domain/>`,
    ],
    ['a loader without firmware selection', `<domain><os><loader>/f</loader></os></domain>`, `<domain><os/></domain>`],
    [
      'a partition',
      `<domain><resource><partition>/machine</partition></resource></domain>`,
      `<domain><resource><partition>/mine</partition></resource></domain>`,
    ],
    [
      'another topology of an expanded CPU',
      `<domain><cpu mode='custom'><model>M</model><topology cores='1'/></cpu></domain>`,
      `<domain><cpu mode='host-model'><topology cores='2'/></cpu></domain>`,
    ],
    [
      'host-passthrough',
      `<domain><cpu mode='custom'><model>M</model></cpu></domain>`,
      `<domain><cpu mode='host-passthrough'/></domain>`,
    ],
  ])('does not hide %s', (_, live, config) => {
    expect(diffDomainXml(live, config).changes.length).toBeGreaterThan(0);
    expect(diffDomainXml(config, live).changes.length).toBeGreaterThan(0);
  });
});

describe('the texts', () => {
  it('hold no secret, and a change of one is none', () => {
    const xml = (secret: string): string =>
      `<domain><vcpu>${secret.length.toString()}</vcpu><devices><graphics type='vnc' passwd='${secret}'/></devices></domain>`;
    const diff = diffDomainXml(xml('hunter2'), xml('hunter22'));
    expect(diff.changes.map(({ path }) => path)).toEqual(['/domain/vcpu']);
    expect(JSON.stringify(diff)).not.toContain('hunter2');
    expect(diff.live).toContain(`passwd='[redacted]'`);
  });

  it('are refused when they are no domains', () => {
    expect(() => diffDomainXml('<network/>', '<domain/>')).toThrow(new XmlError('expected <domain>, found <network>'));
    expect(() => diffDomainXml('<domain/>', '<domain>')).toThrow(XmlError);
  });

  it.each([
    [
      'many alike',
      (n: number): string => `<a:commandline xmlns:a='u'>${'<a:arg value="x"/>'.repeat(n)}</a:commandline>`,
    ],
    [
      'many devices',
      (n: number): string =>
        `<devices>${Array.from({ length: n }, (_, i) => `<disk><target dev='v${String(i)}'/></disk>`).join('')}</devices>`,
    ],
  ])('of huge documents take time in proportion: %s', (_, make) => {
    const began = process.cpuUsage();
    const diff = diffDomainXml(`<domain>${make(5000)}</domain>`, `<domain>${make(4000)}</domain>`);
    expect(diff.changes).toHaveLength(1000);
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5);
  });
});
