#include "vault/reference.h"

#include <charconv>
#include <optional>

#include "base/printable.h"

namespace weir::vault {
namespace {

// A whole number in its only spelling: no sign, no leading zero.
std::optional<uint64_t> WholeNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return fmt::format("{}", number) == text ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string BucketId::KeysName() const {
  return fmt::format("{}/{:06}.keys", DataClassName(data_class), number);
}

std::string BucketId::DataName() const {
  return fmt::format("{}/{:06}.data", DataClassName(data_class), number);
}

std::string Reference::Text() const {
  return fmt::format("{}/{}/{}", DataClassName(bucket.data_class), bucket.number, index);
}

Result<Reference> ParseReference(std::string_view text) {
  const size_t first = text.find('/');
  const size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second != std::string_view::npos) {
    const std::optional<DataClass> data_class = DataClassFromName(text.substr(0, first));
    const std::optional<uint64_t> number = WholeNumber(text.substr(first + 1, second - first - 1));
    const std::optional<uint64_t> index = WholeNumber(text.substr(second + 1));
    if (data_class && number && index) return Reference{{*data_class, *number}, *index};
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "'{}' is no reference to a payload; expected CLASS/BUCKET/INDEX such as "
                   "results/17/3, as the audit log has it",
                   Printable(text));
}

bool IsRunId(std::string_view run_id) {
  return !run_id.empty() && run_id.size() <= 64 &&
         run_id.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
             std::string_view::npos;
}

}  // namespace weir::vault
