#include "audit/key_file.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "audit/log_file.h"
#include "base/hmac.h"
#include "json/json.h"

namespace weir::audit {
namespace {

constexpr int64_t kMaxKeyFileBytes = 1000;
const std::string kKeyName(kSealingKeyName);

tl::unexpected<Error> DamagedKey() {
  return MakeError(ErrorCode::kCorruptData,
                   "the sealing key '{}' of the audit log is damaged; verify the log, and move its "
                   "folder away to start a new one",
                   kSealingKeyName);
}

Result<SealingState> ParseState(const std::string& text) {
  const Result<json::Json> object = json::Parse(text);
  const auto whole = [&](const char* name) -> std::optional<int64_t> {
    const auto value = object->find(name);
    if (value == object->end() || !value->is_number_integer() || *value < 0) return std::nullopt;
    return value->get<int64_t>();
  };
  if (!object || !object->is_object() || whole("format") != 2) return DamagedKey();
  const auto epoch = whole("epoch");
  const auto first = whole("first");
  const auto offset = whole("offset");
  const auto key = object->find("key");
  if (!epoch || !first || !offset || key == object->end() || !key->is_string()) return DamagedKey();
  std::optional<Sha256Digest> bytes = DigestFromHex(key->get_ref<const std::string&>());
  if (!bytes) return DamagedKey();
  SealingState state{SealingKey(static_cast<uint64_t>(*epoch), *bytes),
                     static_cast<uint64_t>(*first), *offset};
  Wipe(*bytes);
  return state;
}

std::string FormatState(const SealingState& state) {
  return fmt::format(R"({{"epoch":{},"first":{},"format":2,"key":"{}","offset":{}}})"
                     "\n",
                     state.key.epoch(), state.first, ToHex(state.key.bytes()), state.offset);
}

// The old file, still open although its name is that of the new one.
Status Overwrite(platform::FileOps& ops, const UniqueFd& old) {
  const int64_t n_bytes = ops.Size(old.get());
  if (n_bytes < 0) return FileError(kKeyName, "measuring");
  RETURN_IF_ERROR(WriteRange(ops, old.get(), 0, std::string(static_cast<size_t>(n_bytes), '\0'),
                             kSealingKeyName));
  if (ops.SyncData(old.get()) != 0) return FileError(kKeyName, "overwriting the old");
  return {};
}

}  // namespace

Result<std::optional<SealingState>> LoadSealingState(platform::FileOps& ops, int folder_fd) {
  const UniqueFd fd(
      ops.OpenAt(folder_fd, kKeyName.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) return FileError(kKeyName, "opening");
  const int64_t n_bytes = ops.Size(fd.get());
  if (n_bytes < 0) return FileError(kKeyName, "measuring");
  if (n_bytes > kMaxKeyFileBytes) return DamagedKey();
  ASSIGN_OR_RETURN(const std::string text,
                   ReadRange(ops, fd.get(), 0, static_cast<size_t>(n_bytes)));
  ASSIGN_OR_RETURN(SealingState state, ParseState(text));
  return std::optional<SealingState>(std::move(state));
}

Status StoreSealingState(platform::FileOps& ops, int folder_fd, const SealingState& state) {
  const std::string temporary = kKeyName + ".tmp";
  const UniqueFd old(
      ops.OpenAt(folder_fd, kKeyName.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0));
  if (!old.valid() && errno != ENOENT) return FileError(kKeyName, "opening");
  {
    ASSIGN_OR_RETURN(const UniqueFd fd,
                     OpenFile(ops, folder_fd, temporary, O_RDWR | O_CREAT | O_TRUNC));
    RETURN_IF_ERROR(WriteRange(ops, fd.get(), 0, FormatState(state), temporary));
    if (ops.Sync(fd.get()) != 0) return FileError(temporary, "syncing");
  }
  if (ops.RenameAt(folder_fd, temporary.c_str(), kKeyName.c_str()) != 0) {
    return FileError(kKeyName, "renaming");
  }
  if (ops.Sync(folder_fd) != 0) return FileError("folder", "syncing");
  return old.valid() ? Overwrite(ops, old) : Status();
}

}  // namespace weir::audit
