// The client that the official MCP conformance suite drives: the server's URL is the last argument,
// MCP_CONFORMANCE_SCENARIO says what to do, MCP_CONFORMANCE_PROTOCOL_VERSION which revision to
// speak, MCP_CONFORMANCE_CONTEXT (JSON) what the scenario hands out.
//
// Thin on purpose: everything it does is src/mcp_client's doing. scripts/conformance.sh runs it.

#include "mcp_client/client.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "json/json.h"
#include "mcp/protocol.h"
#include "mcp_client/http_transport.h"
#include "net/http_client.h"
#include "tests/conformance/auth_setup.h"

namespace weir {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Takes every question's defaults: what a person does who only presses Enter.
class DefaultsHandlers : public mcp_client::ClientHandlers {
 public:
  mcp_client::HandlerSupport support() const override { return {.elicitation_form = true}; }
  mcp_client::ElicitAnswer OnElicit(const mcp_client::ElicitRequest& request,
                                    const std::stop_token& /*stop*/) override {
    json::Json content = json::Json::object();
    for (const mcp_client::ElicitField& field : request.fields) {
      // The MRTR scenario asks for a confirmation and offers no default.
      if (field.kind == mcp_client::ElicitField::Kind::kBoolean && field.default_value.is_null()) {
        content[field.name] = true;
      }
    }
    return {.action = mcp_client::ElicitAnswer::Action::kAccept, .content = std::move(content)};
  }
};

struct Scenario {
  std::string name;
  std::string version;
  json::Json context;
};

// An argument that is valid for the property, as far as its type says.
json::Json PlainArgument(const json::Json& schema) {
  const json::Json type = schema.is_object() ? schema.value("type", json::Json()) : json::Json();
  if (type == "number" || type == "integer") return 1;
  if (type == "boolean") return true;
  if (type == "array") return json::Json::array();
  if (type == "object") return json::Json::object();
  return "text";
}

json::Json PlainArguments(const mcp_client::ToolDescription& tool) {
  json::Json arguments = json::Json::object();
  const json::Json required = tool.input_schema.value("required", json::Json::array());
  const json::Json properties = tool.input_schema.value("properties", json::Json::object());
  for (const json::Json& name : required) {
    const auto key = name.get<std::string>();
    arguments[key] = PlainArgument(properties.value(key, json::Json::object()));
  }
  return arguments;
}

Status CallAndIgnoreResult(mcp_client::Client& client, const std::string& tool,
                           const json::Json& arguments) {
  RETURN_IF_ERROR(client.CallTool(tool, arguments));
  return {};
}

// Lists, and calls every tool that may be called with arguments that fit.
Status CallEverything(mcp_client::Client& client) {
  ASSIGN_OR_RETURN(const mcp_client::ToolList list, client.ListTools());
  for (const mcp_client::RejectedTool& tool : list.rejected) {
    fmt::print(stderr, "left out: {}: {}\n", tool.name, tool.reason);
  }
  for (const mcp_client::ToolDescription& tool : list.tools) {
    RETURN_IF_ERROR(CallAndIgnoreResult(client, tool.name, PlainArguments(tool)));
  }
  return {};
}

Status CallAsContextSays(mcp_client::Client& client, const json::Json& context) {
  RETURN_IF_ERROR(client.ListTools());
  for (const json::Json& call : context.value("toolCalls", json::Json::array())) {
    RETURN_IF_ERROR(CallAndIgnoreResult(client, call.value("name", ""), call["arguments"]));
  }
  return {};
}

Status ReadEverything(mcp_client::Client& client) {
  RETURN_IF_ERROR(CallEverything(client));
  ASSIGN_OR_RETURN(const auto resources, client.ListResources());
  for (const auto& resource : resources) {
    RETURN_IF_ERROR(client.ReadResource(resource.uri));
  }
  ASSIGN_OR_RETURN(const auto prompts, client.ListPrompts());
  for (const auto& prompt : prompts) {
    RETURN_IF_ERROR(client.GetPrompt(prompt.name, json::Json::object()));
  }
  return {};
}

// Two calls at once while one of them is asked back.
Status CallWithRounds(mcp_client::Client& client) {
  RETURN_IF_ERROR(client.ListTools());
  Status beside;
  {
    const std::jthread other(
        [&] { beside = CallAndIgnoreResult(client, "test_mrtr_unrelated", json::Json::object()); });
    RETURN_IF_ERROR(CallAndIgnoreResult(client, "test_mrtr_echo_state", json::Json::object()));
  }
  RETURN_IF_ERROR(beside);
  for (const char* tool :
       {"test_mrtr_no_state", "test_mrtr_unrelated", "test_mrtr_no_result_type"}) {
    RETURN_IF_ERROR(CallAndIgnoreResult(client, tool, json::Json::object()));
  }
  return {};
}

// Hands the schema of one tool back through the other, to show that nothing of it was lost.
Status EchoSchema(mcp_client::Client& client) {
  ASSIGN_OR_RETURN(const mcp_client::ToolList list, client.ListTools());
  for (const mcp_client::ToolDescription& tool : list.tools) {
    if (tool.name == "json_schema_echo") continue;
    RETURN_IF_ERROR(
        CallAndIgnoreResult(client, "json_schema_echo", {{"schema", tool.input_schema}}));
  }
  return {};
}

Status Act(mcp_client::Client& client, const Scenario& scenario) {
  const std::string& name = scenario.name;
  if (name == "initialize" || name == "request-metadata" || name == "json-schema-ref-no-deref") {
    RETURN_IF_ERROR(client.ListTools());
    return {};
  }
  if (name == "http-standard-headers") return ReadEverything(client);
  if (name == "http-custom-headers") return CallAsContextSays(client, scenario.context);
  if (name == "sep-2322-client-request-state") return CallWithRounds(client);
  if (name == "json-schema-2020-12-preservation") return EchoSchema(client);
  return CallEverything(client);
}

mcp_client::ClientOptions OptionsFor(const Scenario& scenario) {
  mcp_client::ClientOptions options{.name = "weir-conformance"};
  if (scenario.version == mcp::kStatelessVersion) {
    options.era = mcp_client::Era::kStateless;
  } else if (mcp::IsHandshakeVersion(scenario.version)) {
    options.era = mcp_client::Era::kHandshake;
    options.handshake_version = scenario.version;
  }
  return options;
}

Status Run(const std::string& url) {
  Scenario scenario{.name = Environment("MCP_CONFORMANCE_SCENARIO"),
                    .version = Environment("MCP_CONFORMANCE_PROTOCOL_VERSION"),
                    .context = json::Json::object()};
  if (const std::string context = Environment("MCP_CONFORMANCE_CONTEXT"); !context.empty()) {
    ASSIGN_OR_RETURN(scenario.context, json::Parse(context));
  }
  const std::unique_ptr<net::HttpClient> http = net::NewHttpClient();
  ASSIGN_OR_RETURN(const std::unique_ptr<net::Authorizer> authorizer,
                   conformance::AuthorizerFor(scenario.name, scenario.context, url, *http));
  DefaultsHandlers handlers;
  mcp_client::Client client(
      std::make_unique<mcp_client::HttpTransport>(
          *http, mcp_client::HttpTransportOptions{.url = url, .authorizer = authorizer.get()}),
      &handlers, OptionsFor(scenario));
  RETURN_IF_ERROR(client.Connect());
  return Act(client, scenario);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: mcp_conformance_client URL\n");
    return 2;
  }
  const weir::Status status = weir::Run(argv[argc - 1]);
  if (status) return 0;
  fmt::print(stderr, "{}\n", status.error().message);
  return 1;
}
