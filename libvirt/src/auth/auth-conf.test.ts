// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseConnectionUri } from '../uri.ts';
import { authFiles, lookUpCredentials } from './auth-conf.ts';

const KVM1 = parseConnectionUri('qemu+tls://kvm1/system');

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-auth-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function file(text: string): Promise<string> {
  const path = join(directory, `auth-${String(Math.random()).slice(2)}.conf`);
  await writeFile(path, text);
  return path;
}

const BOTH = `
# the format of libvirt's own documentation
[credentials-prod]
username=monitor
password = with=equals # and hash

[credentials-test]
authname=fred
password=123456

[auth-libvirt-kvm1]
credentials=prod

[auth-libvirt-default]
credentials=test

[auth-esx-kvm1]
credentials=test
`;

describe('lookUpCredentials', () => {
  it('takes the group of the host', async () => {
    const path = await file(BOTH);
    await expect(lookUpCredentials(KVM1, { paths: [path], named: true })).resolves.toEqual({
      found: true,
      file: path,
      credentials: { username: 'monitor', password: 'with=equals # and hash' },
    });
  });

  it.each(['qemu+tls://other/system', 'qemu:///system'])('falls back to the default group for %s', async (text) => {
    const path = await file(BOTH.replaceAll('\n', '\r\n'));
    const lookup = await lookUpCredentials(parseConnectionUri(text), { paths: [path], named: true });
    expect(lookup).toMatchObject({ found: true, credentials: { username: 'fred', password: '123456' } });
  });

  it('looks for localhost when the daemon is local', async () => {
    const path = await file('[credentials-a]\nusername=u\npassword=p\n[auth-libvirt-localhost]\ncredentials=a\n');
    const lookup = await lookUpCredentials(parseConnectionUri('qemu:///system'), { paths: [path], named: true });
    expect(lookup).toMatchObject({ found: true });
  });

  it('takes the first file that exists, and no other', async () => {
    const first = await file('[auth-libvirt-elsewhere]\ncredentials=x\n');
    const second = await file(BOTH);
    const paths = [join(directory, 'missing.conf'), first, second];
    const lookup = await lookUpCredentials(KVM1, { paths, named: false });
    expect(lookup).toEqual({
      found: false,
      lookedIn: `${first} (it has no [auth-libvirt-kvm1] and no [auth-libvirt-default])`,
    });
  });

  it('says where it looked when there is no file', async () => {
    const lookup = await lookUpCredentials(KVM1, { paths: ['/nowhere/a', '/nowhere/b'], named: false });
    expect(lookup).toEqual({ found: false, lookedIn: '/nowhere/a and /nowhere/b' });
  });

  it('insists on a file that was named', async () => {
    await expect(lookUpCredentials(KVM1, { paths: ['/nowhere/a'], named: true })).rejects.toMatchObject({
      code: 'LV_ARG_CREDENTIALS',
      message: 'cannot read credentials: /nowhere/a: ENOENT',
    });
  });

  it.each([
    ['password=hunter2\n', 'line 1: a line before the first [group]'],
    ['[a]\nhunter2\n', 'line 2: neither [group] nor key=value'],
    ['[auth-libvirt-default]\n', 'has no credentials='],
    ['[auth-libvirt-default]\ncredentials=x\n', 'there is no group [credentials-x]'],
    ['[auth-libvirt-default]\ncredentials=x\n[credentials-x]\npassword=hunter2\n', '[credentials-x] has no username='],
    ['[auth-libvirt-default]\ncredentials=x\n[credentials-x]\nusername=u\n', '[credentials-x] has no password='],
  ])('says what is wrong with a file without showing it: %p', async (text, why) => {
    const failure = lookUpCredentials(KVM1, { paths: [await file(text)], named: true });
    await expect(failure).rejects.toThrow(why);
    await expect(failure).rejects.not.toThrow('hunter2');
  });
});

describe('authFiles', () => {
  const withFile = parseConnectionUri('qemu+tls://kvm1/system?authfile=/from/uri');

  it('prefers the environment, then the URI, then the user, then the system', () => {
    expect(authFiles(withFile, { LIBVIRT_AUTH_FILE: '/from/env' }, '/home/u')).toEqual({
      paths: ['/from/env'],
      named: true,
    });
    expect(authFiles(withFile, {}, '/home/u')).toEqual({ paths: ['/from/uri'], named: true });
    expect(authFiles(KVM1, { XDG_CONFIG_HOME: '' }, '/home/u')).toEqual({
      paths: ['/home/u/.config/libvirt/auth.conf', '/etc/libvirt/auth.conf'],
      named: false,
    });
    expect(authFiles(KVM1, { XDG_CONFIG_HOME: '/xdg' }, '/home/u').paths[0]).toBe('/xdg/libvirt/auth.conf');
  });
});
