#include "policy/glob.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace weir::policy {
namespace {

bool Text(std::string_view pattern, std::string_view text) {
  return GlobMatch(pattern, text, GlobKind::kText);
}
bool Path(std::string_view pattern, std::string_view text) {
  return GlobMatch(pattern, text, GlobKind::kPath);
}

TEST(Glob, WithoutWildcardsIsEquality) {
  EXPECT_TRUE(Text("read_file", "read_file"));
  EXPECT_FALSE(Text("read_file", "read_files"));
  EXPECT_FALSE(Text("read_file", "Read_file"));
  EXPECT_FALSE(Text("[ab]", "a"));
}

TEST(Glob, StarsAndQuestionMarksInTexts) {
  EXPECT_TRUE(Text("*", ""));
  EXPECT_TRUE(Text("*", "a/b"));
  EXPECT_TRUE(Text("write_*", "write_file"));
  EXPECT_FALSE(Text("write_*", "rewrite_file"));
  EXPECT_TRUE(Text("*@example.org", "bob@example.org"));
  EXPECT_FALSE(Text("*@example.org", "bob@example.org.evil.net"));
  EXPECT_TRUE(Text("a?c", "abc"));
  EXPECT_TRUE(Text("a?c",
                   "a\xc3\xa9"
                   "c"));  // one code point
  EXPECT_FALSE(Text("a?c", "ac"));
  EXPECT_TRUE(Text("*a*b*", "xxaxxbxx"));
  EXPECT_FALSE(Text("*a*b*", "xxbxxaxx"));
}

TEST(Glob, InPathsAStarStaysInOneFolder) {
  EXPECT_TRUE(Path("notes/*.md", "notes/a.md"));
  EXPECT_FALSE(Path("notes/*.md", "notes/x/a.md"));
  EXPECT_TRUE(Path("notes/**.md", "notes/x/a.md"));
  EXPECT_TRUE(Path("**/a.md", "x/y/a.md"));
  EXPECT_FALSE(Path("**/a.md", "a.md"));
  EXPECT_FALSE(Path("a?b", "a/b"));
  EXPECT_TRUE(Path("**", "a/b/c"));
  EXPECT_TRUE(Path("**/*.md", "a/b.c/d.md"));
  EXPECT_TRUE(Path("**x*y", "a/x/bxcy"));
}

TEST(Glob, ABackslashTakesAwayTheMeaning) {
  EXPECT_TRUE(Text("a\\*", "a*"));
  EXPECT_FALSE(Text("a\\*", "ab"));
  EXPECT_TRUE(Text("a\\\\", "a\\"));
  EXPECT_FALSE(CheckGlob("a\\"));
  EXPECT_TRUE(CheckGlob("a\\\\"));
  EXPECT_FALSE(CheckGlob("\\"));
  EXPECT_FALSE(Text("a*\\", "ab"));
  EXPECT_FALSE(CheckGlob(""));
  EXPECT_TRUE(CheckGlob(std::string(1024, '*')));
  EXPECT_FALSE(CheckGlob(std::string(1025, '*')));
}

TEST(Glob, BytesThatAreNoUtf8AreOneCharacterEach) {
  EXPECT_TRUE(Text("*", "\xff\xfe\xc3"));
  EXPECT_TRUE(Text("a?", "a\xc3"));
}

// The obvious definition, exponential in the worst case.
bool Naive(std::string_view pattern, std::string_view text, bool path) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with("**")) {
    return Naive(pattern.substr(2), text, path) ||
           (!text.empty() && Naive(pattern, text.substr(1), path));
  }
  if (pattern[0] == '*') {
    if (Naive(pattern.substr(1), text, path)) return true;
    return !text.empty() && (!path || text[0] != '/') && Naive(pattern, text.substr(1), path);
  }
  if (text.empty()) return false;
  if (pattern[0] == '?')
    return (!path || text[0] != '/') && Naive(pattern.substr(1), text.substr(1), path);
  return pattern[0] == text[0] && Naive(pattern.substr(1), text.substr(1), path);
}

TEST(Glob, AgreesWithTheObviousDefinition) {
  std::mt19937 random(1);
  const auto any = [&](std::string_view letters, size_t most) {
    std::string text(random() % (most + 1), 'x');
    for (char& c : text) c = letters[random() % letters.size()];
    return text;
  };
  int n_matches = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string pattern = any("ab/*?", 7);
    if (pattern.empty() || pattern.find("***") != std::string::npos) continue;
    const std::string text = any("ab/", 7);
    ASSERT_EQ(Path(pattern, text), Naive(pattern, text, true)) << pattern << ' ' << text;
    ASSERT_EQ(Text(pattern, text), Naive(pattern, text, false)) << pattern << ' ' << text;
    n_matches += Path(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(n_matches, 1000);
}

TEST(Glob, TheWorstPatternTakesItsBoundedTime) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Text(pattern, std::string(4000, 'a') + "b"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace weir::policy
