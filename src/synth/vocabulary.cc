#include "synth/vocabulary.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace weir::synth {
namespace {

using tokenizer::TokenKind;
using tokenizer::Vocab;

// ---- where the special tokens are ----

struct Layout {
  std::map<int, std::string> specials;  // by id
  int n_used = 0;                       // the rows behind are padding
  int bos = 0;
  int eos = 0;
  int pad = 0;
};

constexpr std::string_view kControls[] = {"<|pad|>",
                                          "<|startoftext|>",
                                          "<|endoftext|>",
                                          "<|fim_pre|>",
                                          "<|fim_mid|>",
                                          "<|fim_suf|>",
                                          "<|im_start|>",
                                          "<|im_end|>",
                                          "<|tool_list_start|>",
                                          "<|tool_list_end|>",
                                          "<|tool_call_start|>",
                                          "<|tool_call_end|>",
                                          "<|tool_response_start|>",
                                          "<|tool_response_end|>"};

Layout Compact(int n_tokens, int think) {
  Layout layout;
  for (size_t i = 0; i < std::size(kControls); ++i)
    layout.specials[static_cast<int>(i)] = kControls[i];
  layout.specials[think] = "<think>";
  layout.specials[think + 1] = "</think>";
  layout.n_used = n_tokens;
  layout.bos = 1;
  layout.eos = 7;
  return layout;
}

Layout Of65K() {
  constexpr int kThink = 64400;
  Layout layout = Compact(kThink + 2, kThink);
  layout.specials[396] = "<image>";
  return layout;
}

// The text tokens come first. The ids of the response markers, and of what is reserved here, are
// not known for the published vocabulary.
Layout Of128K() {
  constexpr int kFirst = 124893;
  Layout layout;
  auto& specials = layout.specials;
  for (int i = 0; i < 8; ++i) specials[kFirst + i] = kControls[i];
  specials[124901] = "<think>";
  specials[124902] = "</think>";
  for (int i = 8; i < 12; ++i) specials[124903 + i - 8] = kControls[i];
  specials[124907] = "<image>";
  for (int row = 0; row < 10; ++row) {
    for (int col = 0; col < 10; ++col)
      specials[124908 + 10 * row + col] = fmt::format("<|img_row_{}_col_{}|>", row + 1, col + 1);
  }
  specials[125008] = "<|img_thumbnail|>";
  specials[125009] = "<|image_start|>";
  specials[125010] = "<|image_end|>";
  specials[125011] = kControls[12];
  specials[125012] = kControls[13];
  for (int i = 0; i < 4; ++i) specials[125013 + i] = fmt::format("<|reserved_{}|>", i);
  layout.n_used = 125017;
  layout.bos = kFirst + 1;
  layout.eos = kFirst + 7;
  layout.pad = kFirst;
  return layout;
}

Layout LayoutOf(int n_tokens) {
  if (n_tokens == 65536) return Of65K();
  if (n_tokens == 128000) return Of128K();
  return Compact(n_tokens, static_cast<int>(std::size(kControls)));
}

// ---- what the text tokens are ----

using Texts = std::vector<std::string>;

// Makes merges of which each side is a byte or the result of an earlier one, no result twice.
class MergeMaker {
 public:
  explicit MergeMaker(size_t n_wanted) : n_wanted_(n_wanted) {}

  // Every text of `left` joined with every one of `right`, common with common first, and what comes
  // of it; fewer once there are enough.
  Texts Join(const Texts& left, const Texts& right) {
    Texts results;
    if (left.empty() || right.empty()) return results;
    for (size_t sum = 0; sum < left.size() + right.size() - 1; ++sum) {
      const size_t first = sum < right.size() ? 0 : sum - right.size() + 1;
      for (size_t i = first; i <= std::min(sum, left.size() - 1); ++i) {
        if (merges_.size() == n_wanted_) return results;
        merges_.emplace_back(left[i], right[sum - i]);
        results.push_back(left[i] + right[sum - i]);
      }
    }
    return results;
  }

  const std::vector<std::pair<std::string, std::string>>& merges() const { return merges_; }

 private:
  size_t n_wanted_;
  std::vector<std::pair<std::string, std::string>> merges_;
};

Texts Letters(std::string_view letters) {
  Texts texts;
  for (const char letter : letters) texts.emplace_back(1, letter);
  return texts;
}

// Letters by their frequency in English: pairs, threes, fours of them, each with a blank before,
// and numbers of up to three digits, the most that the splitter leaves together.
std::vector<std::pair<std::string, std::string>> MakeMerges(size_t n_wanted) {
  const Texts letters = Letters("etaoinshrdlucmfwypvbgkjqxz");
  const Texts digits = Letters("0123456789");
  const Texts blank = {" "};
  MergeMaker maker(n_wanted);
  const Texts pairs = maker.Join(letters, letters);
  maker.Join(blank, letters);
  maker.Join(blank, pairs);
  const Texts two_digits = maker.Join(digits, digits);
  maker.Join(two_digits, digits);
  maker.Join(blank, maker.Join(pairs, letters));
  maker.Join(pairs, pairs);
  CHECK(maker.merges().size() == n_wanted);
  return maker.merges();
}

std::string StandIns(std::string_view bytes) { return Vocab::StandInsOfBytes(bytes); }

}  // namespace

Vocabulary MakeVocabulary(int n_tokens) {
  const Layout layout = LayoutOf(n_tokens);
  const auto n_text = static_cast<size_t>(layout.n_used) - layout.specials.size();
  const auto merges = MakeMerges(n_text - 256);
  Vocabulary made;
  made.parts.bos = layout.bos;
  made.parts.eos = layout.eos;
  made.pad = layout.pad;
  for (const auto& [left, right] : merges)
    made.merges.push_back(StandIns(left) + " " + StandIns(right));
  size_t next_text = 0;  // the bytes, then what the merges make
  const auto add = [&](std::string text, TokenKind kind) {
    made.parts.tokens.push_back(std::move(text));
    made.parts.kinds.push_back(static_cast<int64_t>(kind));
  };
  for (int id = 0; id < n_tokens; ++id) {
    const auto special = layout.specials.find(id);
    if (special != layout.specials.end()) {
      const bool control = special->second.starts_with("<|");
      add(special->second, control ? TokenKind::kControl : TokenKind::kUserDefined);
    } else if (id >= layout.n_used) {
      add(fmt::format("[PAD{}]", id), TokenKind::kUnused);
    } else if (const size_t i = next_text++; i < 256) {
      add(StandIns(std::string(1, static_cast<char>(i))), TokenKind::kNormal);
    } else {
      add(StandIns(merges[i - 256].first + merges[i - 256].second), TokenKind::kNormal);
    }
  }
  return made;
}

void AddVocabulary(const Vocabulary& vocabulary, gguf::MetadataBuilder& metadata) {
  const std::vector<int32_t> kinds(vocabulary.parts.kinds.begin(), vocabulary.parts.kinds.end());
  metadata.AddString("tokenizer.ggml.model", "gpt2");
  metadata.AddString("tokenizer.ggml.pre", "lfm2");
  metadata.AddStrings("tokenizer.ggml.tokens", vocabulary.parts.tokens);
  metadata.AddArray<int32_t>("tokenizer.ggml.token_type", kinds);
  metadata.AddStrings("tokenizer.ggml.merges", vocabulary.merges);
  metadata.Add("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(vocabulary.parts.bos));
  metadata.Add("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(vocabulary.parts.eos));
  metadata.Add("tokenizer.ggml.padding_token_id", static_cast<uint32_t>(vocabulary.pad));
  metadata.Add("tokenizer.ggml.add_bos_token", true);
}

}  // namespace weir::synth
