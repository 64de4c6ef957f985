#pragma once
// A program in front of Weir: every event is one JSON object a line on stdout; questions are
// answered by one JSON object a line on stdin: {"request": DIGEST, "answer": "yes"} for an
// approval, {"answer": TEXT} or {"choice": N} for a question. No line, another digest, or anything
// but "yes" is a no.

#include "agent/driver.h"

namespace weir::app {

class JsonPerson : public agent::Person {
 public:
  explicit JsonPerson(int in_fd) : in_fd_(in_fd) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override;
  agent::PersonAnswered Answer(const agent::AskPerson& question, std::stop_token stop) override;
  void Show(const agent::Show& notice) override;
  void Stream(agent::StreamClass kind, std::string_view text) override;

  // The last line of a run.
  static void PrintFinish(const agent::RunState& state, const agent::Finish& finish);

 private:
  json::Json ReadObject(const std::stop_token& stop);

  const int in_fd_;
};

}  // namespace weir::app
