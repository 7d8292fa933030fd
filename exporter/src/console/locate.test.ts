// SPDX-License-Identifier: Apache-2.0
import { parseConnectionUri } from '@vireo/libvirt';
import { parseConsoleXml } from '../xml/console-xml.ts';
import { ConsoleEnd } from './console-end.ts';
import { outsideAddress, routeTo } from './locate.ts';
import type { ConsoleWay } from './locate.ts';

function way(uri: string, more: Partial<ConsoleWay> = {}): ConsoleWay {
  return { via: 'auto', uri: parseConnectionUri(uri), ...more };
}

function route(listen: string, uri: string, more: Partial<ConsoleWay> = {}): string {
  try {
    const { via, to } = routeTo({ port: 5900, listen }, way(uri, more));
    return to.kind === 'tcp' ? `${via} ${to.host}:${String(to.port)}` : `${via} ${to.path}`;
  } catch (error) {
    if (error instanceof ConsoleEnd) return error.end;
    throw error;
  }
}

describe('the route to a screen', () => {
  it.each([
    ['127.0.0.1', 'qemu:///system', {}, 'local 127.0.0.1:5900'],
    ['0.0.0.0', 'qemu:///system', {}, 'local 127.0.0.1:5900'],
    ['::', 'qemu:///system', {}, 'local ::1:5900'],
    ['10.0.0.5', 'qemu:///system', {}, 'local 10.0.0.5:5900'],
    ['127.0.0.1', 'qemu+ssh://kvm1/system', {}, 'ssh 127.0.0.1:5900'],
    ['0.0.0.0', 'xen+ssh://kvm1/', {}, 'ssh 127.0.0.1:5900'],
    ['0.0.0.0', 'qemu+tls://kvm1/system', {}, 'direct kvm1:5900'],
    ['0.0.0.0', 'qemu+tls://kvm1/system', { address: '10.0.0.1' }, 'direct 10.0.0.1:5900'],
    ['10.0.0.5', 'qemu+tls://kvm1/system', { address: '10.0.0.1' }, 'direct 10.0.0.5:5900'],
    ['127.0.0.1', 'qemu+tls://kvm1/system', {}, 'unreachable'],
    ['0.0.0.0', 'qemu+ssh://kvm1/system', { via: 'direct' }, 'direct kvm1:5900'],
    ['0.0.0.0', 'qemu:///system', { via: 'direct' }, 'unreachable'],
    ['127.0.0.1', 'qemu+tls://localhost/system', { via: 'local' }, 'local 127.0.0.1:5900'],
    ['127.0.0.1', 'qemu:///system', { via: 'off' }, 'unreachable'],
  ] as const)('that listens on %s, at %s, %j: %s', (listen, uri, more, expected) => {
    expect(route(listen, uri, more)).toBe(expected);
  });

  it('that listens on a unix socket is through ssh or on this machine', () => {
    const screen = { socket: '/run/vnc' };
    expect(routeTo(screen, way('qemu:///system'))).toEqual({ via: 'local', to: { kind: 'unix', path: '/run/vnc' } });
    expect(routeTo(screen, way('qemu+ssh://h/system')).via).toBe('ssh');
    expect(() => routeTo(screen, way('qemu+tls://h/system'))).toThrow(ConsoleEnd);
    expect(() => outsideAddress(screen, way('qemu+tls://h/system'))).toThrow(ConsoleEnd);
    expect(() => routeTo({}, way('qemu:///system'))).toThrow('nowhere');
  });

  it('from outside is never a loopback', () => {
    expect(outsideAddress({ port: 5900, listen: '0.0.0.0' }, way('qemu+ssh://kvm1/system'))).toEqual({
      host: 'kvm1',
      port: 5900,
    });
    expect(() => outsideAddress({ port: 5900, listen: '::1' }, way('qemu:///system'))).toThrow(ConsoleEnd);
  });
});

describe('the XML of a domain', () => {
  // As libvirt 9.0.0 writes it for a running domain, with VIR_DOMAIN_XML_SECURE.
  const xml = (graphics: string, more = ''): string =>
    `<domain type='kvm' id='7'><name>a</name><uuid>6695EB01-f6a4-8304-79aa-97f2502e193f</uuid>
     <devices>${more}${graphics}</devices></domain>`;

  it('says where the first VNC screen is, and hides its password', () => {
    const read = parseConsoleXml(
      xml(
        `<graphics type='spice' port='5901'/>
        <graphics type='vnc' port='5907' autoport='yes' listen='127.0.0.1' passwd='hunter2'>
          <listen type='address' address='127.0.0.1'/></graphics>`,
        "<console type='pty'/>",
      ),
    );
    expect(read).toMatchObject({
      uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
      id: 7,
      serial: true,
      otherGraphics: ['spice'],
    });
    expect(read.vnc).toMatchObject({ port: 5907, listen: '127.0.0.1' });
    expect(read.vnc?.password?.reveal()).toBe('hunter2');
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it('may have a socket, no port yet, or no screen', () => {
    const socket = xml("<graphics type='vnc' socket='/s'><listen type='socket' socket='/s'/></graphics>");
    expect(parseConsoleXml(socket).vnc).toEqual({ socket: '/s' });
    const none = xml("<graphics type='vnc' port='-1' autoport='yes'><listen type='none'/></graphics>");
    expect(parseConsoleXml(none).vnc).toEqual({});
    expect(parseConsoleXml(xml('')).vnc).toBeUndefined();
    const vmware = xml("<graphics type='vnc' port='5903' autoport='no'><listen type='address'/></graphics>");
    expect(parseConsoleXml(vmware).vnc).toEqual({ port: 5903, listen: '0.0.0.0' });
  });
});
