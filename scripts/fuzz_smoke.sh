#!/bin/sh
# Builds every fuzz target with clang's libFuzzer and runs each for N seconds (default 10) on its seed corpus.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-10}
cmake --preset fuzz >/dev/null
targets=$(ls fuzz/*_fuzz.cc | xargs -n1 basename | sed 's/\.cc$//')
[ -n "$targets" ] || { echo "no fuzz targets found"; exit 1; }
cmake --build build/fuzz --target $targets
for target in $targets; do
  corpus=$(mktemp -d)
  seeds=testdata/fuzz/${target%_fuzz}
  [ -d "$seeds" ] || seeds=""
  echo "-- $target, $seconds s"
  build/fuzz/bin/$target -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 \
    "$corpus" $seeds 2>&1 | grep -E 'number_of_executed_units|ERROR|SUMMARY' || { echo "$target: no result"; exit 1; }
  ls crash-* timeout-* oom-* 2>/dev/null && exit 1
  rm -rf "$corpus"
done
exit 0
