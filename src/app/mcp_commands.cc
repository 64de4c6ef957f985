// `weir mcp serve`: Weir's tools, behind its boundary, for other programs' agents.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/call_gate.h"
#include "app/commands.h"
#include "app/escape.h"
#include "app/mcp_tools.h"
#include "app/session.h"
#include "app/terminal_person.h"
#include "app/wrap.h"
#include "approvals/store.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "mcp_server/fixtures.h"
#include "mcp_server/http_endpoint.h"
#include "mcp_server/server.h"
#include "mcp_server/stdio_server.h"
#include "net/http_server.h"
#include "platform/files.h"

namespace weir::app {
namespace {

constexpr const char* kServerVersion = "0.1.0";
constexpr size_t kTokenBytes = 32;
constexpr size_t kMinTokenChars = 16;
constexpr size_t kMaxTokenFileBytes = 4096;
constexpr const char* kInstructions =
    "Tools for the files of one folder. A person's policy decides about every call; some need "
    "their "
    "yes, which a client can not give. What was done can be taken back with weir undo.";

struct McpServeOptions {
  bool http = false;
  uint16_t port = 0;
  std::string bind = "127.0.0.1";
  std::vector<std::string> allow_hosts;
  std::string token_file;
  bool no_token = false;
  bool conformance_fixtures = false;
};

// The token that clients must send; empty with --no-token.
Result<std::string> TokenOf(const McpServeOptions& options) {
  if (options.no_token) {
    if (net::IsLoopbackAddress(options.bind)) return std::string();
    return MakeError(ErrorCode::kInvalidArgument,
                     "--no-token lets everybody who reaches {} use the tools; leave one of "
                     "--no-token and --bind out",
                     options.bind);
  }
  if (options.token_file.empty()) return RandomHex(kTokenBytes);
  struct stat info{};
  if (::stat(options.token_file.c_str(), &info) == 0 && (info.st_mode & 077U) != 0) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "token file '{}' can be read by others; make it so that only you can: chmod "
                     "600",
                     options.token_file);
  }
  ASSIGN_OR_RETURN(std::string token, platform::ReadFile(options.token_file, kMaxTokenFileBytes));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.size() < kMinTokenChars || token.find_first_of(" \t\r\n") != std::string::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "token file '{}' must hold one line of at least {} characters without blanks",
                     options.token_file, kMinTokenChars);
  }
  return token;
}

// The person in front of the terminal, where there is one that can be asked.
struct AtTheTerminal {
  AtTheTerminal(const Settings& settings, const McpServeOptions& options) {
    if (!options.http || ::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return;
    const Result<std::string> state = StateFolder(settings);
    const Result<tools::Registry> registry = tools::Registry::Builtin();
    if (state && registry) {
      auto opened = approvals::ApprovalStore::Open(*state + "/approvals", KnownTools(*registry));
      if (opened) store = std::move(*opened);
    }
    person.emplace(TerminalOptions{.in_fd = STDIN_FILENO,
                                   .interactive = true,
                                   .color = std::getenv("NO_COLOR") == nullptr,
                                   .store = store.get()});
  }

  std::unique_ptr<approvals::ApprovalStore> store;  // what the prompt may offer
  std::optional<TerminalPerson> person;
};

// Everything that is served: Weir's tools, or the fixtures.
struct Served {
  std::optional<AtTheTerminal> terminal;
  std::unique_ptr<CallGate> gate;
  std::optional<McpTools> tools;
  std::optional<mcp_server::Fixtures> fixtures;
  std::optional<mcp_server::McpServer> server;
};

Status OpenServed(const Settings& settings, const McpServeOptions& options, Served* served) {
  if (options.conformance_fixtures) {
    served->fixtures.emplace();
    served->server.emplace(served->fixtures->features(), &SystemClock());
    served->fixtures->set_changes(&served->server->changes());
    return {};
  }
  served->terminal.emplace(settings, options);
  agent::Person* person = served->terminal->person ? &*served->terminal->person : nullptr;
  ASSIGN_OR_RETURN(served->gate,
                   CallGate::Open({.settings = settings,
                                   .entrance = options.http ? "mcp http" : "mcp stdio",
                                   .person = person}));
  served->tools.emplace(served->gate.get());
  served->server.emplace(mcp_server::Features{.name = "weir",
                                              .version = kServerVersion,
                                              .instructions = kInstructions,
                                              .tools = &*served->tools},
                         &SystemClock());
  if (settings.sandbox != sandbox::SandboxLevel::kFull) {
    PrintMessage("sandbox " + EscapeForTerminal(served->gate->sandbox_text()));
  }
  return {};
}

void WaitForInterrupt(const Interrupt& interrupt) {
  std::promise<void> fired;
  const std::stop_callback on_fire(interrupt.token(), [&fired] { fired.set_value(); });
  fired.get_future().wait();
}

int ServeHttp(const Settings& settings, const McpServeOptions& options, Served& served,
              Interrupt& interrupt) {
  const Result<std::string> token = TokenOf(options);
  if (!token) return Complain(settings, token.error());
  mcp_server::HttpEndpoint endpoint(&*served.server, &SystemClock(),
                                    {.hosts_also = options.allow_hosts, .token = *token});
  Result<std::unique_ptr<net::HttpServer>> http = net::HttpServer::Start(
      {.address = options.bind, .port = options.port},
      [&endpoint](const net::HttpRequest& request, net::HttpResponder& responder) {
        endpoint.Handle(request, responder);
      });
  if (!http) return Complain(settings, http.error());
  const bool v6 = options.bind.find(':') != std::string::npos;
  std::fprintf(stderr, "weir: MCP server at http://%s:%d/mcp\n",
               v6 ? ("[" + options.bind + "]").c_str() : options.bind.c_str(), (*http)->port());
  if (!token->empty() && options.token_file.empty()) {
    std::fprintf(stderr, "weir: clients must send: Authorization: Bearer %s\n", token->c_str());
  }
  std::fflush(stderr);
  WaitForInterrupt(interrupt);
  (*http)->Stop();
  return kExitInterrupted;
}

int Serve(const Settings& settings, const McpServeOptions& options, Interrupt& interrupt) {
  if (!options.http && (options.port != 0 || options.no_token || !options.token_file.empty())) {
    return Complain(settings, {ErrorCode::kInvalidArgument,
                               "--port, --no-token and --token-file are for --http"});
  }
  Served served;
  if (Status opened = OpenServed(settings, options, &served); !opened) {
    return Complain(settings, opened.error());
  }
  if (options.http) return ServeHttp(settings, options, served, interrupt);
  const Status ended =
      mcp_server::ServeStdio(*served.server, STDIN_FILENO, STDOUT_FILENO, {}, interrupt.token());
  if (interrupt.fired()) return kExitInterrupted;
  // A client that left is the usual end; one that does not read is told of.
  if (!ended && ended.error().code != ErrorCode::kUnavailable) {
    PrintMessage(EscapeForTerminal(ended.error().message));
    return kExitError;
  }
  return kExitOk;
}

}  // namespace

void AddMcpCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* mcp = app.add_subcommand("mcp", "the Model Context Protocol");
  mcp->require_subcommand(1);
  CLI::App* serve = mcp->add_subcommand("serve", "offer Weir's tools to other agents");
  auto options = std::make_shared<McpServeOptions>();
  serve->add_option("-w,--workspace", settings.workspace, "the folder to work in (default: here)");
  serve->add_flag("--http", options->http, "over Streamable HTTP instead of stdin and stdout");
  serve->add_option("--port", options->port, "port for --http (default: a free one)");
  serve->add_option("--bind", options->bind, "address for --http (default: 127.0.0.1)");
  serve->add_option("--allow-host", options->allow_hosts,
                    "HOST:PORT by which clients may reach it, beside the loopback names");
  serve->add_option("--token-file", options->token_file,
                    "file with the token that clients must send (default: a new one, on stderr)");
  serve->add_flag("--no-token", options->no_token, "serve everybody on this machine");
  serve->add_flag("--conformance-fixtures", options->conformance_fixtures,
                  "offer what the MCP conformance suite calls instead of Weir's tools");
  serve->callback([&settings, &action, options] {
    action = [&settings, options](Interrupt& interrupt) {
      return Serve(settings, *options, interrupt);
    };
  });
}

}  // namespace weir::app
