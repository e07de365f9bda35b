#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds an emulated Nitro machine from Debian's packages, in one folder, outside of the checkout.
set -euo pipefail
usage='usage: build.sh [DIR]
Builds QEMU with the nitro-enclave machine and a security module that can sign, and fetches a kernel
with its modules and vhost-device-vsock, all from the Debian mirror that this machine uses.
DIR is $EPHML_NITRO_EMULATOR, else ${XDG_CACHE_HOME:-~/.cache}/ephml/nitro-emulator, unless given.
Needs Debian on x86-64 with gcc, make, pkg-config, patch, xz-utils, bzip2, python3-venv and
libgnutls28-dev (which it installs itself when it is root); else no privileges. About five minutes
on two processors, seconds when DIR is complete.'
case ${1-} in -h | --help) echo "$usage"; exit 0 ;; esac
say() { echo "nitro-emulator: $*" >&2; }
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${EPHML_NITRO_EMULATOR:-${XDG_CACHE_HOME:-$HOME/.cache}/ephml/nitro-emulator}}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[ -e "$folder/.complete" ] && { say "ready in $folder"; exit 0; }

# What the build needs from the machine itself.
[ "$(uname -m)" = x86_64 ] || { say "an x86-64 machine is needed"; exit 1; }
for tool in apt-get dpkg gcc make pkg-config patch xz bzip2 python3; do
  command -v "$tool" >/dev/null || { say "$tool is missing"; exit 1; }
done
if ! pkg-config --exists gnutls; then
  [ "$(id -u)" = 0 ] || { say "libgnutls28-dev is missing: apt-get install libgnutls28-dev"; exit 1; }
  apt-get -q update >/dev/null
  apt-get -qy install libgnutls28-dev >/dev/null
fi

# The machine's own Debian mirror, in the new form of the list or in the old one.
mirror=$(
  {
    sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
    sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
      /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true
  } | sed 's#/$##' | grep -m1 '/debian$' || true
)
[ -n "$mirror" ] || { say "no Debian mirror found in /etc/apt"; exit 1; }

# A package list of its own: the machine's is neither used nor changed. Debian's keys sign it all.
cd "$folder"
mkdir -p apt/{state/lists/partial,cache/archives/partial,src.d,pref.d} debs root dev src
suite() {
  printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
    "$1" "$mirror" "$2" /usr/share/keyrings/debian-archive-keyring.gpg
}
{
  suite deb "bookworm bookworm-updates bookworm-backports"
  suite "deb deb-src" trixie
  suite deb sid
} > apt/src.d/emulator.sources
: > apt/status
cat > apt/apt.conf <<CONF
Dir::State "$folder/apt/state"; Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt/cache";
Dir::Etc::SourceList "/dev/null"; Dir::Etc::SourceParts "$folder/apt/src.d";
Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "$folder/apt/pref.d";
Acquire::Languages "none"; APT::Sandbox::User "root";
CONF
export APT_CONFIG=$folder/apt/apt.conf
say "fetching packages from the machine's Debian mirror"
apt-get -q update >/dev/null
# The newest cloud kernel of bookworm-backports: nsm and vsock are modules in it.
kernel=$(apt-cache depends linux-image-cloud-amd64/bookworm-backports |
  sed -n 's/.*Depends: \(linux-image-6[^ ]*\).*/\1/p' | head -1)
(cd debs && apt-get -q download "$kernel" vhost-device-vsock/sid seabios/bookworm-backports \
  qemu-system-data/bookworm-backports >/dev/null)
libraries=(libglib2.0-dev libglib2.0-0 libcbor-dev libcbor0.8 libfdt-dev libfdt1 libblkid-dev
  libmount-dev libsepol-dev libselinux1-dev libpcre2-dev libffi-dev zlib1g-dev)
(cd dev && apt-get -q download "${libraries[@]/%/\/bookworm}" >/dev/null)
(cd src && apt-get -q source --download-only qemu/trixie >/dev/null &&
  tar xf qemu_*.orig.tar.xz && tar xf qemu_*.debian.tar.xz)
for package in debs/*.deb; do dpkg -x "$package" root; done
for package in dev/*.deb; do dpkg -x "$package" dev; done
find dev -name '*.pc' -print0 |
  xargs -0 sed -i "s#^prefix=/usr#prefix=$folder/dev/usr#; s#=/usr/#=$folder/dev/usr/#"
python3 -m venv venv
venv/bin/pip -q install meson==1.8.3 ninja distlib pycotap==1.3.1

# Debian's own QEMU lacks this machine and this device, and upstream's device does not sign.
say "building QEMU (its log is $folder/ninja.log)"
cd src/qemu-1*/
for name in skip-unpack-edk2-blobs disable-pycotap; do
  patch -s -p1 < "../debian/patches/$name.patch"
done
patch -s -p1 < "$here/virtio-nsm-sign.patch"
cp "$here/enclave.mak" configs/devices/x86_64-softmmu/
export PKG_CONFIG_PATH=$folder/dev/usr/lib/x86_64-linux-gnu/pkgconfig PATH=$folder/venv/bin:$PATH
./configure --python="$folder/venv/bin/python3" --cc=gcc --target-list=x86_64-softmmu \
  --without-default-features --without-default-devices --with-devices-x86_64=enclave \
  --enable-system --disable-user --enable-tcg --enable-libcbor --enable-gnutls --enable-vhost-user \
  --enable-fdt=system --disable-docs --disable-tools --disable-download --disable-install-blobs \
  --disable-werror --disable-debug-info --extra-cflags="-I$folder/dev/usr/include" \
  --extra-ldflags="-L$folder/dev/usr/lib/x86_64-linux-gnu -Wl,-rpath,\$ORIGIN/lib" \
  > "$folder/configure.log" 2>&1
ninja -C build qemu-system-x86_64 > "$folder/ninja.log" 2>&1
strip -o "$folder/qemu-system-x86_64" build/qemu-system-x86_64

# What the test uses, and nothing else.
cd "$folder"
mkdir -p lib modules share
cp -L dev/usr/lib/x86_64-linux-gnu/lib{cbor,fdt}.so.* lib/ 2>/dev/null || true
cp -r root/usr/share/qemu root/usr/share/seabios share/
cp root/boot/vmlinuz-* vmlinuz
cp root/usr/bin/vhost-device-vsock .
release=$(ls root/lib/modules | head -1)
for module in drivers/virtio/virtio_mmio net/vmw_vsock/vsock \
  net/vmw_vsock/vmw_vsock_virtio_transport_common net/vmw_vsock/vmw_vsock_virtio_transport \
  drivers/misc/nsm; do
  xz -dc "root/lib/modules/$release/kernel/$module.ko.xz" > "modules/$(basename "$module").ko"
done
./qemu-system-x86_64 -M help | grep nitro-enclave >/dev/null
./qemu-system-x86_64 -device virtio-nsm-device,help | grep x-identity >/dev/null
rm -rf src venv apt dev debs root
touch .complete
say "built in $folder ($(du -sh . | cut -f1))"
