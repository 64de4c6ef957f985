#pragma once
// Small vocabularies and tools for the tests and the fuzzer of grammar/.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "chat/message.h"
#include "grammar/vocab_index.h"
#include "json/json.h"
#include "tokenizer/vocab.h"

namespace weir::grammar::testing {

inline constexpr TokenId kStartOfText = 0;
inline constexpr TokenId kImEnd = 1;
inline constexpr TokenId kCallStart = 2;
inline constexpr TokenId kCallEnd = 3;
inline constexpr TokenId kThink = 4;
inline constexpr TokenId kEndThink = 5;
inline constexpr TokenId kUnused = 6;
inline constexpr TokenId kFirstByte = 7;  // 256 of them, then the pieces

// The control tokens, one unused row, all bytes, and `pieces`.
inline tokenizer::Vocab MakeVocab(const std::vector<std::string>& pieces) {
  tokenizer::VocabParts parts;
  const auto add = [&](std::string text, tokenizer::TokenKind kind) {
    parts.tokens.push_back(std::move(text));
    parts.kinds.push_back(static_cast<int64_t>(kind));
  };
  for (const char* text : {"<|startoftext|>", "<|im_end|>", "<|tool_call_start|>",
                           "<|tool_call_end|>", "<think>", "</think>"}) {
    add(text, tokenizer::TokenKind::kControl);
  }
  add("[PAD0]", tokenizer::TokenKind::kUnused);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    add(tokenizer::Vocab::StandInsOfBytes(bytes), tokenizer::TokenKind::kNormal);
  }
  for (const std::string& piece : pieces) {
    add(tokenizer::Vocab::StandInsOfBytes(piece), tokenizer::TokenKind::kNormal);
  }
  parts.bos = kStartOfText;
  parts.eos = kImEnd;
  Result<tokenizer::Vocab> vocab = tokenizer::Vocab::FromParts(parts);
  CHECK(vocab.has_value());
  return *std::move(vocab);
}

inline std::shared_ptr<const VocabIndex> MakeIndex(const std::vector<std::string>& pieces) {
  return VocabIndex::Build(MakeVocab(pieces));
}

// Pieces that cross every boundary of the call form.
inline std::vector<std::string> CallPieces() {
  return {"('",
          "')",
          "')]",
          "',",
          "', ",
          "='",
          "=",
          " =",
          ")]",
          "]",
          "[[",
          "[{'",
          "'}",
          "': ",
          "':",
          "', '",
          "'], ",
          "1, ",
          "12",
          "123",
          "0.",
          "-1",
          "True",
          "False",
          "None",
          "Tru",
          ", ",
          " b",
          "b=",
          "a=",
          "a='",
          "(a",
          "f(",
          "[f(",
          "[f(a=",
          "ab",
          "abc",
          "abcd",
          "\\n",
          "\\'",
          "\\",
          "\\\\",
          "it's",
          "x'",
          "don't",
          "\xC3",
          "\xA4",
          "äö",
          "\xE2\x82",
          "\xAC'",
          "€",
          "  ",
          "    ",
          "\n",
          "\t",
          "e1",
          "5e",
          ".5",
          "null",
          "{}",
          "[]",
          "()",
          "('')",
          "'k'",
          "'k': ",
          "name",
          "value",
          "on",
          "off",
          "kilo",
          "kilometre",
          "metre",
          "\"",
          "\": ",
          "\", \"",
          "{\"",
          "\"}",
          "[\"",
          "\xF0\x9F\x98\x80",
          "\xF0\x9F"};
}

inline json::Json ParseJson(std::string_view text) {
  Result<json::Json> json = json::Parse(text);
  CHECK(json.has_value());
  return *std::move(json);
}

inline chat::ToolDefinition MakeTool(std::string name, std::string_view schema) {
  return {std::move(name), "", ParseJson(schema), nullptr};
}

}  // namespace weir::grammar::testing
