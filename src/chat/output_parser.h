#pragma once
// Splits a model's output, as it streams, into reasoning, answer and tool calls.
//
//   output := [ "<think>" text "</think>" ] text { "<|tool_call_start|>" calls
//             "<|tool_call_end|>" text }
//
// Text is released as soon as it can no longer become a marker (or a call list that lost its start
// marker), never retracted, and in whole UTF-8 sequences. Every way of cutting the stream into
// pieces gives the same result. A marker inside reasoning is reasoning.
//
// Not thread-safe; one parser per output.

#include <string>
#include <string_view>
#include <vector>

#include "chat/call_parser.h"
#include "chat/marker_splitter.h"
#include "chat/message.h"
#include "chat/orphan_calls.h"
#include "chat/python_chars.h"

namespace weir::chat {

struct ParserOptions {
  // The prompt ended with <think>, so the output starts inside reasoning.
  bool starts_in_reasoning = false;
  // The declared tools; see CallOptions. Not owned; must outlive the parser.
  const std::vector<ToolDefinition>* tools = nullptr;
  // Only PushSpecial makes markers; what Push brings is never one. For callers that see token ids.
  bool markers_are_tokens = false;
  bool map_names = true;      // see CallOptions
  bool drop_repeats = false;  // see CallOptions
  // An answer that is as a whole the JSON of calls to declared tools counts as these calls.
  bool salvage_plain_json = false;
  size_t max_block_bytes = 1u << 20;
};

struct Event {
  enum class Kind {
    kReasoning,      // text
    kAnswer,         // text
    kToolCallStart,  // a block of calls begins
    kToolCall,       // call
    kError,          // error; its offset counts from the start of the output
    kRepair,         // text: what was mended, for the log
  };
  Kind kind = Kind::kAnswer;
  std::string text = {};
  ToolCall call = {};
  ParseError error = {};
};

struct ParsedOutput {
  std::string reasoning;
  std::string answer;
  std::vector<ToolCall> calls;
  std::vector<ParseError> errors;
  std::vector<std::string> repairs;

  void Add(const Event& event);
};

class OutputParser {
 public:
  explicit OutputParser(const ParserOptions& options);

  // More text of the output. With markers_are_tokens, markers in it are plain text.
  std::vector<Event> Push(std::string_view text);
  // The text of a control token that the model sampled as such, for example "<|tool_call_start|>".
  // Tokens that are no markers of this grammar count as text.
  std::vector<Event> PushSpecial(std::string_view text);
  // The output is over. The parser is not used afterwards.
  std::vector<Event> Finish();

 private:
  enum class State { kAnswer, kReasoning, kCall };

  void OnPiece(const MarkerSplitter::Piece& piece);
  void OnText(std::string_view text);
  void OnMarker(Marker marker, std::string_view text);
  void OnMarkerInAnswer(Marker marker, std::string_view text);
  void OnMarkerInCall(Marker marker, std::string_view text);
  void BeginBlock();
  void EndBlock(std::string_view missing_end);
  void EmitBlock(ParsedBlock block, size_t offset);
  void OnOrphanEnd();
  void AppendReasoning(std::string_view text);
  void EndReasoning();
  void AppendAnswer(std::string_view text);
  void ReleaseAnswer(bool all);
  void EndAnswerSegment();
  void Repair(std::string text);
  void EmitError(std::string message, size_t offset, std::string text);
  std::vector<Event> TakeEvents();

  const ParserOptions options_;
  const CallOptions call_options_;
  MarkerSplitter splitter_;
  OrphanCalls orphan_;
  State state_;
  size_t offset_ = 0;  // bytes of the output handled so far
  std::vector<Event> events_;

  std::string reasoning_held_;      // white space before any reasoning, or half a UTF-8 sequence
  bool reasoning_started_ = false;  // something but white space was seen
  bool reasoning_seen_ = false;     // a reasoning part was open at some time

  std::string answer_held_;        // trailing white space, or half a UTF-8 sequence
  bool answer_released_ = false;   // some answer text is out
  bool segment_is_first_ = true;   // no marker yet: leading white space counts
  bool segment_has_text_ = false;  // something but white space since the last marker
  bool segment_released_ = false;  // some of it is out

  std::string body_;  // of the open block
  StringTracker body_string_;
  size_t body_offset_ = 0;
  bool body_overflow_ = false;
  std::vector<ToolCall> last_block_;  // to recognise an echo
};

// The whole output at once.
ParsedOutput ParseOutput(std::string_view text, const ParserOptions& options = {});

}  // namespace weir::chat
