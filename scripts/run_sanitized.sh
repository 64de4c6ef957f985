#!/bin/sh
# Builds tests with sanitizers and runs them; every finding ends its test.
#   scripts/run_sanitized.sh asan [FOLDER ...]    addresses and undefined behaviour
#   scripts/run_sanitized.sh tsan [FOLDER ...]    data races
# Default: every folder that is named below.
set -eu
cd "$(dirname "$0")/.."
preset=${1:-}
[ $# -eq 0 ] || shift

case $preset in
  asan)
    # Everything but what computes whole models for a minute and more (model, synth, check, convert) or is the whole
    # program (app, program).
    tests="base net json mcp mcp_client oauth unicode gguf safetensors quant platform schema chat kernels tokenizer sampler prompt sandbox policy redact
      audit vault changes approvals grammar tools agent engine benchmark"
    ;;
  tsan)
    # base    channels between threads
    # policy  approvals used at most once, from many threads
    # audit   many writers of one log, a writer killed
    # approvals  one request, many front ends
    # kernels the pool that a matrix product is spread over
    # mcp_client  many calls at once over one connection
    tests="base policy audit approvals kernels mcp_client"
    ;;
  *)
    echo "usage: scripts/run_sanitized.sh asan|tsan" >&2
    exit 2
    ;;
esac

[ $# -eq 0 ] || tests="$*"
cmake --preset "$preset" >/dev/null
targets=$(printf 'weir_%s_test ' $tests)
filter="^($(echo $tests | tr ' ' '|'))\$"
begin=$(date +%s)
cmake --build "build/$preset" --target $targets
echo "-- built in $(($(date +%s) - begin)) s"

export UBSAN_OPTIONS=print_stacktrace=1
# Where the kernel spreads addresses widely, ThreadSanitizer of g++ 12 does not start; setarch -R has it start.
setarch "$(uname -m)" -R ctest --test-dir "build/$preset" --output-on-failure -j 2 -R "$filter"
