#pragma once
// The other end of the pipe: the built-in tools as a process of their own (`weir tool-worker`).
//
// Reads one JSON-RPC request a line from stdin and answers one line on stdout, with the shapes of
// MCP: `tools/list`, `tools/call` ({content, structuredContent, isError}), and `weir/preview`. It
// is given two open folders and nothing else: the workspace as descriptor 3 and the undo store
// as 4. Every path goes through platform::Workspace. Ends at end of input.
//
// Told so by kConfineArgument, it first confines itself to the two folders and to the system calls
// of its work (sandbox/confine_self.h), on top of the sandbox that it was started in.

#include <span>
#include <string_view>

namespace weir::tools {

inline constexpr int kWorkerWorkspaceFd = 3;
inline constexpr int kWorkerUndoFd = 4;

// The last argument of a worker that confines itself.
inline constexpr std::string_view kConfineArgument = "confine";

// Serves until end of input. Returns the process's exit code: 0 after end of input, 2 when a
// descriptor is not an open folder, an argument is not kConfineArgument, or it can not confine
// itself. `arguments` are those after the command's name. Call from main(), with one thread, and
// return its value.
int WorkerMain(std::span<const char* const> arguments = {});

}  // namespace weir::tools
