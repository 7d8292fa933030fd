// SPDX-License-Identifier: Apache-2.0

import { UsageError } from './errors.ts';
import { parseConnectionUri, redactUri } from './uri.ts';
import type { ConnectionUri } from './uri.ts';

/** What a URI without parameters has. */
const PLAIN = { mode: 'auto', proxy: 'auto', noVerify: false, noTty: false, noSanity: false };

describe('parseConnectionUri', () => {
  it.each<[string, Omit<ConnectionUri, 'text' | 'params'>]>([
    ['qemu:///system', { driver: 'qemu', transport: 'unix', name: 'qemu:///system', path: '/system' }],
    ['qemu:/system', { driver: 'qemu', transport: 'unix', name: 'qemu:///system', path: '/system' }],
    ['QEMU+UNIX:///session', { driver: 'qemu', transport: 'unix', name: 'qemu:///session', path: '/session' }],
    ['test:///default', { driver: 'test', transport: 'unix', name: 'test:///default', path: '/default' }],
    [
      'test:///tmp/my%20file.xml',
      { driver: 'test', transport: 'unix', name: 'test:///tmp/my%20file.xml', path: '/tmp/my file.xml' },
    ],
    ['remote:///', { driver: 'remote', transport: 'unix', name: '', path: '/' }],
    ['remote+tcp://kvm1', { driver: 'remote', transport: 'tcp', name: '', path: '', host: 'kvm1' }],
    ['qemu://kvm1/system', { driver: 'qemu', transport: 'tls', name: 'qemu:///system', path: '/system', host: 'kvm1' }],
    [
      'xen+tls://kvm1.example:16000/system',
      { driver: 'xen', transport: 'tls', name: 'xen:///system', path: '/system', host: 'kvm1.example', port: 16000 },
    ],
    [
      'qemu+TCP://kvm1/system',
      { driver: 'qemu', transport: 'tcp', name: 'qemu:///system', path: '/system', host: 'kvm1' },
    ],
    [
      'qemu+tcp:///system',
      { driver: 'qemu', transport: 'tcp', name: 'qemu:///system', path: '/system', host: 'localhost' },
    ],
    [
      'qemu+tls://[2001:db8::1]:16514/system',
      { driver: 'qemu', transport: 'tls', name: 'qemu:///system', path: '/system', host: '2001:db8::1', port: 16514 },
    ],
    [
      'qemu+tcp://[fe80::1%25eth0]/system',
      { driver: 'qemu', transport: 'tcp', name: 'qemu:///system', path: '/system', host: 'fe80::1%eth0' },
    ],
    [
      'qemu+ssh://ops%40corp@kvm1:2222/system',
      {
        driver: 'qemu',
        transport: 'ssh',
        name: 'qemu:///system',
        path: '/system',
        user: 'ops@corp',
        host: 'kvm1',
        port: 2222,
      },
    ],
    [
      'qemu+libssh2://kvm1/system',
      { driver: 'qemu', transport: 'ssh', name: 'qemu:///system', path: '/system', host: 'kvm1' },
    ],
    [
      'qemu+libssh://kvm1/system',
      { driver: 'qemu', transport: 'ssh', name: 'qemu:///system', path: '/system', host: 'kvm1' },
    ],
    ['esx+tls://proxy', { driver: 'esx', transport: 'tls', name: 'esx://', path: '', host: 'proxy' }],
  ])('takes %s apart', (text, expected) => {
    expect(parseConnectionUri(text)).toEqual({ ...expected, text, params: PLAIN });
  });

  it.each<[string, Record<string, unknown>]>([
    ['socket=/run/a%20b', { socket: '/run/a b' }],
    ['SOCKET=/x', { socket: '/x' }],
    ['mode=legacy;proxy=native', { mode: 'legacy', proxy: 'native' }],
    ['netcat=/opt/nc', { netcat: '/opt/nc' }],
    ['command=/opt/ssh', { command: '/opt/ssh' }],
    ['keyfile=/k&no_tty=1', { keyfile: '/k', noTty: true }],
    ['known_hosts=/kh&known_hosts_verify=auto', { knownHosts: '/kh', knownHostsVerify: 'auto' }],
    ['sshauth=agent,password', {}],
    ['no_verify=0', { noVerify: false }],
    ['no_verify=-1', { noVerify: true }],
    ['pkipath=/pki&no_sanity=1&tls_priority=NORMAL', { pkipath: '/pki', noSanity: true, tlsPriority: 'NORMAL' }],
    ['auth=polkit', { auth: { method: 'polkit' } }],
    ['auth=sasl', { auth: { method: 'sasl' } }],
    ['auth=sasl.scram-sha-256', { auth: { method: 'sasl', mechanism: 'SCRAM-SHA-256' } }],
    ['authfile=/etc/auth.conf', { authfile: '/etc/auth.conf' }],
    ['mode=direct&mode=legacy', { mode: 'legacy' }],
  ])('types the parameters %s and keeps them from the daemon', (query, expected) => {
    const uri = parseConnectionUri(`qemu:///system?${query}`);
    expect(uri.params).toEqual({ ...PLAIN, ...expected });
    expect(uri.name).toBe('qemu:///system');
  });

  it('passes on to the daemon what is not about the way there', () => {
    const uri = parseConnectionUri('vpx+ssh://gate/dc/cluster/esx1?keyfile=/k&no_auto_answer=1&&note=a%26b&bare#frag');
    expect(uri.name).toBe('vpx:///dc/cluster/esx1?no_auto_answer=1&note=a%26b&bare=#frag');
  });

  it('asks the daemon for exactly what name= says', () => {
    const uri = parseConnectionUri('qemu+tcp://gate/system?name=esx%3A%2F%2Fesx1%2F%3Fno_verify%3D1&x=y');
    expect(uri.name).toBe('esx://esx1/?no_verify=1');
  });

  it.each([
    ['', 'it is empty'],
    ['system', 'does not begin with a driver'],
    ['://kvm1/system', 'does not begin with a driver'],
    ['qemu:system', 'no leading slash; try qemu:///system'],
    ['qemu+smtp://kvm1/system', 'unknown transport "smtp"; known are unix, tcp, tls'],
    ['qemu+://kvm1/system', 'unknown transport ""'],
    ['qemu+__proto__://kvm1/system', 'does not begin with a driver'],
    ['qemu+constructor://kvm1/system', 'unknown transport "constructor"'],
    ['qemu+unix://kvm1/system', 'a unix socket is on this machine'],
    ['qemu://root@/system', 'a unix socket is on this machine'],
    ['qemu+tcp://kvm1:0/system', 'port 0 is not between'],
    ['qemu+tcp://kvm1:65536/system', 'port 65536 is not between'],
    ['qemu+tcp://kvm1:http/system', 'host or port is malformed'],
    ['qemu+tcp://::1/system', 'IPv6 addresses go in brackets'],
    ['qemu+tcp://[::1/system', 'host or port is malformed'],
    ['qemu+tcp://[kvm1]/system', '"kvm1" is no IPv6 address'],
    ['qemu+ssh://-oProxyCommand=x/system', 'is no host name'],
    ['qemu+ssh://a%3Bb/system', '"a;b" is no host name'],
    ['qemu+ssh://-lroot@kvm1/system', 'begins with a dash'],
    ['qemu+ssh://root:hunter2@kvm1/system', 'a password does not belong in a URI'],
    ['qemu:///sys tem', 'a space or a control character'],
    ['qemu:///system?socket=/a%00b', 'an encoded control character'],
    ['qemu:///%zz', 'not valid percent-encoded'],
    ['qemu:///system?socket=relative', 'socket= must be an absolute path'],
    ['qemu:///system?mode=modular', 'allowed are auto, direct, legacy'],
    ['qemu+ssh://kvm1/system?proxy=nc', 'allowed are auto, native, netcat'],
    ['qemu+tls://kvm1/system?no_verify=yes', 'write 0 or 1'],
    ['qemu+ssh://kvm1/system?keyfile=', 'the parameter keyfile is empty'],
    ['qemu:///system?auth=kerberos', 'allowed are none, polkit, sasl'],
    ['qemu+libssh://kvm1/system?sshauth=password', 'nobody to ask for a password'],
    ['qemu+libssh://kvm1/system?sshauth=magic', 'unknown method "magic"'],
    ['qemu+ext:///system', 'needs command=PROGRAM'],
    ['esx://esx1/', "lives in libvirt's C library"],
  ])('refuses %p and says why', (text, why) => {
    let caught: unknown;
    try {
      parseConnectionUri(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(UsageError);
    expect(caught).toMatchObject({ code: 'LV_ARG_URI', message: expect.stringContaining(why) as string });
    expect(String(caught)).not.toContain('hunter2');
  });
});

describe('redactUri', () => {
  it.each([
    ['qemu+ssh://root@kvm1/system', 'qemu+ssh://root@kvm1/system'],
    ['qemu+ssh://root:hunter2@kvm1/system', 'qemu+ssh://root:***@kvm1/system'],
    ['qemu+ssh://root:hun@ter2@kvm1/system', 'qemu+ssh://root:***@kvm1/system'],
    ['not a uri //a:hunter2@b', 'not a uri //a:***@b'],
    ['esx://h/?password=hunter2&x=1;apiToken=abc#f', 'esx://h/?password=***&x=1;apiToken=***#f'],
    ['qemu:///system?name=esx%3A%2F%2Fu%3Ahunter2%40h%2F', 'qemu:///system?name=esx://u:***%40h/'],
    ['esx://h/?proxy=http://u:hunter2@p:3128', 'esx://h/?proxy=http://u:***%40p:3128'],
    ['qemu:///system?socket=/run/x', 'qemu:///system?socket=/run/x'],
  ])('shows %s as %s', (text, shown) => {
    expect(redactUri(text)).toBe(shown);
  });
});
