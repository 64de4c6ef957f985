#include "tools/tool_context.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

std::vector<std::string> NamesOf(const std::vector<FolderEntry>& entries, std::string_view wanted) {
  std::vector<std::string> names;
  for (const FolderEntry& entry : entries) {
    const bool is_folder = entry.kind == EntryKind::kFolder;
    if ((wanted == "folder" && !is_folder) || (wanted == "file" && is_folder)) continue;
    names.push_back(entry.name);
  }
  return names;
}

Result<std::vector<FolderEntry>> EntriesOf(const ToolContext& context, const std::string& folder) {
  ASSIGN_OR_RETURN(const UniqueFd fd,
                   context.workspace->OpenBeneath(folder, O_RDONLY | O_DIRECTORY));
  size_t left_out = 0;
  return ReadFolder(fd.get(), 5000, &left_out);
}

// Paths elsewhere in the workspace whose last name is `leaf`: a small, bounded search.
void FindElsewhere(const ToolContext& context, const std::string& folder, std::string_view leaf,
                   int depth, std::vector<std::string>* found, int* budget) {
  const auto entries = EntriesOf(context, folder);
  if (!entries) return;
  for (const FolderEntry& entry : *entries) {
    if (--*budget < 0 || found->size() >= 3) return;
    const std::string path = JoinPath(folder, entry.name);
    if (FoldCase(entry.name) == leaf) found->push_back(path);
    if (entry.kind == EntryKind::kFolder && depth > 0 && !entry.name.starts_with('.')) {
      FindElsewhere(context, path, leaf, depth - 1, found, budget);
    }
  }
}

std::vector<std::string> Quoted(std::vector<std::string> names) {
  for (std::string& name : names) name.insert(0, 1, '\'').push_back('\'');
  return names;
}

struct Magic {
  std::string_view bytes;
  size_t offset;
  std::string_view type;
};
constexpr auto kMagic = std::to_array<Magic>({
    {"%PDF-", 0, "PDF document"},
    {"\x89PNG\r\n\x1a\n", 0, "PNG image"},
    {"\xff\xd8\xff", 0, "JPEG image"},
    {"GIF8", 0, "GIF image"},
    {"WEBP", 8, "WebP image"},
    {"BM", 0, "BMP image"},
    {"PK\x03\x04", 0, "ZIP archive"},
    {"\x1f\x8b", 0, "gzip archive"},
    {"\xfd"
     "7zXZ",
     0, "xz archive"},
    {"BZh", 0, "bzip2 archive"},
    {"7z\xbc\xaf\x27\x1c", 0, "7z archive"},
    {"\x7f"
     "ELF",
     0, "program"},
    {"SQLite format 3", 0, "SQLite database"},
    {"ID3", 0, "MP3 audio"},
    {"OggS", 0, "Ogg audio"},
    {"fLaC", 0, "FLAC audio"},
    {"WAVE", 8, "WAV audio"},
    {"ftyp", 4, "MP4 video"},
    {"\xd0\xcf\x11\xe0", 0, "old Office document"},
    {"GGUF", 0, "GGUF model"},
    {"\xff\xfe", 0, "UTF-16 text"},
    {"\xfe\xff", 0, "UTF-16 text"},
});

constexpr auto kZipTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"docx", "Word document"},
    {"xlsx", "Excel workbook"},
    {"pptx", "PowerPoint presentation"},
    {"odt", "OpenDocument text"},
    {"ods", "OpenDocument spreadsheet"},
    {"epub", "EPUB book"},
    {"jar", "Java archive"},
});
constexpr auto kTextTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"csv", "CSV table"},
    {"md", "Markdown text"},
    {"json", "JSON text"},
    {"html", "HTML text"},
    {"log", "log file"},
});

}  // namespace

Result<std::string> PathArgument(const json::Json& arguments, std::string_view key,
                                 std::string_view fallback) {
  Result<std::string> path =
      fallback.empty() ? StringField(arguments, key) : StringFieldOr(arguments, key, fallback);
  if (!path) return path;
  if (path->empty() && !fallback.empty()) path = std::string(fallback);
  if (path->empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is empty; a path is expected", key);
  }
  return NormalizePath(*path);
}

tl::unexpected<Error> NotFound(const ToolContext& context, const std::string& path,
                               std::string_view wanted) {
  // The first part of the path that is missing is what the person has to know about.
  std::string missing = path;
  std::string_view kind = wanted;
  for (std::string folder(FolderOf(path)); folder != "."; folder = FolderOf(folder)) {
    const auto info = context.workspace->Stat(folder);
    if (info) break;
    missing = folder;
    kind = "folder";
  }
  const std::string folder(FolderOf(missing));
  std::vector<std::string> near;
  if (const auto entries = EntriesOf(context, folder)) {
    for (const std::string& name : NearNames(LeafOf(missing), NamesOf(*entries, kind), 3)) {
      near.push_back(JoinPath(folder, name));
    }
  }
  if (near.empty()) {
    int budget = 5000;
    FindElsewhere(context, ".", FoldCase(LeafOf(missing)), 6, &near, &budget);
  }
  if (near.empty()) {
    return MakeError(ErrorCode::kNotFound, "no {} '{}' in {}", kind, missing,
                     folder == "." ? "the workspace" : "'" + folder + "'");
  }
  return MakeError(ErrorCode::kNotFound, "no {} '{}'; there is {}", kind, missing,
                   JoinAnd(Quoted(std::move(near))));
}

Result<struct stat> Find(const ToolContext& context, const std::string& path,
                         std::string_view wanted) {
  const Result<UniqueFd> fd = context.workspace->OpenBeneath(path, O_PATH);
  if (!fd && fd.error().code == ErrorCode::kNotFound) return NotFound(context, path, wanted);
  // A file in the place of a folder on the way.
  if (!fd && fd.error().code == ErrorCode::kInvalidArgument) {
    return NotFound(context, path, wanted);
  }
  if (!fd) return MakeError(fd.error());
  struct stat info{};
  if (::fstat(fd->get(), &info) != 0) return SystemError(errno, "looking at '" + path + "'");
  const EntryKind kind = KindOf(info.st_mode);
  const bool is_folder = kind == EntryKind::kFolder;
  if (wanted == "file" && is_folder) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is a folder; a file is expected", path);
  }
  if (wanted == "folder" && !is_folder) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is a {}; a folder is expected", path,
                     KindName(kind));
  }
  return info;
}

Status CheckNoLinks(const ToolContext& context, const std::string& path) {
  for (std::string folder(FolderOf(path)); folder != "."; folder = FolderOf(folder)) {
    const auto info = context.workspace->Stat(folder);
    if (!info && info.error().code == ErrorCode::kPermissionDenied) return MakeError(info.error());
    if (info && S_ISLNK(info->st_mode)) {
      return MakeError(ErrorCode::kPermissionDenied,
                       "'{}' is a link; to change what is behind it, name the real folder", folder);
    }
  }
  return {};
}

Result<struct stat> FindForChange(const ToolContext& context, const std::string& path,
                                  std::string_view wanted) {
  RETURN_IF_ERROR(CheckNoLinks(context, path));
  Result<struct stat> info = context.workspace->Stat(path);
  if (!info && info.error().code == ErrorCode::kNotFound) return NotFound(context, path, wanted);
  if (!info && info.error().code == ErrorCode::kInvalidArgument) {
    return NotFound(context, path, wanted);
  }
  return info;
}

Result<std::string> ReadTextFile(const ToolContext& context, const std::string& path,
                                 size_t max_bytes) {
  ASSIGN_OR_RETURN(const struct stat info, Find(context, path, "file"));
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kUnsupported, "'{}' is a {}; it has no content to read", path,
                     KindName(KindOf(info.st_mode)));
  }
  if (info.st_size > static_cast<int64_t>(max_bytes)) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' has {}; at most {} are possible here",
                     path, FormatBytes(info.st_size), FormatBytes(static_cast<int64_t>(max_bytes)));
  }
  ASSIGN_OR_RETURN(const UniqueFd fd, context.workspace->OpenRegularFile(path, O_RDONLY));
  Result<std::string> content = ReadAll(fd.get(), max_bytes);
  if (!content) return MakeError(content.error().WithContext("'" + path + "'"));
  return content;
}

bool LooksLikeText(std::string_view content) {
  return std::none_of(content.begin(), content.end(), [](char c) {
    return c >= 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1B;
  });
}

std::string FileType(std::string_view path, std::string_view head) {
  const std::string extension = FoldCase(ExtensionOf(path));
  for (const Magic& magic : kMagic) {
    if (head.size() < magic.offset + magic.bytes.size() ||
        head.substr(magic.offset, magic.bytes.size()) != magic.bytes) {
      continue;
    }
    if (magic.bytes == "BM" && LooksLikeText(head)) continue;
    if (magic.type == "ZIP archive") {
      for (const auto& [name, type] : kZipTypes) {
        if (name == extension) return std::string(type);
      }
    }
    return std::string(magic.type);
  }
  if (!LooksLikeText(head)) return "binary file";
  for (const auto& [name, type] : kTextTypes) {
    if (name == extension) return std::string(type);
  }
  return head.empty() ? "empty file" : "text";
}

}  // namespace weir::tools
