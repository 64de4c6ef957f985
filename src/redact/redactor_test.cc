#include "redact/redactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "redact/placeholder.h"
#include "redact/testing/corpus.h"

namespace weir::redact {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = std::string("AK") + "IAQ3Z7WLM2XKTB5NPD";
const std::string kOther = std::string("AK") + "IAZ4Y6VKN3WJSA2MQC";

TEST(Placeholder, ReadsOnlyWhatItWrites) {
  const std::string text = MakePlaceholder(Kind::kAwsKey, 17);
  EXPECT_EQ(text, "[secret:aws-key:17]");
  EXPECT_EQ(PlaceholderLength(text + " x"), text.size());
  EXPECT_TRUE(EndsWithPlaceholder("x " + text));
  for (const char* wrong : {"", "[secret:", "[secret:aws-key]", "[secret:aws-key:]", "[secret::1]",
                            "[secret:AWS:1]", "[secret:aws-key:1", "[secret:aws-key:1234567890]"}) {
    EXPECT_EQ(PlaceholderLength(wrong), 0U) << wrong;
    EXPECT_FALSE(EndsWithPlaceholder(wrong)) << wrong;
  }
}

TEST(Redactor, UnknownPlaceholdersRevealNothing) {
  Redactor redactor;
  const auto unknown = redactor.Reveal("[secret:aws-key:1]");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(redactor.RevealArguments({{"text", "x [secret:aws-key:1]"}}).has_value());
  EXPECT_FALSE(redactor.Reveal("").has_value());
  // Another object's placeholders are unknown too.
  Redactor other;
  EXPECT_EQ(other.Redact(kKey), "[secret:aws-key:1]");
  EXPECT_FALSE(redactor.Reveal("[secret:aws-key:1]").has_value());
}

TEST(Redactor, BeyondTheLimitsASecretIsHiddenAndGone) {
  Redactor redactor({.max_secrets = 1, .max_secret_bytes = 100});
  EXPECT_EQ(redactor.Redact(kKey), "[secret:aws-key:1]");
  EXPECT_EQ(redactor.Redact(kOther), "[secret:aws-key:0]");
  EXPECT_FALSE(redactor.Reveal("[secret:aws-key:0]").has_value());
  EXPECT_EQ(redactor.Redact(kKey), "[secret:aws-key:1]");
  Redactor small({.max_secrets = 10, .max_secret_bytes = 19});
  EXPECT_EQ(small.Redact(kKey), "[secret:aws-key:0]");
  // Two names that become one lose no member.
  const json::Json both = small.RedactJson({{kKey, 1}, {kOther, 2}});
  EXPECT_EQ(both.size(), 2U);
}

TEST(Redactor, TheSameSecretHasTheSamePlaceholder) {
  Redactor redactor;
  EXPECT_EQ(redactor.Redact(kKey + " and " + kOther), "[secret:aws-key:1] and [secret:aws-key:2]");
  EXPECT_EQ(redactor.Redact("again " + kKey), "again [secret:aws-key:1]");
  EXPECT_EQ(redactor.n_secrets(), 2U);
  EXPECT_EQ(redactor.Reveal("[secret:aws-key:2]").value(), kOther);
}

TEST(Redactor, KeepsEveryOtherByte) {
  Redactor redactor;
  const std::string before("a\0\xff\r\n\t", 6);
  EXPECT_EQ(redactor.Redact(before + "\n" + kKey + "\n" + before),
            before + "\n[secret:aws-key:1]\n" + before);
  EXPECT_EQ(redactor.Redact(""), "");
}

TEST(Redactor, JsonIsWalkedWithItsNames) {
  Redactor redactor;
  const json::Json value = {{"user", "bob"},
                            {"password", "hunter2x"},
                            {"nested", {{"api_key", {"Zk3xW9qLp2Rt7Vb1", 5, nullptr}}}},
                            {"note", "the key is " + kKey},
                            {"Authorization", "Bearer q8Zk3xW9qLp2"},
                            {"card", 4539148803436467},
                            {"count", 4539148803436468},
                            {kOther, true}};
  const std::string text = json::Dump(redactor.RedactJson(value));
  EXPECT_EQ(
      text,
      R"({"user":"bob","password":"[secret:password:1]","nested":{"api_key":["[secret:token:2]",5,null]},)"
      R"("note":"the key is [secret:aws-key:3]","Authorization":"Bearer [secret:authorization:4]",)"
      R"("card":"[secret:card-number:5]","count":4539148803436468,"[secret:aws-key:6]":true})");
}

TEST(Redactor, RedactedJsonTextIsStillJson) {
  Redactor redactor;
  const json::Json value = {{"password", "a\"b\\c9d8e7"},
                            {"env", "X=1\nAPI_KEY=Zk3xW9qLp2Rt7Vb1\n"}};
  const std::string text = redactor.Redact(json::Dump(value));
  const auto parsed = json::Parse(text);
  ASSERT_TRUE(parsed.has_value()) << text;
  EXPECT_THAT(text, Not(HasSubstr("Zk3xW9qLp2Rt7Vb1")));
  EXPECT_THAT(text, Not(HasSubstr("c9d8e7")));
}

TEST(Redactor, ArgumentsGetTheirSecretsBack) {
  Redactor redactor;
  const json::Json original = {{"path", "a.txt"}, {"lines", {"key " + kKey, "x"}}, {kOther, 1}};
  const json::Json redacted = redactor.RedactJson(original);
  EXPECT_TRUE(Redactor::HasPlaceholder(redacted));
  EXPECT_FALSE(Redactor::HasPlaceholder(original));
  EXPECT_EQ(redactor.RevealArguments(redacted).value(), original);
  const json::Json broken = {{"text", "[secret: and [secret:x"}};
  EXPECT_EQ(redactor.RevealArguments(broken).value(), broken);
}

TEST(Redactor, RedactingTwiceChangesNothingAndRevealRestores) {
  for (const testing::Sample& sample : testing::MakeSecrets(7, 310)) {
    Redactor redactor;
    const std::string once = redactor.Redact(sample.text);
    EXPECT_EQ(redactor.Redact(once), once) << sample.text;
    EXPECT_EQ(redactor.RevealArguments(json::Json(once)).value().get<std::string>(), sample.text);
  }
}

}  // namespace
}  // namespace weir::redact
