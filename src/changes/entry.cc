#include "changes/entry.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/unique_fd.h"
#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

constexpr std::string_view kUserPrefix = "user.";
constexpr std::string_view kOverlayPrefix = "user.overlay.";
// How the kernel keeps an attribute of the overlay's prefix that a program sets within a view.
constexpr std::string_view kEscapedPrefix = "user.overlay.overlay.";
constexpr size_t kMaxAttributeBytes = 64 * 1024;
constexpr size_t kMaxTargetBytes = 4096;

int64_t Nanoseconds(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

tl::unexpected<Error> Refused(const std::string& name, std::string_view why) {
  return MakeError(ErrorCode::kUnsupported, "'{}' {}", OneLine(name), why);
}

// Everything that can be told from the inode alone.
Status CheckSupported(const std::string& name, const struct stat& info) {
  const mode_t mode = info.st_mode;
  if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode)) {
    return Refused(name,
                   "is a special file (pipe, socket or device); only files, folders and "
                   "links can be previewed and put back");
  }
  if (info.st_uid != ::geteuid() || info.st_gid != ::getegid()) {
    return Refused(name, fmt::format("belongs to user {} and group {}, expected {} and {}; its "
                                     "owner could not be put back",
                                     info.st_uid, info.st_gid, ::geteuid(), ::getegid()));
  }
  if (S_ISDIR(mode) && (mode & 0500) != 0500) {
    return Refused(name, fmt::format("is a folder that its owner may not list (mode {:04o}); give "
                                     "it u+rx",
                                     mode & 07777));
  }
  if (!S_ISREG(mode)) return {};
  if ((mode & (S_ISUID | S_ISGID)) != 0) {
    return Refused(name, "is set-user-id or set-group-id; take the bit away first");
  }
  if ((mode & 0400) == 0) {
    return Refused(
        name, fmt::format("can not be read by its owner (mode {:04o}); give it u+r", mode & 07777));
  }
  if (info.st_nlink > 1) {
    return Refused(name, fmt::format("has {} names (hard links), and their tie could not be put "
                                     "back; copy it to a file of its own",
                                     info.st_nlink));
  }
  if (static_cast<uint64_t>(info.st_size) > kMaxFileBytes) {
    return Refused(name, fmt::format("holds {} bytes; at most {} can be previewed and kept",
                                     info.st_size, kMaxFileBytes));
  }
  return {};
}

Result<std::string> ReadTarget(int folder_fd, const std::string& name) {
  std::string target(kMaxTargetBytes, '\0');
  const ssize_t n = ::readlinkat(folder_fd, name.c_str(), target.data(), target.size());
  if (n < 0) return platform::FileError(name);
  if (static_cast<size_t>(n) == target.size()) return Refused(name, "is a link of endless length");
  target.resize(static_cast<size_t>(n));
  return target;
}

// Opens what was just looked at; somebody may have exchanged it.
Result<UniqueFd> OpenSeen(int folder_fd, const std::string& name, const struct stat& seen) {
  const int kind = S_ISDIR(seen.st_mode) ? O_DIRECTORY : O_NONBLOCK;
  UniqueFd fd(::openat(folder_fd, name.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NOATIME | kind));
  if (!fd.valid()) return platform::FileError(name);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return platform::FileError(name);
  if (EntryIdentity::Of(info) == EntryIdentity::Of(seen)) return fd;
  return MakeError(ErrorCode::kUnavailable, "'{}' was exchanged while it was looked at",
                   OneLine(name));
}

Status ReadContent(int fd, const std::string& name, const struct stat& seen, EntryState& state) {
  ASSIGN_OR_RETURN(state.digest, DigestOfFile(fd, &state.bytes));
  struct stat now;
  if (::fstat(fd, &now) != 0) return platform::FileError(name);
  if (EntryIdentity::Of(now) == EntryIdentity::Of(seen)) return {};
  return MakeError(ErrorCode::kUnavailable, "'{}' was changed while it was read; try again",
                   OneLine(name));
}

Result<std::string> ReadAttribute(int fd, const std::string& name) {
  std::string value(kMaxAttributeBytes, '\0');
  const ssize_t n = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
  if (n < 0) {
    return MakeError(platform::SystemError(errno, fmt::format("attribute '{}'", OneLine(name))));
  }
  value.resize(static_cast<size_t>(n));
  return value;
}

Result<std::vector<std::string>> AttributeNames(int fd) {
  std::string list(kMaxAttributeBytes, '\0');
  const ssize_t n = ::flistxattr(fd, list.data(), list.size());
  if (n < 0 && errno == EOPNOTSUPP) return std::vector<std::string>();
  if (n < 0) return MakeError(platform::SystemError(errno, "listing attributes"));
  std::vector<std::string> names;
  for (size_t at = 0; at < static_cast<size_t>(n);) {
    names.emplace_back(list.c_str() + at);
    at += names.back().size() + 1;
  }
  return names;
}

// Whether it counts as the person's; an error when it does and can not be put back.
Result<bool> IsKept(const std::string& name, Side side) {
  if (name.starts_with(kOverlayPrefix)) {
    if (side == Side::kView && !name.starts_with(kEscapedPrefix)) return false;
    return MakeError(ErrorCode::kUnsupported,
                     "it has the attribute '{}', which is reserved for "
                     "overlayfs; remove it",
                     OneLine(name));
  }
  if (name.starts_with(kUserPrefix)) return true;
  if (name.starts_with("system.posix_acl_") || name == "security.capability") {
    return MakeError(ErrorCode::kUnsupported,
                     "it has the attribute '{}' (access control list or "
                     "file capability), which could not be put back; remove it",
                     name);
  }
  return false;  // labels that the system itself gives
}

Error BadMember(std::string_view member, std::string_view expected) {
  return Error{ErrorCode::kCorruptData,
               fmt::format("the state of a path: member '{}' is not {}", member, expected)};
}

Result<std::string> StringMember(const json::Json& in, const std::string& key) {
  const auto found = in.find(key);
  if (found == in.end() || !found->is_string()) return MakeError(BadMember(key, "text"));
  return found->get<std::string>();
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

std::string HexOf(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

Result<std::string> FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = i + 1 < hex.size() ? HexValue(hex[i + 1]) : -1;
    if (high < 0 || low < 0) return MakeError(BadMember("..._hex", "hexadecimal digits"));
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Result<mode_t> ModeMember(const json::Json& in) {
  ASSIGN_OR_RETURN(const std::string text, StringMember(in, "mode"));
  if (text.size() != 4 || text.find_first_not_of("01234567") != std::string::npos) {
    return MakeError(BadMember("mode", "four octal digits"));
  }
  return static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

Result<Attributes> AttributesMember(const json::Json& in) {
  Attributes attributes;
  const auto list = in.find("attributes");
  if (list == in.end()) return attributes;
  if (!list->is_array()) return MakeError(BadMember("attributes", "a list"));
  for (const json::Json& item : *list) {
    if (!item.is_object()) return MakeError(BadMember("attributes", "a list of objects"));
    ASSIGN_OR_RETURN(const std::string name, GetBytes(item, "name"));
    ASSIGN_OR_RETURN(attributes[name], GetBytes(item, "value"));
    if (name.starts_with(kUserPrefix) && !name.starts_with(kOverlayPrefix)) continue;
    return MakeError(BadMember("attributes", "a list of user.* names"));
  }
  return attributes;
}

Status FileMembers(const json::Json& in, EntryState& state) {
  ASSIGN_OR_RETURN(state.digest, StringMember(in, "digest"));
  for (const char digit : state.digest) {
    if (HexValue(digit) < 0) return MakeError(BadMember("digest", "64 hexadecimal digits"));
  }
  if (state.digest.size() != 64) return MakeError(BadMember("digest", "64 hexadecimal digits"));
  const auto bytes = in.find("bytes");
  if (bytes == in.end() || !bytes->is_number_unsigned()) {
    return MakeError(BadMember("bytes", "a number"));
  }
  state.bytes = bytes->get<uint64_t>();
  return {};
}

}  // namespace

std::string_view EntryTypeName(EntryType type) {
  switch (type) {
    case EntryType::kFile:
      return "file";
    case EntryType::kFolder:
      return "folder";
    case EntryType::kLink:
      return "link";
    case EntryType::kAbsent:
      break;
  }
  return "absent";
}

std::string EntryState::ToString() const {
  std::string text;
  switch (type) {
    case EntryType::kAbsent:
      return "nothing";
    case EntryType::kLink:
      return fmt::format("a link to {}", OneLine(target));
    case EntryType::kFolder:
      text = fmt::format("a folder, mode {:04o}", mode);
      break;
    case EntryType::kFile:
      text = fmt::format("a file of {} bytes, mode {:04o}, sha256 {:.12}", bytes, mode, digest);
      break;
  }
  if (!attributes.empty()) text += fmt::format(", {} attributes", attributes.size());
  return text;
}

json::Json EntryState::ToJson() const {
  json::Json out = json::Json::object();
  out["type"] = EntryTypeName(type);
  if (type == EntryType::kLink) PutBytes(out, "target", target);
  if (type != EntryType::kFile && type != EntryType::kFolder) return out;
  out["mode"] = fmt::format("{:04o}", mode);
  if (type == EntryType::kFile) {
    out["bytes"] = bytes;
    out["digest"] = digest;
  }
  if (attributes.empty()) return out;
  out["attributes"] = json::Json::array();
  for (const auto& [name, value] : attributes) {
    json::Json item = json::Json::object();
    PutBytes(item, "name", name);
    PutBytes(item, "value", value);
    out["attributes"].push_back(std::move(item));
  }
  return out;
}

Result<EntryState> EntryState::FromJson(const json::Json& in) {
  if (!in.is_object()) return MakeError(BadMember("before/after", "an object"));
  EntryState state;
  ASSIGN_OR_RETURN(const std::string type, StringMember(in, "type"));
  bool is_known = false;
  for (const EntryType one :
       {EntryType::kAbsent, EntryType::kFile, EntryType::kFolder, EntryType::kLink}) {
    if (EntryTypeName(one) != type) continue;
    state.type = one;
    is_known = true;
  }
  if (!is_known) return MakeError(BadMember("type", "absent, file, folder or link"));
  if (state.type == EntryType::kLink) {
    ASSIGN_OR_RETURN(state.target, GetBytes(in, "target"));
    return state;
  }
  if (state.is_absent()) return state;
  ASSIGN_OR_RETURN(state.mode, ModeMember(in));
  ASSIGN_OR_RETURN(state.attributes, AttributesMember(in));
  if (state.is_file()) RETURN_IF_ERROR(FileMembers(in, state));
  return state;
}

EntryIdentity EntryIdentity::Of(const struct stat& info) {
  EntryIdentity identity;
  identity.device = info.st_dev;
  identity.inode = info.st_ino;
  identity.mode = info.st_mode;
  if (S_ISDIR(info.st_mode)) return identity;  // times and sizes of folders follow their content
  identity.bytes = info.st_size;
  identity.changed_ns = Nanoseconds(info.st_mtim);
  identity.touched_ns = Nanoseconds(info.st_ctim);
  return identity;
}

Result<EntryState> ReadEntry(int folder_fd, const std::string& name, Side side,
                             EntryIdentity* identity) {
  struct stat info;
  EntryState state;
  if (identity != nullptr) *identity = EntryIdentity{};
  if (::fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return state;
    return platform::FileError(OneLine(name));
  }
  if (identity != nullptr) *identity = EntryIdentity::Of(info);
  RETURN_IF_ERROR(CheckSupported(name, info));
  if (S_ISLNK(info.st_mode)) {
    state.type = EntryType::kLink;
    ASSIGN_OR_RETURN(state.target, ReadTarget(folder_fd, name));
    return state;
  }
  state.type = S_ISDIR(info.st_mode) ? EntryType::kFolder : EntryType::kFile;
  state.mode = info.st_mode & 07777;
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenSeen(folder_fd, name, info));
  Result<Attributes> attributes = ReadAttributes(fd.get(), side);
  if (!attributes) {
    return MakeError(attributes.error().WithContext(fmt::format("'{}'", OneLine(name))));
  }
  state.attributes = std::move(*attributes);
  if (state.is_file()) RETURN_IF_ERROR(ReadContent(fd.get(), name, info, state));
  return state;
}

Result<Attributes> ReadAttributes(int fd, Side side) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, AttributeNames(fd));
  Attributes attributes;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const bool is_kept, IsKept(name, side));
    if (!is_kept) continue;
    ASSIGN_OR_RETURN(attributes[name], ReadAttribute(fd, name));
  }
  return attributes;
}

Status WriteAttributes(int fd, const Attributes& wanted) {
  ASSIGN_OR_RETURN(const Attributes present, ReadAttributes(fd, Side::kView));
  for (const auto& [name, value] : present) {
    if (wanted.contains(name)) continue;
    if (::fremovexattr(fd, name.c_str()) != 0) return platform::FileError(OneLine(name));
  }
  for (const auto& [name, value] : wanted) {
    const auto old = present.find(name);
    if (old != present.end() && old->second == value) continue;
    if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0) {
      return MakeError(platform::SystemError(errno, fmt::format("attribute '{}'", OneLine(name))));
    }
  }
  return {};
}

void PutBytes(json::Json& object, const std::string& key, const std::string& bytes) {
  if (json::IsValidUtf8(bytes)) {
    object[key] = bytes;
  } else {
    object[key + "_hex"] = HexOf(bytes);
  }
}

Result<std::string> GetBytes(const json::Json& object, const std::string& key) {
  if (!object.contains(key + "_hex")) return StringMember(object, key);
  ASSIGN_OR_RETURN(const std::string hex, StringMember(object, key + "_hex"));
  return FromHex(hex);
}

std::string OneLine(std::string_view bytes) {
  const bool is_text = json::IsValidUtf8(bytes);
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_hidden = byte < 0x20 || byte == 0x7f || c == '\\' || (!is_text && byte >= 0x80);
    out += is_hidden ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out;
}

}  // namespace weir::changes
