#include "agent/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::agent {
namespace {

// About one rare word in common with the name of a tool of a dozen.
constexpr double kSureOverlap = 0.75;

}  // namespace

std::vector<chat::ToolDefinition> Definitions(const tools::Registry& registry) {
  std::vector<chat::ToolDefinition> all;
  for (const tools::ToolEntry& entry : registry.tools()) all.push_back(entry.definition);
  return all;
}

chat::Message TextMessage(chat::Role role, std::string text) {
  chat::Message message;
  message.role = role;
  message.content = std::move(text);
  return message;
}

std::vector<chat::ToolDefinition> OfferedTools(std::vector<chat::ToolDefinition> all,
                                               const tools::Shortlist& shortlist,
                                               const ModelProfile& profile,
                                               std::string_view request) {
  if (profile.shortlist <= 0) return all;
  std::vector<tools::Ranked> best = shortlist.Rank(request, all);
  auto n = static_cast<size_t>(profile.shortlist);
  // Few shared words say little about tools that the scorer never learnt: then fewer are left out.
  if (!best.empty() && !best.front().learnt && best.front().score < kSureOverlap) n *= 2;
  best.resize(std::min(best.size(), n));
  std::sort(best.begin(), best.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  std::vector<chat::ToolDefinition> offered;
  offered.reserve(best.size());
  for (const tools::Ranked& ranked : best)
    offered.push_back(std::move(all[static_cast<size_t>(ranked.index)]));
  return offered;
}

std::string Abilities(const tools::Registry& registry) {
  std::string text = "This is what I have tools for:";
  for (const tools::ToolEntry& entry : registry.tools()) {
    const std::string& description = entry.definition.description;
    text += fmt::format("\n  {}", std::string_view(description).substr(0, description.find(". ")));
  }
  return text;
}

policy::ProposedCall Propose(const tools::ToolEntry& entry, const chat::ToolCall& call) {
  policy::ProposedCall proposed;
  proposed.server = entry.server;
  proposed.tool = entry.tool;
  proposed.effect = entry.effect;
  proposed.arguments = call.arguments;
  proposed.definition_hash = entry.definition_hash;
  proposed.path_arguments = entry.path_arguments;
  return proposed;
}

std::string ResultForModel(const tools::ToolResult& result, const ModelProfile& profile) {
  std::string text = result.summary;
  if (!result.text.empty() && !profile.single_call) text += "\n" + result.text;
  if (text.size() <= profile.max_result_bytes) return text;
  const size_t whole = text.size();
  text.resize(profile.max_result_bytes);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
    text.pop_back();
  if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.pop_back();
  return text + fmt::format("\n[cut after {} of {} bytes]", text.size(), whole);
}

}  // namespace weir::agent
