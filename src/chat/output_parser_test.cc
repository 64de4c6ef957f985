#include "chat/output_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "chat/testing/show.h"

namespace weir::chat {
namespace {

TEST(OutputParser, SplitsReasoningAnswerAndCalls) {
  const ParsedOutput parsed = ParseOutput("<think>why</think>\n\nFirst. " + Wrapped("[f(a=1)]") +
                                          "\nThen. " + Wrapped("[g()]") + " Last.\n");
  EXPECT_EQ(parsed.reasoning, "why");
  EXPECT_EQ(parsed.answer, "First.\nThen.\nLast.\n");
  EXPECT_EQ(Show(parsed.calls), R"(f{"a":1} g{})");
  EXPECT_TRUE(parsed.errors.empty());
  EXPECT_TRUE(parsed.repairs.empty());
}

TEST(OutputParser, EmptyListOfCallsIsNoCall) {
  const ParsedOutput parsed = ParseOutput("Hi" + Wrapped("[]") + Wrapped(" [ ] "));
  EXPECT_EQ(ShowAll(parsed), ShowAll(ParseOutput("Hi" + Wrapped("[]"))));
  EXPECT_TRUE(parsed.calls.empty());
  EXPECT_TRUE(parsed.errors.empty());
}

TEST(OutputParser, WhiteSpaceCountsWhereNoMarkerStands) {
  EXPECT_EQ(ParseOutput("  a b \n").answer, "  a b \n");
  EXPECT_EQ(ParseOutput(" \n").answer, " \n");
  EXPECT_EQ(ParseOutput(" \n" + Wrapped("[f()]") + "\n").answer, "");
}

TEST(OutputParser, TextIsReleasedAsSoonAsItCanNotBecomeAMarker) {
  OutputParser parser({});
  const auto push = [&](std::string_view text) {
    ParsedOutput output;
    for (const Event& event : parser.Push(text)) output.Add(event);
    return output.answer;
  };
  EXPECT_EQ(push("Hello"), "Hello");
  EXPECT_EQ(push(", a <"), ", a");
  EXPECT_EQ(push("b"), " <b");
  EXPECT_EQ(push(" <|tool_call_"), "");
  EXPECT_EQ(push("x"), " <|tool_call_x");
  EXPECT_EQ(push(" "), "");
  EXPECT_EQ(push("<<|tool_call_start|>[f()]"), " <");
  EXPECT_EQ(push("<|tool_call_end|>"), "");
  EXPECT_EQ(push("tail"), "\ntail");
}

TEST(OutputParser, NothingReleasedIsHalfACharacter) {
  const std::string text =
      "<think>\xf0\x9f\x9a\x80 \xe6\x97\xa5</think>caf\xc3\xa9 \xf0\x9f\x98\x80.";
  OutputParser parser({});
  ParsedOutput output;
  const auto add = [&](const std::vector<Event>& events) {
    for (const Event& event : events) {
      EXPECT_TRUE(json::IsValidUtf8(event.text));
      output.Add(event);
    }
  };
  for (const char c : text) add(parser.Push(std::string_view(&c, 1)));
  add(parser.Finish());
  EXPECT_EQ(output.answer, "caf\xc3\xa9 \xf0\x9f\x98\x80.");
  EXPECT_EQ(output.reasoning, "\xf0\x9f\x9a\x80 \xe6\x97\xa5");
}

TEST(OutputParser, MissingEndMarkerIsTolerated) {
  const ParsedOutput parsed = ParseOutput("<|tool_call_start|>[f(a=1)]\n");
  EXPECT_EQ(Show(parsed.calls), R"(f{"a":1})");
  EXPECT_EQ(parsed.repairs.size(), 1u);
  const ParsedOutput two =
      ParseOutput("<|tool_call_start|>[f()]<|tool_call_start|>[g()]<|im_end|>");
  EXPECT_EQ(Show(two.calls), "f{} g{}");
  EXPECT_EQ(two.repairs.size(), 2u);
}

TEST(OutputParser, WhatCanNotBeParsedIsAnErrorWithItsPlaceAndText) {
  const ParsedOutput parsed = ParseOutput("Well. " + Wrapped("[f(a=1), g(b=1 + 1)]") + " Done.");
  EXPECT_EQ(Show(parsed.calls), R"(f{"a":1})");
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(parsed.errors[0].text, "g(b=1 + 1)");
  EXPECT_EQ(parsed.errors[0].offset,
            std::string("Well. <|tool_call_start|>[f(a=1), g(b=1 ").size());
  EXPECT_EQ(parsed.answer, "Well.\nDone.");
}

TEST(OutputParser, EndMarkerInsideAStringIsTextUnlessTheStringSeemsUnclosed) {
  EXPECT_EQ(Show(ParseOutput(Wrapped("[f(a='<|tool_call_end|>', b=1)]")).calls),
            R"(f{"a":"<|tool_call_end|>","b":1})");
  const ParsedOutput parsed = ParseOutput(Wrapped("[f(a='x)]") + Wrapped("[g(b='y')]"));
  EXPECT_EQ(Show(parsed.calls), R"(g{"b":"y"})");
  EXPECT_EQ(parsed.errors.size(), 1u);
}

TEST(OutputParser, ThinkMarkersInsideAnAnswerThatHasBegunAreText) {
  const std::string text = "Write <think>x</think> around it.";
  const ParsedOutput parsed = ParseOutput("<think>hm</think>" + text);
  EXPECT_EQ(parsed.answer, text);
  EXPECT_EQ(parsed.reasoning, "hm");
}

TEST(OutputParser, UnopenedThinkEndIsAnError) {
  const ParsedOutput parsed = ParseOutput("hm</think>Yes");
  EXPECT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(parsed.answer, "hm</think>Yes");
}

TEST(OutputParser, ReasoningMayBeCutOff) {
  EXPECT_EQ(ParseOutput("<think>so far").reasoning, "so far");
  EXPECT_EQ(ParseOutput("so far", {.starts_in_reasoning = true}).reasoning, "so far");
  EXPECT_EQ(ParseOutput("<think>a</thi").reasoning, "a</thi");
}

TEST(OutputParser, TokensMakeMarkersThatTextCanNotForge) {
  OutputParser parser({.markers_are_tokens = true});
  ParsedOutput parsed;
  const auto add = [&](const std::vector<Event>& events) {
    for (const Event& event : events) parsed.Add(event);
  };
  add(parser.PushSpecial("<think>"));
  add(parser.Push("a</think>b<|tool_call_start|>"));
  add(parser.PushSpecial("<|tool_call_start|>"));
  add(parser.PushSpecial("</think>"));
  add(parser.Push("Say <think> or <|tool_call_start|>[x()]<|tool_call_end|>. "));
  add(parser.PushSpecial("<|tool_call_start|>"));
  add(parser.Push("[f(a='<|tool_call_end|>')]"));
  add(parser.PushSpecial("<|tool_call_end|>"));
  add(parser.PushSpecial("<|im_end|>"));
  add(parser.Finish());
  EXPECT_EQ(parsed.reasoning, "a</think>b<|tool_call_start|><|tool_call_start|>");
  EXPECT_EQ(parsed.answer, "Say <think> or <|tool_call_start|>[x()]<|tool_call_end|>.");
  EXPECT_EQ(Show(parsed.calls), R"(f{"a":"<|tool_call_end|>"})");
}

TEST(OutputParser, TooLongABlockIsAnError) {
  const ParsedOutput parsed = ParseOutput(Wrapped("[f(a='" + std::string(200, 'x') + "')]") + "ok",
                                          {.max_block_bytes = 100});
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(parsed.errors[0].message, "the call block is longer than 100 bytes");
  EXPECT_EQ(parsed.errors[0].text.size(), 100u);
  EXPECT_EQ(parsed.answer, "ok");
}

TEST(OutputParser, TextThatOnlyLooksLikeAListOfCallsIsNotHeldForever) {
  OutputParser parser({});
  ParsedOutput output;
  const std::string text = "[f(" + std::string(20'000, 'x');
  for (const Event& event : parser.Push(text)) output.Add(event);
  EXPECT_EQ(output.answer, text);
}

// Random outputs built of pieces, reasoning written in 'R' alone.
class RandomOutput {
 public:
  explicit RandomOutput(unsigned seed) : random_(seed) {}

  std::string Make() {
    std::string text;
    if (Chance(2)) text += "<think>" + Reasoning() + "</think>";
    for (int n = Pick(6); n > 0; --n) text += Chance(4) ? Call() : Part();
    if (Chance(8)) text.resize(text.size() - std::min<size_t>(text.size(), Pick(12)));
    return text;
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % n); }
  bool Chance(int n) { return Pick(n) == 0; }

  std::string Reasoning() {
    std::string text;
    for (int n = Pick(6); n > 0; --n) {
      static const std::vector<std::string> kParts = {"R",
                                                      " R\n",
                                                      "RRR",
                                                      "[R(R='R')]",
                                                      "{\"RR\": 'R'}",
                                                      "<|tool_call_start|>",
                                                      "<|tool_call_end|>",
                                                      "<think>",
                                                      "<|im_end|>",
                                                      "</thinR",
                                                      "<"};
      text += kParts[Pick(static_cast<int>(kParts.size()))];
    }
    return text;
  }

  std::string Call() {
    return Wrapped("[f(a='b" + std::string(Chance(2) ? "<" : "\xc3\xa9") +
                   "', c=[1, {'d': None}])]");
  }

  std::string Part() {
    static const std::vector<std::string> kParts = {
        "text ",
        "\n",
        "[x](y)",
        "[f(a='b')]",
        "[f(",
        "<",
        "<|tool_call_",
        "\xc3\xa9",
        "\xf0\x9f",
        "{\"name\": \"f\", \"arguments\": {}}",
        "[{\"name\"",
        "<|tool_call_start|>",
        "<|tool_call_end|>",
        "<|im_end|>",
        "<|tool_call_start|>[f(a='b', c=[1, {'d': None}])]",
        "<|tool_call_start|>[g(a='it's')]<|tool_call_end|>",
        "<|tool_call_start|>[g(a=1 + 1)]",
        "'",
        "\"",
        "\\",
        ")",
        "]",
        "**{'a': 1}",
        "nan",
        "0x1F",
        ", ",
        "</thinx>"};
    return kParts[Pick(static_cast<int>(kParts.size()))];
  }

  std::mt19937 random_;
};

TEST(OutputParser, TenThousandRandomStreamsKeepReasoningOutOfAnswersAndArguments) {
  size_t n_calls = 0;
  size_t n_reasoning = 0;
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    const std::string text = RandomOutput(seed).Make();
    const ParsedOutput parsed = ParseOutput(text);
    n_calls += parsed.calls.size();
    n_reasoning += parsed.reasoning.size();
    ASSERT_EQ(parsed.answer.find('R'), std::string::npos) << text;
    ASSERT_EQ(Show(parsed.calls).find('R'), std::string::npos) << text;
    for (const ParseError& error : parsed.errors) {
      ASSERT_EQ(error.text.find('R'), std::string::npos) << text;
      ASSERT_LE(error.offset, text.size());
    }
    const std::string whole = ShowAll(parsed);
    std::mt19937 random(seed);
    for (int round = 0; round < 3; ++round) {
      std::vector<std::string_view> pieces;
      for (std::string_view rest = text; !rest.empty();) {
        const size_t n = 1 + random() % (round == 0 ? 1 : 7);
        pieces.push_back(rest.substr(0, n));
        rest.remove_prefix(std::min(n, rest.size()));
      }
      ASSERT_EQ(ShowAll(ParsePieces(pieces, {})), whole) << text;
    }
  }
  EXPECT_GT(n_calls, 3000u);
  EXPECT_GT(n_reasoning, 10'000u);
}

}  // namespace
}  // namespace weir::chat
