#!/bin/sh
# Builds tests with sanitizers and runs them; every finding ends its test.
#   scripts/run_sanitized.sh asan    addresses and undefined behaviour: every test
#   scripts/run_sanitized.sh tsan    data races: the tests of what has threads or processes
set -eu
cd "$(dirname "$0")/.."
preset=${1:-}

case $preset in
  asan) tests="" ;;
  tsan)
    # base      channels between threads
    # platform  child processes and the threads that read from them
    # kernels   the pool that a matrix product is spread over
    # engine    its own thread, requests and cancellation from others
    # policy    approvals used at most once, from many threads
    # audit     many writers of one log, a writer killed
    # tools     the worker process and its host
    # agent     runs that are cancelled
    # program   all of it together; signals
    tests="base platform kernels engine policy audit tools agent program"
    ;;
  *)
    echo "usage: scripts/run_sanitized.sh asan|tsan" >&2
    exit 2
    ;;
esac

cmake --preset "$preset" >/dev/null
targets=all
filter=.
if [ -n "$tests" ]; then
  targets=$(printf 'weir_%s_test ' $tests)
  filter="^($(echo $tests | tr ' ' '|'))\$"
fi
begin=$(date +%s)
cmake --build "build/$preset" --target $targets
echo "-- built in $(($(date +%s) - begin)) s"

export UBSAN_OPTIONS=print_stacktrace=1
# Where the kernel spreads addresses widely, ThreadSanitizer of g++ 12 does not start; setarch -R has it start.
setarch "$(uname -m)" -R ctest --test-dir "build/$preset" --output-on-failure -j 2 -R "$filter"
