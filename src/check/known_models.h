#pragma once
// Facts about published models and the shipped one, by which a file of theirs is recognised and
// judged. They stand in known_models.json with their origin. Immutable; any thread.

#include <string>
#include <utility>
#include <vector>

#include "base/token_id.h"
#include "gguf/metadata.h"
#include "json/json.h"
#include "tokenizer/tokenizer.h"

namespace weir::check {

struct KnownModel {
  using Ids = std::vector<std::pair<std::string, TokenId>>;

  std::string name;
  // What the vocabulary is recognised by.
  int n_tokens = 0;
  Ids specials;             // text and id of special tokens
  std::string fingerprint;  // of tokens and merges (TokenizerFingerprint); empty: not known

  // What is known of encoding with it.
  Ids pieces;               // texts that are one token
  std::string test_sha256;  // of the ids of the test text, see TestTextDigest; empty: not known

  // What the model is recognised by, and how it goes on; empty vectors: not known.
  int n_layers = 0;
  int d_model = 0;
  std::vector<TokenId> prompt;
  std::vector<TokenId> continuation;  // the most likely token each time
  std::vector<TokenId> probe;
  std::vector<TokenId> probe_top;  // the most likely tokens after it, in any order
};

const std::vector<KnownModel>& KnownModels();
KnownModel KnownModelFromJson(const json::Json& entry);

// The entry whose vocabulary `tokenizer` is; null when it is none of them.
const KnownModel* FindByVocabulary(const std::vector<KnownModel>& known,
                                   const tokenizer::Tokenizer& tokenizer,
                                   const std::string& fingerprint);

// The first 16 hexadecimal digits of the SHA-256 of tokenizer.ggml.tokens and .merges, each as its
// count and its bytes in the file; empty when one is missing.
std::string TokenizerFingerprint(const gguf::Metadata& metadata);

// A text with something of everything that tokenizers treat differently.
const std::string& TestText();
// SHA-256 in hexadecimal of the ids written as Python prints a list, "[1, 2, 3]".
std::string TestTextDigest(const std::vector<TokenId>& ids);

}  // namespace weir::check
