#include "grammar/span_index.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace weir::grammar {
namespace {

bool Walks(const SpanIndex& spans, std::string_view text) {
  SpanIndex::Position position = spans.Begin();
  for (const char c : text) {
    if (!spans.Extend(position, c)) return false;
  }
  return !text.empty() && spans.CanEnd(position);
}

TEST(SpanIndexTest, SpansAreBoundedByBlanksQuotesAndBrackets) {
  const SpanIndex spans("move \"my notes.txt\" to (old) `a b`, please.", {}, 1000);
  for (const char* good :
       {"move", "my notes.txt", "notes.txt", "my notes", "notes", "old", "a b", "b", "please",
        "please.", "to (old", "\"my notes.txt", "move \"my notes.txt\" to (old) `a b`, please."}) {
    EXPECT_TRUE(Walks(spans, good)) << good;
  }
  for (const char* bad :
       {"mov", "ove", "txt", "otes", "lease", " to", "to ", "absent", "old)x", ""}) {
    EXPECT_FALSE(Walks(spans, bad)) << bad;
  }
}

TEST(SpanIndexTest, QuotesOfOtherLanguagesBoundToo) {
  const SpanIndex spans("öffne „Müller Übersicht“ und «été»、「報告書」 ‘x’", {}, 1000);
  for (const char* good : {"Müller", "été", "報告書", "x", "öffne"})
    EXPECT_TRUE(Walks(spans, good)) << good;
  // U+201C opens in English and closes in German: only its English reading bounds.
  EXPECT_FALSE(Walks(spans, "Übersicht"));
  EXPECT_TRUE(Walks(spans, "Übersicht“"));
}

TEST(SpanIndexTest, LengthLimitsCountCharacters) {
  const SpanIndex spans("äö ü abc", {.min = 2, .max = 3}, 1000);
  EXPECT_TRUE(Walks(spans, "äö"));
  EXPECT_TRUE(Walks(spans, "abc"));
  EXPECT_FALSE(Walks(spans, "ü"));
  EXPECT_FALSE(Walks(spans, "äö ü"));
  EXPECT_TRUE(SpanIndex("a b", {.min = 9}, 1000).empty());
}

TEST(SpanIndexTest, ATextWithoutSpansIsEmpty) {
  EXPECT_TRUE(SpanIndex("", {}, 1000).empty());
  EXPECT_TRUE(SpanIndex(" \n\t ", {}, 1000).empty());
  EXPECT_TRUE(SpanIndex("\x01", {}, 1000).empty());
  EXPECT_FALSE(SpanIndex(".", {}, 1000).empty());
}

TEST(SpanIndexTest, ControlCharactersAndBrokenUtf8AreNeverInside) {
  const std::string text =
      "a\x01"
      "b c\xFFx \xC3\xA4 \xE2\x82 d";
  const SpanIndex spans(text, {}, 1000);
  EXPECT_TRUE(Walks(spans, "ä"));
  EXPECT_TRUE(Walks(spans, "d"));
  EXPECT_FALSE(Walks(spans, "a"));
  EXPECT_FALSE(Walks(spans,
                     "a\x01"
                     "b"));
  EXPECT_FALSE(Walks(spans, "c\xFFx"));
  SpanIndex::Position position = spans.Begin();
  EXPECT_FALSE(spans.Extend(position, 'a'));  // a beginning without an end
  EXPECT_FALSE(spans.Extend(position, '\xE2'));
}

// The definition, literally: all pairs of a start and an end.
std::set<std::string> AllSpans(const std::string& text) {
  const std::string spaces = " \n\t\r\v\f";
  const std::string opening = "\"'([{<`";
  const std::string closing = ".,;:!?\"')]}>`";
  const auto in = [](const std::string& set, char c) { return set.find(c) != std::string::npos; };
  std::set<std::string> spans;
  for (size_t begin = 0; begin < text.size(); ++begin) {
    if (begin > 0 && !in(spaces, text[begin - 1]) && !in(opening, text[begin - 1])) continue;
    if (in(spaces, text[begin])) continue;
    for (size_t end = begin + 1; end <= text.size(); ++end) {
      if (end < text.size() && !in(spaces, text[end]) && !in(closing, text[end])) continue;
      if (in(spaces, text[end - 1])) continue;
      spans.insert(text.substr(begin, end - begin));
    }
  }
  return spans;
}

TEST(SpanIndexTest, TheIndexHoldsExactlyTheDefinedSpans) {
  std::mt19937 random(2);
  const std::string alphabet = "aab  '(\").,\n\\";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const size_t size = random() % 14;
    for (size_t i = 0; i < size; ++i) text.push_back(alphabet[random() % alphabet.size()]);
    const std::set<std::string> expected = AllSpans(text);
    const SpanIndex spans(text, {}, 1000);
    EXPECT_EQ(spans.empty(), expected.empty());
    std::set<std::string> found;
    // Every beginning must lead somewhere.
    const auto collect = [&](const auto& self, const SpanIndex::Position& position,
                             const std::string& prefix) -> bool {
      bool alive = !prefix.empty() && spans.CanEnd(position);
      if (alive) found.insert(prefix);
      for (const char c : std::string("ab '(\").,\n\\")) {
        SpanIndex::Position next = position;
        if (spans.Extend(next, c)) alive = self(self, next, prefix + c) || alive;
      }
      EXPECT_TRUE(alive || prefix.empty())
          << "dead end after '" << prefix << "' in '" << text << "'";
      return alive;
    };
    collect(collect, spans.Begin(), "");
    EXPECT_EQ(found, expected) << text;
  }
}

TEST(SpanIndexTest, LongRepetitiveTextsStayFast) {
  std::string text;
  while (text.size() < (64 << 10)) text += "ab ";
  const SpanIndex spans(text, {}, 10000);
  SpanIndex::Position position = spans.Begin();
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(spans.Extend(position, "ab "[i % 3]));
}

}  // namespace
}  // namespace weir::grammar
