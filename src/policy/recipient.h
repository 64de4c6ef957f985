#pragma once
// A mail address, and whether it is on a list. Strict: one plain address and nothing else.
//
//   address = local "@" domain      local  = 1 to 64 of letters, digits and !#$%&'*+/=?^_`{|}~-.
//                                            with no dot first, last or doubled
//                                   domain = a host name of host.h without a trailing dot
//
// Display names, quotes, comments, lists and bytes beyond ASCII are doubtful. Domains are compared
// without case; a local part that differs in case alone is doubtful, because some mail servers tell
// the two apart and most do not. Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::policy {

enum class RecipientMatch { kYes, kNo, kDoubtful };

// One entry of a list: "bob@example.org" is that address, "@example.org" all of that domain.
struct RecipientPattern {
  std::string local;   // empty: every address of the domain
  std::string domain;  // in lower case

  // Error kInvalidArgument: neither of the two forms.
  static Result<RecipientPattern> Parse(std::string_view written);
  RecipientMatch Match(std::string_view address) const;
  std::string Text() const { return local + "@" + domain; }
  bool operator==(const RecipientPattern&) const = default;
};

}  // namespace weir::policy
