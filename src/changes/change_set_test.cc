#include "changes/change_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/crypto.h"

namespace weir::changes {
namespace {

EntryState FileState(const std::string& text, mode_t mode = 0644) {
  EntryState state;
  state.type = EntryType::kFile;
  state.mode = mode;
  state.bytes = text.size();
  state.digest = Sha256Hex(text);
  return state;
}

ChangeSet SetOf(std::vector<Change> changes) {
  ChangeSet set;
  set.changes = std::move(changes);
  SortAndFindRenames(set);
  return set;
}

TEST(ChangeSet, PathsThatAreNotPlainAreRefused) {
  const std::string nul("a\0b", 3);
  for (const std::string& path :
       {std::string(""), std::string("/etc/passwd"), std::string(".."), std::string("a/../b"),
        std::string("./a"), std::string("a//b"), std::string("a/"), nul, std::string(5000, 'x')}) {
    EXPECT_FALSE(CheckChangePath(path).has_value()) << path;
  }
  for (const char* path : {"a", "a/b", "..a", "a..", ".hidden/...", "line\nbreak", "\xff"}) {
    EXPECT_TRUE(CheckChangePath(path).has_value()) << path;
  }
}

TEST(ChangeSet, DamagedJsonIsRefused) {
  const std::string good = json::Dump(SetOf({{"a", {}, FileState("x"), ""}}).ToJson());
  ASSERT_TRUE(ChangeSet::FromJson(*json::Parse(good)).has_value());
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string item =
      R"({"path":"a","before":{"type":"absent"},"after":{"type":"link","target":"b"}})";
  for (const std::string& text :
       {std::string("[]"), replaced(R"("version":1)", R"("version":2)"),
        replaced(R"("path":"a")", R"("path":"../a")"), replaced(R"("path":"a")", R"("path":"/a")"),
        replaced(R"("changes":[)", R"("changes":[1,)"), replaced(R"("changes")", R"("other")"),
        R"({"version":1,"changes":[)" + item + "," + item + "]}",
        std::string(R"({"version":1,"changes":[{"path":"a","before":{"type":"absent"}}]})"),
        std::string(R"({"version":1,"changes":[{"path":"a","before":{"type":"absent"},)"
                    R"("after":{"type":"absent"}}]})"),
        std::string(R"({"version":1,"changes":[],"problems":[]})")}) {
    const Result<json::Json> in = json::Parse(text);
    ASSERT_TRUE(in.has_value()) << text;
    const Result<ChangeSet> set = ChangeSet::FromJson(*in);
    ASSERT_FALSE(set.has_value()) << text;
    EXPECT_EQ(set.error().code, ErrorCode::kCorruptData) << text;
  }
}

TEST(ChangeSet, ComesBackFromJsonWithNamesOfAnyBytes) {
  const ChangeSet set = SetOf({{"\xff\xfe/x", {}, FileState("x"), ""},
                               {"line\nbreak", FileState("y"), {}, ""},
                               {"moved", {}, FileState("y"), ""}});
  ASSERT_EQ(set.changes[1].renamed_from, "line\nbreak");
  const Result<ChangeSet> back = ChangeSet::FromJson(*json::Parse(json::Dump(set.ToJson())));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(*back, set);
}

TEST(ChangeSet, TheDigestDependsOnEveryMember) {
  const ChangeSet set = SetOf({{"a", FileState("x"), FileState("y"), ""}});
  std::set<std::string> digests = {*set.Digest()};
  const auto other = [&](auto change) {
    ChangeSet changed = set;
    change(changed);
    digests.insert(*changed.Digest());
  };
  other([](ChangeSet& s) { s.changes[0].path = "b"; });
  other([](ChangeSet& s) { s.changes[0].before = EntryState{}; });
  other([](ChangeSet& s) { s.changes[0].before.mode = 0600; });
  other([](ChangeSet& s) { s.changes[0].after.mode = 0600; });
  other([](ChangeSet& s) { s.changes[0].after.digest = Sha256Hex("z"); });
  other([](ChangeSet& s) { s.changes[0].after.bytes = 2; });
  other([](ChangeSet& s) { s.changes[0].after.attributes["user.x"] = "1"; });
  other([](ChangeSet& s) { s.changes[0].after.attributes["user.x"] = "2"; });
  other([](ChangeSet& s) { s.changes[0].renamed_from = "c"; });
  other([](ChangeSet& s) { s.changes.push_back({"z", {}, FileState("z"), ""}); });
  other([](ChangeSet& s) { s.changes.clear(); });
  other([](ChangeSet& s) { s.problems.push_back({"p", "why"}); });
  EXPECT_EQ(digests.size(), 13u);
  EXPECT_EQ(*set.Digest(), *ChangeSet(set).Digest());
}

TEST(ChangeSet, AMoveIsARenameWhenContentAndModeAreTheSame) {
  const ChangeSet set = SetOf({{"new/a.txt", {}, FileState("same"), ""},
                               {"old/a.txt", FileState("same"), {}, ""},
                               {"old/b.txt", FileState("same", 0600), {}, ""},
                               {"new/c.txt", {}, FileState("other"), ""}});
  ASSERT_EQ(set.changes[0].path, "new/a.txt");
  EXPECT_EQ(set.changes[0].renamed_from, "old/a.txt");
  EXPECT_EQ(set.changes[1].renamed_from, "");
}

TEST(ChangeSet, OfSeveralCandidatesTheOneWithTheSameNameIsTheOrigin) {
  const ChangeSet set = SetOf({{"a/one", FileState("same"), {}, ""},
                               {"a/two", FileState("same"), {}, ""},
                               {"b/two", {}, FileState("same"), ""},
                               {"b/uno", {}, FileState("same"), ""},
                               {"c/x", {}, FileState("same"), ""}});
  EXPECT_EQ(set.changes[2].renamed_from, "a/two");
  EXPECT_EQ(set.changes[3].renamed_from, "a/one");
  EXPECT_EQ(set.changes[4].renamed_from, "");
}

TEST(ChangeSet, EmptyFilesAreNoRenames) {
  const ChangeSet set = SetOf({{"a", FileState(""), {}, ""}, {"b", {}, FileState(""), ""}});
  EXPECT_EQ(set.changes[1].renamed_from, "");
}

TEST(ChangeSet, ReversedTwiceIsTheSame) {
  const ChangeSet set = SetOf({{"a", FileState("x"), FileState("y"), ""},
                               {"b", FileState("m"), {}, ""},
                               {"c", {}, FileState("m"), ""}});
  const ChangeSet back = set.Reversed();
  EXPECT_EQ(back.changes[0].before, FileState("y"));
  EXPECT_EQ(back.changes[1].renamed_from, "c");
  EXPECT_EQ(back.Reversed(), set);
}

}  // namespace
}  // namespace weir::changes
