// Fixtures that show kinds of content, and those that talk with the client while they run.

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/pause.h"
#include "mcp_server/fixtures.h"

namespace weir::mcp_server {
namespace {

constexpr const char* kWav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
constexpr int kStepMs = 50;

json::Json TextBlock(std::string text) { return {{"type", "text"}, {"text", std::move(text)}}; }

json::Json ImageBlock() {
  return {{"type", "image"}, {"data", kFixturePng}, {"mimeType", "image/png"}};
}

json::Json ResourceBlock(const char* uri, const char* mime_type, const char* text) {
  return {{"type", "resource"},
          {"resource", {{"uri", uri}, {"mimeType", mime_type}, {"text", text}}}};
}

json::Json Content(json::Json::array_t blocks) { return {{"content", std::move(blocks)}}; }

FixtureTool Fixed(std::string name, std::string description, json::Json result) {
  return {std::move(name), std::move(description), ObjectSchema(),
          [result = std::move(result)](const json::Json&, RequestContext&) -> Outcome {
            return result;
          }};
}

// The schema of json-schema-2020-12: keywords that must come through unchanged.
json::Json RichSchema() {
  return {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"type", "object"},
      {"$defs",
       {{"address",
         {{"$anchor", "addressDef"},
          {"type", "object"},
          {"properties", {{"street", {{"type", "string"}}}, {"city", {{"type", "string"}}}}}}}}},
      {"properties",
       {{"name", {{"type", "string"}}},
        {"address", {{"$ref", "#/$defs/address"}}},
        {"contactMethod", {{"type", "string"}, {"enum", json::Json::array({"phone", "email"})}}},
        {"phone", {{"type", "string"}}},
        {"email", {{"type", "string"}}}}},
      {"allOf",
       json::Json::array(
           {{{"anyOf", json::Json::array({{{"required", json::Json::array({"phone"})}},
                                          {{"required", json::Json::array({"email"})}}})}}})},
      {"if",
       {{"properties", {{"contactMethod", {{"const", "phone"}}}}},
        {"required", json::Json::array({"contactMethod"})}}},
      {"then", {{"required", json::Json::array({"phone"})}}},
      {"else", {{"required", json::Json::array({"email"})}}},
      {"additionalProperties", false}};
}

Outcome WithLogging(const json::Json& /*arguments*/, RequestContext& context) {
  context.Log("info", "Tool execution started");
  Pause(context, kStepMs);
  context.Log("info", "Tool processing data");
  Pause(context, kStepMs);
  context.Log("info", "Tool execution completed");
  return TextResult("three messages were logged");
}

Outcome WithProgress(const json::Json& /*arguments*/, RequestContext& context) {
  for (const int progress : {0, 50, 100}) {
    context.Progress(progress, 100, "");
    Pause(context, kStepMs);
  }
  return TextResult("progress was reported three times");
}

// Asks and puts the answer, or why there is none, into a text.
Outcome AskAndTell(RequestContext& context, const json::Json& request, std::string_view prefix) {
  const Result<json::Json> answer =
      context.Ask(request.value("method", ""), request.value("params", json::Json::object()));
  if (!answer) return TextResult(answer.error().message, true);
  return TextResult(fmt::format("{}{}", prefix, json::Dump(*answer)));
}

Outcome Sampling(const json::Json& arguments, RequestContext& context) {
  const json::Json message = {{"role", "user"},
                              {"content", TextBlock(arguments.value("prompt", ""))}};
  return AskAndTell(context,
                    {{"method", "sampling/createMessage"},
                     {"params", {{"messages", json::Json::array({message})}, {"maxTokens", 100}}}},
                    "LLM response: ");
}

Outcome Elicitation(const json::Json& arguments, RequestContext& context) {
  return AskAndTell(
      context,
      ElicitationRequest(arguments.value("message", ""),
                         {{"username", {{"type", "string"}, {"description", "User's response"}}},
                          {"email", {{"type", "string"}, {"description", "User's email address"}}}},
                         json::Json::array({"username", "email"})),
      "User response: ");
}

Outcome ElicitationWithDefaults(const json::Json& /*arguments*/, RequestContext& context) {
  return AskAndTell(
      context,
      ElicitationRequest("Please review these values",
                         {{"name", {{"type", "string"}, {"default", "John Doe"}}},
                          {"age", {{"type", "integer"}, {"default", 30}}},
                          {"score", {{"type", "number"}, {"default", 95.5}}},
                          {"status",
                           {{"type", "string"},
                            {"enum", json::Json::array({"active", "inactive", "pending"})},
                            {"default", "active"}}},
                          {"verified", {{"type", "boolean"}, {"default", true}}}},
                         json::Json::array()),
      "Elicitation completed: ");
}

json::Json Titled(const char* value, const char* title) {
  return {{"const", value}, {"title", title}};
}

Outcome ElicitationWithEnums(const json::Json& /*arguments*/, RequestContext& context) {
  const json::Json options = json::Json::array({"option1", "option2", "option3"});
  const json::Json titled =
      json::Json::array({Titled("value1", "First Option"), Titled("value2", "Second Option"),
                         Titled("value3", "Third Option")});
  return AskAndTell(
      context,
      ElicitationRequest(
          "Please choose",
          {{"untitledSingle", {{"type", "string"}, {"enum", options}}},
           {"titledSingle", {{"type", "string"}, {"oneOf", titled}}},
           {"legacyEnum",
            {{"type", "string"},
             {"enum", json::Json::array({"opt1", "opt2", "opt3"})},
             {"enumNames", json::Json::array({"Option One", "Option Two", "Option Three"})}}},
           {"untitledMulti",
            {{"type", "array"}, {"items", {{"type", "string"}, {"enum", options}}}}},
           {"titledMulti", {{"type", "array"}, {"items", {{"anyOf", titled}}}}}},
          json::Json::array()),
      "Elicitation completed: ");
}

Outcome Reconnection(const json::Json& /*arguments*/, RequestContext& context) {
  context.CloseStream();
  Pause(context, 2 * kStepMs);
  return TextResult("Reconnection test completed successfully");
}

Outcome NeedsSampling(const json::Json& /*arguments*/, RequestContext& context) {
  if (!context.ClientCan("sampling")) {
    return MissingCapability({{"sampling", json::Json::object()}});
  }
  return TextResult("the client can sample");
}

FixtureTool Trigger(std::string name, ChangeHubSlot changes, ChangeKind kind) {
  return {std::move(name), "Tells listeners that a list changed", ObjectSchema(),
          [changes = std::move(changes), kind](const json::Json&, RequestContext&) -> Outcome {
            if (*changes != nullptr) (*changes)->Publish({.kind = kind});
            return TextResult("told");
          }};
}

}  // namespace

json::Json ObjectSchema(json::Json properties, json::Json required) {
  json::Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

void Pause(const RequestContext& context, int milliseconds) {
  PauseFor(std::chrono::milliseconds(milliseconds), context.stop());
}

std::vector<FixtureTool> ContentFixtures() {
  const json::Json audio = {{"type", "audio"}, {"data", kWav}, {"mimeType", "audio/wav"}};
  std::vector<FixtureTool> tools = {
      Fixed("test_simple_text", "Returns a text",
            TextResult("This is a simple text response for testing.")),
      Fixed("test_image_content", "Returns an image", Content({ImageBlock()})),
      Fixed("test_audio_content", "Returns a sound", Content({audio})),
      Fixed("test_embedded_resource", "Returns a resource",
            Content({ResourceBlock("test://embedded-resource", "text/plain",
                                   "This is an embedded resource content.")})),
      Fixed("test_multiple_content_types", "Returns a text, an image and a resource",
            Content({TextBlock("Multiple content types test:"), ImageBlock(),
                     ResourceBlock("test://mixed-content-resource", "application/json",
                                   R"({"test":"data","value":123})")})),
      Fixed("test_error_handling", "Always fails",
            TextResult("This tool intentionally returns an error for testing", true)),
  };
  tools.push_back(Fixed("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features",
                        TextResult("ok")));
  tools.back().input_schema = RichSchema();
  tools.push_back(Fixed("test_custom_headers", "Has an argument that is mirrored into a header",
                        TextResult("ok")));
  tools.back().input_schema =
      ObjectSchema({{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}}},
                   json::Json::array({"region"}));
  return tools;
}

std::vector<FixtureTool> InteractionFixtures(const ChangeHubSlot& changes) {
  const json::Json text = {{"type", "string"}};
  return {
      {"test_tool_with_logging", "Logs three messages", ObjectSchema(), WithLogging},
      {"test_tool_with_progress", "Reports progress", ObjectSchema(), WithProgress},
      {"test_sampling", "Asks the client's model",
       ObjectSchema({{"prompt", text}}, json::Json::array({"prompt"})), Sampling},
      {"test_elicitation", "Asks the person",
       ObjectSchema({{"message", text}}, json::Json::array({"message"})), Elicitation},
      {"test_elicitation_sep1034_defaults", "Asks the person, with defaults", ObjectSchema(),
       ElicitationWithDefaults},
      {"test_elicitation_sep1330_enums", "Asks the person to choose", ObjectSchema(),
       ElicitationWithEnums},
      {"test_reconnection", "Ends the stream before its result", ObjectSchema(), Reconnection},
      {"test_missing_capability", "Needs a client that can sample", ObjectSchema(), NeedsSampling},
      {"test_logging_tool", "Logs three messages", ObjectSchema(), WithLogging},
      Trigger("test_trigger_tool_change", changes, ChangeKind::kTools),
      Trigger("test_trigger_prompt_change", changes, ChangeKind::kPrompts),
  };
}

}  // namespace weir::mcp_server
