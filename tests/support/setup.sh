# Setting up for workloads/demo.sh, tests/run.sh and .ci/run: install what is missing, configure,
# build. Source it with `root` set to the top of the repository. POSIX sh.
# shellcheck shell=sh

: "${root:?set root to the top of the repository before sourcing setup.sh}"
build=$root/build
log=$(mktemp "${TMPDIR:-/tmp}/sharesim.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# All from Debian 12.
# shellcheck disable=SC2034  # used by those who source this file
program_packages="g++ cmake ninja-build ccache libboost-program-options-dev libboost-random-dev \
libfmt-dev libyaml-cpp-dev nlohmann-json3-dev libpcg-cpp-dev libprotozero-dev"
# shellcheck disable=SC2034
test_packages="libgtest-dev libgmock-dev librapidcheck-dev libvalijson-dev libbenchmark-dev \
protobuf-compiler python3-matplotlib python3-pandas chromium"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# step WHAT COMMAND...: runs the command, says WHAT and the seconds it took; shows the command's
# output only if it fails.
step() {
  printf '%s ... ' "$1"
  shift
  step_began=$(date +%s)
  if "$@" >"$log" 2>&1 </dev/null; then
    printf 'done, %d s\n' "$(($(date +%s) - step_began))"
  else
    step_status=$?
    printf 'failed (status %d): %s\n' "$step_status" "$*"
    cat "$log"
    exit 1
  fi
}

# missing PACKAGE...: prints those that are not installed.
missing() {
  for package; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf ' %s' "$package"
  done
}

apt_get() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
  else
    sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
      -o Acquire::Retries=3 "$@"
  fi
}

# require PACKAGE...: installs the missing ones; touches neither apt nor the network if there are
# none.
require() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: taking it for granted that these are installed: $*"
    return
  fi
  wanted=$(missing "$@")
  [ -n "$wanted" ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "Packages are missing, and there is no sudo. As root, run:
  apt-get update && apt-get install --no-install-recommends$wanted"
  fi
  # sudo may have to ask for a password, which step would hide.
  [ "$(id -u)" = 0 ] || sudo -v || fail "sudo was refused; these packages are missing:$wanted"
  step "Reading the package lists" apt_get update
  # shellcheck disable=SC2086  # one word per package
  step "Installing$wanted" apt_get install --no-install-recommends $wanted
}

# require_browser_driver: what drives the browser in tests/browser. A Node.js that did not come from Debian
# brings its own npm, and excludes Debian's.
require_browser_driver() {
  command -v node >/dev/null || require nodejs
  command -v npm >/dev/null || require npm
  driver=$root/tests/browser
  if ! cmp -s "$driver/package-lock.json" "$driver/node_modules/.installed"; then
    step "Installing the browser's driver (npm)" \
      npm --prefix "$driver" ci --ignore-scripts --no-audit --no-fund
    cp "$driver/package-lock.json" "$driver/node_modules/.installed"
  fi
}

# configure OPTION...: prepares build/. Generator and build type are chosen once, so a build folder
# of your own making (another generator, Debug) stays as it is.
configure() {
  [ -f "$build/CMakeCache.txt" ] || set -- -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
  step "Configuring build/" cmake -S "$root" -B "$build" "$@"
}

# compile TARGET...: builds the targets in build/; `all` is everything.
compile() {
  step "Building $* (minutes, the first time)" cmake --build "$build" --target "$@"
}
