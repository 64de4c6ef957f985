#include "check/known_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crypto.h"

namespace weir::check {

extern const std::string_view kKnownModelsJson;  // known_models.json

namespace {

const json::Json& Facts() {
  static const json::Json facts = [] {
    Result<json::Json> parsed = json::Parse(kKnownModelsJson);
    CHECK(parsed.has_value());
    return std::move(*parsed);
  }();
  return facts;
}

KnownModel::Ids IdsOf(const json::Json& entry, const char* key) {
  KnownModel::Ids ids;
  if (!entry.contains(key)) return ids;
  for (const auto& [text, id] : entry[key].items()) ids.emplace_back(text, id.get<TokenId>());
  return ids;
}

// The value's count and bytes, as a hash takes them.
std::string BytesOf(const gguf::Value& value) {
  std::string bytes(sizeof value.count, '\0');
  std::memcpy(bytes.data(), &value.count, sizeof value.count);
  return bytes.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

}  // namespace

KnownModel KnownModelFromJson(const json::Json& entry) {
  KnownModel known;
  known.name = entry.value("name", "");
  known.n_tokens = entry.value("n_tokens", 0);
  known.specials = IdsOf(entry, "specials");
  known.fingerprint = entry.value("fingerprint", "");
  known.pieces = IdsOf(entry, "pieces");
  known.test_sha256 = entry.value("test_sha256", "");
  known.n_layers = entry.value("n_layers", 0);
  known.d_model = entry.value("d_model", 0);
  known.prompt = entry.value("prompt", std::vector<TokenId>());
  known.continuation = entry.value("continuation", std::vector<TokenId>());
  known.probe = entry.value("probe", std::vector<TokenId>());
  known.probe_top = entry.value("probe_top", std::vector<TokenId>());
  return known;
}

const std::vector<KnownModel>& KnownModels() {
  static const std::vector<KnownModel> models = [] {
    std::vector<KnownModel> read;
    for (const json::Json& entry : Facts()["models"]) read.push_back(KnownModelFromJson(entry));
    return read;
  }();
  return models;
}

const KnownModel* FindByVocabulary(const std::vector<KnownModel>& known,
                                   const tokenizer::Tokenizer& tokenizer,
                                   const std::string& fingerprint) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const KnownModel& model) {
    if (model.n_tokens != tokenizer.vocab().size()) return false;
    if (!model.fingerprint.empty() && model.fingerprint != fingerprint) return false;
    return std::all_of(model.specials.begin(), model.specials.end(), [&](const auto& special) {
      return tokenizer.vocab().FindSpecial(special.first) == special.second;
    });
  });
  return found == known.end() ? nullptr : &*found;
}

std::string TokenizerFingerprint(const gguf::Metadata& metadata) {
  const gguf::Value* tokens = metadata.Find("tokenizer.ggml.tokens");
  const gguf::Value* merges = metadata.Find("tokenizer.ggml.merges");
  if (tokens == nullptr || merges == nullptr) return "";
  Sha256Stream hash;
  hash.Update(BytesOf(*tokens));
  hash.Update(BytesOf(*merges));
  return ToHex(hash.Finish()).substr(0, 16);
}

const std::string& TestText() {
  static const std::string text = Facts()["test_text"].get<std::string>();
  return text;
}

std::string TestTextDigest(const std::vector<TokenId>& ids) {
  return Sha256Hex(fmt::format("[{}]", fmt::join(ids, ", ")));
}

}  // namespace weir::check
