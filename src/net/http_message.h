#pragma once
// Plain values of HTTP: what is asked and what is answered, for client and server. Values; any
// thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::net {

// Header fields in the order they came. Names compare without case.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(std::string name, std::string value);
  // Replaces every field of that name by one.
  void Set(std::string name, std::string value);
  void Remove(std::string_view name);
  // The value of the first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Of every field of that name, in order.
  std::vector<std::string_view> All(std::string_view name) const;

  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// True when the two are the same but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// ASCII letters in lower case, everything else as it is.
std::string LowerCase(std::string_view text);

// "text/event-stream" of "Text/Event-Stream; charset=utf-8": in lower case, without parameters.
std::string MediaType(std::string_view content_type);

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};  // client: absolute, http or https. Server: the target, "/mcp?x=1"
  HttpHeaders headers = {};
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers = {};
  std::string body = {};
};

}  // namespace weir::net
