#!/bin/sh
# Runs the tests of kernels, model and engine once a kernel target, and says which targets this processor lacks.
#   scripts/run_targets.sh build/release
# The golden tests of whole models are left out: they go through every target by themselves, in `make test`.
set -eu
cd "$(dirname "$0")/.."
build=$1
passed=0
filter='-AllTargets/GoldenModel.*:GoldenModels.*:NanoModel.*'
echo "-- each target with the filter $filter"
logits=$(mktemp)
trap 'rm -f "$logits"' EXIT
for target in baseline avx2 avx512_vnni; do
  if ! why=$(WEIR_TARGET=$target "$build/bin/weir" model logits testdata/golden/tiny-q8_0.gguf \
      --tokens testdata/golden/tiny.tokens.i32 --out "$logits" 2>&1); then
    case $why in
      *"which this processor lacks"*) echo "-- $target: not run, $why"; continue ;;
      *) echo "$why" >&2; exit 1 ;;
    esac
  fi
  echo "-- $target"
  for test in kernels model engine; do
    WEIR_TARGET=$target "$build/bin/weir_${test}_test" --gtest_brief=1 --gtest_filter="$filter"
    passed=$((passed + 1))
  done
done
echo "-- $passed test programs passed"
