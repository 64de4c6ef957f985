#pragma once
// What the official conformance suite expects a server to offer: tools, resources and prompts with
// fixed names that do nothing but show one feature of the protocol each. Behind
// `weir mcp serve --conformance-fixtures`; they touch nothing outside of themselves.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp_server/changes.h"
#include "mcp_server/features.h"

namespace weir::mcp_server {

struct FixtureTool {
  std::string name;
  std::string description;
  json::Json input_schema;
  std::function<Outcome(const json::Json& arguments, RequestContext& context)> call;
};

// Where the fixtures tell of changes; set once there is a server.
using ChangeHubSlot = std::shared_ptr<ChangeHub*>;

// The tools by kind; each function gives its own.
std::vector<FixtureTool> ContentFixtures();  // fixture_tools.cc
std::vector<FixtureTool> InteractionFixtures(const ChangeHubSlot& changes);
std::vector<FixtureTool> InputFixtures();  // fixture_inputs.cc
std::vector<FixtureTool> TaskFixtures();   // fixture_tasks.cc

// {"method": "elicitation/create", ...} for one object of that schema.
json::Json ElicitationRequest(const std::string& message, json::Json properties,
                              json::Json required);
// The content of an accepted elicitation, if the client sent one under `key`.
std::optional<json::Json> AcceptedContent(const RequestContext& context, const std::string& key);
// An object schema.
json::Json ObjectSchema(json::Json properties = json::Json::object(),
                        json::Json required = json::Json::array());
// Waits, or less when nobody wants the result any more.
void Pause(const RequestContext& context, int milliseconds);

// All of them, as the features of a server.
class Fixtures {
 public:
  Fixtures();
  ~Fixtures();
  Features features() const;
  // Before the first request.
  void set_changes(ChangeHub* changes) { *changes_ = changes; }

 private:
  ChangeHubSlot changes_ = std::make_shared<ChangeHub*>(nullptr);
  std::unique_ptr<Tools> tools_;
  std::unique_ptr<Resources> resources_;
  std::unique_ptr<Prompts> prompts_;
  std::unique_ptr<Completion> completion_;
};

inline constexpr const char* kFixturePng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg"
    "==";

}  // namespace weir::mcp_server
