#include "schema/pattern.h"

#include <re2/re2.h>

#include <utility>

#include "schema/pattern_syntax.h"

namespace weir::schema {
namespace {

constexpr int64_t kMaxAutomatonBytes = 4 << 20;

tl::unexpected<Error> Refused(const std::string& source, std::string_view why) {
  return MakeError(ErrorCode::kUnsupported,
                   "pattern '{}' is no regular expression that matches in linear time: {}",
                   source.substr(0, 200), why);
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
  const Result<std::string> translated = ToRe2(source);
  if (!translated) return Refused(source, translated.error().message);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxAutomatonBytes);
  auto impl = std::make_unique<Impl>(*translated, options);
  if (!impl->expression.ok()) return Refused(source, impl->expression.error());
  return std::shared_ptr<const Pattern>(new Pattern(source, std::move(impl)));
}

bool Pattern::Matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->expression);
}

int Pattern::program_size() const { return impl_->expression.ProgramSize(); }

}  // namespace weir::schema
