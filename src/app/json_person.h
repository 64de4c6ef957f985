#pragma once
// A program in front of Weir: every event is one JSON object a line on stdout; questions are
// answered by one JSON object a line on stdin.
//
//   an approval   {"request": DIGEST, "answer": "yes", "scope": "once", "typed": WORD}
//                 {"request": DIGEST, "answer": "edit", "arguments": {...}}
//   a question    {"answer": TEXT} or {"choice": N}
//   a server's    {"action": "accept", "content": {...}}, or "decline" or "cancel"
//
// `scope` is one of those that the request offers, once when absent; `typed` is its typed word,
// where it has one. No line, another digest, or anything else is a no.

#include "agent/driver.h"
#include "approvals/store.h"

namespace weir::app {

class JsonPerson : public agent::Person {
 public:
  // `store` is borrowed; without it a yes is for once.
  explicit JsonPerson(int in_fd, const approvals::ApprovalStore* store = nullptr)
      : in_fd_(in_fd), store_(store) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override;
  agent::PersonAnswered Answer(const agent::AskPerson& question, std::stop_token stop) override;
  void Show(const agent::Show& notice) override;
  void Stream(agent::StreamClass kind, std::string_view text) override;
  tools::ServerAnswer AnswerServer(const tools::ServerQuestion& question,
                                   const std::stop_token& stop) override;

  // The last line of a run.
  static void PrintFinish(const agent::RunState& state, const agent::Finish& finish);

 private:
  json::Json ReadObject(const std::stop_token& stop);

  const int in_fd_;
  const approvals::ApprovalStore* const store_;
};

}  // namespace weir::app
