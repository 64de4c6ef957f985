#include "policy/regex.h"

#include <re2/re2.h>

namespace weir::policy {
namespace {

constexpr size_t kMaxRegexBytes = 1024;
constexpr int64_t kMaxProgramBytes = 1 << 20;

}  // namespace

Regex::Regex(std::string pattern, std::shared_ptr<const re2::RE2> program)
    : pattern_(std::move(pattern)), program_(std::move(program)) {}

Result<Regex> Regex::Compile(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxRegexBytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a regular expression of {} bytes; 1 to {} are possible", pattern.size(),
                     kMaxRegexBytes);
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxProgramBytes);
  options.set_never_capture(true);
  options.set_dot_nl(true);
  auto program =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!program->ok()) {
    return MakeError(ErrorCode::kInvalidArgument, "no regular expression of RE2's syntax: {}",
                     program->error());
  }
  return Regex(std::string(pattern), std::move(program));
}

bool Regex::Matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *program_);
}

}  // namespace weir::policy
