#!/bin/sh
# Installs the Debian packages that Weir needs and that are missing; says what it does; needs root or sudo only then.
#   scripts/install_deps.sh          what `make run` and `make test` need
#   scripts/install_deps.sh --tools  also the formatter, linter and clang for the other jobs of .ci/run
set -eu

build="g++ cmake ninja-build mold pkg-config git ca-certificates"
libraries="nlohmann-json3-dev libexpected-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
  libsqlite3-dev libcurl4-openssl-dev libboost1.81-dev libsodium-dev libseccomp-dev libre2-dev libutf8proc-dev libpcre2-dev libsimde-dev libgtest-dev libgmock-dev
  libbenchmark-dev json-schema-test-suite python3"
tools="clang-format-19 clang-tidy-19 clang-19 libclang-rt-19-dev binutils python3-numpy python3-jinja2
  libtest-json-schema-acceptance-perl"

# npm only where there is none: it may have come with another Node.
command -v npm >/dev/null || tools="$tools npm"

wanted="$build $libraries"
[ "${1:-}" = "--tools" ] && wanted="$wanted $tools"

missing=""
for package in $wanted; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

command -v apt-get >/dev/null || {
  echo "weir: this script knows Debian's apt-get only; install by hand:$missing" >&2
  exit 1
}
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
  echo "weir: not root and no sudo; as root run: apt-get install$missing" >&2
  exit 1
fi
echo "weir: installing missing Debian packages with ${as_root:+$as_root }apt-get:$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
