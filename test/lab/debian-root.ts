// SPDX-License-Identifier: Apache-2.0
// A root folder of another Debian than the machine's, with libvirt's modular daemons. Debian builds them and leaves them
// out of its packages (debian/not-installed), so they are built once more from Debian's own source; they work with the
// packages' libvirt.so. Kept below the system's folder for temporary files: 0.3 GB, 0.7 GB where daemons are built.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { runInside } from './process.ts';

/**
 * Which Debian: trixie (13) has libvirt 11.3 and gets the modular daemons; sid has 12.x and libvirtd only, as mirrors
 * carry its packages longer than the source they were built from.
 */
export type Suite = 'trixie' | 'sid';

const PACKAGES = [
  ...['libvirt-clients', 'libvirt-daemon', 'libvirt-daemon-driver-network', 'libvirt-daemon-driver-qemu'],
  ...['libvirt-daemon-driver-storage', 'qemu-system-x86', 'qemu-utils'],
];
const BUILD_PACKAGES = [
  ...['dpkg-dev', 'gcc', 'gettext', 'libc6-dev', 'libglib2.0-dev', 'libgnutls28-dev', 'libjson-c-dev', 'libnl-3-dev'],
  ...['libacl1-dev', 'libnl-route-3-dev', 'libsasl2-dev', 'libtirpc-dev', 'libxml2-dev', 'libxml2-utils', 'meson'],
  ...['ninja-build', 'patch', 'perl', 'pkgconf', 'python3', 'xsltproc'],
];

const DAEMONS = ['virtqemud', 'virtproxyd', 'virtnetworkd', 'virtstoraged'];

/** Runs in the new root, with the suite and the archive as arguments. dpkg-source would want more packages than tar. */
const BUILD = `set -e
echo "deb-src $2 $1 main" > /etc/apt/sources.list.d/source.list
apt-get -q update
cd /usr/src
apt-get -q source --tar-only libvirt
apt-get -q source --diff-only libvirt
tar xf libvirt_*.orig.tar.xz
cd libvirt-*/
tar xf ../libvirt_*.debian.tar.xz
grep -v '^#' debian/patches/series | while read -r name _; do patch -s -p1 < "debian/patches/$name"; done
meson setup build --prefix=/usr --sysconfdir=/etc --localstatedir=/var --libdir=lib/x86_64-linux-gnu --sbindir=sbin \\
  --buildtype=plain -Doptimization=0 -Dsystem=true -Drunstatedir=/run -Dauto_features=disabled -Ddocs=disabled \\
  -Dtests=disabled -Ddriver_remote=enabled -Ddriver_libvirtd=enabled -Ddriver_qemu=enabled -Djson_c=enabled \\
  -Ddriver_network=enabled -Dstorage_dir=enabled -Dstorage_fs=enabled -Ddriver_test=disabled \\
  -Ddriver_openvz=disabled -Ddriver_vmware=disabled -Dpolkit=enabled -Dlibnl=enabled -Dsasl=enabled
ninja -C build ${DAEMONS.map((name) => `src/${name}`).join(' ')}
cd build/src
cp ${DAEMONS.join(' ')} /usr/sbin
rm -rf /usr/src/libvirt*
`;

/** The archive this machine's packages come from, or its mirror. */
async function debianArchive(): Promise<string> {
  const targets = ['indextargets', '--format', '$(SITE)', 'Origin: Debian', 'Label: Debian', 'Created-By: Packages'];
  const { stdout } = await promisify(execFile)('apt-get', targets);
  const [site] = stdout.split('\n');
  if (site === undefined || site === '') throw new Error('apt knows no archive of Debian: see /etc/apt/sources.list.d');
  return site;
}

/** Makes the folder, or finds the one made before; gives its path. Takes a minute or two the first time; needs root. */
export async function debianRoot(suite: Suite): Promise<string> {
  const roots = join(tmpdir(), 'vireo-debian-roots');
  const builds = suite === 'trixie';
  const packages = builds ? [...PACKAGES, ...BUILD_PACKAGES] : PACKAGES;
  const recipe = createHash('sha256')
    .update(JSON.stringify([packages, BUILD]))
    .digest('hex')
    .slice(0, 12);
  const root = join(roots, `${suite}-${recipe}`);
  if (existsSync(root)) return root;
  await mkdir(roots, { recursive: true });
  // Those of older recipes, and what an interrupted run left.
  for (const name of await readdir(roots)) {
    if (name.startsWith(suite)) await rm(join(roots, name), { recursive: true, force: true });
  }
  const unfinished = `${root}.unfinished`;
  const script = `${root}.sh`;
  const archive = await debianArchive();
  await writeFile(script, BUILD);
  const build = [
    '--customize-hook=copy-in /etc/resolv.conf /etc',
    `--customize-hook=chroot "$1" sh -s ${suite} '${archive}' < '${script}'`,
  ];
  await promisify(execFile)(
    'mmdebstrap',
    [
      ...[
        '--variant=apt',
        '--mode=root',
        '--aptopt=APT::Install-Recommends "false"',
        `--include=${packages.join(',')}`,
      ],
      // Nobody mourns it after a power cut: no fsync of each file.
      '--dpkgopt=force-unsafe-io',
      // A mirror of sid may be weeks behind. Its signature is checked all the same.
      '--aptopt=Acquire::Check-Valid-Until "false"',
      ...(builds ? build : []),
      ...[suite, unfinished, archive],
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 20 * 60_000 },
  );
  await rm(script);
  await rename(unfinished, root);
  return root;
}

const MOUNT = `set -e
for folder in proc dev sys run etc/libvirt var/lib/libvirt var/log/libvirt; do
  mount --rbind "/$folder" "$ROOT/$folder"
done
for folder in "$TEMPORARY" "$KEPT"; do
  mkdir -p "$ROOT$folder"
  mount --bind "$folder" "$ROOT$folder"
done
`;

/**
 * Makes such a folder see the lab's /run, /etc/libvirt, /var/lib/libvirt and temporary files, so that sockets, disks and
 * configuration are where they always are for whom `chroot` puts there.
 */
export async function mountDebianRoot(lab: Lab, root: string): Promise<void> {
  // The guests' kernels are in the second.
  const folders = { TEMPORARY: tmpdir(), KEPT: join(repositoryRoot(), '.lab') };
  await runInside(lab, 'sh', ['-c', MOUNT], { ROOT: root, ...folders });
}
