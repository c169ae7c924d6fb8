#!/bin/sh
# The report in a real browser: sh run.sh SHARESIM. Status 77 and the reason if this machine has no browser or no
# driver for it; tests/run.sh installs both. Arguments after the program go to node --test.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# The line that tests/run.sh repeats in its summary follows one that ends so.
skip() {
  printf 'browser/report: Skipped\n%s\n' "$1"
  exit 77
}

SHARESIM_BINARY=$1
SHARESIM_SOURCE=$(cd "$here/../.." && pwd)
SHARESIM_CHROMIUM=${SHARESIM_CHROMIUM:-$(command -v chromium || true)}
export SHARESIM_BINARY SHARESIM_SOURCE SHARESIM_CHROMIUM
shift
[ -n "$SHARESIM_CHROMIUM" ] || skip "there is no chromium (apt-get install chromium)"
command -v node >/dev/null || skip "there is no node (apt-get install nodejs)"
[ -d "$here/node_modules/playwright-core" ] || skip "playwright-core is missing (npm ci, in tests/browser)"
cd "$here"
exec node --test "$@" report.test.mjs
