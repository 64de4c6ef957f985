#include "convert/vocabulary.h"

#include <unistd.h>

#include <array>
#include <optional>
#include <span>

#include "base/printable.h"
#include "convert/fields.h"
#include "convert/tokenizer_json.h"
#include "platform/files.h"
#include "tokenizer/tokenizer.h"

namespace weir::convert {
namespace {

using json::Json;

constexpr size_t kMaxTemplateBytes = 4u << 20;

// The files around tokenizer.json; empty objects where they are missing.
struct Neighbours {
  Json tokenizer_config = Json::object();
  Json generation_config = Json::object();
  Json config = Json::object();
};

Result<Neighbours> ReadNeighbours(const std::string& folder) {
  Neighbours read;
  for (const auto& [name, target] : {std::pair("tokenizer_config.json", &read.tokenizer_config),
                                     std::pair("generation_config.json", &read.generation_config),
                                     std::pair("config.json", &read.config)}) {
    ASSIGN_OR_RETURN(auto object, ReadJsonObjectIfThere(folder + "/" + name));
    if (object) *target = std::move(*object);
  }
  return read;
}

// "<|im_end|>", or an object with it as content.
std::optional<std::string> TextOf(const Json& object, const std::string& key) {
  auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object() || !found->contains("content") || !(*found)["content"].is_string())
    return std::nullopt;
  return (*found)["content"].get<std::string>();
}

// A number or the first of several.
std::optional<int> IdOf(const Json& object, const std::string& key, int n_vocab) {
  auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  const Json& id = found->is_array() && !found->empty() ? (*found)[0] : *found;
  if (!id.is_number_unsigned() || id.get<uint64_t>() >= static_cast<uint64_t>(n_vocab))
    return std::nullopt;
  return id.get<int>();
}

// The id of "bos", "eos" or "pad".
std::optional<int> SpecialId(const std::string& kind, const TokenizerJson& tokenizer,
                             const Neighbours& files) {
  if (const auto text = TextOf(files.tokenizer_config, kind + "_token")) {
    const auto found = tokenizer.ids.find(*text);
    if (found != tokenizer.ids.end()) return found->second;
  }
  const auto n_vocab = static_cast<int>(tokenizer.tokens.size());
  const auto id = IdOf(files.generation_config, kind + "_token_id", n_vocab);
  return id ? id : IdOf(files.config, kind + "_token_id", n_vocab);
}

Status AddSpecialIds(const std::string& folder, const TokenizerJson& tokenizer,
                     const Neighbours& files, gguf::MetadataBuilder& metadata) {
  struct Special {
    const char* kind;
    const char* key;
    bool required;
  };
  for (const Special& special : {Special{"bos", "tokenizer.ggml.bos_token_id", true},
                                 Special{"eos", "tokenizer.ggml.eos_token_id", true},
                                 Special{"pad", "tokenizer.ggml.padding_token_id", false}}) {
    if (const auto id = SpecialId(special.kind, tokenizer, files)) {
      metadata.Add(special.key, static_cast<uint32_t>(*id));
    } else if (special.required) {
      return MakeError(ErrorCode::kNotFound,
                       "{}: neither '{}_token' in tokenizer_config.json nor '{}_token_id' in "
                       "generation_config.json or config.json names a token of the vocabulary",
                       folder, special.kind, special.kind);
    }
  }
  return {};
}

// Whether a reader puts BOS before, and EOS or a separator behind a text. Where no file says, no
// key does.
Status AddFlags(const Fields& tokenizer_config, const TokenizerJson& tokenizer,
                const Neighbours& files, gguf::MetadataBuilder& metadata) {
  for (const char* kind : {"bos", "eos", "sep"}) {
    const std::string member = fmt::format("add_{}_token", kind);
    const std::string key = "tokenizer.ggml." + member;
    if (tokenizer_config.Has(member)) {
      ASSIGN_OR_RETURN(const bool value, tokenizer_config.BoolOr(member, false));
      metadata.Add(key, value);
    } else if (std::string_view(kind) == "bos" && !tokenizer.first_token.empty()) {
      metadata.Add(key, TextOf(files.tokenizer_config, "bos_token") == tokenizer.first_token);
    }
  }
  return {};
}

// A list of {"name": ..., "template": ...}; the one called "default" is the template.
Status AddNamedTemplates(const Fields& tokenizer_config, const Json& list,
                         gguf::MetadataBuilder& metadata) {
  for (const Json& named : list) {
    const auto name = TextOf(named, "name");
    const auto text = TextOf(named, "template");
    if (!name || !text) {
      return tokenizer_config.Wrong("chat_template",
                                    "a text, or a list of objects with name and template");
    }
    metadata.AddString(
        *name == "default" ? "tokenizer.chat_template" : "tokenizer.chat_template." + *name, *text);
  }
  return {};
}

// A file of its own wins.
Status AddChatTemplate(const std::string& folder, const Fields& tokenizer_config,
                       gguf::MetadataBuilder& metadata, std::vector<std::string>& warnings) {
  const std::string path = folder + "/chat_template.jinja";
  if (::access(path.c_str(), F_OK) == 0) {
    ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kMaxTemplateBytes));
    metadata.AddString("tokenizer.chat_template", text);
    return {};
  }
  const Json* value = tokenizer_config.Find("chat_template");
  if (value == nullptr) {
    warnings.push_back(
        fmt::format("{} has no chat template (chat_template.jinja, or chat_template in "
                    "tokenizer_config.json): the model can complete text but not chat",
                    folder));
    return {};
  }
  if (value->is_array()) return AddNamedTemplates(tokenizer_config, *value, metadata);
  ASSIGN_OR_RETURN(const std::string text, tokenizer_config.StringOr("chat_template", ""));
  metadata.AddString("tokenizer.chat_template", text);
  return {};
}

}  // namespace

Status AddVocabulary(const std::string& folder, int n_vocab, gguf::MetadataBuilder& metadata,
                     std::vector<std::string>& warnings) {
  const std::string path = folder + "/tokenizer.json";
  TokenizerJson tokenizer;
  {
    ASSIGN_OR_RETURN(const Json object, ReadJsonObject(path));
    ASSIGN_OR_RETURN(tokenizer, ReadTokenizerJson(Fields(object, path), n_vocab));
  }
  ASSIGN_OR_RETURN(const Neighbours files, ReadNeighbours(folder));
  const Fields tokenizer_config(files.tokenizer_config, folder + "/tokenizer_config.json");
  metadata.AddString("tokenizer.ggml.model", "gpt2");
  metadata.AddString("tokenizer.ggml.pre", "lfm2");
  metadata.AddStrings("tokenizer.ggml.tokens", tokenizer.tokens);
  metadata.AddArray<int32_t>("tokenizer.ggml.token_type", tokenizer.kinds);
  metadata.AddStrings("tokenizer.ggml.merges", tokenizer.merges);
  RETURN_IF_ERROR(AddSpecialIds(folder, tokenizer, files, metadata));
  RETURN_IF_ERROR(AddFlags(tokenizer_config, tokenizer, files, metadata));
  RETURN_IF_ERROR(AddChatTemplate(folder, tokenizer_config, metadata, warnings));
  // What is written here must load here.
  ASSIGN_OR_RETURN(const gguf::GgufFile header, metadata.Read());
  const auto loaded = tokenizer::Tokenizer::FromGguf(header.metadata());
  if (!loaded) return MakeError(loaded.error().WithContext(path));
  return {};
}

}  // namespace weir::convert
