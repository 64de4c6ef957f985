#pragma once
// A byte-level BPE vocabulary that nobody trained: of a given size, with the family's special
// tokens at the ids where the published vocabularies have them. It encodes every text, English to
// about three bytes a token. Pure; any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "gguf/metadata_builder.h"
#include "tokenizer/vocab.h"

namespace weir::synth {

struct Vocabulary {
  tokenizer::VocabParts parts;
  int64_t pad = 0;
  std::vector<std::string> merges;  // "left right", best rank first
};

// 65 536 and 128 000 tokens give the layouts of LFM2 and of LFM2.5-8B-A1B, unused rows included;
// any other size a compact one, special tokens first. `n_tokens` is at least 272 and at most 262
// 144.
Vocabulary MakeVocabulary(int n_tokens);

// The tokenizer.ggml.* keys.
void AddVocabulary(const Vocabulary& vocabulary, gguf::MetadataBuilder& metadata);

}  // namespace weir::synth
