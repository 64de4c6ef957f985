// Which prompt form a model file wants.

#include <array>
#include <utility>

#include "prompt/prompt.h"

namespace weir::prompt {
namespace {

constexpr std::array<std::pair<Family, std::string_view>, 4> kNames = {{
    {Family::kLfm2, "lfm2"},
    {Family::kLfm25Instruct, "lfm2.5-instruct"},
    {Family::kLfm25_8B, "lfm2.5-8b-a1b"},
    {Family::kNano, "nano"},
}};

constexpr std::string_view kTemplateKey = "tokenizer.chat_template";

Result<Family> FromArchitecture(const gguf::Metadata& metadata) {
  ASSIGN_OR_RETURN(const std::string_view architecture, metadata.GetString("general.architecture"));
  if (architecture == "lfm2moe") return Family::kLfm25_8B;
  if (architecture == "lfm2") return Family::kLfm25Instruct;
  return MakeError(ErrorCode::kUnsupported,
                   "file has no {} and its architecture is neither lfm2 nor lfm2moe; use a file of "
                   "the LFM2 family",
                   kTemplateKey);
}

// The templates are Jinja programs; each of ours has a word that no other has.
Result<Family> FromTemplate(std::string_view text) {
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("weir-nano-1")) return Family::kNano;
  if (has("assistant\\n<think>") || has("assistant\n<think>")) {
    return MakeError(ErrorCode::kUnsupported,
                     "{} opens reasoning in the generation prompt (LFM2.5-2.6B and 24B), which is "
                     "not supported; use LFM2.5-8B-A1B or an LFM2 model",
                     kTemplateKey);
  }
  if (has("<|tool_list_start|>")) return Family::kLfm2;
  if (has("preserve_thinking")) return Family::kLfm25_8B;
  if (has("keep_past_thinking") || (has("List of tools: ") && has("<|im_start|>"))) {
    return Family::kLfm25Instruct;
  }
  return MakeError(
      ErrorCode::kUnsupported,
      "{} is none of the known forms (lfm2, lfm2.5-instruct, lfm2.5-8b-a1b, nano); use "
      "a file with its family's own template",
      kTemplateKey);
}

}  // namespace

std::string_view FamilyName(Family family) {
  for (const auto& [value, name] : kNames) {
    if (value == family) return name;
  }
  return {};
}

Result<Family> FamilyFromName(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return MakeError(
      ErrorCode::kInvalidArgument,
      "prompt family '{}' is unknown; choose lfm2, lfm2.5-instruct, lfm2.5-8b-a1b or nano", name);
}

Result<Family> DetectFamily(const gguf::Metadata& metadata) {
  if (!metadata.Has(kTemplateKey)) return FromArchitecture(metadata);
  ASSIGN_OR_RETURN(const std::string_view text, metadata.GetString(kTemplateKey));
  return FromTemplate(text);
}

}  // namespace weir::prompt
