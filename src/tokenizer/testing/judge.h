#pragma once
// A second tokenizer, slow and written another way: PCRE2 splits with the regular expression
// itself, and merging looks for the best pair of strings again and again. For tests.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/token_id.h"
#include "tokenizer/vocab.h"

namespace weir::tokenizer {

// PCRE2 with UTF and UCP. `text` must be valid UTF-8. Aborts on a bad pattern.
class RegexJudge {
 public:
  explicit RegexJudge(std::string_view pattern);
  ~RegexJudge();
  RegexJudge(const RegexJudge&) = delete;
  RegexJudge& operator=(const RegexJudge&) = delete;

  // All matches from left to right. Text that nothing matches is left out.
  std::vector<std::string> Split(std::string_view text) const;
  bool Matches(std::string_view text) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

// The pattern of tokenizer.ggml.pre = "lfm2", and its spelling in the 128K tokenizer.json.
extern const std::string_view kSplitPattern;
extern const std::string_view kSplitPattern128K;

class SlowTokenizer {
 public:
  SlowTokenizer(const VocabParts& parts, const std::vector<std::string>& merges);
  std::vector<TokenId> Encode(std::string_view text) const;

 private:
  RegexJudge split_;
  std::map<std::string, TokenId> ids_;  // by stand-ins
  std::map<std::pair<std::string, std::string>, int> ranks_;
};

}  // namespace weir::tokenizer
