// SPDX-License-Identifier: Apache-2.0
// The ways to a screen: through ssh, over one shared connection; and through TLS with certificates that are checked.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { makeAuthority } from '../lab/certificates.ts';
import type { Authority } from '../lab/certificates.ts';
import { keyEvent, openSocket, shakeHands } from '../lab/console-client.ts';
import type { ConsoleSocket } from '../lab/console-client.ts';
import { OPEN_VNC, guestIsReady, picture, startConsoleDomains } from '../lab/console-domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { secret } from '../lab/planted.ts';
import { startSshd } from '../lab/sshd.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const TOKEN = secret('console token ops');
const PASSWORD = secret('VNC password behind TLS');
const tokens = `api:
  tokens: [${tokenLine('ops', TOKEN, ['read', 'console.control', 'console.view'])}]
`;

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let api: ApiClient;

afterEach(() => lab.close());

async function begin(domains: Parameters<typeof startConsoleDomains>[2], config: string, qemuConf = ''): Promise<void> {
  libvirtd = await startLibvirtd(lab, { qemuConf });
  await serve(domains, config);
}

async function serve(domains: Parameters<typeof startConsoleDomains>[2], config: string, hosts = 1): Promise<void> {
  await startConsoleDomains(lab, libvirtd, domains);
  exporter = await startExporter(lab, { config: `${config}\npoll: { intervalSeconds: 1 }\n${tokens}` });
  api = apiClient(exporter, TOKEN);
  await waitFor(async () => Number((await api.get('/domains')).json?.['total']) >= hosts * domains.length, {
    what: 'all domains are known',
    deadlineMs: 30_000,
  });
}

async function open(host: string, name: string): Promise<ConsoleSocket> {
  const uuid = (await libvirtd.virsh('domuuid', name)).trim();
  const { json } = await api.post(`/hosts/${host}/domains/${uuid}/console`, { mode: 'control' });
  return openSocket(exporter.url, String(json?.['url']).split('=')[1]);
}

async function drives(socket: ConsoleSocket, name: string): Promise<void> {
  expect((await shakeHands(socket)).name).toBe(`QEMU (${name})`);
  await guestIsReady(lab, libvirtd, name);
  const before = await picture(lab, libvirtd, name);
  socket.send(keyEvent(0x64));
  await waitFor(async () => (await picture(lab, libvirtd, name)) !== before, {
    what: `${name} shows a key`,
    deadlineMs: 30_000,
  });
}

test('through ssh: loopback ports and unix sockets, over one connection that goes when the last console does', async () => {
  lab = await openLab();
  const sshd = await startSshd(lab);
  const uri = `qemu+ssh://${sshd.user}@127.0.0.1:${String(sshd.port)}/system?keyfile=${sshd.keyPath}&command=${sshd.commandPath}`;
  await begin(
    [
      { name: 'tcp', graphics: OPEN_VNC },
      { name: 'unix', graphics: "<graphics type='vnc'><listen type='socket'/></graphics>" },
    ],
    `hosts: [{ name: kvm1, uri: '${uri}' }]`,
  );
  const masters = (): Promise<number[]> => lab.processes('ssh', ' -M ', ' -N');
  const first = await open('kvm1', 'tcp');
  await drives(first, 'tcp');
  const second = await open('kvm1', 'unix');
  await drives(second, 'unix');
  expect(await masters()).toHaveLength(1);
  const third = await open('kvm1', 'tcp');
  await shakeHands(third);
  expect(await masters()).toHaveLength(1);
  // Three consoles are three streams and sign in nowhere; each other ssh has signed in once.
  const streams = (): Promise<number[]> => lab.processes(sshd.keyPath, ' -o ControlMaster=no');
  expect(await streams()).toHaveLength(3);
  await waitFor(async () => sshd.signIns() === (await lab.processes(sshd.keyPath)).length - 3, {
    what: 'as many have signed in as there are without the streams',
    deadlineMs: 20_000,
  });
  for (const socket of [first, second, third]) {
    socket.close();
    await socket.end;
  }
  await waitFor(async () => (await masters()).length === 0, { what: 'the shared ssh is gone', deadlineMs: 20_000 });
  expect(await streams()).toEqual([]);
});

test('directly where it is reachable, and as the configuration says', async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab, { tcp: true });
  const domains = [
    { name: 'wide', graphics: "<graphics type='vnc' autoport='yes' listen='0.0.0.0'/>" },
    { name: 'narrow', graphics: OPEN_VNC },
  ];
  const uri = `qemu+tcp://127.0.0.1:${String(libvirtd.tcpPort)}/system`;
  await serve(
    domains,
    `hosts:
  - { name: far, uri: '${uri}' }
  - { name: near, uri: '${uri}?mode=legacy', console: { via: local } }
  - { name: none, uri: '${uri}?mode=direct', console: { via: 'off' } }`,
    3,
  );
  const direct = await open('far', 'wide');
  await drives(direct, 'wide');
  const narrow = await open('far', 'narrow');
  expect(await narrow.end).toMatchObject({
    code: 4021,
    reason: expect.stringContaining('It listens on 127.0.0.1 of its host only') as string,
  });
  const local = await open('near', 'narrow');
  await drives(local, 'narrow');
  const uuid = (await libvirtd.virsh('domuuid', 'wide')).trim();
  expect((await api.post(`/hosts/none/domains/${uuid}/console`, { mode: 'control' })).json).toMatchObject({
    code: 'VIREO_CONSOLE_OFF',
    reasonCode: 'console-off',
  });
  for (const socket of [direct, local]) {
    socket.close();
    await socket.end;
  }
});

/** vnc_tls as libvirt's documentation sets it up. */
async function vncTls(authority: Authority, more = ''): Promise<string> {
  const directory = join(lab.directory, 'vnc-pki');
  await mkdir(directory);
  await copyFile(authority.server.ca, join(directory, 'ca-cert.pem'));
  await copyFile(authority.server.certificate, join(directory, 'server-cert.pem'));
  await copyFile(authority.server.key, join(directory, 'server-key.pem'));
  return `vnc_tls = 1\nvnc_tls_x509_cert_dir = "${directory}"\n${more}`;
}

test('through TLS with certificates, with and without a password; never where the certificate is not trusted', async () => {
  lab = await openLab();
  const authority = await makeAuthority(lab, 'vnc');
  const stranger = await makeAuthority(lab, 'stranger');
  const domains = [
    { name: 'x509none', graphics: OPEN_VNC },
    { name: 'x509vnc', graphics: `<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='${PASSWORD}'/>` },
  ];
  const hosts = `hosts:
  - { name: kvm1, uri: 'qemu:///system' }
  - { name: misnamed, uri: 'qemu:///system?mode=legacy', console: { tlsServerName: other.example } }`;
  await begin(domains, `${hosts}\nconsole: { tls: { caFile: '${authority.server.ca}' } }`, await vncTls(authority));
  for (const { name } of domains) {
    const socket = await open('kvm1', name);
    await drives(socket, name);
    socket.close();
    await socket.end;
  }
  const misnamed = await open('misnamed', 'x509vnc');
  expect(await misnamed.end).toMatchObject({ code: 4024 });
  expect(misnamed.bytes()).toHaveLength(0);
  expect(exporter.process.output()).not.toContain(PASSWORD);

  const { process } = exporter;
  await process.stop();
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: 'qemu:///system' }]\nconsole: { tls: { caFile: '${stranger.server.ca}' } }\n${tokens}`,
  });
  api = apiClient(exporter, TOKEN);
  await waitFor(async () => Number((await api.get('/domains')).json?.['total']) === 2, {
    what: 'the domains are known again',
    deadlineMs: 20_000,
  });
  const untrusted = await open('kvm1', 'x509vnc');
  expect(await untrusted.end).toMatchObject({ code: 4024 });
  expect(untrusted.bytes()).toHaveLength(0);
});

test('to a host that wants a certificate of ours', async () => {
  lab = await openLab();
  const authority = await makeAuthority(lab, 'vnc');
  const qemuConf = await vncTls(authority, 'vnc_tls_x509_verify = 1\n');
  const tls = `caFile: '${authority.server.ca}', certificateFile: '${join(authority.clientDirectory, 'clientcert.pem')}', keyFile: '${join(authority.clientDirectory, 'clientkey.pem')}'`;
  await begin(
    [{ name: 'verified', graphics: OPEN_VNC }],
    `hosts: [{ name: kvm1, uri: 'qemu:///system' }]\nconsole: { tls: { ${tls} } }`,
    qemuConf,
  );
  const socket = await open('kvm1', 'verified');
  await drives(socket, 'verified');
  socket.close();
});
