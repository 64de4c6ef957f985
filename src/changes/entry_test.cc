#include "changes/entry.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/crypto.h"
#include "base/unique_fd.h"
#include "changes/testing/temp_tree.h"

namespace weir::changes {
namespace {

using ::testing::HasSubstr;

class EntryTest : public ::testing::Test {
 protected:
  Result<EntryState> ReadAt(const std::string& name, Side side = Side::kBase) const {
    const UniqueFd folder(::open(tree_.root().c_str(), O_RDONLY | O_DIRECTORY));
    return ReadEntry(folder.get(), name, side);
  }

  void ExpectRefused(const std::string& name, const std::string& why) const {
    const Result<EntryState> state = ReadAt(name);
    ASSERT_FALSE(state.has_value()) << name;
    EXPECT_EQ(state.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(state.error().message, HasSubstr(why));
  }

  int SetAttribute(const std::string& name, const std::string& key, std::string_view value) const {
    return ::setxattr(tree_.At(name).c_str(), key.c_str(), value.data(), value.size(), 0);
  }

  testing::TempTree tree_;
};

TEST_F(EntryTest, SpecialFilesAreRefused) {
  ASSERT_EQ(::mkfifo(tree_.At("pipe").c_str(), 0644), 0);
  ExpectRefused("pipe", "special file");
}

TEST_F(EntryTest, HardLinksAreRefused) {
  tree_.Write("one", "text");
  ASSERT_EQ(::link(tree_.At("one").c_str(), tree_.At("two").c_str()), 0);
  ExpectRefused("one", "has 2 names");
}

TEST_F(EntryTest, SetUserIdFilesAreRefused) {
  tree_.Write("one", "text", 04755);
  ExpectRefused("one", "set-user-id");
  tree_.Write("two", "text", 02755);
  ExpectRefused("two", "set-group-id");
}

TEST_F(EntryTest, WhatItsOwnerMayNotReadIsRefusedAlsoForRoot) {
  tree_.Write("file", "text", 0200);
  ExpectRefused("file", "give it u+r");
  tree_.MakeFolder("folder", 0300);
  ExpectRefused("folder", "give it u+rx");
}

TEST_F(EntryTest, AFileThatIsTooLargeIsRefusedWithoutReadingIt) {
  tree_.Write("huge", "");
  if (::truncate(tree_.At("huge").c_str(), static_cast<off_t>(kMaxFileBytes) + 1) != 0) {
    GTEST_SKIP() << "no sparse file of that size in the temporary folder";
  }
  ExpectRefused("huge", "holds 1073741825 bytes");
}

TEST_F(EntryTest, ThingsOfOthersAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of somebody else";
  tree_.Write("theirs", "text");
  ASSERT_EQ(::chown(tree_.At("theirs").c_str(), 4321, 0), 0);
  ExpectRefused("theirs", "belongs to user 4321");
  ASSERT_EQ(::chown(tree_.At("theirs").c_str(), 0, 4321), 0);
  ExpectRefused("theirs", "group 4321");
}

TEST_F(EntryTest, AccessControlListsAreRefused) {
  tree_.Write("file", "text");
  // Version 2, then tag, permissions and id of: owner, user 4321, group, mask, others.
  const auto entry = [](uint16_t tag, uint16_t permissions, uint32_t id) {
    std::string out;
    for (const unsigned value : {static_cast<unsigned>(tag), static_cast<unsigned>(permissions)}) {
      out += {static_cast<char>(value & 255), static_cast<char>(value >> 8)};
    }
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(id >> shift & 255);
    return out;
  };
  const uint32_t none = UINT32_MAX;
  const std::string list = std::string("\2\0\0\0", 4) + entry(1, 6, none) + entry(2, 4, 4321) +
                           entry(4, 4, none) + entry(16, 4, none) + entry(32, 4, none);
  if (SetAttribute("file", "system.posix_acl_access", list) != 0) {
    GTEST_SKIP() << "no access control lists in the temporary folder";
  }
  ExpectRefused("file", "system.posix_acl_access");
}

TEST_F(EntryTest, TheOverlaysOwnAttributesAreSkippedInAViewAndRefusedBelowIt) {
  tree_.Write("file", "text");
  if (SetAttribute("file", "user.overlay.origin", "x") != 0) {
    GTEST_SKIP() << "no attributes in the temporary folder";
  }
  ExpectRefused("file", "reserved for overlayfs");
  ASSERT_TRUE(ReadAt("file", Side::kView).has_value());
  EXPECT_TRUE(ReadAt("file", Side::kView)->attributes.empty());
  // How the kernel stores one that a command set within the view.
  ASSERT_EQ(SetAttribute("file", "user.overlay.overlay.mine", "x"), 0);
  EXPECT_FALSE(ReadAt("file", Side::kView).has_value());
}

TEST_F(EntryTest, NothingThereIsAState) {
  ASSERT_TRUE(ReadAt("gone").has_value());
  EXPECT_TRUE(ReadAt("gone")->is_absent());
  EXPECT_EQ(ReadAt("gone")->ToString(), "nothing");
}

TEST_F(EntryTest, AFileIsItsContentModeAndAttributes) {
  tree_.Write("file", "text", 0640);
  const bool has_attributes = SetAttribute("file", "user.note", "remember") == 0;
  const Result<EntryState> state = ReadAt("file");
  ASSERT_TRUE(state.has_value()) << state.error().message;
  EXPECT_EQ(state->type, EntryType::kFile);
  EXPECT_EQ(state->mode, 0640u);
  EXPECT_EQ(state->bytes, 4u);
  EXPECT_EQ(state->digest, Sha256Hex("text"));
  if (has_attributes) {
    EXPECT_EQ(state->attributes, (Attributes{{"user.note", "remember"}}));
  }
}

TEST_F(EntryTest, ReadingDoesNotTouchTheTimeOfAccess) {
  tree_.Write("file", "text");
  const std::array<struct timespec, 2> old = {{{1000, 0}, {2000, 0}}};
  ASSERT_EQ(::utimensat(AT_FDCWD, tree_.At("file").c_str(), old.data(), 0), 0);
  ASSERT_TRUE(ReadAt("file").has_value());
  struct stat info;
  ASSERT_EQ(::stat(tree_.At("file").c_str(), &info), 0);
  EXPECT_EQ(info.st_atim.tv_sec, 1000);
}

TEST_F(EntryTest, StatesComeBackFromJson) {
  EntryState file;
  file.type = EntryType::kFile;
  file.mode = 0644;
  file.bytes = 12;
  file.digest = Sha256Hex("x");
  file.attributes = {{"user.a", "text"}, {"user.b", std::string("\xff\x00", 2)}};
  EntryState link;
  link.type = EntryType::kLink;
  link.target = "not \xfe text";
  EntryState folder;
  folder.type = EntryType::kFolder;
  folder.mode = 02755;
  for (const EntryState& state : {file, link, folder, EntryState{}}) {
    const Result<EntryState> back = EntryState::FromJson(state.ToJson());
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(*back, state);
  }
}

TEST_F(EntryTest, DamagedJsonIsRefused) {
  const std::string digest(64, 'a');
  for (
      const std::string& text : {
          std::string("[]"),
          std::string("{}"),
          std::string(R"({"type":"pipe"})"),
          std::string(R"({"type":"link"})"),
          std::string(R"({"type":"link","target_hex":"f"})"),
          std::string(R"({"type":"link","target_hex":"zz"})"),
          std::string(R"({"type":"folder"})"),
          std::string(R"({"type":"folder","mode":"755"})"),
          std::string(R"({"type":"folder","mode":"0999"})"),
          std::string(R"({"type":"folder","mode":493})"),
          std::string(R"({"type":"file","mode":"0644","bytes":1})"),
          R"({"type":"file","mode":"0644","digest":")" + digest + R"("})",
          R"({"type":"file","mode":"0644","bytes":-1,"digest":")" + digest + R"("})",
          std::string(R"({"type":"file","mode":"0644","bytes":1,"digest":"../../etc/passwd"})"),
          std::string(
              R"({"type":"folder","mode":"0755","attributes":[{"name":"security.x","value":""}]})"),
          std::string(R"({"type":"folder","mode":"0755","attributes":{"user.x":""}})"),
      }) {
    const Result<json::Json> in = json::Parse(text);
    ASSERT_TRUE(in.has_value()) << text;
    const Result<EntryState> state = EntryState::FromJson(*in);
    ASSERT_FALSE(state.has_value()) << text;
    EXPECT_EQ(state.error().code, ErrorCode::kCorruptData) << text;
  }
}

TEST_F(EntryTest, ANameTakesOneLine) {
  EXPECT_EQ(OneLine("a b"), "a b");
  EXPECT_EQ(OneLine("line\nforged: deleted nothing"), "line\\x0aforged: deleted nothing");
  EXPECT_EQ(OneLine("\x1b[2K"), "\\x1b[2K");
  EXPECT_EQ(OneLine("Über"), "Über");
  EXPECT_EQ(OneLine("\xff.bin"), "\\xff.bin");
  EXPECT_EQ(OneLine("a\\x0a"), "a\\x5cx0a");
}

}  // namespace
}  // namespace weir::changes
