#!/bin/sh
# boot.sh FOLDER KERNEL TIER CPUS: boots FOLDER/vmlinuz-KERNEL with FOLDER/initramfs-TIER.gz, prints what the tests
# print, and ends with their status. SHARESIM_VM_SECONDS: how long that may take (600); then it is cut off,
# with status 124.
#
# Without KVM QEMU translates the guest's instructions. Its cmpxchg16b (7.2) now and then leaves garbage in
# the flags, on which a 6.12 kernel panics or hangs in a third of its boots; with that instruction taken away
# (-cx16) it never does. On a busy host the guest's timer may not tick while the kernel tests it
# (no_timer_check). The results come through a second serial port, apart from the kernel's messages, and the
# status through isa-debug-exit (see vmexit.c): any other status of QEMU's means that it did not start, or that the
# guest crashed or hung, and never success.
#
# The guest's clock counts its instructions (-icount, 8 ns each) instead of this machine's time: what else runs here
# takes nothing away from it, so that shares are as exact as on a machine of its own, and while the guest sleeps
# nobody waits (sleep=off). A 6.1 kernel does not get a second CPU up so: with two of them a second of the guest is
# one of a host that may be busy, and shares are held to 12 % instead of 2 %.
set -u
folder=$1
kernel=$2
tier=$3
cpus=$4
limit=${SHARESIM_VM_SECONDS:-600}
results=$folder/results-$kernel-$tier-$cpus.txt
console=$folder/console-$kernel-$tier-$cpus.txt
rm -f "$results" "$console"

memory=384
[ "$tier" != systemd ] || memory=1024
case $kernel-$cpus in
6.1-2)
  clock=
  percent=12
  ;;
*)
  clock='-accel tcg,thread=single -icount shift=3,sleep=off'
  percent=2
  ;;
esac
# shellcheck disable=SC2086  # options of $clock
timeout --foreground -k 10 "$limit" qemu-system-x86_64 -M pc -cpu qemu64,-cx16 ${clock:--accel tcg} -m "$memory" -smp "$cpus" \
  -nodefaults -no-user-config -display none -no-reboot \
  -serial file:"$console" -serial file:"$results" -device isa-debug-exit,iobase=0xf4,iosize=4 \
  -kernel "$folder/vmlinuz-$kernel" -initrd "$folder/initramfs-$tier.gz" \
  -append "console=ttyS0 quiet panic=-1 no_timer_check sharesim.tier=$tier sharesim.percent=$percent \
systemd.unit=tests.service systemd.condition-needs-update=0" </dev/null
status=$?
cat "$results"
[ $((status & 129)) != 129 ] || exit $((status >> 1 & 63))
[ "$status" != 124 ] || { echo "Cut off after $limit s" && exit 124; }
echo "The guest did not report (QEMU's status is $status). Its console ends:"
tail -n 20 "$console"
exit 99
