#pragma once
// The person in front of a terminal: sees calls, decisions, previews and answers, and is asked.
//
// Everything that did not come from Weir itself is escaped (app/escape.h). What is asked is written
// by Weir, never by the model; the default answer denies.

#include <string>

#include "agent/driver.h"
#include "approvals/store.h"

namespace weir::app {

struct TerminalOptions {
  int in_fd = 0;
  bool interactive = true;  // somebody can answer; otherwise every question is answered by nobody
                            // and every ask by no
  bool color = false;
  bool show_reasoning = false;
  int columns = 80;
  const approvals::ApprovalStore* store = nullptr;  // borrowed; without it a yes is for once
};

class TerminalPerson : public agent::Person {
 public:
  explicit TerminalPerson(TerminalOptions options) : options_(options) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override;
  agent::PersonAnswered Answer(const agent::AskPerson& question, std::stop_token stop) override;
  void Show(const agent::Show& notice) override;
  void Stream(agent::StreamClass kind, std::string_view text) override;
  tools::ServerAnswer AnswerServer(const tools::ServerQuestion& question,
                                   const std::stop_token& stop) override;

 private:
  void Line(std::string_view mark, std::string_view text, const char* color);
  void PrintColored(std::string_view text);
  void Block(std::string_view text);

  const TerminalOptions options_;
};

}  // namespace weir::app
