#!/bin/sh
# mkinitramfs.sh BUILD TIER: packs BUILD/tests/real_tests, sharesim and their libraries, each at the place
# where it is here, with busybox and init into BUILD/vm/initramfs.gz.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
root=$build/vm/root

rm -rf "$root"
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc" "$root/run"
libraries=$(ldd "$build/sharesim" "$build/tests/real_tests" | grep -oE '/[^ ]+' | grep -v ':$' | sort -u)
# shellcheck disable=SC2086  # one word per library
cp -L --parents $libraries "$build/sharesim" "$build/tests/real_tests" "$root"
strip "$root$build/sharesim" "$root$build/tests/real_tests"
ln -s "$build/tests/real_tests" "$root/bin/real_tests"
cp /bin/busybox "$root/bin/busybox"
cc -O2 -static -s -o "$root/bin/vmexit" "$here/vmexit.c"
install -m 755 "$here/init" "$root/init"
printf 'root:x:0:0::/:/bin/sh\nsomebody:x:1000:1000::/tmp:/bin/sh\n' >"$root/etc/passwd"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$build/vm/initramfs.gz"
rm -rf "$root"
