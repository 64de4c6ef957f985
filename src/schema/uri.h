#pragma once
// The URIs of schemas, as names only: nothing here or above it ever opens one. Pure; any thread.

#include <string>
#include <string_view>

namespace weir::schema {

// `reference` as seen from `base` (RFC 3986, section 5.2), without dot segments. With an empty base
// the reference stays relative.
std::string ResolveUri(std::string_view base, std::string_view reference);

// A URI and what followed its '#', still percent-encoded; a lone '#' is an empty fragment.
struct SplitUri {
  std::string uri;
  std::string fragment;
};
SplitUri SplitFragment(std::string_view uri);

}  // namespace weir::schema
