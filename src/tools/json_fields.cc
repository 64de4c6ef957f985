#include "tools/json_fields.h"

namespace weir::tools {
namespace {

// Null when there is no such member.
const json::Json* Find(const json::Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

Result<std::string> StringField(const json::Json& object, std::string_view key) {
  if (Find(object, key) == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is missing; a text is expected", key);
  }
  return StringFieldOr(object, key, "");
}

Result<std::string> StringFieldOr(const json::Json& object, std::string_view key,
                                  std::string_view fallback) {
  const json::Json* member = Find(object, key);
  if (member == nullptr) return std::string(fallback);
  const auto* text = member->get_ptr<const std::string*>();
  if (text == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is a {}; a text is expected", key,
                     member->type_name());
  }
  return *text;
}

Result<int64_t> IntFieldOr(const json::Json& object, std::string_view key, int64_t fallback) {
  const json::Json* member = Find(object, key);
  if (member == nullptr) return fallback;
  if (const auto* number = member->get_ptr<const uint64_t*>()) {
    return static_cast<int64_t>(*number);
  }
  if (const auto* number = member->get_ptr<const int64_t*>()) return *number;
  return MakeError(ErrorCode::kInvalidArgument, "'{}' is a {}; a whole number is expected", key,
                   member->type_name());
}

}  // namespace weir::tools
