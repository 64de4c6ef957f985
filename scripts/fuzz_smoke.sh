#!/bin/bash
# Builds every fuzz target with clang's libFuzzer, next to the tests with sanitizers, and runs each for N seconds (default
# 10) on its seeds, as many at once as there are processors.
#   scripts/fuzz_smoke.sh [N]
# What breaks a target stays in build/asan/found/; shortened by hand it becomes a seed in testdata/fuzz/NAME and a test.
set -euo pipefail
cd "$(dirname "$0")/.."
export SECONDS_EACH=${1:-10}
targets=$(ls fuzz/*_fuzz.cc | xargs -n1 basename | sed 's/\.cc$//')
[ -n "$targets" ] || { echo "no fuzz targets found"; exit 1; }
cmake --preset asan >/dev/null
cmake --build build/asan --target $targets

WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
mkdir -p build/asan/found

fuzz() {
  local target=$1 seeds=testdata/fuzz/${1%_fuzz} log=$WORK/$1.log runs
  [ -d "$seeds" ] || { echo "$target: no seeds in $seeds"; return 1; }
  mkdir "$WORK/$target"
  if ! build/asan/bin/"$target" -max_total_time="$SECONDS_EACH" -rss_limit_mb=2048 -timeout=10 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix=build/asan/found/ "$WORK/$target" "$seeds" >"$log" 2>&1; then
    cat "$log"
    echo "$target: a finding, see above and build/asan/found/"
    return 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "-- $target: ${runs:-0} inputs in $SECONDS_EACH s"
  [ "${runs:-0}" -gt 0 ]
}
export -f fuzz

xargs -P "${WEIR_JOBS:-$(nproc)}" -n 1 bash -c 'fuzz "$0"' <<<"$targets" || { echo "fuzzing: see above" >&2; exit 1; }
