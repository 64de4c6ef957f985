#include "chat/quote_repair.h"

#include <algorithm>
#include <string>
#include <utility>

namespace weir::chat {
namespace {

constexpr size_t kMaxBodyBytes = 32u << 10;
constexpr size_t kMaxReadBytes = 4u << 20;  // over all attempts

std::string Fingerprint(const std::vector<RawCall>& calls) {
  json::Json all = json::Json::array();
  for (const RawCall& call : calls) {
    json::Json entry = json::Json::array({call.name});
    for (const RawArgument& argument : call.arguments) {
      entry.push_back(argument.name);
      entry.push_back(argument.value);
    }
    all.push_back(std::move(entry));
  }
  return json::Dump(all);
}

// The next way of closing the strings, as an odometer; false behind the last one.
bool NextPicks(QuoteChoices* choices) {
  choices->picks.resize(choices->n_candidates.size(), 0);
  while (!choices->picks.empty()) {
    const size_t last = choices->picks.size() - 1;
    if (++choices->picks[last] < choices->n_candidates[last]) return true;
    choices->picks.pop_back();
  }
  return false;
}

}  // namespace

std::optional<std::vector<RawCall>> RepairQuotes(std::string_view body,
                                                 const std::vector<ToolDefinition>* tools,
                                                 const ReadAttempt& read) {
  if (body.size() > kMaxBodyBytes) return std::nullopt;
  std::optional<std::vector<RawCall>> found;
  std::string found_as;
  QuoteChoices choices;
  size_t bytes_read = 0;
  do {
    bytes_read += body.size() + 1;
    if (bytes_read > kMaxReadBytes) return std::nullopt;
    choices.n_candidates.clear();
    PythonReader reader(body, tools, &choices);
    std::vector<RawCall> calls;
    const bool usable =
        read(reader, &calls) && std::all_of(calls.begin(), calls.end(), [](const RawCall& call) {
          return call.problem.kind == Problem::Kind::kNone;
        });
    if (!usable) continue;
    std::string as = Fingerprint(calls);
    if (found && as != found_as) return std::nullopt;
    found = std::move(calls);
    found_as = std::move(as);
  } while (NextPicks(&choices));
  return found;
}

}  // namespace weir::chat
