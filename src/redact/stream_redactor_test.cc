// A text in pieces is redacted as the whole text is.

#include "redact/stream_redactor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "redact/detectors.h"
#include "redact/testing/corpus.h"

namespace weir::redact {
namespace {

// Pieces of 1 to `max_step` bytes.
std::string InPieces(const std::string& text, size_t max_step, testing::Random* random) {
  Redactor redactor;
  StreamRedactor stream(redactor);
  std::string redacted;
  for (size_t at = 0; at < text.size();) {
    const size_t n = std::min(1 + random->Below(max_step), text.size() - at);
    redacted += stream.Push(std::string_view(text).substr(at, n));
    at += n;
  }
  return redacted + stream.Finish();
}

std::string Whole(const std::string& text) {
  Redactor redactor;
  return redactor.Redact(text);
}

TEST(StreamRedactor, NothingGivesNothing) {
  Redactor redactor;
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.Push(""), "");
  EXPECT_EQ(stream.Finish(), "");
}

TEST(StreamRedactor, HoldsALineUntilItEnds) {
  Redactor redactor;
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.Push("one\ntw"), "one\n");
  EXPECT_EQ(stream.Push("o"), "");
  EXPECT_EQ(stream.Push("\n"), "two\n");
  EXPECT_EQ(stream.Push("password=Zk3x"), "");
  EXPECT_EQ(stream.Push("W9qLp2"), "");
  EXPECT_EQ(stream.Finish(), "password=[secret:password:1]");
  EXPECT_EQ(stream.Push("next\n"), "next\n");  // a new text
}

TEST(StreamRedactor, HoldsABoundedNumberOfBytes) {
  Redactor redactor;
  StreamRedactor stream(redactor);
  size_t given = 0;
  size_t taken = 0;
  for (int i = 0; i < 3000; ++i) {
    given += stream.Push("aaaa bbbb cccc dddd eeee ffff gggg ").size();
    taken += 35;
    EXPECT_LE(taken - given, 3 * kLookAheadBytes);
  }
  given += stream.Finish().size();
  EXPECT_EQ(given, taken);
}

TEST(StreamRedactor, EverySplitOfAPrivateKeyGivesTheSame) {
  testing::Random random(3);
  const std::string dashes(5, '-');
  const std::string text = "a\n" + dashes + "BEGIN PRIVATE KEY" + dashes + "\n" +
                           random.Base64(64) + "\n" + random.Base64(64) + "\n" + dashes +
                           "END PRIVATE KEY" + dashes + "\nb\n";
  const std::string whole = Whole(text);
  EXPECT_EQ(whole, "a\n[secret:private-key:1]\nb\n");
  for (size_t split = 0; split <= text.size(); ++split) {
    Redactor redactor;
    StreamRedactor stream(redactor);
    std::string redacted = stream.Push(text.substr(0, split));
    redacted += stream.Push(text.substr(split));
    EXPECT_EQ(redacted + stream.Finish(), whole) << split;
  }
}

TEST(StreamRedactor, EveryPieceSizeGivesTheSame) {
  testing::Random random(5);
  std::string text;
  for (const testing::Sample& sample : testing::MakeSecrets(11, 62)) text += sample.text;
  for (const testing::Sample& sample : testing::MakeLookalikes(12, 60)) text += sample.text;
  const std::string whole = Whole(text);
  for (const size_t max_step : {1, 2, 3, 7, 40, 300, 5000, 100000})
    EXPECT_EQ(InPieces(text, max_step, &random), whole) << max_step;
}

TEST(StreamRedactor, OneLongLineGivesTheSame) {
  testing::Random random(6);
  std::string text;
  for (const testing::Sample& sample : testing::MakeSecrets(21, 93)) text += sample.text + " ";
  std::replace(text.begin(), text.end(), '\n', ' ');
  text += random.Base64(40'000) + " password=" + random.Base62(30'000) + " end";
  const std::string whole = Whole(text);
  for (const size_t max_step : {13, 1000, 20'000, 200'000})
    EXPECT_EQ(InPieces(text, max_step, &random), whole) << max_step;
}

// Pieces of secrets put together without sense: where a finding begins and ends is hardest here.
TEST(StreamRedactor, RandomPiecesOfSecretsGiveTheSameAndRedactOnce) {
  testing::Random random(9);
  const std::vector<testing::Sample> samples = testing::MakeSecrets(31, 124);
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 6; ++i) {
      const std::string& from = samples[random.Below(samples.size())].text;
      const size_t begin = random.Below(from.size());
      text += from.substr(begin, random.Below(120));
      if (random.Below(4) == 0)
        text += random.Pick({"\n", "\"", "[secret:token:1]", "\\", "=", "\xff"});
    }
    Redactor redactor;
    const std::string once = redactor.Redact(text);
    ASSERT_EQ(redactor.Redact(once), once) << text;
    ASSERT_EQ(InPieces(text, 1 + random.Below(30), &random), Whole(text)) << text;
    size_t end = 0;
    for (const Finding& finding : Redactor::Scan(text)) {
      ASSERT_LE(end, finding.begin);
      ASSERT_LT(finding.begin, finding.end);
      ASSERT_LE(finding.end, text.size());
      end = finding.end;
    }
  }
}

}  // namespace
}  // namespace weir::redact
