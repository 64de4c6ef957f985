#pragma once
// The vocabulary and the chat template of a published model folder, as keys of a GGUF file.
//
// tokenizer.json has tokens, merges and added tokens; tokenizer_config.json the texts of BOS, EOS
// and padding; generation_config.json and config.json their ids where the texts are not there.
// What the tokenizer of this engine does not do (a normaliser, another split pattern) is refused:
// the same text would become other ids.

#include <string>
#include <vector>

#include "base/result.h"
#include "gguf/metadata_builder.h"

namespace weir::convert {

// `metadata` names the architecture already. `n_vocab` rows: ids that no token has become unused
// "[PAD7]". Adds to `warnings` what is missing but can be done without. Errors name the file, the
// member, the expected and the found.
Status AddVocabulary(const std::string& folder, int n_vocab, gguf::MetadataBuilder& metadata,
                     std::vector<std::string>& warnings);

}  // namespace weir::convert
