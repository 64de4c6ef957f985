#!/bin/sh
# Builds every fuzz target with clang's libFuzzer, next to the tests with sanitizers, and runs each for N seconds (default
# 10) on its seeds.
#   scripts/fuzz_smoke.sh [N]
# What breaks a target stays in build/asan/found/; shortened by hand it becomes a seed in testdata/fuzz/NAME and a test.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-10}
targets=$(ls fuzz/*_fuzz.cc | xargs -n1 basename | sed 's/\.cc$//')
[ -n "$targets" ] || { echo "no fuzz targets found"; exit 1; }
cmake --preset asan >/dev/null
cmake --build build/asan --target $targets

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/asan/found
for target in $targets; do
  seeds=testdata/fuzz/${target%_fuzz}
  [ -d "$seeds" ] || { echo "$target: no seeds in $seeds"; exit 1; }
  mkdir "$work/$target"
  status=0
  build/asan/bin/"$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix=build/asan/found/ "$work/$target" "$seeds" >"$work/log" 2>&1 || status=$?
  if [ $status -ne 0 ]; then
    cat "$work/log"
    echo "$target: a finding, see above and build/asan/found/"
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  echo "-- $target: ${runs:-0} inputs in $seconds s"
  [ "${runs:-0}" -gt 0 ] || exit 1
done
