#!/bin/sh
# Starts the main job on a fresh copy of the sample workspace: a chat in a terminal, one demonstration request without.
#   scripts/run_sample.sh WEIR_BINARY
set -eu
weir=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d "${TMPDIR:-/tmp}/weir-sample.XXXXXX")
cp -R "$root/examples/workspace" "$copy/workspace"
echo "sample workspace (a copy, yours to break): $copy/workspace"
if [ -t 0 ] && [ -t 1 ]; then
  "$weir" chat --workspace "$copy/workspace" --state "$copy/state"
  exit $?
fi
set -x
"$weir" run "list the PDF files in reports" --workspace "$copy/workspace" --state "$copy/state"
"$weir" run "move notes.txt to archive" --workspace "$copy/workspace" --state "$copy/state" || [ $? -eq 3 ]
"$weir" audit show --state "$copy/state"
"$weir" audit verify --state "$copy/state"
{ set +x; } 2>/dev/null
rm -rf "$copy"
