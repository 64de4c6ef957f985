#pragma once
// Messages to token ids: the chat templates of the supported families, written in C++.
//
// The text equals that of the family's own template byte for byte. The ids differ from encoding
// that text on purpose: only the template makes special tokens; the text of people, tools, files
// and tool definitions is encoded with specials off, so it can never forge one. Text between two
// special tokens is encoded in one go, as in training, wherever its parts come from. An assistant
// message that carries sampled_ids is spliced in by these ids. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "chat/message.h"
#include "gguf/metadata.h"
#include "tokenizer/tokenizer.h"

namespace weir::prompt {

enum class Family {
  kLfm2,           // LFM2 text models, LFM2-8B-A1B
  kLfm25Instruct,  // LFM2.5 text models
  kLfm25_8B,       // LFM2.5-8B-A1B
  kNano,           // weir-nano: docs/formats/nano_prompt.md
};

// "lfm2", "lfm2.5-instruct", "lfm2.5-8b-a1b", "nano".
std::string_view FamilyName(Family family);
Result<Family> FamilyFromName(std::string_view name);

// From the file's own tokenizer.chat_template. A file without one is taken by its architecture:
// lfm2moe as kLfm25_8B, lfm2 as kLfm25Instruct. Error: kUnsupported for a template that is none of
// ours, among them those whose generation prompt opens reasoning (LFM2.5-2.6B, LFM2.5-24B-A2B).
Result<Family> DetectFamily(const gguf::Metadata& metadata);

// Where a range of the prompt came from.
struct Origin {
  enum class Kind {
    kTemplate,        // the project's own: frame, separators, markers
    kSystem,          // system text
    kToolDefinition,  // a tool's name, description and schema, as its server declared them
    kUser,
    kAssistant,  // what the model said
    kToolCall,   // a call that the model made, rendered from its fields
    kTool,       // the result of a tool
    kFile,       // reserved for a file that the caller puts into the prompt
    kOther,      // a role of the client's own
  };
  Kind kind = Kind::kTemplate;
  std::string name;  // tool name, or the role's word for kOther
  int index = -1;    // of the message, or of the tool for kToolDefinition; -1: none

  bool operator==(const Origin&) const = default;
};

// "template", "system", "tool_definition", ...
std::string_view OriginKindName(Origin::Kind kind);

// Segments follow one another without a gap and cover the whole text. Token ranges are the smallest
// that cover the bytes: a token that spans a boundary (a line break of the template and one of the
// content) belongs to both neighbours, so nothing foreign ever lies outside its range.
struct Segment {
  Origin origin;
  size_t byte_begin = 0;
  size_t byte_end = 0;
  size_t token_begin = 0;  // both 0 when there was no tokenizer
  size_t token_end = 0;
};

struct Rendered {
  std::string text;
  std::vector<TokenId> ids;  // empty without a tokenizer
  std::vector<Segment> segments;
  // Token index of every turn's first token (<|im_start|>), the generation prompt included: where
  // prompts of one conversation part, hence where snapshots are worth keeping.
  std::vector<size_t> turn_starts;
};

struct RenderOptions {
  bool add_generation_prompt = true;
  bool preserve_thinking = false;   // kLfm25_8B: keep reasoning of turns before the last request
  bool keep_past_thinking = false;  // kLfm25Instruct: keep reasoning inside content of past turns
};

// Renders a conversation. `tokenizer` may be null: then no ids, and sampled_ids are not used.
// Errors, kInvalidArgument: a message or tool that the family's template rejects, or sampled ids
// outside the vocabulary. kUnsupported: a vocabulary without the tokens of the frame.
Result<Rendered> Render(Family family, const chat::Conversation& conversation,
                        const RenderOptions& options, const tokenizer::Tokenizer* tokenizer);

}  // namespace weir::prompt
