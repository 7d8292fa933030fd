// SPDX-License-Identifier: Apache-2.0
// A real TLS server that treats client certificates as libvirtd does, and certificates made by openssl for this run.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';

import { parseConnectionUri } from '../uri.ts';
import { openTransport } from './open.ts';
import type { TransportOptions } from './options.ts';
import { readPki } from './pki.ts';
import { certificatesOf } from './tls.ts';

let directory = '';
const servers: Server[] = [];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
}

function makeCa(name: string): void {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-subj',
    `/CN=${name}`,
  );
}

async function makeCertificate(name: string, ca: string, extensions: string, days = '2'): Promise<void> {
  await writeFile(join(directory, `${name}.ext`), extensions);
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${ca}.pem`,
    '-CAkey',
    `${ca}.key`,
    '-CAcreateserial',
    '-days',
    days,
    '-out',
    `${name}.pem`,
    '-extfile',
    `${name}.ext`,
  );
}

/** A directory as pkipath= wants it. */
async function pkipath(name: string, ca: string, client: string | null): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  await copyFile(join(directory, `${ca}.pem`), join(path, 'cacert.pem'));
  if (client !== null) {
    await copyFile(join(directory, `${client}.pem`), join(path, 'clientcert.pem'));
    await copyFile(join(directory, `${client}.key`), join(path, 'clientkey.pem'));
  }
  return path;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-tls-'));
  makeCa('ca');
  makeCa('otherca');
  const forServer = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n';
  await makeCertificate('server', 'ca', forServer);
  await makeCertificate('elsewhere', 'ca', 'subjectAltName=DNS:elsewhere.example\n');
  await makeCertificate('expired', 'ca', forServer, '0');
  await makeCertificate('client', 'ca', 'extendedKeyUsage=clientAuth\n');
  await makeCertificate('stranger', 'otherca', 'extendedKeyUsage=clientAuth\n');
  await pkipath('good', 'ca', 'client');
  await pkipath('unsigned', 'ca', 'stranger');
  await pkipath('nobody', 'ca', null);
  await pkipath('wrongca', 'otherca', 'client');
}, 30_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function port(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** libvirtd: closes without a word when it dislikes the client's certificate, otherwise sends `hello`. */
async function daemon(certificate: string, hello: Buffer, onSocket?: (socket: TLSSocket) => void): Promise<number> {
  const server = createServer(
    {
      key: await readFile(join(directory, `${certificate}.key`)),
      cert: await readFile(join(directory, `${certificate}.pem`)),
      ca: await readFile(join(directory, 'ca.pem')),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (socket) => {
      socket.on('error', () => undefined);
      onSocket?.(socket);
      if (!socket.authorized) socket.end();
      else if (hello.length > 0) socket.write(hello);
    },
  );
  return port(server);
}

function open(at: number, pki: string, extra = '', options: Partial<TransportOptions> = {}) {
  const uri = `qemu+tls://localhost:${String(at)}/system?pkipath=${join(directory, pki)}${extra}`;
  return openTransport(parseConnectionUri(uri), { readOnly: true, ...options });
}

const OK = Buffer.from([1]);

describe('a TLS connection', () => {
  it('stands after the confirmation byte, and keeps what came right behind it', async () => {
    const at = await daemon('server', Buffer.from('\u0001RPC follows'));
    const pipe = await open(at, 'good');
    const [data] = (await once(pipe, 'data')) as [Buffer];
    expect(data.toString()).toBe('RPC follows');
    pipe.destroy();
  });

  it('stands before any RPC has come, and then carries it both ways', async () => {
    const at = await daemon('server', OK, (socket) => {
      socket.on('data', (data: Buffer) => socket.write(`got ${data.toString()}`));
    });
    const pipe = await open(at, 'good');
    pipe.write('call');
    const [data] = (await once(pipe, 'data')) as [Buffer];
    expect(data.toString()).toBe('got call');
    pipe.destroy();
  });

  it('knows until when the certificates of both sides and of the authority are good', async () => {
    const days = 86_400_000;
    const pipe = await open(await daemon('server', OK), 'good');
    const seen = certificatesOf(pipe);
    expect(seen.map(({ of }) => of)).toEqual(['daemon', 'authority', 'client']);
    for (const { notAfter } of seen) {
      expect(notAfter).toBeGreaterThan(Date.now() + 1.9 * days);
      expect(notAfter).toBeLessThan(Date.now() + 2.1 * days);
    }
    pipe.destroy();
    const unverified = await open(await daemon('expired', OK), 'good', '&no_verify=1');
    expect(certificatesOf(unverified)[0]?.notAfter).toBeLessThan(Date.now() + 1000);
    unverified.destroy();
  });

  it('compares an IP address with the certificate too', async () => {
    const at = await daemon('server', OK);
    const uri = `qemu+tls://127.0.0.1:${String(at)}/system?pkipath=${join(directory, 'good')}`;
    const pipe = await openTransport(parseConnectionUri(uri), { readOnly: true });
    pipe.destroy();
  });

  it.each([
    ['unsigned', 'must be signed by its CA'],
    ['nobody', 'it wants one and there is none at'],
  ])('says that the daemon refused our certificate (%s)', async (pki, why) => {
    const at = await daemon('server', OK);
    const failure = open(at, pki);
    await expect(failure).rejects.toMatchObject({ code: 'LV_CONN_TLS', retriable: false });
    await expect(failure).rejects.toThrow('the daemon refused our certificate');
    await expect(failure).rejects.toThrow(why);
  });

  it.each([
    ['elsewhere', 'good', "the daemon's certificate is for DNS:elsewhere.example, not for localhost"],
    ['server', 'wrongca', "the daemon's certificate is not signed by our CA"],
    ['expired', 'good', "the daemon's certificate expired 20"],
  ])(
    'refuses a daemon with the certificate "%s" when we trust "%s", before any byte of RPC',
    async (cert, pki, why) => {
      let received = 0;
      const at = await daemon(cert, OK, (socket) => {
        socket.on('data', () => (received += 1));
      });
      const failure = open(at, pki);
      await expect(failure).rejects.toMatchObject({
        code: 'LV_CONN_TLS',
        message: expect.stringContaining(why) as string,
      });
      expect(received).toBe(0);
    },
  );

  it('does not verify the daemon with no_verify=1', async () => {
    const at = await daemon('elsewhere', OK);
    const pipe = await open(at, 'good', '&no_verify=1');
    pipe.destroy();
  });

  it('refuses a daemon whose certificate our CRL revokes', async () => {
    const at = await daemon('server', OK);
    const path = await pkipath('revoking', 'ca', 'client');
    await writeFile(join(directory, 'index.txt'), '');
    await writeFile(
      join(directory, 'crl.cnf'),
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2\n',
    );
    const ca = ['ca', '-config', 'crl.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key'];
    openssl(...ca, '-gencrl', '-out', join(path, 'cacrl.pem'));
    (await open(at, 'revoking')).destroy();
    openssl(...ca, '-revoke', 'server.pem');
    openssl(...ca, '-gencrl', '-out', join(path, 'cacrl.pem'));
    await expect(open(at, 'revoking')).rejects.toThrow("the daemon's certificate is revoked by our CRL");
  });

  it('does not wait for ever for the confirmation, and closes the socket it gives up', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const at = await daemon('server', Buffer.alloc(0), (socket) => {
      closed = once(socket, 'close');
    });
    await expect(open(at, 'good', '', { connectMs: 150 })).rejects.toMatchObject({
      code: 'LV_CONN_TIMEOUT',
      message: expect.stringContaining('the daemon did not confirm our certificate within 150 ms') as string,
    });
    await closed;
  });

  it('does not wait for ever for the handshake', async () => {
    const at = await port(createTcpServer((socket) => socket.on('error', () => undefined).resume()));
    await expect(open(at, 'good', '', { connectMs: 100 })).rejects.toThrow(
      'the TLS handshake did not end within 100 ms',
    );
  });

  it('closes the socket when its caller gives up', async () => {
    const abort = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const at = await daemon('server', Buffer.alloc(0), (socket) => {
      closed = once(socket, 'close');
      abort.abort();
    });
    await expect(open(at, 'good', '', { signal: abort.signal })).rejects.toMatchObject({ code: 'LV_ABORTED' });
    await closed;
  });

  it('refuses another byte than the confirmation', async () => {
    const at = await daemon('server', Buffer.from([0]));
    await expect(open(at, 'good')).rejects.toMatchObject({
      code: 'LV_PROTO_TLS_BYTE',
      message: expect.stringContaining('0x00 instead of the confirmation byte 0x01') as string,
    });
  });

  it('says so when the other side speaks no TLS', async () => {
    const at = await port(
      createTcpServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('SSH-2.0-OpenSSH_9.2\r\n'),
      ),
    );
    await expect(open(at, 'good')).rejects.toThrow('the other side does not speak TLS');
  });

  it('refuses a cipher wish it cannot follow instead of dropping it', async () => {
    await expect(open(1, 'good', '&tls_priority=SECURE256')).rejects.toMatchObject({ code: 'LV_ARG_URI' });
  });
});

describe('certificates', () => {
  const KVM1 = parseConnectionUri('qemu+tls://kvm1/system');

  it("are the user's own where they exist, certificate and key only as a pair, else the system's", async () => {
    const places = { system: join(directory, 'etc'), user: join(directory, 'home') };
    await mkdir(join(places.system, 'CA'), { recursive: true });
    await mkdir(join(places.system, 'libvirt', 'private'), { recursive: true });
    await mkdir(places.user);
    await copyFile(join(directory, 'ca.pem'), join(places.system, 'CA', 'cacert.pem'));
    await copyFile(join(directory, 'client.pem'), join(places.system, 'libvirt', 'clientcert.pem'));
    await copyFile(join(directory, 'client.key'), join(places.system, 'libvirt', 'private', 'clientkey.pem'));
    await copyFile(join(directory, 'stranger.pem'), join(places.user, 'clientcert.pem'));

    const half = await readPki(KVM1, places);
    expect(half.ca?.path).toBe(join(places.system, 'CA', 'cacert.pem'));
    expect(half.client?.certificate.path).toBe(join(places.system, 'libvirt', 'clientcert.pem'));

    await copyFile(join(directory, 'stranger.key'), join(places.user, 'clientkey.pem'));
    await copyFile(join(directory, 'otherca.pem'), join(places.user, 'cacert.pem'));
    const whole = await readPki(KVM1, places);
    expect(whole.ca?.path).toBe(join(places.user, 'cacert.pem'));
    expect(whole.client?.key.path).toBe(join(places.user, 'clientkey.pem'));

    const asRoot = await readPki(KVM1, { ...places, user: null });
    expect(asRoot.ca?.path).toBe(join(places.system, 'CA', 'cacert.pem'));
  });

  it.each([
    ['', 'no CA certificate at'],
    ['cacert.pem', 'is not a PEM certificate'],
  ])('are missed before anything is sent (%s)', async (broken, why) => {
    const path = join(directory, `broken-${broken}`);
    await mkdir(path);
    if (broken !== '') await writeFile(join(path, broken), 'not a certificate');
    const uri = parseConnectionUri(`qemu+tls://localhost:1/system?pkipath=${path}`);
    await expect(openTransport(uri, { readOnly: true })).rejects.toMatchObject({
      code: 'LV_CONN_TLS',
      message: expect.stringContaining(why) as string,
    });
  });

  it('are known to be out of date before the daemon says so, unless no_sanity=1', async () => {
    const uri = parseConnectionUri(`qemu+tls://kvm1/system?pkipath=${join(directory, 'good')}`);
    const places = { system: '/nowhere', user: null };
    const later = new Date(Date.now() + 30 * 86_400_000);
    await expect(readPki(uri, places, later)).rejects.toThrow(
      /the CA certificate .*cacert\.pem expired 20\d\d-\d\d-\d\d$/u,
    );
    await expect(readPki(uri, places, new Date(0))).rejects.toThrow(/is not valid before 20\d\d-\d\d-\d\d$/u);
    const careless = { ...uri, params: { ...uri.params, noSanity: true } };
    await expect(readPki(careless, places, later)).resolves.toMatchObject({
      ca: { path: join(directory, 'good', 'cacert.pem') },
    });
  });
});
