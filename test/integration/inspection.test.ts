// SPDX-License-Identifier: Apache-2.0
// XML and screens of real QEMU domains: no secret in it, no change where there is none, and nothing left open in libvirtd.
import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@vireo/libvirt';
import type { DomainRef } from '@vireo/libvirt';
import { HostInspection } from '../../exporter/src/hosts/inspection.ts';
import { parseXml } from '../../exporter/src/xml/parse-xml.ts';
import { domainType, freezeDomain, startDomains } from '../lab/domains.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { keepOutput, secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const PLANTED = {
  vnc: secret('VNC password of full'),
  metadata: secret('secret in metadata'),
  argument: secret('secret in qemu:arg'),
  environment: secret('secret in qemu:env'),
};

/** One of each device that libvirt fills in when it starts a domain. */
function buildFullXml(disk: string): string {
  const nic = existsSync('/dev/net/tun') ? `<interface type='ethernet'><script path='/bin/true'/></interface>` : '';
  const cpu = domainType() === 'kvm' ? `<cpu mode='host-model'/>` : '';
  return `<domain type='${domainType()}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>full</name>
  <metadata><app:app xmlns:app='urn:app'><app:token>${PLANTED.metadata}</app:token></app:app></metadata>
  <memory unit='MiB'>64</memory>
  <currentMemory unit='MiB'>48</currentMemory>
  <vcpu current='1'>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/><boot dev='network'/></os>
  <features><acpi/></features>
  ${cpu}
  <clock offset='variable' adjustment='5'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
    ${nic}
    <interface type='user'><model type='virtio'/></interface>
    <serial type='pty'/>
    <console type='pty'><target type='virtio'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' autoport='yes' websocket='-1' passwd='${PLANTED.vnc}'/>
    <video><model type='vga' vram='1024'/></video>
    <memballoon model='virtio'><stats period='5'/></memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <watchdog model='i6300esb' action='none'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-object'/><qemu:arg value='secret,id=s0,data=${PLANTED.argument}'/>
    <qemu:env name='APP_TOKEN' value='${PLANTED.environment}'/>
  </qemu:commandline>
</domain>
`;
}

let lab: Lab;
let libvirtd: Libvirtd;
let inspection: HostInspection;
const domains = new Map<string, DomainRef>();

function domain(name: string): DomainRef {
  const found = domains.get(name);
  if (found === undefined) throw new Error(`no domain ${name}`);
  return found;
}

function inspect(options: { screenshotCacheMs?: number; deadlineMs?: number; idleMs?: number } = {}): HostInspection {
  const made = new HostInspection({
    host: 'lab',
    open: (readOnly, signal) => connect(readOnly ? libvirtd.readOnlyUri : libvirtd.uri, { readOnly, signal }),
    ...options,
  });
  lab.onClose(() => made.close());
  return made;
}

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, ['vm1', 'vm2', 'off']);
  await libvirtd.virsh('destroy', 'off');
  const [disk, xml] = [join(lab.directory, 'full.img'), join(lab.directory, 'full.xml')];
  await writeFile(disk, Buffer.alloc(1024 * 1024));
  await writeFile(xml, buildFullXml(disk));
  await libvirtd.virsh('define', xml);
  await libvirtd.virsh('start', 'full');
  const connection = await connect(libvirtd.readOnlyUri);
  for (const found of await connection.domains.list()) domains.set(found.name, found);
  await connection.close();
  inspection = inspect();
}, 120_000);

afterAll(() => lab.close());

describe('XML', () => {
  test('of a domain without secrets is libvirt’s, character by character', async () => {
    expect(await inspection.domainXml(domain('vm1'), 'live')).toBe(trimmed(await libvirtd.virsh('dumpxml', 'vm1')));
    expect(await inspection.domainXml(domain('vm1'), 'config')).toBe(
      trimmed(await libvirtd.virsh('dumpxml', '--inactive', 'vm1')),
    );
  });

  test('of a domain with secrets has none, in any view', async () => {
    const secure = await libvirtd.virsh('dumpxml', '--security-info', 'full');
    for (const planted of Object.values(PLANTED)) {
      expect(secure).toContain(planted);
    }
    for (const view of ['live', 'config'] as const) {
      const xml = await inspection.domainXml(domain('full'), view);
      keepOutput('answers-xml', xml);
      for (const planted of Object.values(PLANTED)) expect(xml).not.toContain(planted);
      expect(xml).toContain('secret,id=s0,data=[redacted]');
      expect(parseXml(xml).child('name')?.text).toBe('full');
    }
    const diff = JSON.stringify(await inspection.domainXmlDiff(domain('full')));
    keepOutput('answers-xml', diff);
    for (const planted of Object.values(PLANTED)) expect(diff).not.toContain(planted);
  });

  test('of the host is libvirt’s capabilities', async () => {
    const printed = await libvirtd.virsh('capabilities');
    expect((await inspection.capabilitiesXml()).trimEnd()).toBe(printed.trimEnd());
  });

  test('of what is not there is libvirt’s error', async () => {
    const nobody = { name: 'nobody', uuid: '00000000-0000-4000-8000-000000000000', id: -1 };
    await expect(inspection.domainXml(nobody, 'live')).rejects.toMatchObject({ name: 'VIR_ERR_NO_DOMAIN' });
  });
});

describe('snapshots', () => {
  test('are those libvirt keeps, the newest the current one', async () => {
    expect(await inspection.snapshots(domain('off'))).toEqual({ items: [], total: 0 });
    const began = Math.floor(Date.now() / 1000);
    await libvirtd.virsh('snapshot-create-as', 'vm1', 'first', 'before anything', '--disk-only');
    await libvirtd.virsh('snapshot-create-as', 'vm1', 'second', '--disk-only');
    const { items, total } = await inspection.snapshots(domain('vm1'));
    const createdAt = expect.any(Number) as number;
    expect(total).toBe(2);
    expect([...items].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'first', description: 'before anything', createdAt, state: 'disk-snapshot' },
      { name: 'second', createdAt, state: 'disk-snapshot', parent: 'first', current: true },
    ]);
    for (const item of items) expect(item.createdAt).toBeGreaterThanOrEqual(began);
  });
});

describe('the difference of what runs and what will', () => {
  test.each(['vm1', 'full', 'off'])('is none without a pending change: %s', async (name) => {
    const raw = [await libvirtd.virsh('dumpxml', name), await libvirtd.virsh('dumpxml', '--inactive', name)];
    expect(raw[0] === raw[1]).toBe(name === 'off');
    const diff = await inspection.domainXmlDiff(domain(name));
    expect(diff.changes).toEqual([]);
    expect(diff.unified).toBe('');
  });

  test('is exactly what was changed, until it is changed back', async () => {
    const changes = async (): Promise<string[]> =>
      (await inspection.domainXmlDiff(domain('vm2'))).changes.map(
        ({ path, live, config }) => `${path}: ${live ?? 'none'} -> ${config?.split('\n')[0] ?? 'none'}`,
      );
    await libvirtd.virsh('setmaxmem', 'vm2', '65536', '--config');
    expect(await changes()).toEqual(['/domain/memory: 32768 -> 65536']);
    await libvirtd.virsh('setvcpus', 'vm2', '4', '--config', '--maximum');
    expect(await changes()).toEqual([
      '/domain/memory: 32768 -> 65536',
      '/domain/vcpu/@current: none -> 1',
      '/domain/vcpu: 1 -> 4',
    ]);
    await libvirtd.virsh('setmaxmem', 'vm2', '32768', '--config');
    await libvirtd.virsh('setvcpus', 'vm2', '1', '--config', '--maximum');
    expect(await changes()).toEqual([]);

    const disk = join(lab.directory, 'added.img');
    await writeFile(disk, Buffer.alloc(1024 * 1024));
    await libvirtd.virsh('attach-disk', 'vm2', disk, 'vdb', '--config');
    expect(await changes()).toEqual([`/domain/devices/disk[vdb]: none -> <disk type='file' device='disk'>`]);
    await libvirtd.virsh('detach-disk', 'vm2', 'vdb', '--config');
    expect(await changes()).toEqual([]);

    const boot = (await libvirtd.virsh('dumpxml', '--inactive', 'vm2')).replace(
      `<boot dev='hd'/>`,
      `<boot dev='network'/><boot dev='hd'/>`,
    );
    const path = join(lab.directory, 'boot.xml');
    await writeFile(path, boot);
    await libvirtd.virsh('define', path);
    const bootChange = `/domain/os/boot[1]: none -> <boot dev='network'/>`;
    expect(await changes()).toEqual([bootChange]);

    // Last: a guest without an operating system never lets go of a disk.
    await libvirtd.virsh('attach-disk', 'vm2', disk, 'vdb', '--live');
    const [first, second] = await changes();
    expect(first).toBe(bootChange);
    expect(second).toMatch(/^\/domain\/devices\/disk\[vdb\]: .* -> none$/s);
  });
});

describe('screenshots', () => {
  test('are PNG, and leave no file open in libvirtd', async () => {
    const fresh = inspect({ screenshotCacheMs: 0 });
    const first = await fresh.screenshot(domain('vm1'));
    expect(first.mime).toBe('image/png');
    expect(first.bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect(first.bytes.subarray(-8, -4).toString('latin1')).toBe('IEND');
    const before = await libvirtd.fdCount();
    for (let n = 0; n < 20; n += 1) {
      await Promise.all([fresh.screenshot(domain('vm1')), fresh.screenshot(domain('full'))]);
    }
    await waitFor(async () => (await libvirtd.fdCount()) <= before, {
      what: 'libvirtd has closed what the screenshots opened',
      deadlineMs: 20_000,
    });
  });

  test('of a domain that is off, and of a screen it has not, are libvirt’s errors', async () => {
    await expect(inspection.screenshot(domain('off'))).rejects.toMatchObject({ name: 'VIR_ERR_OPERATION_INVALID' });
    await expect(inspection.screenshot(domain('vm1'), 5)).rejects.toMatchObject({ code: 'LV_REMOTE' });
    expect((await inspection.screenshot(domain('vm1'))).bytes.length).toBeGreaterThan(100);
  });

  test('of a frozen QEMU end at the deadline and harm no other, and come back with it', async () => {
    const quick = inspect({ deadlineMs: 1500, screenshotCacheMs: 0 });
    await quick.screenshot(domain('vm1'));
    const thaw = await freezeDomain(lab, 'full');
    try {
      await expect(quick.screenshot(domain('full'))).rejects.toMatchObject({
        code: expect.stringMatching(/TIMEOUT|ABORTED/) as string,
      });
      await expect(quick.screenshot(domain('full'))).rejects.toMatchObject({ code: 'VIREO_DOMAIN_BUSY' });
      expect((await quick.screenshot(domain('vm1'))).mime).toBe('image/png');
      expect(await quick.domainXml(domain('vm1'), 'live')).toContain('<name>vm1</name>');
    } finally {
      thaw();
    }
    await waitFor(async () => (await quick.screenshot(domain('full'))).bytes.length > 100, {
      what: 'the thawed domain is shown again',
      deadlineMs: 30_000,
    });
  });
});

test('connections nobody uses are closed', async () => {
  const clients = async (): Promise<number> => (await libvirtd.virsh('list', '--all'), libvirtd.fdCount());
  const before = await clients();
  const brief = inspect({ idleMs: 100 });
  await brief.domainXml(domain('vm1'), 'live');
  await brief.screenshot(domain('vm1'));
  await waitFor(async () => (await clients()) <= before, { what: 'libvirtd has no more clients', deadlineMs: 20_000 });
});

/** virsh ends what it prints with a line end of its own. */
function trimmed(printed: string): string {
  return printed.replace(/\n$/, '');
}
