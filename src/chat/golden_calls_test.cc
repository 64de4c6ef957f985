// A thousand raw outputs, half of them hostile, against the parse of the model maker's evaluation
// code, which is Python's own parser. Where the two differ the difference is by design, has a
// category, and is counted; the counts below are exact.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "chat/testing/show.h"

namespace weir::chat {
namespace {

using json::Json;

// What JSON lacks is written as {"$kind": ...} in the golden file. Tuples are lists for us, objects
// are objects; the others have no JSON form and stay as they are.
Json FromGolden(const Json& value) {
  Json out = value;
  if (value.is_object() && value.contains("$tuple")) return FromGolden(value["$tuple"]);
  if (value.is_object() && value.contains("$dict")) {
    out = Json::object();
    for (const Json& pair : value["$dict"]) {
      out[pair[0].is_string() ? pair[0].get<std::string>() : pair[0].dump()] = FromGolden(pair[1]);
    }
  } else if (value.is_structured()) {
    for (auto& item : out) item = FromGolden(item);
  }
  return out;
}

// The reference takes the bare words true, false and null for strings; to us they are the values.
Json WithLiterals(Json value) {
  if (value == "true") return true;
  if (value == "false") return false;
  if (value == "null") return nullptr;
  if (value.is_structured()) {
    for (auto& item : value) item = WithLiterals(item);
  }
  return value;
}

struct Row {
  std::string input;
  std::string thinking;
  std::vector<ToolCall> calls;
  bool starts_in_reasoning = false;  // the opening tag was in the prompt
};

std::vector<Row> ReadRows() {
  std::ifstream file(std::string(WEIR_TESTDATA) + "/golden/call-parse.jsonl");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    const Json json = json::Parse(line).value();
    Row& row = rows.emplace_back();
    row.input = json["input"].get<std::string>();
    row.thinking = json["thinking"].get<std::string>();
    for (const Json& call : json["calls"]) {
      row.calls.push_back(ToolCall{"", call["name"].get<std::string>(), Json::object()});
      for (const auto& [name, value] : call["arguments"].items()) {
        row.calls.back().arguments[name] = FromGolden(value);
      }
    }
    row.starts_in_reasoning = row.input.find("<think>") == std::string::npos &&
                              row.input.find("</think>") != std::string::npos;
  }
  return rows;
}

// Why our parser refused a call that the reference gives.
std::string RefusalKind(const ParseError& error) {
  static const std::vector<std::pair<const char*, const char*>> kKinds = {
      {"too large", "number beyond a double"},
      {"'nan'", "nan or inf"},
      {"'inf'", "nan or inf"},
      {"64 bits", "integer beyond 64 bits"},
      {"complex", "complex number"},
      {"bytes", "bytes"},
      {"'...'", "ellipsis"},
      {"(\\N)", "character by name"},
      {"placeholder", "f-string with a placeholder"},
      {"Python expression", "Python expression"},
      {"given twice", "argument given twice"},
      {"without a name", "value without a name"},
  };
  for (const auto& [part, kind] : kKinds) {
    if (error.message.find(part) != std::string::npos) return std::string("refused: ") + kind;
  }
  return "refused for no listed reason: " + error.message;
}

// What made the reference give up a block of which we read a call.
std::string LeniencyKind(const std::string& input, const ParsedOutput& ours) {
  static const std::vector<std::pair<const char*, const char*>> kFeatures = {
      {"# comment", "comment behind the list"},
      {"\\bclass(=|\\()", "reserved word as a name"},
      {"with-dash|a-b=", "hyphen in a name"},
      {"'a\nb'", "raw newline in a string"},
      {"=007", "leading zeros"},
      {"\\{1, 2\\}", "set"},
      {"f'plain'", "f-string without a placeholder"},
  };
  for (const std::string& repair : ours.repairs) {
    if (repair.find("end marker") != std::string::npos) return "read: block without end marker";
    if (repair.find("quotes") != std::string::npos) return "read: unescaped quotes";
  }
  for (const auto& [pattern, kind] : kFeatures) {
    if (std::regex_search(input, std::regex(pattern))) return std::string("read: ") + kind;
  }
  return ours.errors.empty() ? "read for no listed reason" : "read: call beside a refused one";
}

bool SameCall(const ToolCall& a, const ToolCall& b) {
  return a.name == b.name && a.arguments == b.arguments;
}

class Comparison {
 public:
  void Add(const Row& row) {
    const ParsedOutput ours =
        ParseOutput(row.input, {.starts_in_reasoning = row.starts_in_reasoning});
    EXPECT_EQ(ours.reasoning, row.thinking) << row.input;
    std::vector<bool> taken(ours.calls.size(), false);
    size_t from = 0;
    for (const ToolCall& expected : row.calls) {
      from = AddExpected(row, expected, ours, from, &taken);
    }
    for (size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i]) Count(LeniencyKind(row.input, ours), row);
    }
    for (const ParseError& error : ours.errors) {
      EXPECT_NE(error.message.find("at byte"), std::string::npos) << error.message;
      EXPECT_LE(error.offset, row.input.size());
      EXPECT_NE(row.input.find(error.text), std::string::npos);
    }
  }

  std::map<std::string, int> counts;
  std::map<std::string, std::string> examples;

 private:
  // Finds the reference's call among ours from `from` on; returns where the next one may be.
  size_t AddExpected(const Row& row, const ToolCall& expected, const ParsedOutput& ours,
                     size_t from, std::vector<bool>* taken) {
    ToolCall with_literals = expected;
    with_literals.arguments = WithLiterals(expected.arguments);
    for (size_t i = from; i < ours.calls.size(); ++i) {
      const bool same = SameCall(ours.calls[i], expected);
      if (!same && !SameCall(ours.calls[i], with_literals)) continue;
      (*taken)[i] = true;
      Count(same ? "same" : "same but for true, false, null", row);
      return i + 1;
    }
    for (const ParseError& error : ours.errors) {
      if (error.text.starts_with(expected.name + "(")) {
        Count(RefusalKind(error), row);
        return from;
      }
    }
    for (size_t i = from; i < ours.calls.size(); ++i) {
      if (ours.calls[i].name != expected.name || !expected.arguments.contains("None")) continue;
      (*taken)[i] = true;
      Count("merged: ** of an object", row);
      return i + 1;
    }
    Count("lost", row);
    return from;
  }

  void Count(const std::string& kind, const Row& row) {
    ++counts[kind];
    examples.emplace(kind, row.input);
  }
};

TEST(GoldenCalls, AgreeWithTheReferenceButForTheListedDivergences) {
  Comparison comparison;
  const std::vector<Row> rows = ReadRows();
  ASSERT_EQ(rows.size(), 1000u);
  for (const Row& row : rows) comparison.Add(row);
  const std::map<std::string, int> expected = {
      {"merged: ** of an object", 9},
      {"read: f-string without a placeholder", 3},
      {"read: block without end marker", 47},
      {"read: call beside a refused one", 4},
      {"read: comment behind the list", 49},
      {"read: hyphen in a name", 42},
      {"read: leading zeros", 1},
      {"read: raw newline in a string", 3},
      {"read: reserved word as a name", 52},
      {"read: set", 2},
      {"refused: Python expression", 8},
      {"refused: argument given twice", 4},
      {"refused: bytes", 4},
      {"refused: character by name", 4},
      {"refused: complex number", 1},
      {"refused: ellipsis", 2},
      {"refused: f-string with a placeholder", 1},
      {"refused: integer beyond 64 bits", 7},
      {"refused: nan or inf", 7},
      {"refused: number beyond a double", 7},
      {"refused: value without a name", 7},
      {"same", 570},
      {"same but for true, false, null", 72},
  };
  for (const auto& [kind, count] : comparison.counts) {
    const auto found = expected.find(kind);
    EXPECT_EQ(count, found == expected.end() ? 0 : found->second) << kind << ", for example\n"
                                                                  << comparison.examples[kind];
  }
  EXPECT_EQ(comparison.counts.size(), expected.size());
}

TEST(GoldenCalls, EveryCutOfTheStreamGivesTheSameResult) {
  for (const Row& row : ReadRows()) {
    const ParserOptions options{.starts_in_reasoning = row.starts_in_reasoning};
    const std::string whole = ShowAll(ParseOutput(row.input, options));
    const std::string_view text = row.input;
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < text.size(); ++i) {
      bytes.push_back(text.substr(i, 1));
      ASSERT_EQ(ShowAll(ParsePieces({text.substr(0, i), text.substr(i)}, options)), whole)
          << "cut at " << i << ": " << text;
    }
    ASSERT_EQ(ShowAll(ParsePieces(bytes, options)), whole) << "byte by byte: " << text;
  }
}

}  // namespace
}  // namespace weir::chat
