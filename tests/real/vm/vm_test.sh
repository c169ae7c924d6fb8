#!/bin/sh
# vm_test.sh BUILD KERNEL [TIER [CPUS]]: runs build/tests/real_tests in a virtual machine with another kernel and
# other cgroups than this machine's.
#   KERNEL  6.1 (Debian 12's own, CFS) or 6.12 (its backports, EEVDF)
#   TIER    v2 (cgroup 2 alone, as root and as another user), v1, or systemd (cgroup 2, which systemd manages)
#   CPUS    of the machine: 2, or 1
# Status: 0 passed, 77 cannot be run here (and why), else failed. Nothing needs KVM. Downloads are kept in
# BUILD/vm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
kernel=$2
tier=${3:-v2}
cpus=${4:-2}

timeout --foreground 300 sh "$here/fetch.sh" "$build/vm" "$kernel" || {
  echo "Skipped: QEMU or the kernel cannot be had (see above)"
  exit 77
}
if [ "$tier" = systemd ]; then
  sh "$here/systemd_root.sh" "$build/vm" || {
    echo "Skipped: the packages of systemd cannot be had (see above)"
    exit 77
  }
fi
sh "$here/mkinitramfs.sh" "$build" "$tier"
sh "$here/boot.sh" "$build/vm" "$kernel" "$tier" "$cpus"
