// SPDX-License-Identifier: Apache-2.0
// The XML of a simulated domain, shaped as libvirtd 9.0.0 writes it: ids, aliases, ports and taps only while it runs.

import type { SimulatedDomain } from './domain.ts';
import { tapName } from './domain-stats.ts';
import { SIMULATED_DRIVERS } from './drivers.ts';
import type { DiskSpec, NicSpec, NovaSpec } from './spec.ts';

/** virDomainXMLFlags */
export const XML_SECURE = 1;
/** virDomainXMLFlags */
export const XML_INACTIVE = 2;

/** @param flags XML_SECURE shows the console's password, XML_INACTIVE what the next start will make */
export function domainXml(domain: SimulatedDomain, flags: number): string {
  const { spec } = domain;
  const { domainType, osType, emulator } = SIMULATED_DRIVERS[spec.driver];
  const live = domain.isActive && (flags & XML_INACTIVE) === 0;
  const current = spec.vcpuCount === spec.vcpuMaximum ? '' : ` current='${String(spec.vcpuCount)}'`;
  const lines = [
    `<domain type='${domainType}'${live ? ` id='${String(domain.id)}'` : ''}>`,
    `  <name>${escape(spec.name)}</name>`,
    `  <uuid>${spec.uuid}</uuid>`,
    ...(spec.title === undefined ? [] : [`  <title>${escape(spec.title)}</title>`]),
    ...(spec.nova === undefined ? [] : novaLines(spec.nova, spec)),
    `  <memory unit='KiB'>${String(spec.memoryKiB)}</memory>`,
    `  <currentMemory unit='KiB'>${String(spec.memoryKiB)}</currentMemory>`,
    `  <vcpu placement='static'${current}>${String(spec.vcpuMaximum)}</vcpu>`,
    ...(spec.iothreadCount === 0 ? [] : [`  <iothreads>${String(spec.iothreadCount)}</iothreads>`]),
    ...(live ? ['  <resource>', '    <partition>/machine</partition>', '  </resource>'] : []),
    '  <os>',
    `    ${osType}`,
    `    <boot dev='hd'/>`,
    '  </os>',
    '  <features>',
    '    <acpi/>',
    '  </features>',
    `  <cpu mode='host-passthrough' check='none' migratable='on'/>`,
    `  <clock offset='utc'/>`,
    '  <on_poweroff>destroy</on_poweroff>',
    '  <on_reboot>restart</on_reboot>',
    '  <on_crash>preserve</on_crash>',
    '  <devices>',
    ...(emulator === '' ? [] : [`    <emulator>${emulator}</emulator>`]),
    ...spec.disks.flatMap((disk, index) => diskLines(disk, index, live)),
    ...spec.nics.flatMap((nic, index) => nicLines(nic, index, live ? tapName(domain, index) : null)),
    ...graphicsLines(domain, live, (flags & XML_SECURE) !== 0),
    `    <memballoon model='virtio'>`,
    `      <stats period='5'/>`,
    ...(live ? [`      <alias name='balloon0'/>`] : []),
    '    </memballoon>',
    '  </devices>',
    '</domain>',
  ];
  return `${lines.join('\n')}\n`;
}

function diskLines(disk: DiskSpec, index: number, live: boolean): readonly string[] {
  const indexed = live ? ` index='${String(index + 2)}'` : '';
  const backing =
    disk.backingPath === undefined
      ? ['      <backingStore/>']
      : [
          `      <backingStore type='file' index='${String(index + 10)}'>`,
          `        <format type='raw'/>`,
          `        <source file='${escape(disk.backingPath)}'/>`,
          '        <backingStore/>',
          '      </backingStore>',
        ];
  const bus = disk.target.startsWith('vd') ? 'virtio' : 'sata';
  return [
    `    <disk type='file' device='${disk.device}'>`,
    `      <driver name='qemu' type='${disk.format}'/>`,
    ...(disk.path === undefined ? [] : [`      <source file='${escape(disk.path)}'${indexed}/>`]),
    ...(live && disk.path !== undefined ? backing : []),
    `      <target dev='${disk.target}' bus='${bus}'/>`,
    ...(disk.device === 'cdrom' ? ['      <readonly/>'] : []),
    ...(live ? [`      <alias name='${bus}-disk${String(index)}'/>`] : []),
    '    </disk>',
  ];
}

function nicLines(nic: NicSpec, index: number, tap: string | null): readonly string[] {
  const [type, source] =
    'network' in nic.source
      ? ['network', `network='${escape(nic.source.network)}'`]
      : ['bridge', `bridge='${escape(nic.source.bridge)}'`];
  return [
    `    <interface type='${type}'>`,
    `      <mac address='${nic.mac}'/>`,
    `      <source ${source}/>`,
    ...(tap === null ? [] : [`      <target dev='${tap}'/>`]),
    `      <model type='virtio'/>`,
    ...(tap === null ? [] : [`      <alias name='net${String(index)}'/>`]),
    '    </interface>',
  ];
}

function graphicsLines(domain: SimulatedDomain, live: boolean, secure: boolean): readonly string[] {
  const { graphics } = domain.spec;
  if (graphics === null) return [];
  // Nothing listens on these ports.
  const port = live ? String(5900 + domain.id) : '-1';
  const password = secure ? ` passwd='not-a-real-secret'` : '';
  return [
    `    <graphics type='${graphics}' port='${port}' autoport='yes' listen='127.0.0.1'${password}>`,
    `      <listen type='address' address='127.0.0.1'/>`,
    '    </graphics>',
    '    <video>',
    `      <model type='virtio' heads='1' primary='yes'/>`,
    '    </video>',
  ];
}

/** @see nova/virt/libvirt/config.py: LibvirtConfigGuestMetaNovaInstance */
function novaLines(
  nova: NovaSpec,
  spec: { readonly memoryKiB: number; readonly vcpuCount: number },
): readonly string[] {
  return [
    '  <metadata>',
    '    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">',
    '      <nova:package version="26.0.0"/>',
    `      <nova:name>${escape(nova.name)}</nova:name>`,
    '      <nova:creationTime>2026-01-02 03:04:05</nova:creationTime>',
    `      <nova:flavor name="${escape(nova.flavor)}">`,
    `        <nova:memory>${String(Math.floor(spec.memoryKiB / 1024))}</nova:memory>`,
    '        <nova:disk>20</nova:disk>',
    '        <nova:swap>0</nova:swap>',
    '        <nova:ephemeral>0</nova:ephemeral>',
    `        <nova:vcpus>${String(spec.vcpuCount)}</nova:vcpus>`,
    '      </nova:flavor>',
    '      <nova:owner>',
    `        <nova:user uuid="5e1f0000000000000000000000000001">${escape(nova.user)}</nova:user>`,
    `        <nova:project uuid="5e1f0000000000000000000000000002">${escape(nova.project)}</nova:project>`,
    '      </nova:owner>',
    '    </nova:instance>',
    '  </metadata>',
  ];
}

/** Text safe inside an element or an attribute. */
export function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    "'": '&apos;',
    '"': '&quot;',
  };
  return text.replaceAll(/[&<>'"]/gu, (char) => entities[char] ?? char);
}
