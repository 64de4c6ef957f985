#include "app/audit_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::app {
namespace {

using testing::HasSubstr;

std::string WhyRefused(std::string_view toml) {
  const Result<AuditSettings> settings = ReadAuditSettings(toml, "weir.toml");
  return settings ? "" : settings.error().message;
}

TEST(AuditSettings, WithoutATableTheDefaultsHold) {
  const Result<AuditSettings> settings =
      ReadAuditSettings("[retention]\nresults = \"12h\"\n", "weir.toml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->anchor, "");
  EXPECT_EQ(settings->seal_every, 256U);
}

TEST(AuditSettings, AreReadFromTheTable) {
  const Result<AuditSettings> settings =
      ReadAuditSettings("[audit]\nanchor = \"/media/disk/heads\"\nseal_every = 8\n", "weir.toml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->anchor, "/media/disk/heads");
  EXPECT_EQ(settings->seal_every, 8U);
}

TEST(AuditSettings, EveryMistakeIsNamedAtItsPlace) {
  EXPECT_THAT(WhyRefused("[audit]\nanker = \"/a\"\n"), HasSubstr("weir.toml: line 2, column 1"));
  EXPECT_THAT(WhyRefused("[audit]\nanker = \"/a\"\n"),
              HasSubstr("expected one of anchor, seal_every"));
  EXPECT_THAT(WhyRefused("[audit]\nanchor = \"heads\"\n"), HasSubstr("absolute path"));
  EXPECT_THAT(WhyRefused("[audit]\nanchor = 7\n"), HasSubstr("line 2"));
  EXPECT_THAT(WhyRefused("[audit]\nseal_every = 0\n"), HasSubstr("1 to 1000000, found 0"));
  EXPECT_THAT(WhyRefused("audit = 3\n"), HasSubstr("[audit]"));
  EXPECT_THAT(WhyRefused("[audi]\n"), HasSubstr("did you mean 'audit'?"));
  EXPECT_THAT(WhyRefused("[retentoin]\n"), HasSubstr("did you mean 'retention'?"));
  EXPECT_THAT(WhyRefused("[audit\n"), HasSubstr("line 1"));
}

}  // namespace
}  // namespace weir::app
