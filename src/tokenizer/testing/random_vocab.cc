#include "tokenizer/testing/random_vocab.h"

#include <random>
#include <set>
#include <string_view>

#include "tokenizer/testing/random_text.h"

namespace weir::tokenizer {
namespace {

constexpr std::string_view kSpecials[] = {"<|pad|>",
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
                                          "<|tool_response_end|>",
                                          "<think>",
                                          "</think>"};

}  // namespace

VocabAndMerges BytesVocab() {
  VocabAndMerges made;
  for (const std::string_view special : kSpecials) {
    made.parts.tokens.emplace_back(special);
    made.parts.kinds.push_back(special.starts_with("<|") ? 3 : 4);
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    made.parts.tokens.push_back(Vocab::StandInsOfBytes(std::string_view(&text, 1)));
    made.parts.kinds.push_back(1);
  }
  made.parts.bos = 1;
  made.parts.eos = 7;
  return made;
}

VocabAndMerges RandomVocab(unsigned seed, int n_merges) {
  VocabAndMerges made = BytesVocab();
  std::mt19937 random(seed);
  std::set<std::string> known(made.parts.tokens.begin(), made.parts.tokens.end());
  // Merges are found the way BPE training does: neighbours in a random text, joined for good.
  std::string text;
  while (text.size() < 4000) text += RandomUnicode(random, 10);
  std::vector<std::string> parts;
  for (const char byte : text) parts.push_back(Vocab::StandInsOfBytes(std::string_view(&byte, 1)));
  for (int tries = 0; tries < 4 * n_merges && static_cast<int>(made.merges.size()) < n_merges;
       ++tries) {
    const size_t at = random() % (parts.size() - 1);
    const std::string left = parts[at];
    const std::string right = parts[at + 1];
    if (!known.insert(left + right).second) continue;
    made.merges.push_back(left + " " + right);
    made.parts.tokens.push_back(left + right);
    made.parts.kinds.push_back(1);
    std::vector<std::string> joined;
    for (size_t i = 0; i < parts.size(); ++i) {
      const bool pair = i + 1 < parts.size() && parts[i] == left && parts[i + 1] == right;
      joined.push_back(pair ? left + right : parts[i]);
      i += pair ? 1 : 0;
    }
    parts = std::move(joined);
  }
  for (const char* word : {" it", "(x", "....", "12", " \n"}) {
    const std::string stand_ins = Vocab::StandInsOfBytes(word);
    if (!known.insert(stand_ins).second) continue;
    made.parts.tokens.push_back(stand_ins);
    made.parts.kinds.push_back(1);
  }
  for (const char* row : {"[PAD1]", "[PAD2]"}) {
    made.parts.tokens.emplace_back(row);
    made.parts.kinds.push_back(5);
  }
  return made;
}

}  // namespace weir::tokenizer
