#include "tokenizer/testing/judge.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/check.h"

namespace weir::tokenizer {

const std::string_view kSplitPattern =
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

const std::string_view kSplitPattern128K =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]|\s+(?!\S)|\s)";

struct RegexJudge::Code {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;

  // True when there is a match at or after `from`.
  bool Next(std::string_view text, size_t from) const {
    return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       PCRE2_NO_UTF_CHECK, match, nullptr) > 0;
  }
};

RegexJudge::RegexJudge(std::string_view pattern) : code_(std::make_unique<Code>()) {
  int error = 0;
  PCRE2_SIZE at = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_UTF | PCRE2_UCP, &error, &at, nullptr);
  CHECK(code_->code != nullptr);
  pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE);  // faster where it exists
  code_->match = pcre2_match_data_create_from_pattern(code_->code, nullptr);
}

RegexJudge::~RegexJudge() {
  pcre2_match_data_free(code_->match);
  pcre2_code_free(code_->code);
}

std::vector<std::string> RegexJudge::Split(std::string_view text) const {
  std::vector<std::string> pieces;
  for (size_t from = 0; from < text.size() && code_->Next(text, from);) {
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(code_->match);
    pieces.emplace_back(text.substr(range[0], range[1] - range[0]));
    from = range[1];
  }
  return pieces;
}

bool RegexJudge::Matches(std::string_view text) const { return code_->Next(text, 0); }

SlowTokenizer::SlowTokenizer(const VocabParts& parts, const std::vector<std::string>& merges)
    : split_(kSplitPattern) {
  for (size_t i = 0; i < parts.tokens.size(); ++i) {
    if (parts.kinds[i] == 1) ids_[parts.tokens[i]] = static_cast<TokenId>(i);
  }
  for (size_t i = 0; i < merges.size(); ++i) {
    const size_t blank = merges[i].find(' ');
    ranks_.emplace(std::pair(merges[i].substr(0, blank), merges[i].substr(blank + 1)),
                   static_cast<int>(i));
  }
}

std::vector<TokenId> SlowTokenizer::Encode(std::string_view text) const {
  std::vector<TokenId> ids;
  for (const std::string& piece : split_.Split(text)) {
    const auto whole = ids_.find(Vocab::StandInsOfBytes(piece));
    if (whole != ids_.end()) {
      ids.push_back(whole->second);
      continue;
    }
    std::vector<std::string> parts;
    for (const char byte : piece) {
      parts.push_back(Vocab::StandInsOfBytes(std::string_view(&byte, 1)));
    }
    while (true) {
      auto best = ranks_.end();
      size_t best_at = 0;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = ranks_.find({parts[i], parts[i + 1]});
        if (found == ranks_.end()) continue;
        if (best != ranks_.end() && best->second <= found->second) continue;
        best = found;
        best_at = i;
      }
      if (best == ranks_.end()) break;
      parts[best_at] += parts[best_at + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
    }
    for (const std::string& part : parts) ids.push_back(ids_.at(part));
  }
  return ids;
}

}  // namespace weir::tokenizer
