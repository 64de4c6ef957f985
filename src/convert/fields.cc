#include "convert/fields.h"

#include <unistd.h>

#include <cmath>

#include "base/printable.h"
#include "platform/files.h"

namespace weir::convert {
namespace {

// A tokenizer of 128 000 tokens has 17 MB.
constexpr json::ParseLimits kLimits = {.max_bytes = 64u << 20, .max_depth = 32};

}  // namespace

Result<json::Json> ReadJsonObject(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kLimits.max_bytes));
  auto object = json::Parse(text, kLimits);
  if (!object) return MakeError(object.error().WithContext(path));
  if (!object->is_object())
    return MakeError(ErrorCode::kCorruptData, "{}: expected a JSON object", path);
  return std::move(*object);
}

Result<std::optional<json::Json>> ReadJsonObjectIfThere(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return std::optional<json::Json>();
  ASSIGN_OR_RETURN(json::Json object, ReadJsonObject(path));
  return std::optional<json::Json>(std::move(object));
}

const json::Json* Fields::Find(std::string_view key) const {
  const auto found = object_.find(std::string(key));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

Result<const json::Json*> Fields::Need(std::string_view key) const {
  const json::Json* value = Find(key);
  if (value == nullptr) return MakeError(ErrorCode::kNotFound, "{}: '{}' is missing", file_, key);
  return value;
}

tl::unexpected<Error> Fields::Wrong(std::string_view key, std::string_view expected,
                                    ErrorCode code) const {
  const json::Json* value = Find(key);
  return MakeError(code, "{}: '{}' is {}; expected {}", file_, key,
                   value == nullptr ? "missing" : Printable(json::Dump(*value)), expected);
}

Result<int> Fields::Int(std::string_view key, int min, int max) const {
  ASSIGN_OR_RETURN(const json::Json* value, Need(key));
  const bool fits = value->is_number_unsigned()
                        ? value->get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                        : value->is_number_integer();
  if (!fits || value->get<int64_t>() < min || value->get<int64_t>() > max)
    return Wrong(key, fmt::format("a whole number from {} to {}", min, max));
  return value->get<int>();
}

Result<double> Fields::Positive(std::string_view key) const {
  ASSIGN_OR_RETURN(const json::Json* value, Need(key));
  if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() <= 0)
    return Wrong(key, "a number above 0");
  return value->get<double>();
}

Result<const json::Json*> Fields::Array(std::string_view key) const {
  ASSIGN_OR_RETURN(const json::Json* value, Need(key));
  if (!value->is_array()) return Wrong(key, "a list");
  return value;
}

Result<const json::Json*> Fields::Object(std::string_view key) const {
  ASSIGN_OR_RETURN(const json::Json* value, Need(key));
  if (!value->is_object()) return Wrong(key, "an object");
  return value;
}

Result<bool> Fields::BoolOr(std::string_view key, bool fallback) const {
  const json::Json* value = Find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) return Wrong(key, "true or false");
  return value->get<bool>();
}

Result<std::string> Fields::StringOr(std::string_view key, std::string_view fallback) const {
  const json::Json* value = Find(key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) return Wrong(key, "a text");
  return value->get<std::string>();
}

}  // namespace weir::convert
