#pragma once
// Small random vocabularies with many merges, and the LFM2 special tokens. For tests.

#include <string>
#include <vector>

#include "tokenizer/vocab.h"

namespace weir::tokenizer {

struct VocabAndMerges {
  VocabParts parts;
  std::vector<std::string> merges;
};

// Ids 0 to 15 are the special tokens of the 65 536-row vocabulary in its order (`<think>` and
// `</think>` are user-defined, the others control); then the 256 bytes; no merges.
VocabAndMerges BytesVocab();

// BytesVocab, `n_merges` random merges that texts of RandomUnicode often meet, some whole words
// that no merge makes, and two unused padding rows at the end.
VocabAndMerges RandomVocab(unsigned seed, int n_merges);

}  // namespace weir::tokenizer
