#include "tools/worker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include "sandbox/confine_self.h"
#include "tools/change_tools.h"
#include "tools/json_fields.h"
#include "tools/read_tools.h"
#include "tools/registry.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr size_t kMaxMessageBytes = 32u << 20;
constexpr int64_t kDefaultDeadlineMs = 25'000;

// JSON-RPC 2.0 error codes.
constexpr int kParseError = -32700;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;

class Server {
 public:
  Server(platform::Workspace workspace, UndoStore undo, Registry registry)
      : workspace_(std::move(workspace)), undo_(std::move(undo)), registry_(std::move(registry)) {}

  // The answer to one line; empty for a notification.
  std::string Answer(std::string_view line) {
    json::ParseLimits limits;
    limits.max_bytes = kMaxMessageBytes;
    const Result<json::Json> request = json::Parse(line, limits);
    if (!request) return ErrorReply(nullptr, kParseError, request.error().message);
    if (!request->is_object() || !request->contains("id")) return {};
    const json::Json& id = request->at("id");
    const Result<std::string> method = StringField(*request, "method");
    if (!method) return ErrorReply(id, kInvalidParams, method.error().message);
    const auto params = request->find("params");
    const json::Json empty = json::Json::object();
    const json::Json& given = params != request->end() && params->is_object() ? *params : empty;
    if (*method == "tools/list") return Reply(id, List());
    if (*method == "tools/call") return Reply(id, Call(given));
    if (*method == "weir/preview") return Reply(id, Preview(given));
    return ErrorReply(id, kMethodNotFound, fmt::format("no method '{}'", *method));
  }

 private:
  static std::string Reply(const json::Json& id, json::Json result) {
    return json::Dump({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
  }
  static std::string ErrorReply(const json::Json& id, int code, const std::string& message) {
    return json::Dump(
        {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}});
  }

  json::Json List() const {
    json::Json tools = json::Json::array();
    for (const ToolEntry& entry : registry_.tools()) {
      const bool only_reads = entry.effect == "none" || entry.effect == "read";
      tools.push_back({{"name", entry.definition.name},
                       {"description", entry.definition.description},
                       {"inputSchema", entry.definition.parameters},
                       {"annotations",
                        {{"readOnlyHint", only_reads},
                         {"destructiveHint", entry.effect == "delete"},
                         {"openWorldHint", false}}}});
    }
    return {{"tools", std::move(tools)}};
  }

  static json::Json ToolError(const Error& error) {
    return {{"content", json::Json::array({{{"type", "text"}, {"text", error.message}}})},
            {"structuredContent", {{"error", ErrorCodeName(error.code)}}},
            {"isError", true}};
  }

  // The parts every call has. Arguments of a wrong shape are found by the tools.
  struct CallParts {
    std::string name;
    json::Json arguments = json::Json::object();
    ToolContext context;
  };
  Result<CallParts> Take(const json::Json& params) const {
    CallParts parts;
    ASSIGN_OR_RETURN(parts.name, StringField(params, "name"));
    if (params.contains("arguments")) parts.arguments = params.at("arguments");
    if (!parts.arguments.is_object()) {
      return MakeError(ErrorCode::kInvalidArgument, "the arguments are a {}; an object is expected",
                       parts.arguments.type_name());
    }
    const ToolEntry* entry = registry_.Find(parts.name);
    if (entry == nullptr) return MakeError(ErrorCode::kNotFound, "no tool '{}'", parts.name);
    RETURN_IF_ERROR(registry_.CheckArguments(*entry, parts.arguments));
    if (!IsChangeTool(parts.name) && !IsReadTool(parts.name)) {
      return MakeError(ErrorCode::kUnsupported,
                       "'{}' talks with the person; the worker can not do that", parts.name);
    }
    const json::Json none = json::Json::object();
    const auto meta_member = params.find("_meta");
    const json::Json& meta = meta_member == params.end() ? none : *meta_member;
    ASSIGN_OR_RETURN(parts.context.run_id, StringFieldOr(meta, "weir/run", ""));
    ASSIGN_OR_RETURN(const int64_t deadline_ms,
                     IntFieldOr(meta, "weir/deadline_ms", kDefaultDeadlineMs));
    parts.context.workspace = &workspace_;
    parts.context.undo = &undo_;
    parts.context.clock = &SystemClock();
    parts.context.deadline_us = SystemClock().MonotonicMicros() + deadline_ms * 1000;
    return parts;
  }

  static Result<ToolOutput> RunCall(const CallParts& parts) {
    if (IsReadTool(parts.name)) return RunReadTool(parts.context, parts.name, parts.arguments);
    ASSIGN_OR_RETURN(Plan plan, PlanChange(parts.context, parts.name, parts.arguments));
    ToolOutput output;
    output.summary = plan.summary;
    output.details = plan.details;
    output.data = plan.data;
    ASSIGN_OR_RETURN(output.undo_id, Commit(parts.context, std::move(plan)));
    return output;
  }

  json::Json Call(const json::Json& params) const {
    const Result<CallParts> parts = Take(params);
    if (!parts) return ToolError(parts.error());
    Result<ToolOutput> output = RunCall(*parts);
    if (!output) return ToolError(output.error());
    std::string text = output->summary;
    if (!output->details.empty()) text += "\n" + BoundedText(std::move(output->details));
    json::Json result = {
        {"content", json::Json::array({{{"type", "text"}, {"text", std::move(text)}}})},
        {"structuredContent", output->data.is_null() ? json::Json::object() : output->data},
        {"isError", false}};
    if (!output->undo_id.empty()) result["_meta"] = {{"weir/undo", output->undo_id}};
    return result;
  }

  json::Json Preview(const json::Json& params) const {
    const Result<CallParts> parts = Take(params);
    if (!parts) return ToolError(parts.error());
    if (IsReadTool(parts->name)) return {{"action", ""}, {"body", ""}};
    const Result<Plan> plan = PlanChange(parts->context, parts->name, parts->arguments);
    if (!plan) return ToolError(plan.error());
    return {{"action", plan->action}, {"body", plan->body}};
  }

  platform::Workspace workspace_;
  UndoStore undo_;
  Registry registry_;
};

// Lines from a descriptor, each at most kMaxMessageBytes.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  // Nothing at the end of input. *too_long: the line was dropped.
  std::optional<std::string> Next(bool* too_long) {
    *too_long = false;
    size_t searched = 0;
    while (true) {
      const size_t end = buffer_.find('\n', searched);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      searched = buffer_.size();
      if (searched > kMaxMessageBytes) {
        *too_long = true;
        buffer_.clear();
        searched = 0;
      }
      char chunk[64 << 10];
      const ssize_t n = ::read(fd_, chunk, sizeof(chunk));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      buffer_.append(chunk, static_cast<size_t>(n));
    }
  }

 private:
  int fd_;
  std::string buffer_;
};

bool IsFolder(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

int Serve(Server& server) {
  LineReader reader(STDIN_FILENO);
  bool too_long = false;
  while (auto line = reader.Next(&too_long)) {
    std::string answer;
    if (too_long) {
      answer =
          json::Dump({{"jsonrpc", "2.0"},
                      {"id", nullptr},
                      {"error", {{"code", kParseError}, {"message", "the line is too long"}}}});
    } else {
      answer = server.Answer(*line);
    }
    if (answer.empty()) continue;
    answer += '\n';
    if (!WriteAll(STDOUT_FILENO, answer)) return 0;  // nobody listens any more
  }
  return 0;
}

}  // namespace

int WorkerMain(std::span<const char* const> arguments) {
  if (!IsFolder(kWorkerWorkspaceFd) || !IsFolder(kWorkerUndoFd)) {
    std::fputs("weir tool-worker is started by weir itself, with two open folders\n", stderr);
    return 2;
  }
  const bool confine = arguments.size() == 1 && arguments[0] == kConfineArgument;
  if (!confine && !arguments.empty()) {
    std::fputs("weir tool-worker is started by weir itself and takes no flags\n", stderr);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::fcntl(kWorkerWorkspaceFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(kWorkerUndoFd, F_SETFD, FD_CLOEXEC);
  ::tzset();  // reads its files now, while it can
  if (confine) {
    const Status confined = sandbox::ConfineSelf({kWorkerWorkspaceFd, kWorkerUndoFd});
    if (!confined) {
      std::fprintf(stderr, "weir tool-worker: %s\n", confined.error().message.c_str());
      return 2;
    }
  }
  auto workspace = platform::Workspace::FromFd(UniqueFd(kWorkerWorkspaceFd));
  auto registry = Registry::Builtin();
  if (!workspace || !registry) {
    const Error& error = workspace ? registry.error() : workspace.error();
    std::fprintf(stderr, "weir tool-worker: %s\n", error.message.c_str());
    return 2;
  }
  Server server(std::move(*workspace), UndoStore(UniqueFd(kWorkerUndoFd)), std::move(*registry));
  return Serve(server);
}

}  // namespace weir::tools
