#include "chat/output_parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include "chat/python_chars.h"

namespace weir::chat {
namespace {

CallOptions CallOptionsFrom(const ParserOptions& options) {
  return CallOptions{
      .tools = options.tools, .map_names = options.map_names, .drop_repeats = options.drop_repeats};
}

// Length of the longest prefix that does not end inside a UTF-8 sequence. Bytes that are no UTF-8
// at all are not waited for.
size_t WholeSequences(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const size_t length = byte >= 0xf8   ? 1
                          : byte >= 0xf0 ? 4
                          : byte >= 0xe0 ? 3
                          : byte >= 0xc0 ? 2
                                         : 1;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

size_t WithoutTrailingSpace(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && IsSpace(text[end - 1])) --end;
  return end;
}

bool SameCalls(const std::vector<ToolCall>& a, const std::vector<ToolCall>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ToolCall& x, const ToolCall& y) {
                      return x.name == y.name && x.arguments == y.arguments;
                    });
}

bool AllDeclared(const std::vector<ToolCall>& calls, const std::vector<ToolDefinition>* tools) {
  return tools != nullptr && std::all_of(calls.begin(), calls.end(), [&](const ToolCall& call) {
           return std::any_of(tools->begin(), tools->end(),
                              [&](const ToolDefinition& tool) { return tool.name == call.name; });
         });
}

}  // namespace

void ParsedOutput::Add(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kReasoning:
      reasoning += event.text;
      break;
    case Event::Kind::kAnswer:
      answer += event.text;
      break;
    case Event::Kind::kToolCallStart:
      break;
    case Event::Kind::kToolCall:
      calls.push_back(event.call);
      break;
    case Event::Kind::kError:
      errors.push_back(event.error);
      break;
    case Event::Kind::kRepair:
      repairs.push_back(event.text);
      break;
  }
}

OutputParser::OutputParser(const ParserOptions& options)
    : options_(options),
      call_options_(CallOptionsFrom(options)),
      orphan_(options.tools),
      state_(options.starts_in_reasoning ? State::kReasoning : State::kAnswer),
      reasoning_seen_(options.starts_in_reasoning) {}

std::vector<Event> OutputParser::Push(std::string_view text) {
  if (options_.markers_are_tokens) {
    OnPiece({Marker::kNone, std::string(text)});
  } else {
    for (const MarkerSplitter::Piece& piece : splitter_.Push(text)) OnPiece(piece);
  }
  return TakeEvents();
}

std::vector<Event> OutputParser::PushSpecial(std::string_view text) {
  const std::string held = splitter_.Finish();
  if (!held.empty()) OnPiece({Marker::kNone, held});
  OnPiece({MarkerFromText(text), std::string(text)});
  return TakeEvents();
}

std::vector<Event> OutputParser::Finish() {
  OnPiece({Marker::kNone, splitter_.Finish()});
  if (state_ == State::kReasoning) {
    EndReasoning();
    return TakeEvents();
  }
  if (state_ == State::kCall) {
    EndBlock("the output ended before the end marker of its calls");
    return TakeEvents();
  }
  std::string held = orphan_.TakeHeld();
  const bool whole_answer = !answer_released_ && WithoutTrailingSpace(answer_held_) == 0;
  if (options_.salvage_plain_json && whole_answer && !held.empty()) {
    const std::string_view json = std::string_view(held).substr(held.front() == '[' ? 1 : 0);
    const size_t begin = json.find_first_not_of(" \t\r\n");
    ParsedBlock block = ParseBlock(held, call_options_);
    if (begin != std::string_view::npos && json[begin] == '{' && block.errors.empty() &&
        !block.calls.empty() && AllDeclared(block.calls, options_.tools)) {
      answer_held_.clear();
      EmitBlock(std::move(block), offset_ - held.size());
      Repair("the whole answer was the JSON of calls without markers");
      return TakeEvents();
    }
  }
  AppendAnswer(held);
  ReleaseAnswer(true);
  return TakeEvents();
}

void OutputParser::OnPiece(const MarkerSplitter::Piece& piece) {
  if (piece.marker == Marker::kNone) {
    OnText(piece.text);
  } else {
    OnMarker(piece.marker, piece.text);
  }
  offset_ += piece.text.size();
}

void OutputParser::OnText(std::string_view text) {
  switch (state_) {
    case State::kReasoning:
      AppendReasoning(text);
      return;
    case State::kAnswer: {
      std::string released;
      orphan_.Push(text, &released);
      AppendAnswer(released);
      return;
    }
    case State::kCall: {
      const size_t room =
          options_.max_block_bytes - std::min(body_.size(), options_.max_block_bytes);
      body_ += text.substr(0, room);
      for (const char c : text) body_string_.Step(c);
      body_overflow_ |= text.size() > room;
      return;
    }
  }
}

void OutputParser::OnMarker(Marker marker, std::string_view text) {
  switch (state_) {
    case State::kAnswer:
      OnMarkerInAnswer(marker, text);
      return;
    case State::kCall:
      OnMarkerInCall(marker, text);
      return;
    case State::kReasoning:
      break;
  }
  if (marker == Marker::kThinkEnd) {
    EndReasoning();
    state_ = State::kAnswer;
    EndAnswerSegment();
  } else if (marker != Marker::kThinkStart || reasoning_started_) {
    AppendReasoning(text);
  }
}

void OutputParser::OnMarkerInAnswer(Marker marker, std::string_view text) {
  switch (marker) {
    case Marker::kCallStart:
      BeginBlock();
      return;
    case Marker::kCallEnd:
      OnOrphanEnd();
      return;
    case Marker::kTurnEnd:
      return;
    case Marker::kThinkStart:
      // In an answer that has begun, text that spells the marker is text about it.
      if (options_.markers_are_tokens || (!segment_has_text_ && orphan_.held().empty())) {
        EndAnswerSegment();
        state_ = State::kReasoning;
        reasoning_seen_ = true;
        return;
      }
      break;
    case Marker::kThinkEnd:
      if (!reasoning_seen_) {
        reasoning_seen_ = true;
        EmitError("'</think>' without '<think>'; the text before it counts as answer", offset_,
                  std::string(text));
      }
      if (options_.markers_are_tokens) return;
      break;
    case Marker::kNone:
      break;
  }
  OnText(text);
}

void OutputParser::OnMarkerInCall(Marker marker, std::string_view text) {
  switch (marker) {
    case Marker::kCallEnd: {
      // Text that spells the marker inside a string is text, unless the string seems unclosed.
      const size_t end = WithoutTrailingSpace(body_);
      const bool closes =
          end == 0 || std::string_view(")]}>").find(body_[end - 1]) != std::string_view::npos;
      if (!options_.markers_are_tokens && body_string_.inside() && !closes) break;
      EndBlock({});
      return;
    }
    case Marker::kCallStart:
      EndBlock("a block of calls has no end marker before the next one");
      BeginBlock();
      return;
    case Marker::kTurnEnd:
      EndBlock("the turn ended before the end marker of its calls");
      return;
    default:
      break;
  }
  OnText(text);
}

void OutputParser::BeginBlock() {
  AppendAnswer(orphan_.TakeHeld());
  EndAnswerSegment();
  state_ = State::kCall;
  body_.clear();
  body_string_ = {};
  body_overflow_ = false;
  body_offset_ = offset_ + std::string_view("<|tool_call_start|>").size();
  events_.push_back({.kind = Event::Kind::kToolCallStart});
}

// `missing_end` says why there is no end marker; empty when there is one.
void OutputParser::EndBlock(std::string_view missing_end) {
  state_ = State::kAnswer;
  if (body_overflow_) {
    EmitError(
        "the call block is longer than " + std::to_string(options_.max_block_bytes) + " bytes",
        body_offset_, std::move(body_));
    body_.clear();
    return;
  }
  ParsedBlock block = ParseBlock(body_, call_options_);
  if (!missing_end.empty()) {
    if (block.errors.empty()) {
      Repair(std::string(missing_end));
    } else {
      block.errors.front().message += "; " + std::string(missing_end);
    }
  }
  EmitBlock(std::move(block), body_offset_);
}

// `offset` is where the block's text began in the output.
void OutputParser::EmitBlock(ParsedBlock block, size_t offset) {
  for (std::string& repair : block.repairs) Repair(std::move(repair));
  for (const ToolCall& call : block.calls) {
    events_.push_back({.kind = Event::Kind::kToolCall, .call = call});
  }
  for (ParseError& error : block.errors) {
    EmitError(std::move(error.message), offset + error.offset, std::move(error.text));
  }
  last_block_ = std::move(block.calls);
}

// An end marker outside a block: its start marker was lost, or the model repeats a block it has
// already closed.
void OutputParser::OnOrphanEnd() {
  std::string held = orphan_.TakeHeld();
  ParsedBlock block = ParseBlock(held, call_options_);
  const bool is_list = !held.empty() && block.errors.empty() && !block.calls.empty();
  if (!is_list) {
    AppendAnswer(held);
    EndAnswerSegment();
    EmitError("call end marker without a start marker; the text before it is no list of calls",
              offset_, {});
    return;
  }
  const bool is_echo = !segment_has_text_ && SameCalls(block.calls, last_block_);
  EndAnswerSegment();
  if (is_echo) {
    Repair("an echo of the block before was dropped");
    return;
  }
  EmitBlock(std::move(block), offset_ - held.size());
  Repair("a list of calls had no start marker");
}

void OutputParser::AppendReasoning(std::string_view text) {
  reasoning_held_ += text;
  if (!reasoning_started_ && WithoutTrailingSpace(reasoning_held_) == 0) return;
  reasoning_started_ = true;
  const size_t n = WholeSequences(reasoning_held_);
  if (n == 0) return;
  events_.push_back({.kind = Event::Kind::kReasoning, .text = reasoning_held_.substr(0, n)});
  reasoning_held_.erase(0, n);
}

// Reasoning of white space alone is none.
void OutputParser::EndReasoning() {
  if (reasoning_started_ && !reasoning_held_.empty()) {
    events_.push_back({.kind = Event::Kind::kReasoning, .text = reasoning_held_});
  }
  reasoning_held_.clear();
}

void OutputParser::AppendAnswer(std::string_view text) {
  answer_held_ += text;
  if (!segment_has_text_ && WithoutTrailingSpace(answer_held_) > 0) segment_has_text_ = true;
  ReleaseAnswer(false);
}

// White space next to a marker is no part of the answer; the parts between markers are joined by a
// newline. So white space waits for what follows it.
void OutputParser::ReleaseAnswer(bool all) {
  std::string_view held = answer_held_;
  if (!segment_is_first_ && !segment_released_) {
    while (!held.empty() && IsSpace(held.front())) held.remove_prefix(1);
  }
  size_t n = held.size();
  if (!all) n = std::min(WithoutTrailingSpace(held), WholeSequences(held));
  if (n > 0) {
    const bool join = answer_released_ && !segment_released_;
    events_.push_back({.kind = Event::Kind::kAnswer,
                       .text = (join ? "\n" : "") + std::string(held.substr(0, n))});
    answer_released_ = true;
    segment_released_ = true;
  }
  answer_held_ = std::string(held.substr(n));
}

void OutputParser::EndAnswerSegment() {
  answer_held_.resize(WithoutTrailingSpace(answer_held_));
  ReleaseAnswer(true);
  answer_held_.clear();
  segment_is_first_ = false;
  segment_has_text_ = false;
  segment_released_ = false;
}

void OutputParser::Repair(std::string text) {
  events_.push_back({.kind = Event::Kind::kRepair, .text = std::move(text)});
}

void OutputParser::EmitError(std::string message, size_t offset, std::string text) {
  events_.push_back({.kind = Event::Kind::kError,
                     .error = ParseError{std::move(message), offset, std::move(text)}});
}

std::vector<Event> OutputParser::TakeEvents() { return std::exchange(events_, {}); }

ParsedOutput ParseOutput(std::string_view text, const ParserOptions& options) {
  OutputParser parser(options);
  ParsedOutput output;
  for (const Event& event : parser.Push(text)) output.Add(event);
  for (const Event& event : parser.Finish()) output.Add(event);
  return output;
}

}  // namespace weir::chat
