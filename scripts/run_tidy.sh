#!/bin/bash
# clang-tidy over every source file of src/ but the tests, which are left to the compiler; every warning is an error.
#   scripts/run_tidy.sh [FOLDER ...]     default: every folder
# Most of the time goes into the headers of libraries, so a folder is read at once, as the preset's unity build has it.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null

# The files that cmake compiles into weir_FOLDER and weir, largest folders first; embedded texts are generated and no code.
list_files() {
  python3 - "$@" <<'END'
import json, re, sys
wanted = []
for entry in json.load(open("build/clang/compile_commands.json")):
    path, target = re.search(r" -o src/(\w+)/CMakeFiles/(\w+)\.dir/| -o ()()", entry["command"]).group(1, 2)
    if target in ("weir", f"weir_{path}") and not entry["file"].endswith(".embedded.cc"):
        if not sys.argv[1:] or path in sys.argv[1:]:
            text = open(entry["file"]).read()
            wanted.append((-text.count('#include "'), entry["file"]))
print("\n".join(file for _, file in sorted(wanted)))
END
}

tidy() {
  local begin=$SECONDS output status=0
  output=$(clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' --header-filter='/src/.*\.(h|cc)$' "$1" 2>&1) || status=$?
  printf -- '-- %s (%ss)%s\n' "${1#"$PWD"/}" $((SECONDS - begin)) "$([ $status = 0 ] || echo ' has warnings')"
  # Counts of warnings in system headers are no news.
  [ $status = 0 ] || { grep -v ' warnings\? generated\.$\|warnings treated as errors$' <<<"$output"; return 1; }
}
export -f tidy

files=$(list_files "$@")
[ -n "$files" ] || { echo "no such folder: $*" >&2; exit 1; }
xargs -P "${WEIR_JOBS:-$(nproc)}" -n 1 bash -c 'tidy "$0"' <<<"$files" || { echo "clang-tidy: warnings, see above" >&2; exit 1; }
echo "clang-tidy: $(wc -l <<<"$files") translation units without a warning"
