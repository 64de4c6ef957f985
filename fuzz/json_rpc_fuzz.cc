// The stdio transport's stream: lines out of pieces of any size, and messages out of lines, each
// against a judge that sees the whole at once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mcp/json_rpc.h"
#include "mcp_client/line_framer.h"

namespace {

using weir::Result;
using weir::Status;
using weir::json::Json;

constexpr size_t kMaxLine = 200;

struct Framed {
  std::vector<std::string> lines;
  bool broken = false;

  bool operator==(const Framed&) const = default;
};

// Splits the whole text; the first line that is too long ends it. A line without an end counts as
// soon as it can not be short enough any more.
Framed JudgeLines(std::string_view text) {
  Framed out;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    if (newline == std::string_view::npos) {
      out.broken = line.size() > kMaxLine + 1;
      return out;
    }
    text.remove_prefix(newline + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > kMaxLine) {
      out.broken = true;
      return out;
    }
    out.lines.emplace_back(line);
  }
  return out;
}

// The same by the framer, in pieces whose sizes `seed` decides.
Framed FrameInPieces(std::string_view text, uint32_t seed) {
  weir::mcp_client::LineFramer framer(kMaxLine);
  Framed out;
  while (!text.empty() && !out.broken) {
    seed = seed * 1664525 + 1013904223;
    const size_t n = std::min<size_t>(text.size(), 1 + (seed >> 24) % 97);
    const Status pushed = framer.Push(text.substr(0, n), [&](std::string_view line) -> Status {
      out.lines.emplace_back(line);
      return {};
    });
    out.broken = !pushed;
    text.remove_prefix(n);
  }
  return out;
}

bool IsId(const Json& id) {
  if (id.is_string()) return id.get_ref<const std::string&>().size() <= 256;
  constexpr int64_t kMax = int64_t{1} << 53;
  if (id.is_number_unsigned()) return id.get<uint64_t>() <= static_cast<uint64_t>(kMax);
  return id.is_number_integer() && id.get<int64_t>() >= -kMax;
}

// Whether `value` is a message, as the specification says it in one sentence each.
bool JudgeMessage(const Json& value) {
  if (!value.is_object() || value.value("jsonrpc", Json()) != "2.0") return false;
  const bool has_id = value.contains("id");
  const bool is_answer = value.contains("result") || value.contains("error");
  if (value.contains("method")) {
    const Json& method = value["method"];
    return !is_answer && method.is_string() && !method.get_ref<const std::string&>().empty() &&
           method.get_ref<const std::string&>().size() <= 256 && (!has_id || IsId(value["id"])) &&
           (!value.contains("params") || value["params"].is_object());
  }
  if (value.contains("result")) {
    return !value.contains("error") && has_id && IsId(value["id"]) && value["result"].is_object();
  }
  if (!value.contains("error") || !value["error"].is_object()) return false;
  const Json code = value["error"].value("code", Json());
  return (!has_id || value["id"].is_null() || IsId(value["id"])) && code.is_number_integer() &&
         code.get<double>() >= INT32_MIN && code.get<double>() <= INT32_MAX &&
         value["error"].value("message", Json()).is_string();
}

void CheckLine(const std::string& line) {
  const Result<weir::mcp::Message> message = weir::mcp::ParseMessage(line);
  const Result<Json> value = weir::json::Parse(line);
  CHECK(message.has_value() == (value && JudgeMessage(*value)));
  if (!message) {
    CHECK(!message.error().message.empty());
    return;
  }
  const std::string again = weir::mcp::ToLine(*message);
  CHECK(again.find('\n') == std::string::npos);
  const Result<weir::mcp::Message> twice = weir::mcp::ParseMessage(again);
  CHECK(twice && weir::mcp::ToLine(*twice) == again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Framed judged = JudgeLines(text);
  for (const uint32_t seed : {0U, static_cast<uint32_t>(size), 77U}) {
    const Framed framed = FrameInPieces(text, seed);
    // How early an endless line is noticed depends on the pieces, what came before it does not.
    CHECK(framed == judged);
  }
  for (const std::string& line : judged.lines) CheckLine(line);
  return 0;
}
