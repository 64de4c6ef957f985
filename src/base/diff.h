#pragma once
// Line differences: Myers' O(ND) algorithm ("An O(ND) Difference Algorithm and Its Variations",
// 1986), greedy form with the trace kept, printed in unified form.
//
// Bounded: after common head and tail are set aside, at most kMaxEdits edits are searched for;
// texts that differ more are shown as one block replaced by another, which is still a right answer.

#include <string>
#include <string_view>

namespace weir {

struct Diff {
  std::string unified;  // "" when the texts are equal
  int added = 0;        // lines
  int removed = 0;
  bool is_coarse = false;  // too different for a minimal answer
};

// The names go into the "---" and "+++" lines. A missing end of line at the end of a text is shown
// as "\ No newline at end of file"; a line end of "\r\n" counts as part of its line.
Diff UnifiedDiff(std::string_view before, std::string_view after, std::string_view before_name,
                 std::string_view after_name);

}  // namespace weir
