#pragma once
// The other end of the pipe: the built-in tools as a process of their own (`weir tool-worker`).
//
// Reads one JSON-RPC request a line from stdin and answers one line on stdout, with the shapes of
// MCP: `tools/list`, `tools/call` ({content, structuredContent, isError}), and `weir/preview`. It
// is given two open folders and nothing else: the workspace as descriptor 3 and the undo store
// as 4. Every path goes through platform::Workspace. Ends at end of input.

namespace weir::tools {

inline constexpr int kWorkerWorkspaceFd = 3;
inline constexpr int kWorkerUndoFd = 4;

// Serves until end of input. Returns the process's exit code: 0 after end of input, 2 when a
// descriptor is not an open folder. Call from main() and return its value.
int WorkerMain(int workspace_fd = kWorkerWorkspaceFd, int undo_fd = kWorkerUndoFd);

}  // namespace weir::tools
