#!/bin/sh
# The main job on a fresh Debian 12: installs what is missing, builds sharesim, compares six
# schedulers on every workload of this folder, and writes a report to look at in a browser. Runs from
# anywhere.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/setup.sh"

# shellcheck disable=SC2086  # one word per package
require $program_packages
# In a new build folder the tests, and the libraries that only they need, are left out; tests/run.sh
# adds them. An existing one keeps its options.
if [ -f "$build/CMakeCache.txt" ]; then
  configure
else
  configure -DSHARESIM_TESTS=OFF -DSHARESIM_BENCH=OFF
fi
compile sharesim

cd "$root"
schedulers=rr,wfq,sfq,stride,hardcap,credit
out=out/demo
printf '\n$ build/sharesim compare workloads/*.yaml -s %s -o %s\n\n' "$schedulers" "$out"
# Status 1 says that an `expect:` of a workload failed, and is passed on at the end.
status=0
build/sharesim compare workloads/*.yaml -s "$schedulers" -o "$out" || status=$?

cat <<'END'

To go on, from the top of the repository:
  build/sharesim list                                               # schedulers, measures, workloads
  build/sharesim run workloads/saved-credits.yaml -s credit -o out  # one run, with CSV and JSON files
  sh tests/run.sh                                                   # build and run every test
END
[ ! -f "$out/report.html" ] || printf '\nThe report, for any browser:\n  file://%s/%s/report.html\n' "$root" "$out"
exit "$status"
