// The mask against two judges: every token accepted one by one, and, for languages small enough to
// list, the list.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "grammar/testing/vocabs.h"
#include "grammar/testing/walks.h"
#include "grammar/tool_grammar.h"

namespace weir::grammar {
namespace {

using json::Json;
using testing::kCallEnd;
using testing::kCallStart;
using testing::MakeTool;

std::shared_ptr<const ToolGrammar> Compiled(const std::shared_ptr<const VocabIndex>& vocab,
                                            const std::vector<chat::ToolDefinition>& tools,
                                            ToolGrammarOptions options) {
  auto grammar = ToolGrammar::Compile(vocab, tools, std::move(options));
  EXPECT_TRUE(grammar.has_value()) << (grammar ? "" : grammar.error().message);
  return *grammar;
}

// A vocabulary with the hand-made pieces and random ones cut from `samples`.
std::shared_ptr<const VocabIndex> RandomIndex(std::mt19937& random,
                                              const std::vector<std::string>& samples) {
  std::set<std::string> pieces;
  for (const std::string& piece : testing::CallPieces()) pieces.insert(piece);
  for (int i = 0; i < 60 && !samples.empty(); ++i) {
    const std::string& sample = samples[random() % samples.size()];
    const size_t begin = random() % sample.size();
    pieces.insert(sample.substr(begin, 1 + random() % 6));
  }
  std::erase_if(pieces, [](const std::string& piece) { return piece.size() < 2; });
  return testing::MakeIndex({pieces.begin(), pieces.end()});
}

// ---- judge 1: every token ----

const std::vector<std::string>& Schemas() {
  static const std::vector<std::string> kSchemas = {
      "null",
      R"({"properties": {"a": {"type": "string"}, "b": {"type": "integer", "minimum": -20, "maximum": 300}}, "required": ["a"]})",
      R"({"properties": {"a": {"type": "string", "minLength": 2, "maxLength": 5}, "unit": {"enum": ["metre", "kilometre", "it's"]}}})",
      R"({"properties": {"a": {"type": "array", "items": {"type": ["string", "null", "number"]}, "maxItems": 3}}})",
      R"({"properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}, "b": {}}})",
      R"({"properties": {"a": {"anyOf": [{"type": "object", "properties": {"k": {"type": "string"}}, "required": ["k"]},
          {"type": "object", "properties": {"k": {"type": "integer"}}}, {"type": "array", "items": {"type": "boolean"}}]}}, "required": ["a"]})",
      R"({"properties": {"a": {"type": "number", "exclusiveMinimum": 0, "maximum": 1.5}, "b": {"type": "number", "multipleOf": 0.25, "minimum": -2}}})",
  };
  return kSchemas;
}

TEST(MaskTest, TheMaskIsEveryTokenThatIsAccepted) {
  std::mt19937 random(5);
  const std::vector<std::string> samples = {"[f(a='x', b=12)]", "{'k': 'v'}, ",
                                            "['ab', None, 1.5]"};
  for (int round = 0; round < 21; ++round) {
    const auto vocab = RandomIndex(random, samples);
    std::vector<chat::ToolDefinition> tools = {
        MakeTool("f", Schemas()[static_cast<size_t>(round) % Schemas().size()]),
        MakeTool("find", Schemas()[random() % Schemas().size()])};
    ToolGrammarOptions options;
    options.max_calls = 1 + static_cast<int>(random() % 2);
    options.allow_reasoning = random() % 2 == 0;
    options.schema_order = random() % 2 == 0;
    options.max_string_bytes = round % 3 == 0 ? 12 : 200;
    options.require_call = random() % 4 != 0;
    if (random() % 2 == 0) options.span_source = "it's 'ab c', don't \"kilo äö\"\nname (value)";
    const auto grammar = Compiled(vocab, tools, options);
    for (int walk = 0; walk < 3; ++walk) {
      GrammarState state(grammar);
      std::string text;
      for (int i = 0; i < 60 && !state.CanStop(); ++i) {
        if (i % 2 == walk % 2) testing::ExpectMaskIsExact(state, *vocab, text);
        if (HasFatalFailure()) return;
        const TokenId id =
            testing::Choose(testing::TokensOf(testing::MaskOf(state, *vocab)), *vocab, random);
        ASSERT_TRUE(state.Accept(id));
        text += vocab->Bytes(id);
      }
    }
  }
}

// ---- judge 2: the list ----

// The literal of a value as the call form writes it; independent of the code under test.
std::string Literal(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number()) return json::Dump(value);
  if (value.is_string()) {
    std::string out = "'";
    for (const char c : value.get<std::string>()) {
      if (c == '\\' || c == '\'') out += '\\';
      out += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return out + "'";
  }
  std::string out = value.is_array() ? "[" : "{";
  for (const auto& item : value.items()) {
    if (out.size() > 1) out += ", ";
    if (value.is_object()) out += Literal(item.key()) + ": ";
    out += Literal(item.value());
  }
  return out + (value.is_array() ? "]" : "}");
}

using Texts = std::vector<std::string>;
Texts Values(const Json& schema, const Texts& spans);

// Every choice and order of the properties, as `KEY value` texts joined by ", ".
Texts Members(const Json& schema, const Texts& spans, bool arguments) {
  const Json properties = schema.value("properties", Json::object());
  std::vector<std::string> names;
  for (const auto& item : properties.items()) names.push_back(item.key());
  Texts all;
  for (unsigned chosen = 0; chosen < (1U << names.size()); ++chosen) {
    std::vector<size_t> order;
    bool complete = true;
    for (size_t i = 0; i < names.size(); ++i) {
      if ((chosen >> i) & 1) {
        order.push_back(i);
      } else {
        for (const Json& required : schema.value("required", Json::array()))
          complete = complete && required != names[i];
      }
    }
    if (!complete) continue;
    do {
      Texts texts = {""};
      for (const size_t i : order) {
        Texts longer;
        const std::string key = arguments ? names[i] + "=" : Literal(names[i]) + ": ";
        for (const std::string& text : texts) {
          for (const std::string& value : Values(properties[names[i]], spans)) {
            longer.push_back(text + (text.empty() ? "" : ", ") + key + value);
          }
        }
        texts = std::move(longer);
      }
      all.insert(all.end(), texts.begin(), texts.end());
    } while (std::next_permutation(order.begin(), order.end()));
  }
  return all;
}

Texts Lists(const Json& schema, const Texts& spans) {
  const Texts items = Values(schema["items"], spans);
  const int least = schema.value("minItems", 0);
  Texts all;
  Texts bodies = {""};
  for (int n = 0; n <= schema["maxItems"].get<int>(); ++n) {
    if (n >= least) {
      for (const std::string& body : bodies) all.push_back("[" + body + "]");
    }
    Texts longer;
    for (const std::string& body : bodies) {
      for (const std::string& item : items)
        longer.push_back(body + (body.empty() ? "" : ", ") + item);
    }
    bodies = std::move(longer);
  }
  return all;
}

// Every value of a schema with finitely many.
Texts Values(const Json& schema, const Texts& spans) {
  Texts all;
  for (const Json& alternative : schema.value("anyOf", Json::array())) {
    const Texts more = Values(alternative, spans);
    all.insert(all.end(), more.begin(), more.end());
  }
  if (!all.empty()) return all;
  if (schema.contains("enum")) {
    for (const Json& value : schema["enum"]) all.push_back(Literal(value));
    return all;
  }
  const std::string type = schema["type"];
  if (type == "null") return {"None"};
  if (type == "boolean") return {"True", "False"};
  if (type == "integer") {
    const int step = schema.value("multipleOf", 1);
    for (int i = schema["minimum"]; i <= schema["maximum"].get<int>(); ++i) {
      if (i % step == 0) all.push_back(std::to_string(i));
    }
    return all;
  }
  if (type == "string") {
    for (const std::string& span : spans) all.push_back(Literal(span));
    return all;
  }
  if (type == "array") return Lists(schema, spans);
  for (const std::string& members : Members(schema, spans, false))
    all.push_back("{" + members + "}");
  return all;
}

class Listed {
 public:
  explicit Listed(Texts texts) : texts_(std::move(texts)) {
    std::sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
  }
  bool HasPrefix(const std::string& prefix) const {
    const auto it = std::lower_bound(texts_.begin(), texts_.end(), prefix);
    return it != texts_.end() && it->starts_with(prefix);
  }
  bool Has(const std::string& text) const {
    return std::binary_search(texts_.begin(), texts_.end(), text);
  }
  const Texts& texts() const { return texts_; }

 private:
  Texts texts_;
};

struct Finite {
  std::string schema;
  std::string span_source;
  Texts spans;
};

// Walks masks along random texts of the list and compares every mask with it.
void ExpectTheListedLanguage(const Finite& finite, std::mt19937& random) {
  const Json schema = testing::ParseJson(finite.schema);
  Texts calls;
  for (const std::string& members : Members(schema, finite.spans, true))
    calls.push_back("f(" + members + ")");
  Texts bodies;
  for (const std::string& call : calls) bodies.push_back("[" + call + "]");
  if (calls.size() < 60) {
    for (const std::string& a : calls) {
      for (const std::string& b : calls) bodies.push_back("[" + a + ", " + b + "]");
    }
  }
  const int max_calls = bodies.size() > calls.size() ? 2 : 1;
  const Listed list(std::move(bodies));
  const auto vocab = RandomIndex(random, list.texts());
  const auto grammar = Compiled(vocab, {MakeTool("f", finite.schema)},
                                {.max_calls = max_calls, .span_source = finite.span_source});
  for (int walk = 0; walk < 12; ++walk) {
    GrammarState state(grammar);
    ASSERT_TRUE(state.Accept(kCallStart));
    std::string text;
    for (int i = 0; i < 60; ++i) {
      const TokenMask mask = testing::MaskOf(state, *vocab);
      for (TokenId id = 0; id < vocab->size(); ++id) {
        const std::string bytes(vocab->Bytes(id));
        const bool expected =
            id == kCallEnd ? list.Has(text) : !bytes.empty() && list.HasPrefix(text + bytes);
        ASSERT_EQ(mask.Has(id), expected)
            << "token '" << bytes << "' after " << text << " of " << finite.schema;
      }
      const std::vector<TokenId> ids = testing::TokensOf(mask);
      const TokenId id = ids[random() % ids.size()];
      ASSERT_TRUE(state.Accept(id));
      if (id == kCallEnd) break;
      text += vocab->Bytes(id);
    }
  }
}

TEST(MaskTest, SmallLanguagesAreExactlyThoseListed) {
  const std::vector<Finite> languages = {
      {R"({"properties": {"a": {"type": "boolean"}, "b": {"type": "null"}}, "required": ["b"]})",
       "",
       {}},
      {R"({"properties": {"a": {"type": "integer", "minimum": -12, "maximum": 105}}})", "", {}},
      {R"({"properties": {"a": {"type": "integer", "minimum": 90, "maximum": 1200, "multipleOf": 7}}, "required": ["a"]})",
       "",
       {}},
      {R"({"properties": {"unit": {"enum": ["metre", "met", "kilo", 1, 12, null, "it's", [1, {"k": "v"}]]}}})",
       "",
       {}},
      {R"({"properties": {"a": {"enum": ["x"]}, "ab": {"enum": ["y"]}, "abc": {"type": "boolean"}}, "required": ["ab"]})",
       "",
       {}},
      {R"({"properties": {"a": {"type": "array", "items": {"enum": ["x", 1, null]}, "minItems": 1, "maxItems": 3}}})",
       "",
       {}},
      {R"({"properties": {"a": {"type": "object", "properties": {"k": {"type": "boolean"}, "k2": {"enum": ["x"]}, "it's": {"type": "null"}},
          "required": ["k"]}}})",
       "",
       {}},
      {R"({"properties": {"a": {"anyOf": [
          {"type": "object", "properties": {"k": {"enum": ["one", "on"]}, "v": {"type": "boolean"}}, "required": ["k", "v"]},
          {"type": "object", "properties": {"k": {"enum": ["on", "off"]}, "w": {"type": "null"}}, "required": ["k"]},
          {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1}, "maxItems": 2}, {"enum": [10, 1]},
          {"type": "integer", "minimum": 9, "maximum": 11}]}}})",
       "",
       {}},
      {R"({"properties": {"a": {"type": "string"}, "b": {"enum": ["fast"]}}, "required": ["a"]})",
       "it's \\ ab,\nab.c",
       {"it's",
        "it's \\",
        "it's \\ ab",
        "it's \\ ab,",
        "it's \\ ab,\nab",
        "it's \\ ab,\nab.c",
        "it",
        "\\",
        "\\ ab",
        "\\ ab,",
        "\\ ab,\nab",
        "\\ ab,\nab.c",
        "ab",
        "ab,",
        "ab,\nab",
        "ab,\nab.c",
        "ab.c",
        "s",
        "s \\",
        "s \\ ab",
        "s \\ ab,",
        "s \\ ab,\nab",
        "s \\ ab,\nab.c"}},
  };
  std::mt19937 random(8);
  for (const Finite& finite : languages) {
    ExpectTheListedLanguage(finite, random);
    if (HasFatalFailure()) return;
  }
}

TEST(MaskTest, LongTokensRespectCountsOfCharacters) {
  std::vector<std::string> pieces = {std::string(40, 'x'), std::string(35, 'y') + "'", "ääääääääää",
                                     std::string(33, ' ')};
  const auto vocab = testing::MakeIndex(pieces);
  const auto grammar = Compiled(
      vocab,
      {MakeTool("f",
                R"({"properties": {"a": {"type": "string", "minLength": 3, "maxLength": 45}}})")},
      {.require_call = true});
  std::mt19937 random(4);
  for (int walk = 0; walk < 20; ++walk) {
    GrammarState state(grammar);
    ASSERT_TRUE(state.Accept(kCallStart));
    std::string text;
    while (!state.CanStop()) {
      testing::ExpectMaskIsExact(state, *vocab, text);
      if (HasFatalFailure()) return;
      const std::vector<TokenId> ids = testing::TokensOf(testing::MaskOf(state, *vocab));
      const TokenId id = random() % 2 == 0 ? ids.back() : ids[random() % ids.size()];
      ASSERT_TRUE(state.Accept(id));
      text += vocab->Bytes(id);
    }
  }
}

}  // namespace
}  // namespace weir::grammar
