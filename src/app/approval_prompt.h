#pragma once
// Asking a person in front of a terminal about one call: once, this exact call, a rule, other
// arguments, or no. Only what is typed out counts as a yes; Enter, the end of input and anything
// unknown are a no.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "approvals/render.h"
#include "approvals/request.h"

namespace weir::app {

struct PromptOptions {
  int in_fd = 0;
  bool color = false;
  int columns = 80;
};

class ApprovalPrompt {
 public:
  // `view` outlives the prompt. `n_hidden` as RenderText said when the view was shown.
  ApprovalPrompt(const approvals::ApprovalView& view, size_t n_hidden, PromptOptions options,
                 std::stop_token stop);

  // Blocks. The answer has the view's digest.
  policy::Answer Ask();

 private:
  std::optional<std::string> Read(std::string_view prompt);
  void PrintChoices() const;
  void Explain();
  bool Offers(policy::Scope scope) const;
  // Empty when the person is to be asked again.
  std::optional<policy::Answer> Grant(policy::Scope scope);
  std::optional<policy::Answer> Edit();
  policy::Answer No() const;

  const approvals::ApprovalView& view_;
  size_t n_hidden_;  // lines of it that were not shown
  const PromptOptions options_;
  const std::stop_token stop_;
};

// How approvals are rendered for a terminal.
approvals::RenderOptions TerminalRendering(int columns);

}  // namespace weir::app
