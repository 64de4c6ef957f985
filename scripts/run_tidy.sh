#!/bin/sh
# clang-tidy over every source file of src/ (tests are left to the compiler), two at a time, warnings are errors.
set -eu
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null
git ls-files 'src/*.cc' | grep -v '_test\.cc$' | grep -v '/testing/' |
  xargs -P 2 -n 4 clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' 2>/dev/null
