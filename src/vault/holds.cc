#include "vault/holds.h"

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "json/json.h"

namespace weir::vault {
namespace {

const std::string kHoldsFile = "holds.json";
const std::string kHoldsLock = "holds.lock";
constexpr size_t kMaxHoldsBytes = 16u << 20;
constexpr int kHoldsVersion = 1;

tl::unexpected<Error> BadHolds(std::string_view why) {
  return MakeError(ErrorCode::kCorruptData,
                   "'holds.json' of the vault is damaged ({}); nothing expires until it is "
                   "restored, or removed with all holds in it",
                   why);
}

std::optional<Hold> HoldFrom(const json::Json& item) {
  if (!item.is_object()) return std::nullopt;
  for (const char* member : {"id", "added_us", "removed_us"}) {
    if (!item.contains(member) || !item[member].is_number_integer()) return std::nullopt;
  }
  for (const char* member : {"run", "reason"}) {
    if (!item.contains(member) || !item[member].is_string()) return std::nullopt;
  }
  return Hold{.id = item["id"].get<uint64_t>(),
              .run_id = item["run"].get<std::string>(),
              .reason = item["reason"].get<std::string>(),
              .added_us = item["added_us"].get<int64_t>(),
              .removed_us = item["removed_us"].get<int64_t>()};
}

Result<std::vector<Hold>> LoadHolds(const VaultFolder& folder) {
  std::vector<Hold> holds;
  ASSIGN_OR_RETURN(const auto text, folder.ReadWhole(kHoldsFile, kMaxHoldsBytes));
  if (!text) return holds;
  const Result<json::Json> parsed = json::Parse(*text, {.max_bytes = kMaxHoldsBytes});
  if (!parsed) return BadHolds(parsed.error().message);
  if (!parsed->is_object() || !parsed->contains("version") ||
      (*parsed)["version"] != kHoldsVersion || !parsed->contains("holds") ||
      !(*parsed)["holds"].is_array()) {
    return BadHolds(fmt::format("it is not of version {}", kHoldsVersion));
  }
  for (const json::Json& item : (*parsed)["holds"]) {
    std::optional<Hold> hold = HoldFrom(item);
    if (!hold) return BadHolds("a hold has other members");
    holds.push_back(std::move(*hold));
  }
  return holds;
}

}  // namespace

HeldRuns::HeldRuns(const std::vector<Hold>& holds) {
  for (const Hold& hold : holds) {
    if (hold.removed_us == 0) runs_.insert(hold.run_id);
  }
}

Result<Holds> Holds::Open(const std::string& state_folder, int64_t lock_wait_ms,
                          platform::FileOps* ops) {
  ASSIGN_OR_RETURN(VaultFolder folder, VaultFolder::Open(state_folder, ops, true));
  ASSIGN_OR_RETURN(UniqueFd lock, folder.Lock(kHoldsLock, "the list of holds", lock_wait_ms));
  ASSIGN_OR_RETURN(std::vector<Hold> all, LoadHolds(folder));
  return Holds(std::move(folder), std::move(lock), std::move(all));
}

Result<std::vector<Hold>> Holds::Read(const std::string& state_folder) {
  const Result<VaultFolder> folder = VaultFolder::Open(state_folder, nullptr, false);
  if (folder) return LoadHolds(*folder);
  if (folder.error().code == ErrorCode::kNotFound) return std::vector<Hold>();
  return MakeError(folder.error());
}

Status Holds::Save(const std::vector<Hold>& holds) const {
  json::Json list = json::Json::array();
  for (const Hold& hold : holds) {
    list.push_back({{"id", hold.id},
                    {"run", hold.run_id},
                    {"reason", hold.reason},
                    {"added_us", hold.added_us},
                    {"removed_us", hold.removed_us}});
  }
  const json::Json file = {{"version", kHoldsVersion}, {"holds", std::move(list)}};
  return folder_.Replace(".", kHoldsFile, json::Dump(file) + "\n");
}

Result<Hold> Holds::Add(const std::string& run_id, const std::string& reason, int64_t now_us) {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is no run; expected 1 to 64 letters, digits, '-' or '_', see: weir "
                     "audit show",
                     Printable(run_id));
  }
  if (reason.empty() || reason.size() > kMaxReasonBytes || !json::IsValidUtf8(reason)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the reason of a hold has {} bytes; expected 1 to {} of UTF-8 text",
                     reason.size(), kMaxReasonBytes);
  }
  std::vector<Hold> holds = all_;
  holds.push_back({.id = holds.size() + 1, .run_id = run_id, .reason = reason, .added_us = now_us});
  RETURN_IF_ERROR(Save(holds));
  all_ = std::move(holds);
  return all_.back();
}

Result<Hold> Holds::Remove(uint64_t id, int64_t now_us) {
  std::vector<Hold> holds = all_;
  const auto found = std::find_if(holds.begin(), holds.end(), [id](const Hold& hold) {
    return hold.id == id && hold.removed_us == 0;
  });
  if (found == holds.end()) {
    return MakeError(ErrorCode::kNotFound, "no hold {} is in force; see: weir audit hold list", id);
  }
  found->removed_us = std::max<int64_t>(now_us, 1);  // 0 would mean that it is in force
  RETURN_IF_ERROR(Save(holds));
  Hold removed = *found;
  all_ = std::move(holds);
  return removed;
}

}  // namespace weir::vault
