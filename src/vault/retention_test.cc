#include "vault/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vault/retention_file.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;

std::string ProblemOf(std::string_view toml) {
  const Result<RetentionTable> table = ReadRetention(toml, "weir.toml");
  EXPECT_FALSE(table.has_value()) << toml;
  return table ? "" : table.error().message;
}

RetentionTable TableOf(std::string_view toml) {
  const Result<RetentionTable> table = ReadRetention(toml, "weir.toml");
  EXPECT_TRUE(table.has_value()) << table.error().message;
  return table.value_or(RetentionTable());
}

TEST(Retention, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "30", "d", "30 d", " 30d", "-1d", "0d", "3.5d", "30D", "30dd", "1y",
                           "99999999999999999999d", "36501d", "Memory", "never", "30d\n"}) {
    const Result<Retention> retention = ParseRetention(text);
    ASSERT_FALSE(retention.has_value()) << text;
    EXPECT_EQ(retention.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(retention.error().message, HasSubstr("such as \"30d\"")) << text;
  }
}

TEST(Retention, ReadsEveryUnitAndWritesItBack) {
  EXPECT_EQ(ParseRetention("45s").value(), KeepSeconds(45));
  EXPECT_EQ(ParseRetention("30m").value(), KeepSeconds(1800));
  EXPECT_EQ(ParseRetention("12h").value(), KeepSeconds(43'200));
  EXPECT_EQ(ParseRetention("30d").value(), KeepDays(30));
  EXPECT_EQ(ParseRetention("8w").value(), KeepDays(56));
  EXPECT_EQ(ParseRetention("memory").value(), KeepInMemory());
  EXPECT_EQ(ParseRetention("forever").value(), KeepForever());
  for (const char* text : {"45s", "30m", "12h", "30d", "36500d", "memory", "forever"}) {
    EXPECT_EQ(RetentionText(ParseRetention(text).value()), text);
  }
  EXPECT_EQ(RetentionText(ParseRetention("8w").value()), "56d");
  EXPECT_EQ(RetentionText(ParseRetention("90s").value()), "90s");
}

TEST(Retention, TheDefaultsAreSafe) {
  const RetentionTable table = TableOf("");
  EXPECT_EQ(table, RetentionTable());
  const std::pair<DataClass, const char*> expected[] = {
      {DataClass::kUserText, "30d"},     {DataClass::kAnswer, "30d"},
      {DataClass::kReasoning, "memory"}, {DataClass::kArguments, "90d"},
      {DataClass::kResults, "7d"},       {DataClass::kSecrets, "memory"},
      {DataClass::kCaches, "7d"},        {DataClass::kUndo, "30d"},
      {DataClass::kAudit, "forever"}};
  ASSERT_EQ(std::size(expected), kDataClasses.size());
  for (const auto& [data_class, text] : expected) {
    EXPECT_EQ(RetentionText(table.of(data_class)), text) << DataClassName(data_class);
  }
  EXPECT_TRUE(table.Check().has_value());
}

TEST(Retention, TheCutoffNeitherOverflowsNorComesEarly) {
  EXPECT_EQ(DueCutoff(KeepForever(), 5), std::nullopt);
  EXPECT_EQ(DueCutoff(KeepInMemory(), 5), INT64_MAX);
  EXPECT_EQ(DueCutoff(KeepSeconds(3), 5'000'000), 2'000'000);
  EXPECT_EQ(DueCutoff(KeepDays(36'500), INT64_MIN + 1), INT64_MIN);
}

TEST(RetentionFile, ReadsItsTableAndLeavesOthersAlone) {
  const RetentionTable table = TableOf(
      "[retention]\nresults = \"12h\"\nreasoning = \"1d\"\naudit = \"365d\"\n[other]\nkey = 1\n");
  EXPECT_EQ(RetentionText(table.of(DataClass::kResults)), "12h");
  EXPECT_EQ(RetentionText(table.of(DataClass::kReasoning)), "1d");
  EXPECT_EQ(RetentionText(table.of(DataClass::kAudit)), "365d");
  EXPECT_EQ(RetentionText(table.of(DataClass::kUserText)), "30d");
}

TEST(RetentionFile, NamesLineColumnAndNearestClass) {
  EXPECT_EQ(
      ProblemOf("[retention]\n\nresult = \"7d\"\n"),
      "weir.toml: line 3, column 1: unknown key 'result' in [retention]; did you mean 'results'?");
  EXPECT_THAT(ProblemOf("[retention]\nanswer = \"7d\"\n"), HasSubstr("did you mean 'answers'?"));
  EXPECT_THAT(ProblemOf("[retention]\nuser_text = \"7d\"\n"), HasSubstr("'user-text'?"));
  EXPECT_THAT(ProblemOf("[retention]\nwhatever-else = \"7d\"\n"),
              HasSubstr("expected one of user-text, answers, reasoning"));
}

TEST(RetentionFile, TellsAllProblemsInFileOrder) {
  const std::string problems =
      ProblemOf("[retention]\nundo = 30\nresults = \"7 days\"\nlogs = \"1d\"\ncaches = [\"1d\"]\n");
  EXPECT_THAT(problems, HasSubstr("line 2, column 8: 'undo' must be a text in quotes"));
  EXPECT_THAT(problems, HasSubstr("line 3, column 11: results: '7 days' is no retention"));
  EXPECT_THAT(problems, HasSubstr("line 4, column 1: unknown key 'logs' in [retention]"));
  EXPECT_THAT(problems, HasSubstr("line 5, column 10: 'caches' must be a text"));
  EXPECT_LT(problems.find("line 2"), problems.find("line 3"));
  EXPECT_LT(problems.find("line 4"), problems.find("line 5"));
}

TEST(RetentionFile, RefusesAMisspeltTableAndBrokenToml) {
  EXPECT_THAT(ProblemOf("[retension]\nresults = \"1d\"\n"), HasSubstr("did you mean 'retention'?"));
  EXPECT_THAT(ProblemOf("retention = 5\n"), HasSubstr("must be a table"));
  EXPECT_THAT(ProblemOf("[retention]\nresults = \"7d\n"), HasSubstr("weir.toml: line 2, column"));
  EXPECT_THAT(ProblemOf("[[["), HasSubstr("weir.toml: line 1"));
  EXPECT_THAT(ProblemOf(std::string(2u << 20, '#')), HasSubstr("at most"));
}

TEST(RetentionFile, TheAuditLogOutlivesWhatItRefersTo) {
  EXPECT_THAT(ProblemOf("[retention]\naudit = \"89d\"\n"),
              HasSubstr("line 2, column 9: audit is kept for 89d, expected at least 90d"));
  EXPECT_THAT(ProblemOf("[retention]\nresults = \"120d\"\naudit = \"100d\"\n"),
              HasSubstr("less than results (120d)"));
  EXPECT_THAT(ProblemOf("[retention]\nundo = \"forever\"\naudit = \"365d\"\n"),
              HasSubstr("less than undo (forever)"));
  EXPECT_THAT(ProblemOf("[retention]\naudit = \"memory\"\n"), HasSubstr("at least 90d"));
  EXPECT_EQ(RetentionText(TableOf("[retention]\naudit = \"90d\"\n").of(DataClass::kAudit)), "90d");
}

}  // namespace
}  // namespace weir::vault
