// SPDX-License-Identifier: Apache-2.0
// SASL for a lab's libvirtd: its mechanisms, and users with passwords in a sasldb of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** The realm of the lab's users: they log in as `name@vireo.test`. */
const REALM = 'vireo.test';

/** Writes /etc/sasl2/libvirt.conf and one user; call before the daemon starts. Gives the user's full name. */
export async function addSaslUser(
  lab: Lab,
  name: string,
  password: string,
  mechanisms = 'scram-sha-256 plain',
): Promise<string> {
  const database = join(lab.directory, 'sasl2', 'libvirt.db');
  await writeFile(
    join(lab.directory, 'sasl2', 'libvirt.conf'),
    `mech_list: ${mechanisms}\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: ${database}\n`,
  );
  const [file, argv] = lab.inside('saslpasswd2', ['-p', '-c', '-a', 'libvirt', '-f', database, '-u', REALM, name]);
  const child = spawn(file, argv, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(password);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`saslpasswd2 failed: exit ${String(child.exitCode)}`);
  return `${name}@${REALM}`;
}
