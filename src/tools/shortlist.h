#pragma once
// A deterministic scorer that narrows a long tool list to the few a request is likely about.
//
// Learnt word weights (models/shortlist.tsv) speak for the tools they know, plain overlap between
// the request and a tool's name and description for all others. The formula and the file format
// are in training/README.md. Immutable after loading; any thread.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "chat/message.h"

namespace weir::tools {

struct Ranked {
  int index = 0;     // into the list given to Rank
  double score = 0;  // higher is likelier; comparable within one call only
};

class Shortlist {
 public:
  // The embedded weights.
  static Result<Shortlist> Builtin();
  // `tsv` as described in training/README.md. Errors name the line.
  static Result<Shortlist> Load(std::string_view tsv);

  // Every tool with its score, best first; equal scores keep the order of the list.
  std::vector<Ranked> Rank(std::string_view request,
                           std::span<const chat::ToolDefinition> tools) const;

 private:
  struct LearntTool {
    double prior = 0;
    std::unordered_map<std::string, double> weights;
  };
  std::unordered_map<std::string, LearntTool> learnt_;
};

}  // namespace weir::tools
