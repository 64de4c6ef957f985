// Fixtures that need input of the client before they can finish (revision 2026-07-28).

#include <fmt/format.h>

#include <utility>

#include "mcp_server/fixtures.h"

namespace weir::mcp_server {
namespace {

json::Json NameRequest(const char* message = "What is your name?") {
  return ElicitationRequest(message, {{"name", {{"type", "string"}}}}, json::Json::array({"name"}));
}

json::Json OkRequest() {
  return ElicitationRequest("Please confirm", {{"ok", {{"type", "boolean"}}}},
                            json::Json::array({"ok"}));
}

json::Json SamplingRequest(const char* text, int max_tokens) {
  const json::Json message = {{"role", "user"}, {"content", {{"type", "text"}, {"text", text}}}};
  return {{"method", "sampling/createMessage"},
          {"params", {{"messages", json::Json::array({message})}, {"maxTokens", max_tokens}}}};
}

json::Json RootsRequest() { return {{"method", "roots/list"}, {"params", json::Json::object()}}; }

// The client's answer under `key`, whatever it is; an object.
const json::Json* AnswerUnder(const RequestContext& context, const char* key) {
  const auto found = context.input_responses().find(key);
  return found == context.input_responses().end() ? nullptr : &*found;
}

Outcome Greeting(const json::Json& /*arguments*/, RequestContext& context) {
  const std::optional<json::Json> content = AcceptedContent(context, "user_name");
  const auto name = content ? content->find("name") : json::Json::const_iterator();
  if (!content || name == content->end() || !name->is_string()) {
    return InputRequired{.requests = {{"user_name", NameRequest()}}};
  }
  return TextResult(fmt::format("Hello, {}!", name->get<std::string>()));
}

Outcome Capital(const json::Json& /*arguments*/, RequestContext& context) {
  const json::Json* answer = AnswerUnder(context, "capital_question");
  if (answer == nullptr) {
    return InputRequired{
        .requests = {{"capital_question", SamplingRequest("What is the capital of France?", 100)}}};
  }
  return TextResult(json::Dump(answer->value("content", json::Json())));
}

Outcome ListRoots(const json::Json& /*arguments*/, RequestContext& context) {
  const json::Json* answer = AnswerUnder(context, "client_roots");
  if (answer == nullptr) return InputRequired{.requests = {{"client_roots", RootsRequest()}}};
  return TextResult("roots: " + json::Dump(answer->value("roots", json::Json::array())));
}

Outcome Confirmed(const json::Json& /*arguments*/, RequestContext& context) {
  if (context.state() != "asked" || !AcceptedContent(context, "confirm")) {
    return InputRequired{.requests = {{"confirm", OkRequest()}}, .state = "asked"};
  }
  return TextResult("state-ok");
}

Outcome ThreeInputs(const json::Json& /*arguments*/, RequestContext& context) {
  const bool all = AnswerUnder(context, "user_name") != nullptr &&
                   AnswerUnder(context, "greeting") != nullptr &&
                   AnswerUnder(context, "client_roots") != nullptr;
  if (context.state() == "asked" && all) return TextResult("all three came");
  return InputRequired{.requests = {{"user_name", NameRequest()},
                                    {"greeting", SamplingRequest("Generate a greeting", 50)},
                                    {"client_roots", RootsRequest()}},
                       .state = "asked"};
}

Outcome TwoRounds(const json::Json& /*arguments*/, RequestContext& context) {
  const json::Json& state = context.state();
  const std::string name = state.is_object() ? state.value("name", "") : "";
  if (const auto color = AcceptedContent(context, "step2"); color && !name.empty()) {
    return TextResult(fmt::format("{} likes {}", name, color->value("color", "")));
  }
  if (const auto content = AcceptedContent(context, "step1"); content && state == "step1") {
    return InputRequired{
        .requests = {{"step2", ElicitationRequest("Step 2: What is your favorite color?",
                                                  {{"color", {{"type", "string"}}}},
                                                  json::Json::array({"color"}))}},
        .state = {{"name", content->value("name", "")}}};
  }
  return InputRequired{.requests = {{"step1", NameRequest("Step 1: What is your name?")}},
                       .state = "step1"};
}

Outcome WhatTheClientCan(const json::Json& /*arguments*/, RequestContext& context) {
  if (!context.input_responses().empty()) return TextResult("thank you");
  InputRequired needed;
  if (context.ClientCan("sampling")) needed.requests["sample"] = SamplingRequest("Say hello", 50);
  if (context.ClientCan("elicitation")) needed.requests["ask"] = NameRequest();
  if (context.ClientCan("roots")) needed.requests["roots"] = RootsRequest();
  if (needed.requests.empty()) return TextResult("the client can do nothing that could be asked");
  return needed;
}

}  // namespace

json::Json ElicitationRequest(const std::string& message, json::Json properties,
                              json::Json required) {
  return {{"method", "elicitation/create"},
          {"params",
           {{"message", message},
            {"requestedSchema", ObjectSchema(std::move(properties), std::move(required))}}}};
}

std::optional<json::Json> AcceptedContent(const RequestContext& context, const std::string& key) {
  const auto answer = context.input_responses().find(key);
  if (answer == context.input_responses().end()) return std::nullopt;
  const auto action = answer->find("action");
  const auto content = answer->find("content");
  if (action == answer->end() || *action != "accept") return std::nullopt;
  if (content == answer->end() || !content->is_object()) return std::nullopt;
  return *content;
}

std::vector<FixtureTool> InputFixtures() {
  const auto tool = [](const char* name, const char* description, auto call) {
    return FixtureTool{std::string("test_input_required_result_") + name, description,
                       ObjectSchema(), call};
  };
  std::vector<FixtureTool> tools = {
      tool("elicitation", "Asks for a name", Greeting),
      tool("sampling", "Asks the client's model", Capital),
      tool("list_roots", "Asks for the client's roots", ListRoots),
      tool("request_state", "Asks and keeps a state", Confirmed),
      tool("multiple_inputs", "Asks for three things at once", ThreeInputs),
      tool("multi_round", "Asks twice", TwoRounds),
      tool("tampered_state", "Asks and checks its state", Confirmed),
      tool("capabilities", "Asks for what the client can do", WhatTheClientCan),
  };
  tools.push_back({"test_streaming_elicitation", "Asks for a name", ObjectSchema(), Greeting});
  return tools;
}

}  // namespace weir::mcp_server
