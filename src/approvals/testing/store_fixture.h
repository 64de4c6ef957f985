#pragma once
// A folder for an approval store, and calls to ask about, for tests.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "approvals/store.h"
#include "policy/policy.h"
#include "policy/testing/known_tools.h"

namespace weir::approvals {

inline constexpr int64_t kNow = 1'700'000'000'000'000;
inline constexpr int64_t kMinute = 60'000'000;

// A call with policy's decision about it, which a Wanted can point to.
struct Asked {
  explicit Asked(policy::ProposedCall asked_call, std::string run = "run-1",
                 std::string profile = "")
      : call(std::move(asked_call)),
        decision(policy::Policy::Default(policy::TestTools()).Decide(call)),
        run_id(std::move(run)),
        sandbox_profile(std::move(profile)) {}
  Wanted wanted() const { return {call, decision, run_id, sandbox_profile}; }

  policy::ProposedCall call;
  policy::Decision decision;
  std::string run_id;
  std::string sandbox_profile;
};

inline policy::ProposedCall WriteTo(const std::string& path, const std::string& text = "hi") {
  return policy::TestCall("write_file", {{"path", path}, {"text", text}});
}

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() : root_(MakeRoot()) {}
  ~StoreFixture() override { std::filesystem::remove_all(root_); }

  // In memory where that is possible: the tests sync thousands of times.
  static std::string MakeRoot() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (in_memory ? "/dev/shm/" : testing::TempDir()) + "weir_approvals_XXXXXX";
    return ::mkdtemp(name.data());
  }
  std::string Folder() const { return root_ + "/approvals"; }
  std::string Path() const { return Folder() + "/approvals.json"; }

  std::unique_ptr<ApprovalStore> Open(bool ignore_damage = false) const {
    auto store = ApprovalStore::Open(Folder(), policy::TestTools(), ignore_damage);
    EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message);
    return store ? std::move(*store) : nullptr;
  }
  static Grant AddExact(ApprovalStore& store, const Asked& asked, int64_t now_us = kNow) {
    return store.Add(asked.wanted(), {policy::Scope::kExact, "terminal", 0, std::nullopt}, now_us)
        .value();
  }
  static Grant AddRule(ApprovalStore& store, const Asked& asked, int64_t lifetime_us,
                       int64_t now_us = kNow) {
    NewGrant grant{policy::Scope::kRule, "terminal", lifetime_us,
                   SuggestRule(asked.call, policy::TestTools()).value()};
    return store.Add(asked.wanted(), grant, now_us).value();
  }
  // The grant that covers the call; empty when none does.
  static std::string Covering(ApprovalStore& store, const Asked& asked, int64_t now_us = kNow) {
    const Result<GrantMatch> match = store.Match(asked.wanted(), now_us);
    return match ? match->grant_id : "";
  }

  std::string ReadStore() const {
    std::ifstream file(Path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void WriteStore(const std::string& text) const {
    std::ofstream(Path(), std::ios::binary | std::ios::trunc) << text;
  }

  const std::string root_;
};

}  // namespace weir::approvals
