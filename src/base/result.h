#pragma once
// Result<T>: a value or an Error. Every expected failure (file, network, model text, person, peer)
// travels as one; programmer errors use CHECK. House spelling is early return with the two macros
// below, not chains.
//
//   Result<Config> Load(const std::string& path) {
//     ASSIGN_OR_RETURN(std::string text, ReadFile(path));
//     RETURN_IF_ERROR(CheckSize(text));
//     return Parse(text);
//   }
//   return MakeError(ErrorCode::kNotFound, "model file '{}' is not there; see --model", path);

#include <fmt/format.h>

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace weir {

// Derived only to be [[nodiscard]]: a forgotten Result must warn.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  Result(const Base& base) : Base(base) {}        // NOLINT(google-explicit-constructor)
  Result(Base&& base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

using Status = Result<void>;

// An error with a formatted message, convertible to every Result<T>.
template <class... Args>
tl::unexpected<Error> MakeError(ErrorCode code, fmt::format_string<Args...> format,
                                Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

inline tl::unexpected<Error> MakeError(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

// Returns the error of `expr` (a Status or any Result) from the enclosing function, if it has one.
#define RETURN_IF_ERROR(expr) WEIR_RETURN_IF_ERROR(WEIR_CONCAT(weir_status_, __COUNTER__), expr)
#define WEIR_RETURN_IF_ERROR(name, expr)      \
  if (auto name = (expr); !name) /* NOLINT */ \
  return ::tl::unexpected<::weir::Error>(std::move(name).error())

// `decl` = the value of `expr`, or return its error. `decl` may declare a variable, so it can not
// stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define ASSIGN_OR_RETURN(decl, expr) \
  WEIR_ASSIGN_OR_RETURN(WEIR_CONCAT(weir_result_, __COUNTER__), decl, expr)
#define WEIR_ASSIGN_OR_RETURN(name, decl, expr)                               \
  auto name = (expr);                                                         \
  if (!name) return ::tl::unexpected<::weir::Error>(std::move(name).error()); \
  decl = std::move(*name)
// NOLINTEND(bugprone-macro-parentheses)
