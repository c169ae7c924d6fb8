#!/bin/sh
# fetch.sh FOLDER KERNEL: gets QEMU, busybox and a kernel.
# What is there is not fetched again. Needs root for apt-get install. The kernel's package is only
# unpacked: nothing comes under /boot.
set -eu
folder=$1
kernel=$2
mkdir -p "$folder"
cd "$folder"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_missing() {
  missing=
  for package; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "Installing$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 update >apt.log 2>&1
  # shellcheck disable=SC2086  # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
    --no-install-recommends $missing >>apt.log 2>&1 || { cat apt.log; return 1; }
}

# The image on which the package linux-image-cloud-amd64 depends; apt-get's options follow.
kernel_package() {
  apt-cache "$@" depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p' | head -n 1
}

# Debian's backports with lists of their own: the system's stay as they are.
backports() {
  mkdir -p backports/lists/partial backports/cache/archives/partial
  mirror=$(apt-cache policy | grep -oE 'https?://[^ ]+/debian ' | head -n 1 | tr -d ' ')
  printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
    "$mirror" /usr/share/keyrings/debian-archive-keyring.gpg >backports/backports.sources
  set -- -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$PWD/backports/" \
    -o Dir::State::lists="$PWD/backports/lists" -o Dir::Cache="$PWD/backports/cache" \
    -o APT::Sandbox::User=root -o Acquire::http::Timeout=20 -o Acquire::Retries=1
  apt-get "$@" -qq update &&
    apt-get "$@" -q download "$(kernel_package "$@")"
}

fetch_kernel() {
  [ ! -s "vmlinuz-$kernel" ] || return 0
  echo "Fetching Linux $kernel"
  rm -rf deb && mkdir deb
  # set -e does not hold in here, so that each step says by itself what it needs.
  case $kernel in
  6.1) (cd deb && apt-get -q download "$(kernel_package)") || return 1 ;;
  6.12) backports && mv linux-image-*.deb deb || return 1 ;;
  *) echo "unknown kernel $kernel (6.1 or 6.12)" && return 1 ;;
  esac
  dpkg-deb --fsys-tarfile deb/*.deb >deb/kernel.tar &&
    tar -C deb -xf deb/kernel.tar --wildcards './boot/vmlinuz-*' &&
    mv deb/boot/vmlinuz-* "vmlinuz-$kernel" && rm -rf deb && [ -s "vmlinuz-$kernel" ]
}

[ "$(uname -m)" = x86_64 ] || { echo "the virtual machine is x86-64 only" && exit 1; }
command -v apt-get >/dev/null || { echo "no apt-get here" && exit 1; }
install_missing qemu-system-x86 busybox-static cpio || exit 1
fetch_kernel || exit 1
