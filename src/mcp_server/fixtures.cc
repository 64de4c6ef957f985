#include "mcp_server/fixtures.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace weir::mcp_server {
namespace {

class FixtureTools : public Tools {
 public:
  explicit FixtureTools(const ChangeHubSlot& changes) {
    for (std::vector<FixtureTool> some :
         {ContentFixtures(), InteractionFixtures(changes), InputFixtures(), TaskFixtures()}) {
      for (FixtureTool& tool : some) tools_.push_back(std::move(tool));
    }
    for (const FixtureTool& tool : tools_) {
      list_.push_back({{"name", tool.name},
                       {"description", tool.description},
                       {"inputSchema", tool.input_schema}});
    }
  }
  json::Json List() override { return list_; }
  bool list_changes() const override { return true; }
  Outcome Call(const std::string& name, const json::Json& arguments,
               RequestContext& context) override {
    for (const FixtureTool& tool : tools_) {
      if (tool.name == name) return tool.call(arguments, context);
    }
    return InvalidParams("there is no such tool");
  }

 private:
  std::vector<FixtureTool> tools_;
  json::Json list_ = json::Json::array();
};

json::Json ResourceEntry(const char* uri, const char* name, const char* mime_type) {
  return {{"uri", uri}, {"name", name}, {"description", name}, {"mimeType", mime_type}};
}

class FixtureResources : public Resources {
 public:
  json::Json List() override {
    return json::Json::array({ResourceEntry("test://static-text", "a text", "text/plain"),
                              ResourceEntry("test://static-binary", "an image", "image/png"),
                              ResourceEntry("test://watched-resource", "a text", "text/plain")});
  }
  json::Json Templates() override {
    return json::Json::array({{{"uriTemplate", "test://template/{id}/data"},
                               {"name", "data by id"},
                               {"description", "data by id"},
                               {"mimeType", "application/json"}}});
  }
  bool can_subscribe() const override { return true; }
  std::optional<Outcome> Read(const std::string& uri, RequestContext& /*context*/) override {
    if (uri == "test://static-text" || uri == "test://watched-resource") {
      return Contents(uri, "text/plain", "text",
                      "This is the content of the static text resource.");
    }
    if (uri == "test://static-binary") return Contents(uri, "image/png", "blob", kFixturePng);
    constexpr std::string_view kBegin = "test://template/";
    constexpr std::string_view kEnd = "/data";
    if (!uri.starts_with(kBegin) || !uri.ends_with(kEnd) ||
        uri.size() <= kBegin.size() + kEnd.size()) {
      return std::nullopt;
    }
    const std::string id = uri.substr(kBegin.size(), uri.size() - kBegin.size() - kEnd.size());
    const json::Json data = {
        {"id", id}, {"templateTest", true}, {"data", fmt::format("Data for ID: {}", id)}};
    return Contents(uri, "application/json", "text", json::Dump(data));
  }

 private:
  static Outcome Contents(const std::string& uri, const char* mime_type, const char* member,
                          std::string data) {
    const json::Json content = {{"uri", uri}, {"mimeType", mime_type}, {member, std::move(data)}};
    return json::Json{{"contents", json::Json::array({content})}};
  }
};

json::Json UserMessage(json::Json content) {
  return {{"role", "user"}, {"content", std::move(content)}};
}

json::Json UserText(std::string text) {
  return UserMessage({{"type", "text"}, {"text", std::move(text)}});
}

json::Json Messages(json::Json::array_t messages) { return {{"messages", std::move(messages)}}; }

json::Json PromptEntry(const char* name, const std::vector<const char*>& arguments) {
  json::Json entry = {{"name", name}, {"description", fmt::format("shows {}", name)}};
  for (const char* argument : arguments) {
    entry["arguments"].push_back(
        {{"name", argument}, {"description", argument}, {"required", true}});
  }
  return entry;
}

class FixturePrompts : public Prompts {
 public:
  json::Json List() override {
    return json::Json::array({PromptEntry("test_simple_prompt", {}),
                              PromptEntry("test_prompt_with_arguments", {"arg1", "arg2"}),
                              PromptEntry("test_prompt_with_embedded_resource", {"resourceUri"}),
                              PromptEntry("test_prompt_with_image", {}),
                              PromptEntry("test_input_required_result_prompt", {})});
  }
  bool list_changes() const override { return true; }
  Outcome Get(const std::string& name, const json::Json& arguments,
              RequestContext& context) override {
    if (name == "test_simple_prompt") {
      return Messages({UserText("This is a simple prompt for testing.")});
    }
    if (name == "test_prompt_with_arguments") {
      return Messages(
          {UserText(fmt::format("Prompt with arguments: arg1='{}', arg2='{}'",
                                arguments.value("arg1", ""), arguments.value("arg2", "")))});
    }
    if (name == "test_prompt_with_embedded_resource") {
      const json::Json resource = {{"uri", arguments.value("resourceUri", "")},
                                   {"mimeType", "text/plain"},
                                   {"text", "Embedded resource content for testing."}};
      return Messages({UserMessage({{"type", "resource"}, {"resource", resource}}),
                       UserText("Please process the embedded resource above.")});
    }
    if (name == "test_prompt_with_image") {
      return Messages(
          {UserMessage({{"type", "image"}, {"data", kFixturePng}, {"mimeType", "image/png"}}),
           UserText("Please analyze the image above.")});
    }
    const std::optional<json::Json> content = AcceptedContent(context, "user_context");
    if (!content) {
      return InputRequired{
          .requests = {{"user_context", ElicitationRequest("What context should the prompt use?",
                                                           {{"context", {{"type", "string"}}}},
                                                           json::Json::array({"context"}))}}};
    }
    return Messages({UserText("Use this context: " + content->value("context", ""))});
  }
};

class FixtureCompletion : public Completion {
 public:
  Outcome Complete(const json::Json& /*ref*/, const std::string& /*argument*/,
                   const std::string& value) override {
    json::Json values = json::Json::array();
    for (const std::string_view candidate : {"paris", "park", "party", "test", "testing"}) {
      if (candidate.starts_with(value)) values.push_back(candidate);
    }
    const size_t total = values.size();
    return json::Json{
        {"completion", {{"values", std::move(values)}, {"total", total}, {"hasMore", false}}}};
  }
};

}  // namespace

Fixtures::Fixtures()
    : tools_(std::make_unique<FixtureTools>(changes_)),
      resources_(std::make_unique<FixtureResources>()),
      prompts_(std::make_unique<FixturePrompts>()),
      completion_(std::make_unique<FixtureCompletion>()) {}

Fixtures::~Fixtures() = default;

Features Fixtures::features() const {
  return {.name = "weir-conformance",
          .version = "0.1.0",
          .tools = tools_.get(),
          .resources = resources_.get(),
          .prompts = prompts_.get(),
          .completion = completion_.get(),
          .logging = true,
          .tasks = true};
}

}  // namespace weir::mcp_server
