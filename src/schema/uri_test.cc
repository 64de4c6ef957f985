#include "schema/uri.h"

#include <gtest/gtest.h>

namespace weir::schema {
namespace {

// The examples of RFC 3986, section 5.4.
TEST(UriTest, ReferencesResolveAsTheRfcSays) {
  constexpr const char* kBase = "http://a/b/c/d;p?q";
  EXPECT_EQ(ResolveUri(kBase, "g:h"), "g:h");
  EXPECT_EQ(ResolveUri(kBase, "g"), "http://a/b/c/g");
  EXPECT_EQ(ResolveUri(kBase, "./g"), "http://a/b/c/g");
  EXPECT_EQ(ResolveUri(kBase, "g/"), "http://a/b/c/g/");
  EXPECT_EQ(ResolveUri(kBase, "/g"), "http://a/g");
  EXPECT_EQ(ResolveUri(kBase, "//g"), "http://g");
  EXPECT_EQ(ResolveUri(kBase, "?y"), "http://a/b/c/d;p?y");
  EXPECT_EQ(ResolveUri(kBase, "g?y#s"), "http://a/b/c/g?y#s");
  EXPECT_EQ(ResolveUri(kBase, "#s"), "http://a/b/c/d;p?q#s");
  EXPECT_EQ(ResolveUri(kBase, ""), "http://a/b/c/d;p?q");
  EXPECT_EQ(ResolveUri(kBase, ".."), "http://a/b/");
  EXPECT_EQ(ResolveUri(kBase, "../../g"), "http://a/g");
  EXPECT_EQ(ResolveUri(kBase, "../../../../g"), "http://a/g");
  EXPECT_EQ(ResolveUri(kBase, "/../g"), "http://a/g");
  EXPECT_EQ(ResolveUri(kBase, "g/./h/../i"), "http://a/b/c/g/i");
  EXPECT_EQ(ResolveUri(kBase, "..g"), "http://a/b/c/..g");
}

TEST(UriTest, OtherBasesWork) {
  EXPECT_EQ(ResolveUri("", "a/b#c"), "a/b#c");
  EXPECT_EQ(ResolveUri("", "#/x"), "#/x");
  EXPECT_EQ(ResolveUri("http://h", "a"), "http://h/a");
  EXPECT_EQ(ResolveUri("urn:uuid:1234", "#/a"), "urn:uuid:1234#/a");
  EXPECT_EQ(ResolveUri("file:///c:/dir/file.json", "other"), "file:///c:/dir/other");
}

TEST(UriTest, FragmentsAreSplitOff) {
  EXPECT_EQ(SplitFragment("http://h/a#b").uri, "http://h/a");
  EXPECT_EQ(SplitFragment("http://h/a#b").fragment, "b");
  EXPECT_EQ(SplitFragment("http://h/a#").uri, "http://h/a");
  EXPECT_EQ(SplitFragment("x").fragment, "");
}

}  // namespace
}  // namespace weir::schema
