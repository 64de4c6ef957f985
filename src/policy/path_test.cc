#include "policy/path.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::policy {
namespace {

std::string Normal(std::string_view path) {
  const Result<std::string> normal = NormalPath(path);
  return normal ? *normal : std::string(ErrorCodeName(normal.error().code));
}

TEST(NormalPath, DropsWhatMeansNothing) {
  EXPECT_EQ(Normal("a/b"), "a/b");
  EXPECT_EQ(Normal("./a//b/./"), "a/b");
  EXPECT_EQ(Normal("a/../b"), "b");
  EXPECT_EQ(Normal("a/b/../../c/d/.."), "c");
  EXPECT_EQ(Normal("a/.."), ".");
  EXPECT_EQ(Normal("."), ".");
  EXPECT_EQ(Normal(""), ".");
  EXPECT_EQ(Normal("..."), "...");
  EXPECT_EQ(Normal("..a/.b"), "..a/.b");
  EXPECT_EQ(Normal("~/a"), "~/a");
  EXPECT_EQ(Normal("a\\..\\b"), "a\\..\\b");
}

TEST(NormalPath, RefusesWhatLeavesOrNamesNothing) {
  EXPECT_EQ(Normal(".."), "permission_denied");
  EXPECT_EQ(Normal("a/../.."), "permission_denied");
  EXPECT_EQ(Normal("../workspace/a"), "permission_denied");
  EXPECT_EQ(Normal("a/../../b/c"), "permission_denied");
  EXPECT_EQ(Normal("/"), "permission_denied");
  EXPECT_EQ(Normal("//a"), "permission_denied");
  EXPECT_EQ(Normal(std::string_view("a\0b", 3)), "invalid_argument");
  EXPECT_EQ(Normal(std::string(4095, 'a')).size(), 4095u);
  EXPECT_EQ(Normal(std::string(4096, 'a')), "invalid_argument");
}

TEST(NormalPath, OfARandomPathIsNormalAndItsOwnNormalForm) {
  std::mt19937 random(2);
  const std::string_view parts[] = {"a", "b", ".", "..", "", "c.txt", "..."};
  int n_normal = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (size_t n = random() % 6; n > 0; --n) path += std::string(parts[random() % 7]) + "/";
    path += parts[random() % 7];
    const Result<std::string> normal = NormalPath(path);
    if (!normal) continue;
    ++n_normal;
    ASSERT_EQ(Normal(*normal), *normal);
    ASSERT_FALSE(normal->empty() || normal->starts_with('/') || normal->ends_with('/'));
    const std::string framed = "/" + *normal + "/";
    ASSERT_EQ(framed.find("//"), std::string::npos);
    ASSERT_EQ(framed.find("/../"), std::string::npos);
    ASSERT_EQ(framed.find("/./"), *normal == "." ? 0 : std::string::npos);
  }
  EXPECT_GT(n_normal, 5000);
}

TEST(IsInside, MeansTheFolderItselfAndEverythingBeneath) {
  EXPECT_TRUE(IsInside("a", "a"));
  EXPECT_TRUE(IsInside("a/b/c", "a"));
  EXPECT_TRUE(IsInside("a/b/c", "a/b"));
  EXPECT_TRUE(IsInside("anything", "."));
  EXPECT_TRUE(IsInside(".", "."));
  EXPECT_FALSE(IsInside("ab", "a"));
  EXPECT_FALSE(IsInside("a", "a/b"));
  EXPECT_FALSE(IsInside(".", "a"));
  EXPECT_FALSE(IsInside("A/b", "a"));
}

}  // namespace
}  // namespace weir::policy
