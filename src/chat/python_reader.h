#pragma once
// A depth-bounded recursive-descent reader of the Python form of calls, `[f(a=1), ns.g()]`, and of
// Python values. It evaluates nothing: literals only.
//
// Beyond Python's grammar it takes what models write: true/false/null, raw newlines in strings,
// leading zeros, hyphens in names, reserved words as names, and bare words as strings. Python
// expressions, bytes, complex and non-finite numbers and doubled arguments are problems of their
// call; anything else that does not parse is a syntax problem of the whole text.
// Not thread-safe; one reader per text.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "json/json.h"

namespace weir::chat {

// Of every form. Doubled names are found by search, so these bound the cost of a hostile block.
inline constexpr size_t kMaxCalls = 256;
inline constexpr size_t kMaxArguments = 256;

struct Problem {
  enum class Kind { kNone, kSyntax, kUnsupported };
  Kind kind = Kind::kNone;
  size_t offset = 0;  // byte in the text
  std::string message;
};

struct RawArgument {
  std::string name;  // empty: given by position
  json::Json value;
  std::string source;  // as the model wrote it
};

struct RawCall {
  std::string name;
  size_t begin = 0;  // bytes of the call in the text
  size_t end = 0;
  std::vector<RawArgument> arguments;
  std::string id;   // JSON form only
  Problem problem;  // kUnsupported when the call can not be used
};

// How to read strings whose quotes are not escaped. The reader asks for the next string: of all
// quotes that could close it, take number picks[i] (0 when i is beyond the end); it records in
// n_candidates[i] how many there were.
struct QuoteChoices {
  std::vector<size_t> picks;
  std::vector<size_t> n_candidates;
};

class PythonReader {
 public:
  // `choices` null: strict strings. `tools` may be null; it sharpens what can close a string and
  // allows declared names that Python could not spell. Borrowed for the reader's life.
  PythonReader(std::string_view text, const std::vector<ToolDefinition>* tools,
               QuoteChoices* choices)
      : text_(text), tools_(tools), choices_(choices) {}

  // The whole text as a list of calls. False: problem() is a syntax problem. Calls with a problem
  // of their own are in the list, marked.
  bool ReadCalls(std::vector<RawCall>* calls);

  // The whole text as one value. False: problem() says why.
  bool ReadWholeValue(json::Json* value);

  const Problem& problem() const { return problem_; }

 private:
  bool ReadCall(RawCall* call);
  bool ReadArguments(RawCall* call);
  bool ReadArgument(RawCall* call);
  bool AddArgument(RawCall* call, RawArgument argument, size_t offset);
  bool MergeArguments(RawCall* call);
  bool SkipToCallEnd(size_t open);
  bool SkipString();

  bool ReadValue(json::Json* value);
  bool ReadNested(json::Json* value);
  bool ReadSequence(char close, json::Json* value);
  bool ReadBraces(json::Json* value);
  bool ReadMember(json::Json* object, bool* is_set);
  bool ReadParenthesised(json::Json* value);
  bool ReadWord(json::Json* value);
  bool ReadNumber(json::Json* value);
  bool ReadInteger(std::string digits, int base, size_t begin, json::Json* value);
  bool ReadFloat(const std::string& digits, size_t begin, json::Json* value);
  bool ReadStrings(std::string* value);
  bool ReadString(std::string* value);
  bool FindClose(char quote, size_t begin, size_t* close);
  bool PickClose(char quote, size_t begin, size_t* close);
  bool MustClose(char quote, size_t at) const;
  bool CallFollows(size_t at) const;
  bool OpensArgument(size_t at) const;
  bool IsParameter(std::string_view name) const;
  bool Decode(size_t begin, size_t end, std::string_view prefix, std::string* out);
  bool DecodeEscape(size_t* at, size_t end, std::string* out);
  bool DecodeHex(size_t* at, size_t end, size_t n_digits, std::string* out);

  bool AtStringStart() const;
  bool CheckAfterValue(bool was_string);
  std::string_view PeekWord(size_t at) const;
  size_t SkipSpace(size_t at) const;
  void Skip() { pos_ = SkipSpace(pos_); }
  bool At(char c) const { return pos_ < text_.size() && text_[pos_] == c; }
  bool AtText(std::string_view s) const { return text_.substr(pos_).starts_with(s); }
  bool Take(char c);
  bool Syntax(size_t offset, std::string message);
  bool Unsupported(size_t offset, std::string message);
  bool Expression(size_t offset);

  const std::string_view text_;
  const std::vector<ToolDefinition>* const tools_;
  QuoteChoices* const choices_;
  size_t pos_ = 0;
  int depth_ = 0;
  bool value_was_string_ = false;  // the last value read ended in a string literal
  const RawCall* call_ = nullptr;  // being read
  Problem problem_;
};

// The declared tool that `name` means: the one of exactly this name, else, with `map_names`, the
// only one equal but for - _ . in the name. Null if none.
const ToolDefinition* FindTool(const std::vector<ToolDefinition>* tools, std::string_view name,
                               bool map_names);

// True when the tool declares a parameter of this name.
bool HasParameter(const ToolDefinition& tool, std::string_view name);

}  // namespace weir::chat
