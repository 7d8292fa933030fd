// SPDX-License-Identifier: Apache-2.0
// What the integration tests need from Debian, and how it gets there: installed when root, else the command is said.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { run, say } from '../exporter/prepare.mjs';

const PACKAGES = [
  'chromium',
  'curl',
  'e2fsprogs',
  'dbus',
  'dnsmasq-base',
  'golang-github-vmware-govmomi-dev',
  'golang-go',
  'iproute2',
  'libsasl2-modules',
  'libvirt-clients',
  'libvirt-daemon',
  'libvirt-daemon-driver-lxc',
  'libvirt-daemon-driver-qemu',
  'libvirt-daemon-system',
  'netcat-openbsd',
  'nginx-light',
  'openssh-client',
  'openssh-server',
  'openssl',
  'polkitd',
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-libvirt-exporter',
  'python3-prometheus-client',
  'qemu-system-x86',
  'qemu-utils',
  'sasl2-bin',
  'util-linux',
  'xz-utils',
];

/** What test/long needs besides. */
const LONG_PACKAGES = ['mmdebstrap'];

const POLICY = '/usr/sbin/policy-rc.d';

function missingPackages(wanted) {
  const { stdout, error } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...wanted], {
    encoding: 'utf8',
  });
  if (error) return wanted;
  const installed = new Set(stdout.split('\n').map((line) => line.replace(/^installed /, '')));
  return wanted.filter((name) => !installed.has(name));
}

/** Installs without starting any service: the tests run daemons of their own, and the machine's stay as they were. */
function aptInstall(names) {
  process.env['DEBIAN_FRONTEND'] = 'noninteractive';
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  try {
    run('/', 'apt-get', ['update']);
    run('/', 'apt-get', ['install', '-y', '--no-install-recommends', ...names]);
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}

/**
 * Makes sure the packages are there and KVM is usable.
 * @param long whether test/long will run too
 * @returns true when the integration tests can run; otherwise what to do has been printed.
 */
export function prepareMachine(long) {
  const missing = missingPackages(long ? [...PACKAGES, ...LONG_PACKAGES] : PACKAGES);
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  if (missing.length > 0 && !(isRoot && existsSync('/etc/debian_version'))) {
    say(`the integration tests need packages of Debian 12 that are not installed. As root:\n\n  ${command}\n`);
    return false;
  }
  if (missing.length > 0) {
    say(`installing from Debian: ${missing.join(' ')}`);
    try {
      aptInstall(missing);
    } catch (error) {
      say(`${error.message}\nInstall them by hand, then try again:\n\n  ${command}\n`);
      return false;
    }
  }
  if (!isRoot) {
    say('the integration tests start daemons in a private mount namespace and need root:\n\n  sudo npm test\n');
    return false;
  }
  // Where the device is root's alone, an unprivileged QEMU would fall back to emulation.
  if (existsSync('/dev/kvm')) chmodSync('/dev/kvm', 0o666);
  return true;
}
