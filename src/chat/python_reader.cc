// Calls, arguments and containers. Scalars are in python_scalars.cc.

#include "chat/python_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/python_chars.h"

namespace weir::chat {
namespace {

constexpr int kMaxDepth = 64;  // as json::ParseLimits; deeper arguments are no tool's
// Doubled names are found by search, so this bounds the cost of a hostile block.
constexpr size_t kMaxMembers = 1024;

constexpr std::array<std::string_view, 3> kConstants = {"None", "True", "False"};

}  // namespace

bool PythonReader::Syntax(size_t offset, std::string message) {
  problem_ = Problem{Problem::Kind::kSyntax, offset, std::move(message)};
  return false;
}

bool PythonReader::Unsupported(size_t offset, std::string message) {
  problem_ = Problem{Problem::Kind::kUnsupported, offset, std::move(message)};
  return false;
}

bool PythonReader::Expression(size_t offset) {
  return Unsupported(offset, "found a Python expression, expected a plain value");
}

size_t PythonReader::SkipSpace(size_t at) const {
  while (at < text_.size()) {
    if (IsSpace(text_[at])) {
      ++at;
    } else if (text_[at] == '#' && choices_ == nullptr) {
      at = std::min(text_.find('\n', at), text_.size());
    } else {
      break;
    }
  }
  return at;
}

bool PythonReader::Take(char c) {
  if (!At(c)) return false;
  ++pos_;
  return true;
}

std::string_view PythonReader::PeekWord(size_t at) const {
  size_t end = at;
  while (end < text_.size() && IsWordChar(text_[end])) ++end;
  return text_.substr(at, end - at);
}

bool PythonReader::ReadCalls(std::vector<RawCall>* calls) {
  Skip();
  if (!Take('[')) return Syntax(pos_, "expected '[' and a list of calls");
  Skip();
  while (!At(']')) {
    if (calls->size() >= kMaxCalls) {
      return Syntax(pos_, "the list has more than " + std::to_string(kMaxCalls) + " calls");
    }
    RawCall& call = calls->emplace_back();
    call_ = &call;
    if (!ReadCall(&call)) return false;
    Skip();
    if (At(']')) break;
    if (!Take(',')) return Syntax(pos_, "expected ',' or ']' after a call");
    Skip();
  }
  ++pos_;
  Skip();
  if (pos_ < text_.size()) return Syntax(pos_, "text follows the list of calls");
  return true;
}

// call := name "(" [ argument { "," argument } [ "," ] ] ")"
bool PythonReader::ReadCall(RawCall* call) {
  call->begin = pos_;
  while (pos_ < text_.size() && IsToolNameChar(text_[pos_])) ++pos_;
  call->name = text_.substr(call->begin, pos_ - call->begin);
  if (call->name.empty()) return Syntax(pos_, "expected the name of a tool");
  const bool declared = FindTool(tools_, call->name, false) != nullptr;
  if (!IsWordStart(call->name.front()) && !declared) {
    return Syntax(call->begin, "'" + call->name + "' is not the name of a tool");
  }
  Skip();
  const size_t open = pos_;
  if (!Take('(')) return Syntax(pos_, "expected '(' after '" + call->name + "'");
  if (std::count(kConstants.begin(), kConstants.end(), call->name) > 0 && !declared) {
    Unsupported(call->begin, "'" + call->name + "' is a constant, not the name of a tool");
  } else if (ReadArguments(call)) {
    call->end = pos_;
    return true;
  }
  if (problem_.kind == Problem::Kind::kSyntax) return false;
  call->problem = problem_;
  if (!SkipToCallEnd(open)) return false;
  call->end = pos_;
  return true;
}

bool PythonReader::ReadArguments(RawCall* call) {
  Skip();
  while (!At(')')) {
    if (!ReadArgument(call)) return false;
    Skip();
    if (At(')')) break;
    if (!Take(',')) return Syntax(pos_, "expected ',' or ')' after an argument");
    Skip();
  }
  ++pos_;
  return true;
}

bool PythonReader::ReadArgument(RawCall* call) {
  const size_t begin = pos_;
  if (AtText("**")) return MergeArguments(call);
  if (At('*')) return Expression(pos_);
  RawArgument argument;
  size_t word_end = pos_;
  while (word_end < text_.size() && IsParameterChar(text_[word_end])) ++word_end;
  const size_t equals = SkipSpace(word_end);
  const bool named = word_end > pos_ && IsWordStart(text_[pos_]) && equals < text_.size() &&
                     text_[equals] == '=' && !text_.substr(equals).starts_with("==");
  if (named) {
    argument.name = text_.substr(pos_, word_end - pos_);
    pos_ = equals + 1;
    Skip();
  }
  const size_t value_begin = pos_;
  if (!ReadValue(&argument.value)) return false;
  argument.source = text_.substr(value_begin, pos_ - value_begin);
  if (!CheckAfterValue(value_was_string_)) return false;
  return AddArgument(call, std::move(argument), begin);
}

bool PythonReader::AddArgument(RawCall* call, RawArgument argument, size_t offset) {
  if (call->arguments.size() >= kMaxArguments) {
    return Unsupported(offset,
                       "the call has more than " + std::to_string(kMaxArguments) + " arguments");
  }
  for (const RawArgument& other : call->arguments) {
    if (!argument.name.empty() && other.name == argument.name) {
      return Unsupported(offset, "argument '" + argument.name + "' is given twice");
    }
    if (argument.name.empty() && !other.name.empty()) {
      return Unsupported(offset, "a value without a name follows a named argument");
    }
  }
  call->arguments.push_back(std::move(argument));
  return true;
}

// `**{'a': 1}` adds the members of a literal object as named arguments.
bool PythonReader::MergeArguments(RawCall* call) {
  const size_t begin = pos_;
  pos_ += 2;
  Skip();
  if (!At('{')) return Expression(begin);
  json::Json members;
  if (!ReadValue(&members)) return false;
  if (!members.is_object()) return Unsupported(begin, "'**' needs an object");
  if (!CheckAfterValue(false)) return false;
  for (const auto& [name, value] : members.items()) {
    if (name.empty()) return Unsupported(begin, "'**' brings an argument without a name");
    if (!AddArgument(call, RawArgument{name, value, json::Dump(value)}, begin)) return false;
  }
  return true;
}

// From the call's "(" to behind its ")", by brackets and strings alone.
bool PythonReader::SkipToCallEnd(size_t open) {
  pos_ = open;
  int depth = 0;
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c == '"' || c == '\'') {
      if (!SkipString()) return false;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    ++pos_;
    if (depth == 0) return text_[pos_ - 1] == ')' || Syntax(pos_ - 1, "brackets do not match");
  }
  return Syntax(open, "'(' opened here never closes");
}

bool PythonReader::SkipString() {
  const size_t begin = pos_;
  const char quote = text_[pos_];
  const bool triple = AtText(std::string(3, quote));
  pos_ += triple ? 3 : 1;
  size_t close = 0;
  if (triple) {
    if (!FindClose(quote, pos_, &close)) return Syntax(begin, "string opened here never closes");
    pos_ = close + 3;
    return true;
  }
  while (pos_ < text_.size() && text_[pos_] != quote) pos_ += text_[pos_] == '\\' ? 2 : 1;
  if (pos_ >= text_.size()) return Syntax(begin, "string opened here never closes");
  ++pos_;
  return true;
}

bool PythonReader::ReadWholeValue(json::Json* value) {
  Skip();
  if (!ReadValue(value)) return false;
  Skip();
  if (pos_ < text_.size()) return Syntax(pos_, "text follows the value");
  return true;
}

bool PythonReader::ReadValue(json::Json* value) {
  value_was_string_ = false;
  if (pos_ >= text_.size()) return Syntax(pos_, "the text ends where a value is expected");
  if (AtStringStart()) {
    std::string string;
    if (!ReadStrings(&string)) return false;
    *value = std::move(string);
    value_was_string_ = true;
    return true;
  }
  const char c = text_[pos_];
  if (c == '[' || c == '{' || c == '(') return ReadNested(value);
  if (IsDigit(c) || c == '.' || c == '+' || c == '-') return ReadNumber(value);
  if (IsWordStart(c)) return ReadWord(value);
  if (c == '*' || c == '~') return Expression(pos_);
  return Syntax(pos_, "expected a value");
}

bool PythonReader::ReadNested(json::Json* value) {
  if (depth_ >= kMaxDepth) {
    return Syntax(pos_, "the value is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  ++depth_;
  const char open = text_[pos_++];
  const bool ok = open == '['   ? ReadSequence(']', value)
                  : open == '{' ? ReadBraces(value)
                                : ReadParenthesised(value);
  --depth_;
  value_was_string_ = false;
  return ok;
}

// The rest of a list, tuple or set behind its first bracket; items already in `value` count.
bool PythonReader::ReadSequence(char close, json::Json* value) {
  if (!value->is_array()) *value = json::Json::array();
  Skip();
  while (!At(close)) {
    json::Json item;
    if (!ReadValue(&item) || !CheckAfterValue(value_was_string_)) return false;
    value->push_back(std::move(item));
    Skip();
    if (At(close)) break;
    if (!Take(',')) return Syntax(pos_, std::string("expected ',' or '") + close + "'");
    Skip();
  }
  ++pos_;
  return true;
}

// "(v)" is v; "()", "(v,)" and "(v, w)" are lists.
bool PythonReader::ReadParenthesised(json::Json* value) {
  Skip();
  if (At(')')) return ReadSequence(')', value);
  json::Json first;
  if (!ReadValue(&first) || !CheckAfterValue(value_was_string_)) return false;
  Skip();
  if (Take(')')) {
    *value = std::move(first);
    return true;
  }
  if (!Take(',')) return Syntax(pos_, "expected ',' or ')'");
  *value = json::Json::array({std::move(first)});
  return ReadSequence(')', value);
}

// The rest of an object or set behind "{".
bool PythonReader::ReadBraces(json::Json* value) {
  *value = json::Json::object();
  Skip();
  while (!At('}')) {
    bool is_set = false;
    if (!ReadMember(value, &is_set)) return false;
    if (is_set) return ReadSequence('}', value);
    Skip();
    if (At('}')) break;
    if (!Take(',')) return Syntax(pos_, "expected ',' or '}'");
    Skip();
  }
  ++pos_;
  return true;
}

// One "key: value". When the first item has no ':' the braces are a set: `object` becomes the list
// of this item, the reader stands behind its comma or at "}".
bool PythonReader::ReadMember(json::Json* object, bool* is_set) {
  const size_t begin = pos_;
  if (AtText("**")) return Expression(pos_);
  json::Json key;
  if (!ReadValue(&key)) return false;
  Skip();
  if (!At(':')) {
    if (!object->empty()) return Syntax(pos_, "expected ':' after a key");
    if (!CheckAfterValue(value_was_string_)) return false;
    *object = json::Json::array({std::move(key)});
    *is_set = true;
    Take(',');
    return true;
  }
  ++pos_;
  Skip();
  json::Json value;
  if (!ReadValue(&value) || !CheckAfterValue(value_was_string_)) return false;
  if (!key.is_string()) return Unsupported(begin, "a key that is not a string has no JSON form");
  const std::string& name = key.get_ref<const std::string&>();
  if (object->size() >= kMaxMembers) {
    return Unsupported(begin, "the object has more than " + std::to_string(kMaxMembers) + " keys");
  }
  if (object->contains(name)) return Unsupported(begin, "key '" + name + "' is given twice");
  (*object)[name] = std::move(value);
  return true;
}

// What follows a value tells an expression from broken text. After a string the words of Python's
// operators are English, so a quote was not escaped: a syntax problem, open to repair.
bool PythonReader::CheckAfterValue(bool was_string) {
  const size_t at = SkipSpace(pos_);
  if (at >= text_.size()) return Syntax(at, "the text ends within a call");
  const char c = text_[at];
  if (std::string_view(",)]}:").find(c) != std::string_view::npos) return true;
  if (std::string_view("+-*/%@&|^<>=!.([").find(c) != std::string_view::npos) return Expression(at);
  if (!was_string && IsOperatorWord(PeekWord(at))) return Expression(at);
  return Syntax(at, "expected ',' or a closing bracket after a value");
}

}  // namespace weir::chat
