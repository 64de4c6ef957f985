#pragma once
// Which of many tools a request is about: BM25 over what the tools say of themselves.
//
// A tool is a short document of weighted fields: its own name, its server's key, its description,
// the names and descriptions of its arguments. Words are stems (catalog/words.h); a word of the
// request that no tool has is held against the tools by runs of its letters; a request that names a
// file speaks for tools that take a path. A tool also gets a share of what its server's best tool
// scores, because a request about mail is about one of the mail tools. Nothing is learnt from
// requests. Immutable after making; any thread.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"

namespace weir::catalog {

struct CandidateTool {
  std::string server;
  chat::ToolDefinition definition;
  bool is_core = false;  // always offered, see catalog/narrowing.h
};

struct ScoredTool {
  size_t index = 0;  // into the list that the index was made of
  double score = 0;  // 0 and more; comparable within one call only
};

class ToolIndex {
 public:
  explicit ToolIndex(std::span<const CandidateTool> tools);

  // Every tool, best first; equal scores keep the order of the list. Time grows with the words of
  // the request times the tools that have them; a request beyond 64 KiB is cut.
  std::vector<ScoredTool> Rank(std::string_view request) const;

 private:
  struct Posting {
    size_t tool = 0;
    double weight = 0;  // saturated frequency, 0 to 1
  };
  using Terms = std::map<std::string, double, std::less<>>;

  static Terms TermsOf(const CandidateTool& tool);
  // The terms of a request and what each counts.
  Terms Asked(const std::vector<std::string>& words) const;
  void AddDocument(size_t tool, const Terms& terms, double length_ratio);

  std::map<std::string, std::vector<Posting>, std::less<>> postings_;
  std::vector<size_t> server_of_;     // beside the tools
  std::vector<bool> takes_path_;      // the same
  std::vector<size_t> server_sizes_;  // by server
};

}  // namespace weir::catalog
