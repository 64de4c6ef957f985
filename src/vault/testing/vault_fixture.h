#pragma once
// A state folder with a vault in it, for tests.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "vault/holds.h"
#include "vault/vault.h"

namespace weir::vault {

inline constexpr int64_t kSecondUs = 1'000'000;
inline constexpr int64_t kHourUs = 3600 * kSecondUs;
inline constexpr int64_t kDayUs = 24 * kHourUs;
// 2023-11-14, noon UTC: the same day for a few hours around it.
inline constexpr int64_t kNow = 1'699'963'200 * kSecondUs;

// Is true with the value of a Result; prints the error otherwise.
#define EXPECT_OK(result)                                       \
  do {                                                          \
    const auto& is_ok = (result);                               \
    EXPECT_TRUE(is_ok) << (is_ok ? "" : is_ok.error().message); \
  } while (false)
#define ASSERT_OK(result)                                       \
  do {                                                          \
    const auto& is_ok = (result);                               \
    ASSERT_TRUE(is_ok) << (is_ok ? "" : is_ok.error().message); \
  } while (false)

class VaultFixture : public testing::Test {
 protected:
  VaultFixture() : root_(MakeRoot()) {}
  ~VaultFixture() override { std::filesystem::remove_all(root_); }

  // In memory where that is possible: the tests sync thousands of times.
  static std::string MakeRoot() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (in_memory ? "/dev/shm/" : testing::TempDir()) + "weir_vault_XXXXXX";
    return ::mkdtemp(name.data());
  }
  std::string State() const { return root_ + "/state"; }
  std::string VaultPath(const std::string& name) const { return State() + "/vault/" + name; }

  Vault OpenVault(platform::FileOps* ops = nullptr) const {
    Result<Vault> vault = Vault::Open(State(), retention_, {.ops = ops});
    EXPECT_OK(vault);
    return std::move(*vault);
  }
  VaultReader Reader() const {
    Result<VaultReader> reader = VaultReader::Open(State());
    EXPECT_OK(reader);
    return std::move(*reader);
  }
  static Stored Put(Vault& vault, DataClass data_class, std::string_view bytes,
                    int64_t now_us = kNow, std::string_view run_id = "run-1") {
    const Result<Stored> stored = vault.Put(
        {.data_class = data_class, .run_id = run_id, .call_id = "call-1", .bytes = bytes}, now_us);
    EXPECT_OK(stored);
    return stored.value_or(Stored());
  }
  // The payload, or "CODE: message".
  static std::string GetText(const Vault& vault, const std::string& reference) {
    const Result<Payload> payload = vault.Get(reference);
    if (payload) return payload->bytes;
    return std::string(ErrorCodeName(payload.error().code)) + ": " + payload.error().message;
  }
  static ExpiryReport Expire(Vault& vault, int64_t now_us) {
    const Result<ExpiryReport> report = vault.Expire(now_us);
    EXPECT_OK(report);
    return report.value_or(ExpiryReport());
  }
  static ExpiryCount CountOf(const ExpiryReport& report, DataClass data_class) {
    for (const StoreExpiry& store : report.stores) {
      if (store.data_class == data_class && store.name == "vault") return store.count;
    }
    return {};
  }
  void HoldRun(const std::string& run_id) const {
    Result<Holds> holds = Holds::Open(State());
    ASSERT_OK(holds);
    ASSERT_OK(holds->Add(run_id, "a matter", kNow));
  }

  static std::string ReadAll(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void WriteAll(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Every file of the state folder with its content.
  std::map<std::string, std::string> AllFiles() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(State())) {
      if (entry.is_regular_file()) files[entry.path()] = ReadAll(entry.path());
    }
    return files;
  }
  bool StateHolds(const std::string& bytes) const {
    for (const auto& [path, content] : AllFiles()) {
      if (content.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  const std::string root_;
  RetentionTable retention_;
};

}  // namespace weir::vault
