#include "chat/call_parser.h"

#include <optional>
#include <string>
#include <utility>

#include "chat/json_calls.h"
#include "chat/python_chars.h"
#include "chat/python_reader.h"
#include "chat/quote_repair.h"
#include "chat/tool_match.h"
#include "chat/xml_calls.h"

namespace weir::chat {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool IsJsonForm(std::string_view body) {
  if (body.starts_with('{')) return true;
  return body.starts_with('[') && Trimmed(body.substr(1)).starts_with('{');
}

// One attempt at the text as a list of calls, in either form. False: *problem says why.
bool ReadAsPython(PythonReader& reader, std::vector<RawCall>* calls, Problem* problem) {
  if (reader.ReadCalls(calls)) return true;
  *problem = reader.problem();
  return false;
}

bool ReadAsObjects(PythonReader& reader, std::vector<RawCall>* calls, Problem* problem) {
  json::Json value;
  if (reader.ReadWholeValue(&value)) return CallsFromJson(value, calls, problem);
  *problem = reader.problem();
  return false;
}

// The calls of a trimmed body, with their problems. False: *problem is about the whole body.
bool ReadBody(std::string_view body, const CallOptions& options, std::vector<RawCall>* calls,
              Problem* problem, std::vector<std::string>* repairs) {
  if (body.starts_with('<')) return ReadXmlCalls(body, calls, problem);
  const bool json_form = IsJsonForm(body);
  if (json_form) {
    const Result<json::Json> value = json::Parse(body);
    if (value) return CallsFromJson(*value, calls, problem);
  }
  const auto read_as = json_form ? ReadAsObjects : ReadAsPython;
  PythonReader reader(body, options.tools, nullptr);
  if (read_as(reader, calls, problem)) return true;
  std::optional<std::vector<RawCall>> repaired = RepairQuotes(
      body, options.tools, [&](PythonReader& attempt, std::vector<RawCall>* attempt_calls) {
        Problem ignored;
        return read_as(attempt, attempt_calls, &ignored);
      });
  if (!repaired) return false;
  *calls = std::move(*repaired);
  repairs->push_back("quotes inside strings were not escaped; only one reading exists");
  return true;
}

ParseError ErrorFrom(const Problem& problem, size_t base, std::string_view source) {
  const size_t offset = base + problem.offset;
  return ParseError{problem.message + ", at byte " + std::to_string(offset) + " of the call block",
                    offset, std::string(source)};
}

void DropRepeats(ParsedBlock* block) {
  std::vector<ToolCall> kept;
  for (ToolCall& call : block->calls) {
    bool repeated = false;
    for (const ToolCall& other : kept) {
      repeated |= other.name == call.name && other.arguments == call.arguments;
    }
    if (repeated) {
      block->repairs.push_back("an exact repeat of call '" + call.name + "' was dropped");
    } else {
      kept.push_back(std::move(call));
    }
  }
  block->calls = std::move(kept);
}

}  // namespace

ParsedBlock ParseBlock(std::string_view body, const CallOptions& options) {
  ParsedBlock block;
  const std::string_view trimmed = Trimmed(body);
  const size_t base = trimmed.empty() ? 0 : static_cast<size_t>(trimmed.data() - body.data());
  std::vector<RawCall> calls;
  Problem problem;
  if (trimmed.empty()) {
    problem = Problem{Problem::Kind::kSyntax, 0, "the call block is empty"};
  } else if (!json::IsValidUtf8(trimmed)) {
    problem = Problem{Problem::Kind::kSyntax, 0, "the call block is not UTF-8"};
  } else if (ReadBody(trimmed, options, &calls, &problem, &block.repairs)) {
    problem = {};
  }
  if (problem.kind != Problem::Kind::kNone) {
    block.errors.push_back(ErrorFrom(problem, base, body));
    return block;
  }
  for (const RawCall& raw : calls) {
    Problem call_problem = raw.problem;
    ToolCall call;
    if (call_problem.kind == Problem::Kind::kNone) {
      call = FitToTools(raw, options, &call_problem, &block.repairs);
    }
    if (call_problem.kind == Problem::Kind::kNone) {
      block.calls.push_back(std::move(call));
    } else {
      const bool has_place = raw.end > raw.begin;
      block.errors.push_back(
          ErrorFrom(call_problem, base,
                    has_place ? trimmed.substr(raw.begin, raw.end - raw.begin) : trimmed));
    }
  }
  if (options.drop_repeats) DropRepeats(&block);
  return block;
}

Result<std::vector<ToolCall>> ParseCalls(std::string_view body, const CallOptions& options) {
  ParsedBlock block = ParseBlock(body, options);
  if (!block.errors.empty()) {
    return MakeError(ErrorCode::kCorruptData, "{}", block.errors.front().message);
  }
  return std::move(block.calls);
}

}  // namespace weir::chat
