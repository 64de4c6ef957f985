#pragma once
// A deterministic scorer that narrows a long tool list to the few a request is likely about.
//
// Learnt word weights (models/shortlist.tsv) speak for the tools they know; for all others plain
// overlap between the request and a tool's name, description and parameters, and whether request
// and description are about the same learnt tool. training/README.md has the formula and the file
// format, training/shortlist.py is the reference, and training/testdata/shortlist.json holds
// answers both must give.
//
// Immutable after loading; any thread.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/words.h"
#include "chat/message.h"

namespace weir::tools {

struct Ranked {
  int index = 0;        // into the list given to Rank
  double score = 0;     // 0 to 1; higher is likelier; comparable within one call only
  bool learnt = false;  // by word weights; else by overlap of words
};

class Shortlist {
 public:
  // The embedded weights.
  static Result<Shortlist> Builtin();
  // `tsv` as described in training/README.md. Errors name the line.
  static Result<Shortlist> Load(std::string_view tsv);

  // Every tool with its score, best first; equal scores keep the order of the list. Time grows with
  // request words times tools times words of a tool; a request beyond 64 KiB is cut.
  std::vector<Ranked> Rank(std::string_view request,
                           std::span<const chat::ToolDefinition> tools) const;

 private:
  // Of every column, adding up to 1.
  std::vector<double> Shares(const std::vector<std::string>& words) const;
  // Column of a learnt tool; -1 for others.
  int ColumnOf(const chat::ToolDefinition& tool) const;
  // How much a tool's description and the request are about the same learnt tool, 0 to 1.
  double Kinship(const chat::ToolDefinition& tool, const std::vector<double>& shares) const;

  std::unordered_map<std::string, int> columns_;               // tool name -> column; "none" is one
  std::unordered_map<std::string, std::vector<double>> rows_;  // word -> weight by column
  std::vector<double> prior_;                                  // by column
};

// catalog/words.h, under the names that users of the scorer know.
using catalog::RequestWords;
using catalog::Stem;

}  // namespace weir::tools
