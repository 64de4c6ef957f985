#include "convert/tokenizer_json.h"

#include <algorithm>

#include "base/printable.h"
#include "tokenizer/vocab.h"

namespace weir::convert {
namespace {

using json::Json;
using tokenizer::TokenKind;

// The split patterns that tokenizer/splitter.h does, as the family's files spell them: one of the
// heads, the middle, one of the tails. The spellings mean the same, because \s* and \s+ are greedy.
constexpr std::string_view kPatternHeads[] = {
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)", "'(?i:[sdmt]|ll|ve|re)",
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"};
constexpr std::string_view kPatternMiddle =
    R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)";
constexpr std::string_view kPatternTails[] = {R"(\s*[\r\n]+|\s+(?!\S)|\s+)",
                                              R"(\s*[\r\n]|\s+(?!\S)|\s)"};

bool IsKnownPattern(std::string_view pattern) {
  for (const std::string_view head : kPatternHeads) {
    for (const std::string_view tail : kPatternTails) {
      const std::string known = std::string(head).append(kPatternMiddle).append(tail);
      if (pattern == known) return true;
    }
  }
  return false;
}

bool IsSet(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return false;
  return !(found->is_boolean() && !found->get<bool>()) && !(found->is_string() && found->empty());
}

// Two steps: the split pattern, then the stand-in characters.
bool IsKnownPreTokenizer(const Json& step, bool& splits) {
  if (!step.is_object() || !step.contains("type")) return false;
  if (step["type"] == "Split") {
    if (splits || !step.contains("pattern") || !step["pattern"].is_object()) return false;
    const Json& pattern = step["pattern"];
    splits = true;
    return pattern.contains("Regex") && pattern["Regex"].is_string() &&
           IsKnownPattern(pattern["Regex"].get_ref<const std::string&>()) &&
           step.value("behavior", Json()) == "Isolated" && !IsSet(step, "invert");
  }
  return step["type"] == "ByteLevel" && splits && !IsSet(step, "add_prefix_space") &&
         step.value("use_regex", Json(true)) == false;
}

Status CheckKind(const Fields& file) {
  if (file.Has("normalizer"))
    return file.Wrong("normalizer", "null: this engine changes no text", ErrorCode::kUnsupported);
  ASSIGN_OR_RETURN(const Json* pre, file.Object("pre_tokenizer"));
  bool splits = false;
  bool known = pre->contains("pretokenizers") && (*pre)["pretokenizers"].is_array() &&
               (*pre)["pretokenizers"].size() == 2;
  if (known) {
    for (const Json& step : (*pre)["pretokenizers"])
      known = known && IsKnownPreTokenizer(step, splits);
  }
  if (!known || !splits) {
    return file.Wrong("pre_tokenizer",
                      "the split pattern of the LFM2 family and then ByteLevel: another one would "
                      "give other ids",
                      ErrorCode::kUnsupported);
  }
  return {};
}

Status CheckModel(const Fields& model) {
  ASSIGN_OR_RETURN(const std::string type, model.StringOr("type", ""));
  if (type != "BPE") return model.Wrong("type", "'BPE'", ErrorCode::kUnsupported);
  for (const char* key :
       {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"}) {
    const Json* value = model.Find(key);
    const bool off = value == nullptr || *value == false || *value == "" ||
                     (value->is_number() && value->get<double>() == 0);
    if (!off) return model.Wrong(key, "none", ErrorCode::kUnsupported);
  }
  return {};
}

class TokenTable {
 public:
  TokenTable(const std::string& file, int n_vocab, TokenizerJson& out)
      : file_(file), n_vocab_(n_vocab), out_(out) {
    out_.tokens.resize(static_cast<size_t>(n_vocab));
    out_.kinds.resize(static_cast<size_t>(n_vocab), 0);
  }

  // An added token may stand in the vocabulary as well, with the same id.
  Status Add(const std::string& text, const Json& id, TokenKind kind) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= static_cast<uint64_t>(n_vocab_)) {
      return MakeError(ErrorCode::kCorruptData,
                       "{}: token '{}' has id {}; expected 0 to {}, as vocab_size in config.json "
                       "says",
                       file_, Printable(text), Printable(json::Dump(id)), n_vocab_ - 1);
    }
    const auto at = id.get<size_t>();
    if (out_.kinds[at] != 0 && out_.tokens[at] != text) {
      return MakeError(ErrorCode::kCorruptData, "{}: tokens '{}' and '{}' have one id, {}", file_,
                       Printable(out_.tokens[at]), Printable(text), at);
    }
    const auto [known, added] = out_.ids.emplace(text, static_cast<int>(at));
    if (!added && known->second != static_cast<int>(at)) {
      return MakeError(ErrorCode::kCorruptData, "{}: token '{}' has two ids, {} and {}", file_,
                       Printable(text), known->second, at);
    }
    out_.tokens[at] = text;
    out_.kinds[at] = static_cast<int32_t>(kind);
    return {};
  }

  void FillGaps() {
    for (size_t id = 0; id < out_.tokens.size(); ++id) {
      if (out_.kinds[id] != 0) continue;
      out_.tokens[id] = fmt::format("[PAD{}]", id);
      out_.kinds[id] = static_cast<int32_t>(TokenKind::kUnused);
    }
  }

 private:
  const std::string& file_;
  int n_vocab_;
  TokenizerJson& out_;
};

// Control tokens are those that the file calls special, and those that look like it.
Status AddAddedTokens(const Fields& file, TokenTable& table) {
  if (!file.Has("added_tokens")) return {};
  ASSIGN_OR_RETURN(const Json* added, file.Array("added_tokens"));
  for (const Json& token : *added) {
    if (!token.is_object() || !token.contains("id") || !token.contains("content") ||
        !token["content"].is_string() || token["content"].empty()) {
      return MakeError(ErrorCode::kCorruptData,
                       "{}: 'added_tokens' has {}; expected an object with id and content",
                       file.file(), Printable(json::Dump(token)));
    }
    const auto& text = token["content"].get_ref<const std::string&>();
    const bool control =
        IsSet(token, "special") || (text.starts_with("<|") && text.ends_with("|>"));
    RETURN_IF_ERROR(
        table.Add(text, token["id"], control ? TokenKind::kControl : TokenKind::kUserDefined));
  }
  return {};
}

// "left right", or the pair of them.
Result<std::string> MergeOf(const std::string& file, const Json& merge) {
  if (merge.is_string()) return merge.get<std::string>();
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  return MakeError(ErrorCode::kCorruptData, "{}: 'merges' has {}; expected pairs of tokens", file,
                   Printable(json::Dump(merge)));
}

// Of {"single": [{"SpecialToken": {"id": "<|startoftext|>"}}, {"Sequence": ...}]}, possibly one of
// several processors. Anything else puts nothing before a text, as far as a GGUF file can say.
std::string FirstToken(const Json* processor) {
  if (processor == nullptr || !processor->is_object()) return "";
  if (const auto list = processor->find("processors");
      list != processor->end() && list->is_array()) {
    for (const Json& one : *list) {
      if (one.is_object() && one.contains("processors")) continue;  // no deeper
      if (const std::string first = FirstToken(&one); !first.empty()) return first;
    }
    return "";
  }
  const auto single = processor->find("single");
  if (single == processor->end() || !single->is_array() || single->size() < 2) return "";
  const Json& first = (*single)[0];
  if (!first.is_object() || !first.contains("SpecialToken")) return "";
  const Json& token = first["SpecialToken"];
  if (!token.is_object() || !token.contains("id") || !token["id"].is_string()) return "";
  return token["id"].get<std::string>();
}

}  // namespace

Result<TokenizerJson> ReadTokenizerJson(const Fields& file, int n_vocab) {
  RETURN_IF_ERROR(CheckKind(file));
  ASSIGN_OR_RETURN(const Json* object, file.Object("model"));
  const Fields model(*object, file.file() + ": 'model'");
  RETURN_IF_ERROR(CheckModel(model));
  TokenizerJson read;
  TokenTable table(file.file(), n_vocab, read);
  ASSIGN_OR_RETURN(const Json* vocab, model.Object("vocab"));
  for (const auto& [text, id] : vocab->items())
    RETURN_IF_ERROR(table.Add(text, id, TokenKind::kNormal));
  RETURN_IF_ERROR(AddAddedTokens(file, table));
  table.FillGaps();
  ASSIGN_OR_RETURN(const Json* merges, model.Array("merges"));
  read.merges.reserve(merges->size());
  for (const Json& merge : *merges) {
    ASSIGN_OR_RETURN(std::string text, MergeOf(file.file(), merge));
    read.merges.push_back(std::move(text));
  }
  read.first_token = FirstToken(file.Find("post_processor"));
  return read;
}

}  // namespace weir::convert
