#!/bin/sh
# Fails when code of the project outside the kernel targets uses wide vector registers (ymm, zmm).
#   scripts/check_isa.sh build/release/bin/weir
#
# Only symbols in namespace weir are looked at, and weak symbols of std instantiated by the project; parts of
# libraries that are linked statically choose their instructions at run time and are left out.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
  echo "usage: scripts/check_isa.sh PROGRAM (a built program, with symbols)" >&2
  exit 2
fi
command -v objdump >/dev/null || {
  echo "check_isa: objdump is missing; install binutils" >&2
  exit 2
}

objdump --disassemble --demangle --no-show-raw-insn "$1" | awk '
  /^[0-9a-f]+ <.*>:$/ {
    symbol = $0
    sub(/^[0-9a-f]+ </, "", symbol)
    sub(/>:$/, "", symbol)
    # A kernel target is named by the first namespace of the function itself or of a template argument of it.
    ours = symbol ~ /weir::/ || symbol ~ /^(void |bool |int )?std::/ || symbol == "main"
    target = symbol ~ /weir::kernels::(avx2|avx512_vnni)::/
    if (ours) ++n_ours
    if (target) ++n_target
    next
  }
  ours && /%[yz]mm[0-9]/ {
    if (target) { ++n_wide; next }
    if (!(symbol in bad)) { bad[symbol] = $0; ++n_bad }
  }
  END {
    for (symbol in bad) printf "wide registers in %s\n   %s\n", symbol, bad[symbol]
    printf "check_isa: %d functions of ours, %d of them in kernel targets (%d wide instructions), %d outside use wide registers\n",
           n_ours, n_target, n_wide, n_bad
    if (n_ours == 0) { print "check_isa: no function of namespace weir found; is the program stripped?"; exit 2 }
    if (n_target == 0 || n_wide == 0) { print "check_isa: the kernel targets are missing from this program"; exit 2 }
    exit (n_bad > 0)
  }'
