#include "mcp_client/param_headers.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/base64.h"
#include "base/printable.h"
#include "mcp/protocol.h"

namespace weir::mcp_client {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";
constexpr std::string_view kBase64Begin = "=?base64?";
constexpr std::string_view kBase64End = "?=";
constexpr int64_t kMaxExactInteger = (int64_t{1} << 53) - 1;
constexpr size_t kMaxHeaderNameBytes = 128;
constexpr size_t kMaxHeaderParams = 64;

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != kMarks.npos);
  });
}

tl::unexpected<Error> BadHeader(std::string_view place, std::string_view what) {
  return MakeError(ErrorCode::kInvalidArgument, "x-mcp-header at '{}': {}", Printable(place), what);
}

// Collects the declarations of one schema and those beneath it. Depth is bounded by the parser.
class HeaderParamFinder {
 public:
  // `path` holds the properties down to `schema`; `reachable` says that nothing but `properties`
  // leads there. `schema` may be any value: a keyword we do not know can hold schemas too.
  Status Visit(const json::Json& schema, std::vector<std::string>& path, bool reachable) {
    if (schema.is_array()) {
      for (const json::Json& item : schema) RETURN_IF_ERROR(Visit(item, path, false));
    }
    if (!schema.is_object()) return {};
    for (const auto& [key, value] : schema.items()) {
      if (key == kAnnotation) {
        RETURN_IF_ERROR(Take(value, schema, path, reachable));
      } else if (key == "properties" && value.is_object()) {
        RETURN_IF_ERROR(VisitProperties(value, path, reachable));
      } else if (key != "default" && key != "const" && key != "enum" && key != "examples") {
        RETURN_IF_ERROR(Visit(value, path, false));
      }
    }
    return {};
  }

  std::vector<HeaderParam> Release() { return std::move(found_); }

 private:
  Status VisitProperties(const json::Json& properties, std::vector<std::string>& path,
                         bool reachable) {
    for (const auto& [name, property] : properties.items()) {
      path.push_back(name);
      RETURN_IF_ERROR(Visit(property, path, reachable));
      path.pop_back();
    }
    return {};
  }

  Status Take(const json::Json& value, const json::Json& schema,
              const std::vector<std::string>& path, bool reachable) {
    const std::string place = fmt::format("{}", fmt::join(path, "."));
    if (!reachable || path.empty()) {
      return BadHeader(place, "only properties of the arguments may have one");
    }
    if (!value.is_string()) return BadHeader(place, "expected a text");
    const auto& name = value.get_ref<const std::string&>();
    if (!IsToken(name) || name.size() > kMaxHeaderNameBytes) {
      return BadHeader(place, fmt::format("'{}' is no header name", Printable(name)));
    }
    const auto type = schema.find("type");
    if (type == schema.end() || (*type != "string" && *type != "integer" && *type != "boolean")) {
      return BadHeader(place, "expected the type string, integer or boolean");
    }
    for (const HeaderParam& other : found_) {
      if (net::EqualsIgnoringCase(other.header, name)) {
        return BadHeader(place, fmt::format("'{}' is used twice", name));
      }
    }
    if (found_.size() >= kMaxHeaderParams) return BadHeader(place, "there are too many");
    found_.push_back({.header = name, .path = path});
    return {};
  }

  std::vector<HeaderParam> found_;
};

// Empty where a value has no form in a header.
std::optional<std::string> PlainText(const json::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > kMaxExactInteger) return std::nullopt;
  const auto number = value.get<int64_t>();
  if (number > kMaxExactInteger || number < -kMaxExactInteger) return std::nullopt;
  return fmt::to_string(number);
}

}  // namespace

Result<std::vector<HeaderParam>> FindHeaderParams(const json::Json& input_schema) {
  HeaderParamFinder finder;
  std::vector<std::string> path;
  RETURN_IF_ERROR(finder.Visit(input_schema, path, true));
  return finder.Release();
}

net::HttpHeaders HeadersOfArguments(const std::vector<HeaderParam>& params,
                                    const json::Json& arguments) {
  net::HttpHeaders headers;
  for (const HeaderParam& param : params) {
    const json::Json* value = &arguments;
    for (const std::string& name : param.path) {
      if (value == nullptr || !value->is_object()) {
        value = nullptr;
        break;
      }
      const auto member = value->find(name);
      value = member == value->end() ? nullptr : &*member;
    }
    if (value == nullptr) continue;
    if (const std::optional<std::string> text = PlainText(*value)) {
      headers.Add(std::string(mcp::kHeaderParamPrefix) + param.header, EncodeHeaderValue(*text));
    }
  }
  return headers;
}

std::string EncodeHeaderValue(std::string_view value) {
  const bool is_wrapped = value.size() >= kBase64Begin.size() + kBase64End.size() &&
                          value.substr(0, kBase64Begin.size()) == kBase64Begin &&
                          value.substr(value.size() - kBase64End.size()) == kBase64End;
  const bool is_plain =
      !value.empty() && !is_wrapped && value.front() != ' ' && value.back() != ' ' &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (is_plain) return std::string(value);
  return fmt::format("{}{}{}", kBase64Begin, ToBase64(value), kBase64End);
}

}  // namespace weir::mcp_client
