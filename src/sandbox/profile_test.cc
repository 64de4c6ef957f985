#include "sandbox/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "sandbox/achieved.h"
#include "sandbox/level.h"

namespace weir::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SandboxProfile Sample() {
  SandboxProfile profile;
  profile.name = "notes-server";
  profile.readable = {{.path = "/usr/lib"}};
  profile.writable = {{.path = "/home/ann/notes", .fd = 7}};
  profile.limits.open_files = 64;
  profile.env = {"LANG=C", "TOKEN=hunter2"};
  return profile;
}

using Change = std::function<void(SandboxProfile&)>;

TEST(SandboxProfile, ContradictionsAreRefusedWithTheKey) {
  const std::vector<std::pair<Change, const char*>> cases = {
      {[](auto& p) { p.name.clear(); }, "name"},
      {[](auto& p) { p.readable.push_back({"relative"}); }, "readable"},
      {[](auto& p) { p.writable.push_back({std::string("/a\0b", 4)}); }, "writable"},
      {[](auto& p) { p.env.push_back("NOVALUE"); }, "NAME=value"},
      {[](auto& p) { p.env.push_back("=x"); }, "NAME=value"},
      {[](auto& p) { p.env.push_back("LANG=D"); }, "'LANG' is there twice"},
      {[](auto& p) { p.limits.open_files = 0; }, "limits.open_files"},
      {[](auto& p) { p.limits.memory_bytes = uint64_t{1} << 60; }, "limits.memory_bytes"},
      {[](auto& p) { p.landlock = false; }, "allow_exec"},
      {[](auto& p) { p.seccomp = p.network_namespace = false; }, "network"},
      {[](auto& p) { p.limits.processes = 1, p.seccomp = false; }, "limits.processes"},
      {[](auto& p) { p.limits.processes = 9, p.pid_namespace = false; }, "pid_namespace"},
      {[](auto& p) { p.read_only_mounts = true, p.pid_namespace = false; }, "read_only_mounts"},
  };
  for (const auto& [change, key] : cases) {
    SandboxProfile profile = Sample();
    change(profile);
    const Result<std::string> hash = ProfileHash(profile);
    ASSERT_FALSE(hash.has_value()) << key;
    EXPECT_EQ(hash.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(hash.error().message, HasSubstr(key));
    EXPECT_THAT(hash.error().message, Not(HasSubstr("NOVALUE"))) << "may be a secret";
  }
}

TEST(SandboxProfile, EveryChangeChangesTheHash) {
  const std::vector<Change> changes = {
      [](auto&) {},
      [](auto& p) { p.name = "other"; },
      [](auto& p) { p.readable.push_back({"/etc"}); },
      [](auto& p) { p.readable[0].path = "/usr/lib\xff"; },
      [](auto& p) { p.readable[0].path = "/usr/lib\xfe"; },
      [](auto& p) { p.writable[0].path = "/home/ann"; },
      [](auto& p) { std::swap(p.readable, p.writable); },
      [](auto& p) { p.network = Network::kUnix; },
      [](auto& p) { p.network = Network::kInherit; },
      [](auto& p) { p.allow_exec = true; },
      [](auto& p) { p.limits.cpu_seconds = 1; },
      [](auto& p) { p.limits.memory_bytes = 1; },
      [](auto& p) { p.limits.file_bytes = 1; },
      [](auto& p) { p.limits.open_files = 65; },
      [](auto& p) { p.limits.open_files.reset(); },
      [](auto& p) { p.limits.processes = 2; },
      [](auto& p) { p.env[1] = "TOKEN=hunter3"; },
      [](auto& p) { p.env[1] = "TOKEM=hunter2"; },
      [](auto& p) { p.env.pop_back(); },
      [](auto& p) { p.landlock = false, p.allow_exec = true; },
      [](auto& p) { p.seccomp = false; },
      [](auto& p) { p.pid_namespace = false; },
      [](auto& p) { p.network_namespace = false; },
      [](auto& p) { p.read_only_mounts = true; },
  };
  std::set<std::string> hashes;
  for (const Change& change : changes) {
    SandboxProfile profile = Sample();
    change(profile);
    const Result<std::string> hash = ProfileHash(profile);
    ASSERT_TRUE(hash.has_value()) << hash.error().message;
    EXPECT_EQ(hash->size(), 64u);
    EXPECT_TRUE(hashes.insert(*hash).second) << hashes.size();
  }
}

TEST(SandboxProfile, TheHashIsOfTheProfileAndNotOfAnOpening) {
  SandboxProfile other = Sample();
  other.writable[0].fd = 9;
  EXPECT_EQ(ProfileHash(Sample()).value(), ProfileHash(other).value());
}

TEST(SandboxProfile, ItsJsonHoldsNoSecret) {
  const std::string text = json::Dump(ToJson(Sample()));
  EXPECT_THAT(text, HasSubstr("TOKEN"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_EQ(json::Canonical(ToJson(Sample())).value(), json::Canonical(ToJson(Sample())).value());
}

TEST(SandboxLevel, NamesGoBothWaysAndNothingElseIsALevel) {
  for (const SandboxLevel level : {SandboxLevel::kFull, SandboxLevel::kBasic, SandboxLevel::kOff}) {
    EXPECT_EQ(LevelFromName(LevelName(level)).value(), level);
  }
  EXPECT_THAT(LevelFromName("none").error().message, HasSubstr("full, basic and off"));
}

TEST(SandboxLevel, EveryLevelIsAProfileOfItsOwnThatHolds) {
  SandboxProfile profile = Sample();
  profile.limits.processes = 64;
  std::set<std::string> hashes;
  for (const SandboxLevel level : {SandboxLevel::kFull, SandboxLevel::kBasic, SandboxLevel::kOff}) {
    const Result<std::string> hash = ProfileHash(AtLevel(profile, level));
    ASSERT_TRUE(hash.has_value()) << hash.error().message;
    EXPECT_TRUE(hashes.insert(*hash).second);
  }
  EXPECT_TRUE(AtLevel(profile, SandboxLevel::kBasic).landlock);
  EXPECT_FALSE(AtLevel(profile, SandboxLevel::kBasic).pid_namespace);
}

TEST(AchievedSandbox, SaysWhatItIsAndWhatItIsNot) {
  AchievedSandbox achieved;
  achieved.profile = "notes-server";
  achieved.profile_hash = std::string(64, 'a');
  EXPECT_EQ(achieved.ToString(),
            "notes-server aaaaaaaaaaaa: no landlock, no seccomp, no namespaces, new privileges "
            "possible, capabilities kept; network inherit; may exec; no limits");
  achieved.landlock_abi = 7;
  achieved.seccomp = achieved.user_namespace = achieved.pid_namespace = true;
  achieved.network_namespace = achieved.no_new_privs = achieved.no_capabilities = true;
  achieved.network = Network::kNone;
  achieved.allow_exec = false;
  achieved.limits.open_files = 64;
  achieved.limits.processes = 1;
  achieved.process_counter = ProcessCounter::kSeccomp;
  EXPECT_EQ(achieved.ToString(),
            "notes-server aaaaaaaaaaaa: landlock 7, seccomp, user+pid+ipc+network namespaces, "
            "no_new_privs, no capabilities; network none; no exec; open_files 64, processes 1 "
            "(seccomp)");
  const json::Json object = achieved.ToJson();
  EXPECT_EQ(object["landlock_abi"], 7);
  EXPECT_EQ(object["limits"]["processes"], 1);
  EXPECT_EQ(object["processes_counted_by"], "seccomp");
}

}  // namespace
}  // namespace weir::sandbox
