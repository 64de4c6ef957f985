// `weir model`: what a GGUF holds, and three commands that let anyone compare Weir with another
// engine.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <map>

#include "app/commands.h"
#include "app/escape.h"
#include "app/local_model.h"
#include "app/model_inputs.h"
#include "app/npy.h"
#include "chat/output_parser.h"
#include "json/json.h"
#include "model/lfm2_model.h"
#include "platform/files.h"
#include "prompt/conversation_json.h"
#include "prompt/prompt.h"

namespace weir::app {
namespace {

constexpr size_t kMaxInputBytes = 256u << 20;

struct ModelFlags {
  std::string file;
  std::string tokens;
  std::string out;
  std::string text;
  std::string family;
  std::string conversation = "-";
  bool reference = false;
  bool specials = false;
  bool jsonl = false;
  int chunk = 0;
};

Result<std::string> ReadInput(const std::string& path) {
  if (path != "-") return platform::ReadFile(path, kMaxInputBytes);
  return std::string((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
}

// FILE of the command, else --model, else the shipped one.
Result<std::string> FileOf(const Settings& settings, const ModelFlags& flags) {
  if (!flags.file.empty()) return flags.file;
  return ModelFile(settings);
}

Result<gguf::GgufFile> OpenFile(const Settings& settings, const ModelFlags& flags) {
  ASSIGN_OR_RETURN(const std::string path, FileOf(settings, flags));
  return gguf::GgufFile::Open(path);
}

// ---- info ----

std::string TypesOf(const gguf::GgufFile& file) {
  std::map<std::string, int> counts;
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    const quant::TypeInfo* type = quant::FindType(tensor.type_id);
    ++counts[type != nullptr ? std::string(type->name) : fmt::format("type {}", tensor.type_id)];
  }
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  return text;
}

std::string MetadataText(const gguf::GgufFile& file, const char* key) {
  const Result<std::string_view> value = file.metadata().GetString(key);
  return value ? std::string(*value) : "";
}

Result<json::Json> Info(const Settings& settings, const ModelFlags& flags) {
  ASSIGN_OR_RETURN(const std::string path, FileOf(settings, flags));
  ASSIGN_OR_RETURN(const auto model, model::Model::Load(path, settings.engine));
  ASSIGN_OR_RETURN(const prompt::Family family, prompt::DetectFamily(model->file().metadata()));
  const model::Lfm2Dims& dims = model->dims();
  int64_t n_values = 0;
  int64_t n_bytes = 0;
  for (const gguf::TensorInfo& tensor : model->file().tensors()) {
    n_values +=
        static_cast<int64_t>(tensor.shape[0] * tensor.shape[1] * tensor.shape[2] * tensor.shape[3]);
    n_bytes += static_cast<int64_t>(tensor.data.size());
  }
  return json::Json{{"file", path},
                    {"name", MetadataText(model->file(), "general.name")},
                    {"architecture", MetadataText(model->file(), "general.architecture")},
                    {"licence", MetadataText(model->file(), "general.license")},
                    {"trained_on", MetadataText(model->file(), "weir.trained_on")},
                    {"prompt_form", std::string(prompt::FamilyName(family))},
                    {"parameters", n_values},
                    {"tensor_bytes", n_bytes},
                    {"tensors", TypesOf(model->file())},
                    {"layers", dims.n_layers},
                    {"width", dims.d_model},
                    {"vocabulary", dims.n_vocab},
                    {"context", dims.n_context},
                    {"kernels", std::string(model->kernels().name)}};
}

int ModelInfo(const Settings& settings, const ModelFlags& flags) {
  const Result<json::Json> info = Info(settings, flags);
  if (!info) return Complain(settings, info.error());
  if (settings.json) {
    std::puts(json::Dump(*info).c_str());
    return kExitOk;
  }
  for (const auto& [name, value] : info->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : json::Dump(value);
    if (!text.empty()) fmt::print("{:<13} {}\n", name, EscapeForTerminal(text));
  }
  return kExitOk;
}

// ---- tokenize ----

int Tokenize(const Settings& settings, const ModelFlags& flags) {
  const Result<gguf::GgufFile> file = OpenFile(settings, flags);
  if (!file) return Complain(settings, file.error());
  const Result<tokenizer::Tokenizer> tokenizer = tokenizer::Tokenizer::FromGguf(file->metadata());
  if (!tokenizer) return Complain(settings, tokenizer.error());
  const std::vector<TokenId> ids = flags.specials ? tokenizer->EncodeWithSpecials(flags.text)
                                                  : tokenizer->EncodeText(flags.text);
  if (settings.json) {
    std::puts(json::Dump(json::Json{{"ids", ids}}).c_str());
    return kExitOk;
  }
  for (const TokenId id : ids)
    fmt::print("{:>7}  {}\n", id, EscapeForTerminal(tokenizer->vocab().Piece(id)));
  return kExitOk;
}

// ---- logits ----

Status WriteLogits(const Settings& settings, const ModelFlags& flags) {
  ASSIGN_OR_RETURN(const std::string path, FileOf(settings, flags));
  model::ModelOptions options = settings.engine;
  options.reference = flags.reference;
  ASSIGN_OR_RETURN(const auto model, model::Model::Load(path, options));
  ASSIGN_OR_RETURN(const std::vector<TokenId> ids, ReadTokenFile(flags.tokens));
  const auto n_tokens = static_cast<int>(ids.size());
  const auto n_vocab = static_cast<size_t>(model->dims().n_vocab);
  ASSIGN_OR_RETURN(model::SequenceState sequence, model->NewSequence(n_tokens));
  const int chunk = flags.chunk > 0 ? flags.chunk : 128;
  std::vector<float> logits(static_cast<size_t>(n_tokens) * n_vocab);
  for (int pos = 0; pos < n_tokens; pos += chunk) {
    const int n = std::min(chunk, n_tokens - pos);
    const std::span<float> rows(logits.data() + static_cast<size_t>(pos) * n_vocab,
                                static_cast<size_t>(n) * n_vocab);
    RETURN_IF_ERROR(model::Forward(
        *model, std::span(ids).subspan(static_cast<size_t>(pos), static_cast<size_t>(n)), sequence,
        rows, model::LogitsWanted::kAll));
  }
  return WriteNpy(flags.out, logits, {static_cast<size_t>(n_tokens), n_vocab});
}

int Logits(const Settings& settings, const ModelFlags& flags) {
  const Status written = WriteLogits(settings, flags);
  return written ? static_cast<int>(kExitOk) : Complain(settings, written.error());
}

// ---- render ----

json::Json RenderedToJson(const prompt::Rendered& rendered) {
  json::Json segments = json::Json::array();
  for (const prompt::Segment& segment : rendered.segments) {
    segments.push_back({{"origin", std::string(prompt::OriginKindName(segment.origin.kind))},
                        {"name", segment.origin.name},
                        {"index", segment.origin.index},
                        {"bytes", {segment.byte_begin, segment.byte_end}},
                        {"tokens", {segment.token_begin, segment.token_end}}});
  }
  json::Json object = {{"text", rendered.text}, {"segments", segments}};
  if (!rendered.ids.empty()) object["ids"] = rendered.ids;
  return object;
}

Result<json::Json> RenderJson(const Settings& settings, const ModelFlags& flags) {
  ASSIGN_OR_RETURN(const std::string text, ReadInput(flags.conversation));
  ASSIGN_OR_RETURN(const json::Json object, prompt::ParseKeepingIntegers(text));
  ASSIGN_OR_RETURN(const chat::Conversation conversation, prompt::ConversationFromJson(object));
  ASSIGN_OR_RETURN(const prompt::RenderOptions options, prompt::RenderOptionsFromJson(object));
  if (!flags.family.empty()) {
    ASSIGN_OR_RETURN(const prompt::Family family, prompt::FamilyFromName(flags.family));
    ASSIGN_OR_RETURN(const prompt::Rendered rendered,
                     prompt::Render(family, conversation, options, nullptr));
    return RenderedToJson(rendered);
  }
  ASSIGN_OR_RETURN(const gguf::GgufFile file, OpenFile(settings, flags));
  ASSIGN_OR_RETURN(const prompt::Family family, prompt::DetectFamily(file.metadata()));
  ASSIGN_OR_RETURN(const tokenizer::Tokenizer tokenizer,
                   tokenizer::Tokenizer::FromGguf(file.metadata()));
  ASSIGN_OR_RETURN(const prompt::Rendered rendered,
                   prompt::Render(family, conversation, options, &tokenizer));
  return RenderedToJson(rendered);
}

int RenderCommand(const Settings& settings, const ModelFlags& flags) {
  const Result<json::Json> rendered = RenderJson(settings, flags);
  if (!rendered) return Complain(settings, rendered.error());
  const std::string out =
      settings.json ? json::Dump(*rendered) + "\n" : (*rendered)["text"].get<std::string>();
  std::fwrite(out.data(), 1, out.size(), stdout);
  return kExitOk;
}

// ---- parse ----

json::Json ParseObject(std::string_view text) {
  const chat::ParsedOutput output = chat::ParseOutput(text);
  json::Json calls = json::Json::array();
  for (const chat::ToolCall& call : output.calls)
    calls.push_back({{"name", call.name}, {"arguments", call.arguments}});
  json::Json errors = json::Json::array();
  for (const chat::ParseError& error : output.errors)
    errors.push_back({{"offset", error.offset}, {"message", error.message}});
  return {{"reasoning", output.reasoning},
          {"answer", output.answer},
          {"calls", calls},
          {"errors", errors}};
}

int Parse(const Settings& settings, const ModelFlags& flags) {
  if (!flags.jsonl) {
    const std::string text((std::istreambuf_iterator<char>(std::cin)),
                           std::istreambuf_iterator<char>());
    std::puts(json::Dump(ParseObject(text)).c_str());
    return kExitOk;
  }
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const Result<json::Json> object = json::Parse(line);
    if (!object || !object->is_object() || !object->contains("text") ||
        !(*object)["text"].is_string()) {
      return Complain(settings, {ErrorCode::kInvalidArgument,
                                 fmt::format("line {}: expected {{\"text\": ...}}{}", number,
                                             object ? "" : ": " + object.error().message)});
    }
    std::puts(json::Dump(ParseObject((*object)["text"].get<std::string>())).c_str());
  }
  return kExitOk;
}

}  // namespace

void AddModelCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* model =
      app.add_subcommand("model", "what a GGUF holds; compare Weir with another engine");
  model->require_subcommand(1);
  auto flags = std::make_shared<ModelFlags>();
  const auto run = [&settings, &action, flags](int (*command)(const Settings&, const ModelFlags&)) {
    return [&settings, &action, flags, command] {
      action = [&settings, flags, command](Interrupt&) { return command(settings, *flags); };
    };
  };
  CLI::App* info = model->add_subcommand("info", "size, shape, licence and prompt form of a model");
  info->add_option("file", flags->file, "a GGUF file (default: the model in use)");
  info->callback(run(ModelInfo));

  CLI::App* tokenize = model->add_subcommand("tokenize", "the token ids of a text");
  tokenize->add_option("text", flags->text, "the text")->required();
  tokenize->add_flag("--specials", flags->specials, "recognise special tokens in the text");
  tokenize->callback(run(Tokenize));

  CLI::App* logits =
      model->add_subcommand("logits", "logits of all positions as a float32 .npy file");
  logits->add_option("file", flags->file, "a GGUF file")->required();
  logits->add_option("--tokens", flags->tokens, "little-endian int32 token ids")->required();
  logits->add_option("--out", flags->out, "the .npy file to write, shape [n_tokens, n_vocab]")
      ->required();
  logits->add_flag("--reference", flags->reference, "the exact, slow kernels");
  logits->add_option("--chunk", flags->chunk, "tokens a forward pass");
  logits->callback(run(Logits));

  CLI::App* render = model->add_subcommand("render", "the prompt that a conversation becomes");
  render->add_option("conversation", flags->conversation,
                     "JSON file with messages and tools, or - for standard input");
  render->add_option("--family", flags->family,
                     "lfm2, lfm2.5-instruct, lfm2.5-8b-a1b or nano, instead of a model's");
  render->callback(run(RenderCommand));

  CLI::App* parse =
      model->add_subcommand("parse", "raw model output in, reasoning, answer and calls out");
  parse->add_flag("--jsonl", flags->jsonl, "one {\"text\": ...} a line");
  parse->callback(run(Parse));
  AddBenchCommand(*model, settings, action);
  AddCheckCommand(*model, settings, action);
  AddSynthCommand(*model, settings, action);
  AddQuantizeCommand(*model, settings, action);
}

}  // namespace weir::app
