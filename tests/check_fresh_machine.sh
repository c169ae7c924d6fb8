#!/bin/sh
# Do both scripts work on a Debian 12 with nothing installed? Unpacks a bare system into a temporary
# folder, clones the last commit into it, and runs each script there in a system of its own. For use by
# hand, as root: needs debootstrap, git, 5 GB in $TMPDIR, and a Debian mirror; takes 10 to 20 minutes.
#   sh tests/check_fresh_machine.sh [workloads/demo.sh | tests/run.sh]...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
[ "$(id -u)" = 0 ] || { echo "Needs root, for debootstrap and chroot." >&2; exit 1; }
for tool in debootstrap git; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install $tool" >&2; exit 1; }
done
[ $# -gt 0 ] || set -- workloads/demo.sh tests/run.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/fresh_machine.XXXXXX")
system=$folder/system
delete_system() {
  # Unmounted first: nothing of this machine may be reached through the folder.
  if mountpoint -q "$system/proc"; then umount "$system/proc"; fi
  rm -rf --one-file-system "$system"
}
clean_up() {
  delete_system
  rm -rf --one-file-system "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo "Unpacking a bare Debian 12 into $folder"
debootstrap --variant=minbase bookworm "$folder/bare" "$mirror" >"$folder/log" 2>&1 || {
  cat "$folder/log" >&2
  exit 1
}

for script; do
  printf '\n== %s\n' "$script"
  # A system of its own, so that no script lives on what another one installed.
  cp -a "$folder/bare" "$system"
  git clone --quiet "$root" "$system/sharesim"
  mount -t proc proc "$system/proc"
  (cd / && chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    http_proxy="${http_proxy:-}" sh "/sharesim/$script")
  delete_system
done
echo
echo "Fine on a fresh machine: $*"
