#pragma once
// The list of tools that a model is shown, when all of them would take too much of its context.
//
// As long as all definitions fit a share of the context, all are shown. Beyond that: a stable core
// (built-in tools and those that were used) and the best few for the request. Within a run the list
// only grows at its end, so that a prompt's prefix stays what it was: the first list is in
// the order of the registry, what later requests add follows in that order. One thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/identity.h"
#include "catalog/tool_index.h"
#include "chat/message.h"

namespace weir::catalog {

struct NarrowingOptions {
  size_t k = 15;                  // tools beside the core for a request
  double share = 0.05;            // of the context that definitions may take before narrowing
  int64_t context_tokens = 8192;  // of the model
  // Tokens of one definition as the prompt shows it; empty: EstimateTokens.
  std::function<int64_t(const chat::ToolDefinition&)> count_tokens = {};
};

// One token for every four bytes of the definition, rounded up: close for English and JSON.
int64_t EstimateTokens(const chat::ToolDefinition& definition);

class OfferedTools {
 public:
  // `tools` in the order of the registry; those with is_core are always shown.
  OfferedTools(std::vector<CandidateTool> tools, NarrowingOptions options);

  // Adds what the request needs and gives the list. Borrowed until the next call.
  const std::vector<chat::ToolDefinition>& ForRequest(std::string_view request);

  // Adds one tool by its display name, as a search or a person named it. Error kNotFound.
  Status Add(std::string_view display_name);

  bool is_narrowed() const { return is_narrowed_; }
  size_t n_all() const { return tools_.size(); }
  int64_t all_tokens() const { return all_tokens_; }  // of every definition

 private:
  void Append(std::vector<size_t> indices);

  std::vector<CandidateTool> tools_;
  NarrowingOptions options_;
  ToolIndex index_;
  int64_t all_tokens_ = 0;
  bool is_narrowed_ = false;
  std::vector<bool> is_offered_;  // beside tools_
  std::vector<chat::ToolDefinition> offered_;
};

}  // namespace weir::catalog
