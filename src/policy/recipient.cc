#include "policy/recipient.h"

#include <algorithm>
#include <optional>

#include "policy/host.h"

namespace weir::policy {
namespace {

constexpr size_t kMaxLocalBytes = 64;
constexpr std::string_view kLocalMarks = "!#$%&'*+/=?^_`{|}~-.";

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsLocal(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocalBytes) return false;
  if (local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char c) {
    return IsLetterOrDigit(c) || kLocalMarks.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> MailDomain(std::string_view domain) {
  if (domain.starts_with('[') || domain.ends_with('.')) return std::nullopt;
  return NormalHost(domain);
}

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  // 0x20 is what tells an ASCII letter from its other case.
  const auto same = [](char x, char y) {
    return x == y || (IsLetterOrDigit(x) && IsLetterOrDigit(y) && (x | 0x20) == (y | 0x20));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace

Result<RecipientPattern> RecipientPattern::Parse(std::string_view written) {
  const size_t at = written.find('@');
  const std::optional<std::string> domain =
      at == std::string_view::npos ? std::nullopt : MailDomain(written.substr(at + 1));
  const std::string_view local = written.substr(0, at);
  if (!domain || (!local.empty() && !IsLocal(local))) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is no recipient; write an address such as bob@example.org, or "
                     "@example.org for all of a domain",
                     written);
  }
  return RecipientPattern{std::string(local), *domain};
}

RecipientMatch RecipientPattern::Match(std::string_view address) const {
  const size_t at = address.find('@');
  if (at == std::string_view::npos) return RecipientMatch::kDoubtful;
  const std::string_view given = address.substr(0, at);
  const std::optional<std::string> its_domain = MailDomain(address.substr(at + 1));
  if (!its_domain || !IsLocal(given)) return RecipientMatch::kDoubtful;
  if (*its_domain != domain) return RecipientMatch::kNo;
  if (local.empty() || local == given) return RecipientMatch::kYes;
  return EqualWithoutCase(local, given) ? RecipientMatch::kDoubtful : RecipientMatch::kNo;
}

}  // namespace weir::policy
