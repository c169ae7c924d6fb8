#!/bin/sh
# Every test on a fresh Debian 12: installs what is missing, builds everything, runs ctest. Arguments
# go to ctest: `sh tests/run.sh -R sfq`. Runs from anywhere. With --real, which comes first, those of the
# kind `real` as well: with groups and processes on this machine, and in virtual machines.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/setup.sh"

# shellcheck disable=SC2086  # one word per package
require $program_packages $test_packages
require_browser_driver
configure -DSHARESIM_TESTS=ON -DSHARESIM_BENCH=ON
compile all

all_but=real
if [ "${1:-}" = --real ]; then
  shift
  all_but='^$'
fi
report=$build/test_report.xml
run_ctest() {
  ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 300 -j"$(nproc)" \
    --label-exclude "$all_but" --output-junit "$report" "$@"
}

# Prints the counts, and of each skipped test the name and the reason that it gave.
summarize() {
  awk '
    function plain(xml) {
      gsub(/&quot;/, "\"", xml); gsub(/&lt;/, "<", xml); gsub(/&gt;/, ">", xml)
      gsub(/&amp;/, "\\&", xml)
      return xml
    }
    function attribute(name) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    }
    function close_skipped() {
      if (skipped) print "  skipped: " plain(test (reason == "" ? "" : ": " reason))
      skipped = 0
    }
    /<testcase / { close_skipped(); test = attribute("name"); count[attribute("status")]++; next }
    /<skipped /  { skipped = 1; reason = ""; reading = 0; next }
    skipped && /: Skipped$/ { reading = 1; next }
    reading && (/^\[/ || /^ *$/ || /<\/system-out>/) { reading = 0 }
    reading { reason = reason (reason == "" ? "" : " ") $0 }
    END {
      close_skipped()
      printf "%d passed, %d failed, %d skipped or disabled\n", count["run"], count["fail"],
             count["notrun"] + count["disabled"]
    }' "$report"
}

rm -f "$report"
status=0
if [ $# -gt 0 ]; then
  run_ctest "$@" || status=$?
elif [ -t 1 ]; then
  run_ctest --progress || status=$?
else
  echo "Running the tests ..."
  run_ctest >"$log" 2>&1 || status=$?
  # Of those that passed the summary says enough.
  [ "$status" = 0 ] || grep -Ev '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#.* Passed )' "$log" || true
fi
[ ! -f "$report" ] || summarize
exit "$status"
