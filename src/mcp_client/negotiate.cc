#include "mcp_client/negotiate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/printable.h"
#include "mcp/protocol.h"

namespace weir::mcp_client {
namespace {

constexpr size_t kMaxErrorText = 1000;

// What came of the probe.
struct Probe {
  std::optional<Agreement> agreement = {};  // the stateless era
  std::optional<Error> error = {};          // the stateless era, but not for us; or nobody is there
  bool silent = false;
};

bool Contains(const json::Json& list, std::string_view version) {
  return list.is_array() && std::find(list.begin(), list.end(), json::Json(version)) != list.end();
}

bool ContainsHandshake(const json::Json& list) {
  return std::any_of(mcp::kHandshakeVersions.begin(), mcp::kHandshakeVersions.end(),
                     [&](std::string_view version) { return Contains(list, version); });
}

json::Json SupportedOf(const mcp::RpcError& error) {
  return error.data.is_object() ? error.data.value("supported", json::Json()) : json::Json();
}

bool IsOfStatelessEra(int code) {
  return code == mcp::error_code::kHeaderMismatch ||
         code == mcp::error_code::kMissingClientCapability ||
         code == mcp::error_code::kUnsupportedProtocolVersion;
}

Error NoCommonVersion(const json::Json& supported) {
  return {ErrorCode::kUnsupported,
          fmt::format("the MCP server speaks {}; this client speaks {} and {} to {}",
                      Printable(json::Dump(supported)), mcp::kStatelessVersion,
                      mcp::kHandshakeVersions.back(), mcp::kHandshakeVersions.front())};
}

// The answer to `server/discover`. Neither agreement nor error: the handshake era.
Probe JudgeDiscovery(const json::Json& result) {
  const auto versions = result.find("supportedVersions");
  // A server of the handshake era may answer anything to a method it does not know.
  if (versions == result.end() || !versions->is_array()) return {};
  if (!Contains(*versions, mcp::kStatelessVersion)) {
    if (ContainsHandshake(*versions)) return {};
    return {.error = NoCommonVersion(*versions)};
  }
  Result<ServerInfo> server = ParseServerInfo(result);
  if (!server) return {.error = server.error()};
  return {.agreement = Agreement{.stateless = true,
                                 .version = std::string(mcp::kStatelessVersion),
                                 .server = std::move(*server)}};
}

Probe JudgeFailure(const CallOutcome& outcome, const std::stop_token& stop) {
  const SendFailure& failure = outcome.failure;
  if (outcome.abandoned && !stop.stop_requested()) return {.silent = true};
  // A server of the handshake era may refuse an unknown request by status alone.
  const bool is_refusal = failure.http_status >= 400 && failure.http_status != 401 &&
                          failure.http_status != 403 && failure.http_status < 500;
  if (is_refusal) return {};
  return {.error = failure.error.WithContext("asking the MCP server for its revisions")};
}

Probe Discover(Connection& connection, const ClientOptions& options, const json::Json& capabilities,
               const WaitLimits& limits) {
  // A server may name the very revision that it refused; once is enough.
  for (int attempt = 0;; ++attempt) {
    const CallOutcome outcome =
        connection.Call("server/discover", WithMeta(nullptr, options, capabilities), {}, limits);
    if (!outcome.response) return JudgeFailure(outcome, limits.stop);
    if (outcome.response->ok()) return JudgeDiscovery(outcome.response->result());
    const mcp::RpcError& error = outcome.response->error();
    if (!IsOfStatelessEra(error.code)) return {};
    const json::Json supported = SupportedOf(error);
    if (error.code == mcp::error_code::kUnsupportedProtocolVersion) {
      const bool has_ours = Contains(supported, mcp::kStatelessVersion);
      if (has_ours && attempt == 0) continue;
      if (!has_ours && ContainsHandshake(supported)) return {};
      if (!has_ours) return {.error = NoCommonVersion(supported)};
    }
    return {.error = ErrorOf("server/discover", error)};
  }
}

WaitLimits LimitsUntil(int64_t deadline_us, const std::stop_token& stop) {
  return {.idle_us = std::max<int64_t>(deadline_us - SystemClock().MonotonicMicros(), 0),
          .deadline_us = deadline_us,
          .stop = stop,
          .on_progress = {}};
}

}  // namespace

Error ErrorOf(const std::string& method, const mcp::RpcError& error) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (error.code == mcp::error_code::kMethodNotFound) code = ErrorCode::kUnsupported;
  if (error.code == mcp::error_code::kInvalidParams) code = ErrorCode::kInvalidArgument;
  if (error.code == mcp::error_code::kLegacyResourceNotFound) code = ErrorCode::kNotFound;
  std::string text = error.message.substr(0, kMaxErrorText);
  // A cut in the middle of a character leaves no half of it.
  while (!text.empty() && !json::IsValidUtf8(text)) text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return {code,
          fmt::format("the MCP server answered {} with error {}: {}", method, error.code, text)};
}

json::Json WithMeta(json::Json params, const ClientOptions& options,
                    const json::Json& capabilities) {
  if (params.is_null()) params = json::Json::object();
  json::Json& meta = params["_meta"];
  meta[mcp::kMetaProtocolVersion] = mcp::kStatelessVersion;
  meta[mcp::kMetaClientInfo] = {{"name", options.name}, {"version", options.version}};
  meta[mcp::kMetaClientCapabilities] = capabilities;
  if (!options.log_level.empty()) meta[mcp::kMetaLogLevel] = options.log_level;
  return params;
}

Result<Agreement> Initialize(Connection& connection, const ClientOptions& options,
                             const json::Json& capabilities, const WaitLimits& limits) {
  connection.SetStateless(false);
  json::Json params{{"protocolVersion", options.handshake_version},
                    {"capabilities", capabilities},
                    {"clientInfo", {{"name", options.name}, {"version", options.version}}}};
  CallOutcome outcome = connection.Call("initialize", std::move(params), {}, limits);
  if (!outcome.response) return MakeError(outcome.failure.error.WithContext("initialize"));
  if (!outcome.response->ok()) {
    return MakeError(ErrorOf("initialize", outcome.response->error()));
  }
  const json::Json& result = outcome.response->result();
  const json::Json version = result.value("protocolVersion", json::Json());
  if (!version.is_string() || !mcp::IsHandshakeVersion(version.get_ref<const std::string&>())) {
    return MakeError(NoCommonVersion(version));
  }
  Agreement agreement{.stateless = false, .version = version.get<std::string>(), .server = {}};
  ASSIGN_OR_RETURN(agreement.server, ParseServerInfo(result));
  RETURN_IF_ERROR(connection.AgreeOn(agreement.version, limits));
  return agreement;
}

Result<Agreement> Negotiate(Connection& connection, const ClientOptions& options,
                            const json::Json& capabilities, const std::stop_token& stop) {
  const int64_t begin_us = SystemClock().MonotonicMicros();
  const int64_t deadline_us = begin_us + options.connect.count() * 1000;
  const WaitLimits limits = LimitsUntil(deadline_us, stop);
  if (options.era == Era::kHandshake) return Initialize(connection, options, capabilities, limits);

  connection.SetStateless(true);
  WaitLimits probe_limits = limits;
  // Over HTTP everybody answers something, and somebody may have to log in first.
  if (options.era == Era::kAuto && !connection.is_http()) {
    probe_limits.idle_us = options.probe.count() * 1000;
  }
  Probe probe = Discover(connection, options, capabilities, probe_limits);
  if (probe.agreement) return std::move(*probe.agreement);
  if (probe.error) return MakeError(std::move(*probe.error));
  if (options.era == Era::kStateless) {
    return MakeError(ErrorCode::kUnsupported,
                     "the MCP server does not speak {}, which was demanded",
                     mcp::kStatelessVersion);
  }
  Result<Agreement> agreement = Initialize(connection, options, capabilities,
                                           LimitsUntil(deadline_us, stop));
  if (agreement || !probe.silent || agreement.error().code == ErrorCode::kDeadlineExceeded) {
    return agreement;
  }
  // A slow server of the stateless era refuses `initialize`: ask it again, with patience.
  connection.SetStateless(true);
  probe = Discover(connection, options, capabilities, LimitsUntil(deadline_us, stop));
  if (probe.agreement) return std::move(*probe.agreement);
  return agreement;
}

}  // namespace weir::mcp_client
