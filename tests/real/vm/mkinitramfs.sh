#!/bin/sh
# mkinitramfs.sh BUILD TIER: packs BUILD/tests/real_tests, sharesim and their libraries, each at the place
# where it is here, with busybox and init into BUILD/vm/initramfs-TIER.gz. TIER systemd: into the tree of
# systemd_root.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
tier=$2
root=$build/vm/root-$tier

rm -rf "$root"
mkdir -p "$root"
[ "$tier" != systemd ] || cp -a "$build/vm/systemd-root/." "$root"
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc" "$root/run"
libraries=$(ldd "$build/sharesim" "$build/tests/real_tests" | grep -oE '/[^ ]+' | grep -v ':$' | sort -u)
# shellcheck disable=SC2086  # one word per library
cp -L --remove-destination --parents $libraries "$build/sharesim" "$build/tests/real_tests" "$root"
strip "$root$build/sharesim" "$root$build/tests/real_tests"
ln -s "$build/tests/real_tests" "$root/bin/real_tests"
cp /bin/busybox "$root/bin/busybox"
cc -O2 -static -s -o "$root/bin/vmexit" "$here/vmexit.c"
install -m 755 "$here/run_tests" "$root/bin/run_tests"
printf 'root:x:0:0::/:/bin/sh\nsomebody:x:1000:1000::/tmp:/bin/sh\nmessagebus:x:100:100::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nsomebody:x:1000:\nmessagebus:x:100:\n' >"$root/etc/group"
if [ "$tier" = systemd ]; then
  for program in sh sleep true stty uname mkdir chown chmod; do ln -s busybox "$root/bin/$program"; done
  cp "$here"/systemd/* "$root/etc/systemd/system/"
  # What is of no use here and takes its time.
  for unit in systemd-journal-flush systemd-random-seed systemd-update-utmp systemd-hwdb-update \
    systemd-remount-fs systemd-modules-load systemd-sysctl systemd-tmpfiles-setup systemd-tmpfiles-setup-dev; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
  done
  echo 00000000000000000000000000000001 >"$root/etc/machine-id"
  chmod 1777 "$root/tmp"
  ln -s lib/systemd/systemd "$root/init"
else
  install -m 755 "$here/init" "$root/init"
fi
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$build/vm/initramfs-$tier.gz"
rm -rf "$root"
