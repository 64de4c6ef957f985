#include "mcp_host/server_session.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/pause.h"
#include "mcp_client/http_transport.h"
#include "mcp_client/stdio_transport.h"

namespace weir::mcp_host {
namespace {

// How long a server that broke off gets to be seen as ended, so that its last words are whole.
constexpr int64_t kSettleUs = 200'000;

// Sleeps without holding up a stop.
Status WaitUs(int64_t us, const std::stop_token& stop) {
  if (PauseFor(std::chrono::microseconds(us), stop)) return {};
  return MakeError(ErrorCode::kCancelled, "stopped");
}

Result<net::HttpHeaders> HeadersOf(const catalog::ServerConfig& config) {
  net::HttpHeaders headers;
  for (const auto& [name, value] : config.headers) {
    const char* secret = std::getenv(value.variable.c_str());
    if (secret == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "MCP server '{}' wants the environment variable {} for its header {}, which "
                       "is not set; set it, or take it out of [mcp.{}]",
                       config.name, value.variable, name, config.name);
    }
    headers.Add(name, value.prefix + secret);
  }
  return headers;
}

mcp_client::ClientOptions OptionsOf(const catalog::ServerConfig& config) {
  mcp_client::ClientOptions options;
  options.connect = std::chrono::seconds(config.start_timeout_s);
  return options;
}

// Errors after which the server is as good as before.
bool IsHarmless(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kNotFound ||
         code == ErrorCode::kUnsupported || code == ErrorCode::kPermissionDenied;
}

}  // namespace

// Notes when the server says that its tools changed; everything else goes to whoever is behind it.
class ServerSession::Notices : public mcp_client::ClientHandlers {
 public:
  explicit Notices(mcp_client::ClientHandlers* behind)
      : behind_(behind == nullptr ? nothing_ : *behind) {}

  mcp_client::HandlerSupport support() const override { return behind_.support(); }
  mcp_client::ElicitAnswer OnElicit(const mcp_client::ElicitRequest& request,
                                    const std::stop_token& stop) override {
    return behind_.OnElicit(request, stop);
  }
  void OnListChanged(mcp_client::ListKind kind) override {
    if (kind == mcp_client::ListKind::kTools) tools_changed_ = true;
  }
  bool TakeToolsChanged() { return tools_changed_.exchange(false); }

 private:
  mcp_client::ClientHandlers nothing_;
  mcp_client::ClientHandlers& behind_;
  std::atomic<bool> tools_changed_ = false;
};

mcp_client::CallOptions TimesOf(const catalog::ServerConfig& config, const std::stop_token& stop) {
  mcp_client::CallOptions options;
  options.idle = std::chrono::seconds(config.call_timeout_s);
  options.total = options.idle;
  options.stop = stop;
  return options;
}

Result<std::unique_ptr<mcp_client::Client>> ConnectOverStdio(UniqueFd to_server,
                                                             UniqueFd from_server,
                                                             mcp_client::ClientHandlers* handlers,
                                                             const catalog::ServerConfig& config,
                                                             const std::stop_token& stop) {
  auto client = std::make_unique<mcp_client::Client>(
      std::make_unique<mcp_client::StdioTransport>(std::move(to_server), std::move(from_server)),
      handlers, OptionsOf(config));
  RETURN_IF_ERROR(client->Connect(stop));
  return client;
}

ServerSession::ServerSession(SessionOptions options)
    : options_(std::move(options)),
      restarts_(options_.restarts),
      notices_(std::make_unique<Notices>(options_.handlers)) {}

ServerSession::~ServerSession() { Stop(); }

Status ServerSession::AwaitTurn(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const int64_t delay_us,
                   restarts_.DelayUs(options_.config.name, options_.clock->MonotonicMicros()));
  if (delay_us == 0) return {};
  // A person waits: a longer delay is an error now instead of a wait.
  constexpr int64_t kLongestWaitUs = 2'000'000;
  if (delay_us <= kLongestWaitUs) return WaitUs(delay_us, stop);
  return MakeError(ErrorCode::kUnavailable,
                   "MCP server '{}' failed several times; it is tried again in {} seconds",
                   options_.config.name, (delay_us + 999'999) / 1'000'000);
}

Status ServerSession::StartProcess(const tools::RecordStart& record) {
  ASSIGN_OR_RETURN(process_, ServerProcess::Start(options_.plan));
  const Status recorded = record(fmt::format(
      "{}; program sha256 {}", process_->achieved().ToString(), options_.plan.program_hash));
  if (!recorded) Stop();
  return recorded;
}

Status ServerSession::Connect(const std::stop_token& stop) {
  if (process_) {
    ASSIGN_OR_RETURN(client_, ConnectOverStdio(process_->TakeInput(), process_->TakeOutput(),
                                               notices_.get(), options_.config, stop));
    return {};
  }
  if (options_.http == nullptr) {
    return MakeError(ErrorCode::kUnsupported, "no HTTP client was given for MCP server '{}'",
                     options_.config.name);
  }
  ASSIGN_OR_RETURN(net::HttpHeaders headers, HeadersOf(options_.config));
  auto transport = std::make_unique<mcp_client::HttpTransport>(
      *options_.http, mcp_client::HttpTransportOptions{.url = options_.config.url,
                                                       .authorizer = options_.authorizer,
                                                       .headers = std::move(headers)});
  auto client = std::make_unique<mcp_client::Client>(std::move(transport), notices_.get(),
                                                     OptionsOf(options_.config));
  RETURN_IF_ERROR(client->Connect(stop));
  client_ = std::move(client);
  return {};
}

Status ServerSession::Start(const tools::RecordStart& record, const std::stop_token& stop) {
  if (client_ && process_ && process_->HasEnded()) {
    (void)Failed({ErrorCode::kUnavailable, "ended between two calls"});
  }
  if (client_) return {};
  RETURN_IF_ERROR(AwaitTurn(stop));
  restarts_.Started(options_.clock->MonotonicMicros());
  if (options_.config.is_program()) {
    if (const Status started = StartProcess(record); !started) {
      restarts_.Failed(options_.clock->MonotonicMicros());
      return started;
    }
  } else {
    RETURN_IF_ERROR(
        record(fmt::format("at {}, outside of any sandbox of Weir", options_.config.url)));
  }
  if (const Status connected = Connect(stop); !connected) {
    return MakeError(Failed(connected.error()));
  }
  return {};
}

Result<const std::vector<mcp_client::ToolDescription>*> ServerSession::Tools(
    const std::stop_token& stop) {
  if (!client_) {
    return MakeError(ErrorCode::kUnavailable, "MCP server '{}' does not run", options_.config.name);
  }
  if (notices_->TakeToolsChanged()) tools_.reset();
  if (!tools_) {
    mcp_client::CallOptions times = TimesOf(options_.config, stop);
    times.fresh = true;
    Result<mcp_client::ToolList> listed = client_->ListTools(times);
    if (!listed) return MakeError(Failed(listed.error()));
    tools_ = std::move(listed->tools);
  }
  return &*tools_;
}

std::string ServerSession::Instructions() const {
  return client_ ? client_->server().instructions : "";
}

Result<mcp_client::CallToolResult> ServerSession::Call(const std::string& tool,
                                                       const json::Json& arguments,
                                                       const std::stop_token& stop) {
  if (!client_) {
    return MakeError(ErrorCode::kUnavailable, "MCP server '{}' does not run", options_.config.name);
  }
  Result<mcp_client::CallToolResult> answer =
      client_->CallTool(tool, arguments, TimesOf(options_.config, stop));
  if (!answer) return MakeError(Failed(answer.error()));
  return answer;
}

Error ServerSession::Failed(Error error) {
  const std::string name = fmt::format("MCP server '{}'", options_.config.name);
  if (IsHarmless(error.code) && client_) return error.WithContext(name);
  std::string how = "was stopped";
  std::string words;
  // Its input is closed first; what it says then, and how it ends, belongs into the message.
  if (client_) client_->Close();
  if (process_) {
    const bool ended = process_->HasEnded(kSettleUs);
    process_->Stop();
    if (ended) how = process_->HowItEnded();
    words = process_->LastWords();
  }
  const bool is_cancelled = error.code == ErrorCode::kCancelled;
  Stop();
  if (!is_cancelled) restarts_.Failed(options_.clock->MonotonicMicros());
  return {error.code, fmt::format("{}: {}; it {}{}", name, error.message, how, words)};
}

void ServerSession::Stop() {
  // The client's end closes the server's input, which is how it is told to end.
  if (client_) client_->Close();
  client_.reset();
  process_.reset();
  tools_.reset();
}

}  // namespace weir::mcp_host
