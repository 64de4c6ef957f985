#include "catalog/narrowing.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"

namespace weir::catalog {

int64_t EstimateTokens(const chat::ToolDefinition& definition) {
  constexpr size_t kBytesPerToken = 4;
  const size_t bytes = definition.declared.is_null()
                           ? definition.name.size() + definition.description.size() +
                                 json::Dump(definition.parameters).size()
                           : json::Dump(definition.declared).size();
  return static_cast<int64_t>((bytes + kBytesPerToken - 1) / kBytesPerToken);
}

OfferedTools::OfferedTools(std::vector<CandidateTool> tools, NarrowingOptions options)
    : tools_(std::move(tools)),
      options_(std::move(options)),
      index_(tools_),
      is_offered_(tools_.size(), false) {
  for (const CandidateTool& tool : tools_) {
    all_tokens_ += options_.count_tokens ? options_.count_tokens(tool.definition)
                                         : EstimateTokens(tool.definition);
  }
  is_narrowed_ = static_cast<double>(all_tokens_) >
                 options_.share * static_cast<double>(options_.context_tokens);
}

const std::vector<chat::ToolDefinition>& OfferedTools::ForRequest(std::string_view request) {
  std::vector<size_t> wanted;
  for (size_t i = 0; i < tools_.size(); ++i) {
    if (!is_narrowed_ || tools_[i].is_core) wanted.push_back(i);
  }
  if (is_narrowed_) {
    size_t n_best = 0;
    for (const ScoredTool& scored : index_.Rank(request)) {
      if (tools_[scored.index].is_core) continue;
      if (++n_best > options_.k) break;
      wanted.push_back(scored.index);
    }
  }
  Append(std::move(wanted));
  return offered_;
}

Status OfferedTools::Add(std::string_view display_name) {
  for (size_t i = 0; i < tools_.size(); ++i) {
    if (tools_[i].definition.name != display_name) continue;
    Append({i});
    return {};
  }
  return MakeError(ErrorCode::kNotFound, "there is no tool '{}' to add; see: weir tools list",
                   Printable(display_name));
}

void OfferedTools::Append(std::vector<size_t> indices) {
  std::sort(indices.begin(), indices.end());
  for (const size_t i : indices) {
    if (is_offered_[i]) continue;
    is_offered_[i] = true;
    offered_.push_back(tools_[i].definition);
  }
}

}  // namespace weir::catalog
