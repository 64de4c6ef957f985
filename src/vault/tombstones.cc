#include "vault/tombstones.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

#include "json/json.h"

namespace weir::vault {
namespace {

const std::string kExpiredFile = "expired.json";
// A hundred years of daily buckets of every class.
constexpr size_t kMaxExpiredBytes = 64u << 20;
constexpr int kExpiredVersion = 1;

std::string Date(int64_t time_us) {
  const auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(seconds));
}

Result<Tombstone> TombstoneFrom(const json::Json& item) {
  const auto bad = [] {
    return MakeError(ErrorCode::kCorruptData,
                     "'expired.json' of the vault has an entry of another form; restore the file, "
                     "or move the vault away to start a new one");
  };
  if (!item.is_object()) return bad();
  for (const char* member : {"bucket", "records", "first_us", "last_us"}) {
    if (!item.contains(member) || !item[member].is_number_integer()) return bad();
  }
  for (const char* member : {"class", "retention"}) {
    if (!item.contains(member) || !item[member].is_string()) return bad();
  }
  const auto data_class = DataClassFromName(item["class"].get_ref<const std::string&>());
  const auto retention = ParseRetention(item["retention"].get_ref<const std::string&>());
  if (!data_class || !retention) return bad();
  return Tombstone{.bucket = {*data_class, item["bucket"].get<uint64_t>()},
                   .first_us = item["first_us"].get<int64_t>(),
                   .last_us = item["last_us"].get<int64_t>(),
                   .retention = *retention,
                   .n_records = item["records"].get<uint64_t>()};
}

}  // namespace

Result<Tombstones> Tombstones::Load(const VaultFolder& folder) {
  Tombstones tombstones;
  ASSIGN_OR_RETURN(const auto text, folder.ReadWhole(kExpiredFile, kMaxExpiredBytes));
  if (!text) return tombstones;
  Result<json::Json> parsed = json::Parse(*text, {.max_bytes = kMaxExpiredBytes});
  if (!parsed) return MakeError(parsed.error().WithContext("'expired.json' of the vault"));
  const bool is_list = parsed->is_object() && parsed->contains("version") &&
                       (*parsed)["version"] == kExpiredVersion && parsed->contains("expired") &&
                       (*parsed)["expired"].is_array();
  if (!is_list) {
    return MakeError(ErrorCode::kCorruptData,
                     "'expired.json' of the vault has another form than version {}; restore it, or "
                     "move the vault away to start a new one",
                     kExpiredVersion);
  }
  for (const json::Json& item : (*parsed)["expired"]) {
    ASSIGN_OR_RETURN(const Tombstone tombstone, TombstoneFrom(item));
    tombstones.Add(tombstone);
  }
  return tombstones;
}

Status Tombstones::Save(const VaultFolder& folder) const {
  json::Json list = json::Json::array();
  for (const Tombstone& tombstone : all_) {
    list.push_back({{"class", std::string(DataClassName(tombstone.bucket.data_class))},
                    {"bucket", tombstone.bucket.number},
                    {"records", tombstone.n_records},
                    {"first_us", tombstone.first_us},
                    {"last_us", tombstone.last_us},
                    {"retention", RetentionText(tombstone.retention)}});
  }
  const json::Json file = {{"version", kExpiredVersion}, {"expired", std::move(list)}};
  return folder.Replace(".", kExpiredFile, json::Dump(file) + "\n");
}

const Tombstone* Tombstones::Find(const BucketId& bucket) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Tombstone& tombstone) {
    return tombstone.bucket == bucket;
  });
  return found == all_.end() ? nullptr : &*found;
}

uint64_t Tombstones::LastNumber(DataClass data_class) const {
  uint64_t last = 0;
  for (const Tombstone& tombstone : all_) {
    if (tombstone.bucket.data_class == data_class) last = std::max(last, tombstone.bucket.number);
  }
  return last;
}

Error ExpiredError(std::string_view reference, int64_t first_us, int64_t last_us,
                   const Retention& retention) {
  const std::string first = Date(first_us);
  const std::string last = Date(last_us);
  return {
      ErrorCode::kNotFound,
      fmt::format("payload '{}' expired {} under retention {}; its content is destroyed", reference,
                  first == last ? "on " + first : "between " + first + " and " + last,
                  RetentionText(retention))};
}

}  // namespace weir::vault
