#include "check/template_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "prompt/conversation_json.h"

namespace weir::check {

extern const std::string_view kSampleConversationsJson;  // sample_conversations.json

namespace {

constexpr std::string_view kTemplateKey = "tokenizer.chat_template";

// Templates whose text our renderer is known to give: the beginning and the end of their SHA-256.
struct KnownTemplate {
  std::string_view begin;
  std::string_view end;
  prompt::Family family;
};
constexpr KnownTemplate kKnownTemplates[] = {
    // training/nano_template.jinja
    {"56e8316e5f7f5d81", "40c931d77f4c", prompt::Family::kNano},
    // LFM2.5-8B-A1B as released; only these digits are published
    {"6d65c880", "0963", prompt::Family::kLfm25_8B},
};

bool IsKnown(std::string_view sha256, prompt::Family family) {
  return std::any_of(std::begin(kKnownTemplates), std::end(kKnownTemplates),
                     [&](const KnownTemplate& known) {
                       return sha256.starts_with(known.begin) && sha256.ends_with(known.end) &&
                              known.family == family;
                     });
}

const json::Json& SampleConversations() {
  static const json::Json conversations = [] {
    Result<json::Json> parsed = json::Parse(kSampleConversationsJson);
    CHECK(parsed.has_value());
    return std::move(*parsed);
  }();
  return conversations;
}

Result<prompt::Rendered> RenderOurs(const Subject& subject, const json::Json& conversation) {
  if (!subject.family) return MakeError(subject.family.error());
  if (!subject.tokenizer) return MakeError(subject.tokenizer.error());
  ASSIGN_OR_RETURN(const chat::Conversation parsed, prompt::ConversationFromJson(conversation));
  return prompt::Render(*subject.family, parsed, prompt::RenderOptions{}, &*subject.tokenizer);
}

// How many times `text` begins with `token`.
int CountLeading(std::string_view text, std::string_view token) {
  int n = 0;
  for (; !token.empty() && text.starts_with(token); ++n) text.remove_prefix(token.size());
  return n;
}

std::string_view WithoutLeading(std::string_view text, std::string_view token) {
  text.remove_prefix(static_cast<size_t>(CountLeading(text, token)) * token.size());
  return text;
}

// What differs in one sample; nothing when both say the same, or both refuse.
std::optional<std::pair<std::string, std::string>> Difference(const RenderedSample& sample,
                                                              std::string_view bos) {
  constexpr size_t kShown = 30;
  if (!sample.ours || !sample.theirs) {
    if (!sample.ours && !sample.theirs) return std::nullopt;
    return std::pair(sample.theirs ? "a prompt" : "refused: " + sample.theirs.error().message,
                     sample.ours ? "a prompt" : "refused: " + sample.ours.error().message);
  }
  const std::string_view theirs = WithoutLeading(*sample.theirs, bos);
  const std::string_view ours = WithoutLeading(*sample.ours, bos);
  if (theirs == ours) return std::nullopt;
  const auto [at_theirs, at_ours] =
      std::mismatch(theirs.begin(), theirs.end(), ours.begin(), ours.end());
  const auto at = static_cast<size_t>(at_theirs - theirs.begin());
  return std::pair(fmt::format("'{}' at byte {}", theirs.substr(at, kShown), at),
                   fmt::format("'{}'", ours.substr(at, kShown)));
}

std::string BosOf(const Subject& subject) {
  const tokenizer::Vocab& vocab = subject.tokenizer->vocab();
  return std::string(vocab.Piece(vocab.bos()));
}

}  // namespace

Result<std::vector<RenderedSample>> RenderSamples(const Subject& subject,
                                                  const JinjaOptions& options,
                                                  const std::stop_token& stop) {
  TemplateInput input;
  input.text = subject.Text(kTemplateKey);
  if (input.text.empty()) return MakeError(ErrorCode::kNotFound, "the file has no template");
  if (subject.IsSynthetic()) return MakeError(ErrorCode::kUnsupported, "it is a stand-in");
  if (!subject.tokenizer) {
    return MakeError(ErrorCode::kCorruptData, "the vocabulary can not be used");
  }
  const tokenizer::Vocab& vocab = subject.tokenizer->vocab();
  input.bos_token = vocab.Piece(vocab.bos());
  input.eos_token = vocab.Piece(vocab.eos());
  for (const json::Json& conversation : SampleConversations())
    input.conversations.push_back(conversation);
  ASSIGN_OR_RETURN(std::vector<Result<std::string>> theirs, RenderWithJinja(input, options, stop));
  std::vector<RenderedSample> samples;
  for (size_t i = 0; i < theirs.size(); ++i) {
    const Result<prompt::Rendered> ours = RenderOurs(subject, input.conversations[i]);
    samples.push_back({input.conversations[i]["name"].get<std::string>(),
                       ours ? Result<std::string>(ours->text) : MakeError(ours.error()),
                       std::move(theirs[i])});
  }
  return samples;
}

Finding CheckTemplate(const Subject& subject, const Result<std::vector<RenderedSample>>& samples) {
  if (!subject.family) {
    return {Level::kWrong, "template", subject.family.error().message,
            "the template of a family that Weir renders",
            "use a file with its family's own template"};
  }
  const std::string text = subject.Text(kTemplateKey);
  const std::string form(prompt::FamilyName(*subject.family));
  if (text.empty()) {
    return {Level::kUnknown, "template", "the file has none; by its architecture it gets " + form};
  }
  if (subject.IsSynthetic()) {
    return {Level::kUnknown, "template", "a stand-in of weir model synth for " + form};
  }
  const std::string sha256 = Sha256Hex(text);
  const std::string id = fmt::format("{}, fingerprint {}", form, sha256.substr(0, 16));
  const bool known = IsKnown(sha256, *subject.family);
  if (!samples && known) return {Level::kOk, "template", id + ", a known one"};
  if (!samples) {
    return {Level::kUnknown, "template",
            fmt::format("{}, not a known one, and not compared: {}", id, samples.error().message)};
  }
  for (const RenderedSample& sample : *samples) {
    const auto difference = Difference(sample, BosOf(subject));
    if (!difference) continue;
    return {Level::kWrong, "template",
            fmt::format("{}: for '{}' it gives {}", id, sample.name, difference->first),
            difference->second + ", as Weir renders it",
            "use a file with its family's own template, or report the template"};
  }
  return {Level::kOk, "template",
          fmt::format("{}{}: gives what Weir renders, in {} conversations", id,
                      known ? ", a known one" : "", samples->size())};
}

Finding CheckBos(const Subject& subject, const Result<std::vector<RenderedSample>>& samples) {
  if (!subject.tokenizer || !subject.family) {
    return {Level::kUnknown, "bos", "no prompt can be rendered"};
  }
  const Result<prompt::Rendered> prompt = RenderOurs(subject, SampleConversations()[0]);
  if (!prompt) {
    return {Level::kWrong, "bos", prompt.error().message, "a prompt", "see above"};
  }
  const TokenId bos = subject.tokenizer->vocab().bos();
  const auto n_ours = std::count(prompt->ids.begin(), prompt->ids.end(), bos);
  if (n_ours != 1) {
    return {Level::kWrong, "bos", fmt::format("{} in a prompt (token {})", n_ours, bos),
            "one, at its beginning", "the file names a wrong BOS token: convert the model again"};
  }
  if (!samples) {
    return {Level::kOk, "bos", "one in a prompt, at its beginning"};
  }
  for (const RenderedSample& sample : *samples) {
    const int n = sample.theirs ? CountLeading(*sample.theirs, BosOf(subject)) : 0;
    if (n < 2) continue;
    return {Level::kWrong, "bos", fmt::format("{} at the beginning of the template's text", n),
            "one", "Weir's prompts have one; use a file with its family's own template elsewhere"};
  }
  return {Level::kOk, "bos", "one in a prompt, at its beginning; at most one by the template"};
}

}  // namespace weir::check
