#pragma once
// Workspace paths as the tools spell them: relative, '/' between components, no "." or "..", no
// slash at the end; the workspace itself is ".". Pure text; the kernel still has the last word
// (platform::Workspace).

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::tools {

// The normal form that policy judges (policy/path.h): "./reports//2026/" -> "reports/2026". Refuses
// what it refuses, "~" as a home folder, and names longer than 255 bytes, in words for people.
Result<std::string> NormalizePath(std::string_view path);

std::string JoinPath(std::string_view folder, std::string_view name);  // "." joins to just the name
std::string_view LeafOf(std::string_view path);                        // "a/b.txt" -> "b.txt"
std::string_view FolderOf(std::string_view path);     // "a/b.txt" -> "a"; "b" -> "."
std::string_view ExtensionOf(std::string_view path);  // "a/b.TXT" -> "TXT"; ".bashrc" -> ""
bool IsInside(std::string_view path, std::string_view folder);  // the folder itself counts

bool IsWorkspace(std::string_view path);  // "."

// "the workspace" for ".", else the path: how a folder is called in sentences.
std::string Said(std::string_view path);

}  // namespace weir::tools
