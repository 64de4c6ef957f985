#include "schema/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace weir::schema {
namespace {

constexpr int64_t kMaxAutomatonBytes = 4 << 20;

// ECMA-262 writes code points as \uXXXX, RE2 as \x{XXXX}. Everything else that both have is the
// same.
std::string ToRe2(const std::string& source) {
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\\' || i + 1 == source.size()) {
      out.push_back(source[i]);
    } else if (source[i + 1] == 'u' && i + 6 <= source.size()) {
      out += "\\x{" + source.substr(i + 2, 4) + "}";
      i += 5;
    } else {
      out += source.substr(i, 2);
      ++i;
    }
  }
  return out;
}

}  // namespace

struct Pattern::Impl {
  Impl(const std::string& source, const re2::RE2::Options& options) : expression(source, options) {}
  re2::RE2 expression;
};

Pattern::Pattern(std::string source, std::unique_ptr<Impl> impl)
    : source_(std::move(source)), impl_(std::move(impl)) {}

Pattern::~Pattern() = default;

Result<std::shared_ptr<const Pattern>> Pattern::Compile(const std::string& source) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxAutomatonBytes);
  auto impl = std::make_unique<Impl>(ToRe2(source), options);
  if (!impl->expression.ok()) {
    return MakeError(ErrorCode::kUnsupported,
                     "pattern '{}' is no regular expression that matches in linear time: {}",
                     source.substr(0, 200), impl->expression.error());
  }
  return std::shared_ptr<const Pattern>(new Pattern(source, std::move(impl)));
}

bool Pattern::Matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->expression);
}

}  // namespace weir::schema
