#pragma once
// Typed access to the members of a JSON object that a stranger wrote. Errors name the file, the
// member, the expected and the found. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace weir::convert {

// The object that the whole file is. Errors: as platform::ReadFile and json::Parse, with the path.
Result<json::Json> ReadJsonObject(const std::string& path);
// The same, without a value when the file is not there.
Result<std::optional<json::Json>> ReadJsonObjectIfThere(const std::string& path);

// Borrows the object.
class Fields {
 public:
  // `file` is for errors.
  Fields(const json::Json& object, std::string file) : object_(object), file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  // Null when the member is not there or is null.
  const json::Json* Find(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // Required: kNotFound when it is not there, kCorruptData when it is something else.
  Result<int> Int(std::string_view key, int min, int max) const;
  Result<double> Positive(std::string_view key) const;
  Result<const json::Json*> Array(std::string_view key) const;
  Result<const json::Json*> Object(std::string_view key) const;

  // Optional: `fallback` when it is not there.
  Result<bool> BoolOr(std::string_view key, bool fallback) const;
  Result<std::string> StringOr(std::string_view key, std::string_view fallback) const;

  // "FILE: 'KEY' is VALUE; expected EXPECTED"
  tl::unexpected<Error> Wrong(std::string_view key, std::string_view expected,
                              ErrorCode code = ErrorCode::kCorruptData) const;

 private:
  Result<const json::Json*> Need(std::string_view key) const;

  const json::Json& object_;
  std::string file_;
};

}  // namespace weir::convert
