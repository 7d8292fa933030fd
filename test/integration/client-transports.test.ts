// SPDX-License-Identifier: Apache-2.0
// The client over every transport, against the real servers: libvirtd's own listeners and a real sshd.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@vireo/libvirt';
import type { ConnectOptions, Connection } from '@vireo/libvirt';
import { makeAuthority } from '../lab/certificates.ts';
import type { Authority } from '../lab/certificates.ts';
import { defineDomains } from '../lab/domains.ts';
import { freePort, openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { secret } from '../lab/planted.ts';
import { addSaslUser } from '../lab/sasl.ts';
import { startSshd } from '../lab/sshd.ts';
import type { Sshd } from '../lab/sshd.ts';

jest.setTimeout(120_000);

/** Opens, asks something of the daemon and of a driver, closes. */
async function askHostAndDomains(uri: string, options?: ConnectOptions): Promise<{ host: string; domains: string[] }> {
  const connection = await connect(uri, options);
  try {
    const domains = await connection.domains.list();
    return { host: await connection.host.hostname(), domains: domains.map((domain) => domain.name) };
  } finally {
    await connection.close();
  }
}

describe('without SASL', () => {
  let lab: Lab;
  let libvirtd: Libvirtd;
  let sshd: Sshd;
  let authority: Authority;
  let stranger: Authority;
  let expected: { host: string; domains: string[] };

  beforeAll(async () => {
    lab = await openLab();
    authority = await makeAuthority(lab, 'good');
    stranger = await makeAuthority(lab, 'stranger');
    libvirtd = await startLibvirtd(lab, { tcp: true, tls: authority.server });
    sshd = await startSshd(lab);
    await defineDomains(lab, libvirtd, ['asked']);
    expected = { host: (await libvirtd.virsh('hostname')).trim(), domains: ['asked'] };
  }, 120_000);

  afterAll(() => lab.close());

  function sshUri(parameters: string, command = sshd.commandPath): string {
    const where = `${sshd.user}@127.0.0.1:${String(sshd.port)}`;
    return `qemu+ssh://${where}/system?keyfile=${sshd.keyPath}&command=${command}${parameters}`;
  }

  function tlsUri(pkiDirectory: string, host = 'localhost'): string {
    return `qemu+tls://${host}:${String(libvirtd.tlsPort)}/system?pkipath=${pkiDirectory}`;
  }

  test.each([{ readOnly: true }, { readOnly: false }])(
    'unix: finds the socket by itself, $readOnly',
    async (options) => {
      const systemRuntimeDirectory = join(lab.directory, 'run', 'libvirt');
      expect(await askHostAndDomains('qemu:///system', { ...options, systemRuntimeDirectory })).toEqual(expected);
    },
  );

  test('unix: a socket named in the URI', async () => {
    expect(await askHostAndDomains(libvirtd.readOnlyUri)).toEqual(expected);
    expect(await askHostAndDomains(libvirtd.uri, { readOnly: false })).toEqual(expected);
  });

  test('tcp', async () => {
    expect(await askHostAndDomains(`qemu+tcp://127.0.0.1:${String(libvirtd.tcpPort)}/system`)).toEqual(expected);
  });

  test('tls: with a client certificate', async () => {
    expect(await askHostAndDomains(tlsUri(authority.clientDirectory))).toEqual(expected);
    expect(await askHostAndDomains(tlsUri(authority.clientDirectory, '127.0.0.1'))).toEqual(expected);
  });

  test.each(['', '&proxy=native', '&proxy=netcat'])('ssh%s', async (parameters) => {
    expect(await askHostAndDomains(sshUri(parameters))).toEqual(expected);
    expect(await askHostAndDomains(sshUri(parameters), { readOnly: false })).toEqual(expected);
  });

  test('tls: a server that another authority signed is refused by us', async () => {
    await expect(connect(tlsUri(stranger.clientDirectory))).rejects.toMatchObject({ code: 'LV_CONN_TLS' });
  });

  test('tls: a certificate that the server refuses is told apart from a lost connection', async () => {
    const directory = join(lab.directory, 'pki', 'mixed');
    await mkdir(directory);
    await copyFile(join(authority.clientDirectory, 'cacert.pem'), join(directory, 'cacert.pem'));
    for (const name of ['clientcert.pem', 'clientkey.pem']) {
      await copyFile(join(stranger.clientDirectory, name), join(directory, name));
    }
    await expect(connect(tlsUri(directory))).rejects.toMatchObject({ code: 'LV_CONN_TLS' });
  });

  test('ssh: another host key than the known one is refused, with what ssh said', async () => {
    await expect(connect(sshUri('', sshd.strangerCommandPath))).rejects.toMatchObject({
      code: 'LV_CONN_SSH',
      message: expect.stringMatching(/host key/i) as string,
    });
  });

  test('a port where nobody listens, and a socket that is missing', async () => {
    const port = String(await freePort());
    await expect(connect(`qemu+tcp://127.0.0.1:${port}/system`)).rejects.toMatchObject({ code: 'LV_CONN_REFUSED' });
    const missing = join(lab.directory, 'no-such-sock');
    await expect(connect(`qemu:///system?socket=${missing}`)).rejects.toMatchObject({ code: 'LV_CONN_REFUSED' });
  });

  test('what the daemon will not open is its error, with its number', async () => {
    const uri = `nonsense:///system?socket=${libvirtd.socketPath}`;
    await expect(connect(uri)).rejects.toMatchObject({ code: 'LV_REMOTE', name: 'VIR_ERR_NO_CONNECT', number: 5 });
  });

  test('connecting leaves nothing open in the daemon, whether it worked or not', async () => {
    await askHostAndDomains(libvirtd.uri);
    const before = await libvirtd.fdCount();
    for (let n = 0; n < 10; n += 1) {
      await askHostAndDomains(libvirtd.uri);
      await expect(connect(`nonsense:///system?socket=${libvirtd.socketPath}`)).rejects.toThrow();
    }
    expect(await libvirtd.fdCount()).toBeLessThanOrEqual(before + 1);
  });
});

describe('with SASL', () => {
  let lab: Lab;
  let libvirtd: Libvirtd;
  let authority: Authority;
  let username: string;
  const password = secret('SASL password of a client');

  beforeAll(async () => {
    lab = await openLab();
    authority = await makeAuthority(lab, 'good');
    username = await addSaslUser(lab, 'vireo', password);
    libvirtd = await startLibvirtd(lab, { tls: authority.server, sasl: true });
  }, 120_000);

  afterAll(() => lab.close());

  const open = (uri: string, given = password): Promise<Connection> =>
    connect(uri, { readOnly: false, credentials: { username, password: given } });

  test.each(['SCRAM-SHA-256', 'PLAIN'])('%s on the unix socket, and over TLS', async (mechanism) => {
    const tls = `qemu+tls://localhost:${String(libvirtd.tlsPort)}/system?pkipath=${authority.clientDirectory}`;
    for (const uri of [libvirtd.uri, tls]) {
      const connection = await open(`${uri}&auth=sasl.${mechanism}`);
      expect(await connection.host.type()).toBe('QEMU');
      await connection.close();
    }
  });

  test('chooses a mechanism by itself', async () => {
    const connection = await open(libvirtd.uri);
    expect(await connection.host.type()).toBe('QEMU');
    await connection.close();
  });

  test.each(['SCRAM-SHA-256', 'PLAIN'])(
    '%s: a wrong password is refused and not repeated in the message',
    async (mechanism) => {
      const wrong = open(`${libvirtd.uri}&auth=sasl.${mechanism}`, 'not the password');
      await expect(wrong).rejects.toMatchObject({ code: 'LV_CONN_AUTH' });
      await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('not the password') as string });
    },
  );
});
