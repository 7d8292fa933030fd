#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a Xen host that QEMU can emulate, in the folder it is run in, as root: `build.sh RECIPE`, RECIPE being the folder
# of this file. From Debian's packages, unpacked but never configured: 20 seconds, not a minute.
#   xen, vmlinux, initrd    what QEMU starts: the hypervisor as plain ELF, and dom0's kernel and initrd as its modules
#   root.ext4               dom0's files, a kernel and initrd for guests among them
set -eu
recipe=$1
root=$PWD/root
PACKAGES='busybox-static libvirt-clients libvirt-daemon libvirt-daemon-driver-xen linux-image-amd64 qemu-system-xen
  xen-hypervisor-4.17-amd64 xen-utils-4.17'

# With an empty status file apt finds all that the packages need, whatever is installed here.
mkdir -p debs/partial
: >status
# shellcheck disable=SC2086
apt-get -q -y -o Dir::State::status="$PWD/status" -o Dir::Cache="$PWD" -o Dir::Cache::archives="$PWD/debs" \
  -o APT::Install-Recommends=false -o APT::Sandbox::User=root --download-only install $PACKAGES

mkdir -p "$root/usr"
for name in bin sbin lib lib64; do
  mkdir "$root/usr/$name"
  ln -s "usr/$name" "$root/$name"
done
for deb in debs/*.deb; do
  case ${deb##*/} in
    # Nothing of them is run.
    coreutils_* | dpkg_* | iso-codes_* | libpython* | passwd_* | python3* | tar_* | udev_*) continue ;;
  esac
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink \
    --exclude='./usr/share/doc' --exclude='./usr/share/locale' --exclude='./usr/share/man'
done
rm -rf debs status lock* ./*cache.bin
kernel=$(basename "$root"/usr/lib/modules/*)
chroot "$root" /usr/sbin/depmod "$kernel"

# QEMU wants the hypervisor as plain ELF, and Xen takes 12 s to unpack XZ when it is emulated.
gunzip -c "$root/boot/xen-4.17-amd64.gz" >xen
packed="$root/boot/vmlinuz-$kernel"
offset=$(LC_ALL=C grep -abom1 "$(printf '\375')7zXZ" "$packed" | cut -d: -f1)
tail -c "+$((offset + 1))" "$packed" | xz -dc --single-stream >vmlinux

# The files of a kernel module and of those it needs, in the order they are loaded.
modules() {
  for module; do chroot "$root" /usr/sbin/modprobe -S "$kernel" --show-depends "$module"; done |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

# An initrd of busybox, modules and an init: initrd FILE INIT MODULE...
initrd() {
  file=$PWD/$1
  tree=$PWD/initrd.tree
  mkdir -p "$tree/bin" "$tree/sbin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/modules" "$tree/newroot"
  cp "$root/bin/busybox" "$tree/bin/busybox"
  ln -s busybox "$tree/bin/sh"
  install -m 755 "$recipe/$2" "$tree/init"
  # The kernel runs these two when Xen asks for them.
  printf '#!/bin/sh\nexec /bin/busybox poweroff -f\n' >"$tree/sbin/poweroff"
  printf '#!/bin/sh\nexec /bin/busybox reboot -f\n' >"$tree/sbin/reboot"
  chmod 755 "$tree/sbin/poweroff" "$tree/sbin/reboot"
  shift 2
  modules "$@" | while read -r path; do
    cp "$root$path" "$tree/modules/"
    echo "${path##*/}" >>"$tree/modules/order"
  done
  (cd "$tree" && find . | "$root/bin/busybox" cpio -o -H newc -R 0:0 >"$file" 2>/dev/null)
  rm -rf "$tree"
}
initrd initrd dom0-initrd-init virtio_pci virtio_blk ext4
initrd guest-initrd guest-init xen-blkfront xen-netfront

# Of a hundred thousand files keep what dom0 uses.
kept=$(modules virtio_net loop bridge tun xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback xen-netback)
for path in $kept; do
  mkdir -p "kept/$(dirname "$path")"
  cp "$root$path" "kept$path"
done
cp "$root/usr/lib/modules/$kernel"/modules.builtin* "$root/usr/lib/modules/$kernel/modules.order" "kept/lib/modules/$kernel/"
rm -rf "$root/usr/lib/modules" "$root/boot" "$root/usr/lib/ipxe"
mv kept/lib/modules "$root/usr/lib/modules"
rm -rf kept
chroot "$root" /usr/sbin/depmod "$kernel"
rm -f "$root"/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so \
  "$root"/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_nwfilter.so

# Xen hides SEP of a CPU of AMD's kind, and QEMU emulates no VME: no model would fit, and libvirt start no Xen driver.
for models in "$root"/usr/share/libvirt/cpu_map/x86_*.xml; do
  case $models in *_features.xml | *_vendors.xml) ;; *) sed -i "/<feature name='sep'\/>/d" "$models" ;; esac
done
# Debian's hotplug scripts are of bash, and take 20 s a guest when they are emulated.
install -m 755 "$recipe/block" "$recipe/vif-bridge" "$root/etc/xen/scripts/"
install -m 755 "$recipe/dom0-init" "$root/sbin/init"
"$root/bin/busybox" --list | while read -r name; do
  [ -e "$root/bin/$name" ] || [ -e "$root/sbin/$name" ] || ln -sf busybox "$root/bin/$name"
done

mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/root" "$root/srv/guest" \
  "$root/etc/libvirt/libxl" "$root/var/lib/libvirt/images" "$root/var/log/libvirt/libxl" "$root/var/log/xen" \
  "$root/var/lib/xen" "$root/var/lib/xenstored"
ln -s /run "$root/var/run"
ln -s /run/lock "$root/var/lock"
cp vmlinux "$root/srv/guest/vmlinux"
mv guest-initrd "$root/srv/guest/initrd"
truncate -s 8M "$root/var/lib/libvirt/images/disk.img"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'passwd: files' >"$root/etc/nsswitch.conf"
echo '127.0.0.1 localhost xenhost' >"$root/etc/hosts"
echo 'autoballoon = 0' >"$root/etc/libvirt/libxl.conf"
cat >"$root/etc/libvirt/libvirtd.conf" <<'CONF'
listen_tls = 0
listen_tcp = 1
listen_addr = "0.0.0.0"
auth_tcp = "none"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
host_uuid = "5e2f6d0e-7c1b-4b52-9a6e-3d6f10f4a111"
log_outputs = "3:stderr"
CONF
# Domains that are there and off: with Domain-0 and one that a test makes they are a hundred.
for number in $(seq 1 98); do
  cat >"$root/etc/libvirt/libxl/off$number.xml" <<XML
<domain type='xen'>
  <name>off$number</name>
  <uuid>0ff00000-0000-4000-8000-$(printf '%012d' "$number")</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/srv/guest/vmlinux</kernel></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='phy' type='raw'/><source file='/var/lib/libvirt/images/off$number.img'/><target dev='xvda' bus='xen'/>
    </disk>
  </devices>
</domain>
XML
done

truncate -s "$(($(du -sm "$root" | cut -f1) + 128))M" root.ext4
mkfs.ext4 -q -O '^has_journal,^metadata_csum' -m 0 -d "$root" root.ext4
rm -rf "$root"
