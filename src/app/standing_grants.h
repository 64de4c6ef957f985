#pragma once
// Standing grants in front of a person: what a grant covers is answered by it, everything else goes
// through the queue of requests that every front end shares, and a yes that reaches further than
// once is kept. A run that is killed while it waits leaves its request pending, never granted.

#include <memory>
#include <stop_token>
#include <string>

#include "agent/driver.h"
#include "approvals/queue.h"
#include "approvals/request.h"
#include "approvals/store.h"
#include "base/clock.h"
#include "tools/registry.h"

namespace weir::app {

// What front ends show of a run's request. Without a store every yes is for once.
approvals::ApprovalRequest RequestFor(const agent::RequestApproval& request,
                                      const approvals::ApprovalStore* store);

// The grants of a state folder. Null, and said on stderr, where they can not be read: then none
// counts.
std::unique_ptr<approvals::ApprovalStore> OpenGrants(const std::string& state_folder,
                                                     const tools::Registry& registry);

// Person, store and clock outlive it.
class StandingGrants : public agent::Person {
 public:
  StandingGrants(agent::Person& person, approvals::ApprovalStore& store, const Clock& clock)
      : person_(person), store_(store), queue_(clock, &store), clock_(clock) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override;
  agent::PersonAnswered Answer(const agent::AskPerson& question, std::stop_token stop) override;
  void Show(const agent::Show& notice) override;
  void Stream(agent::StreamClass kind, std::string_view text) override;
  tools::ServerAnswer AnswerServer(const tools::ServerQuestion& question,
                                   const std::stop_token& stop) override {
    return person_.AnswerServer(question, stop);
  }

 private:
  policy::Answer Ask(const agent::RequestApproval& request, std::stop_token stop);
  // What the queue makes of a person's answer. A yes that it does not take is a no.
  policy::Answer Settle(const std::string& id, const policy::Answer& answer);
  void ShowGrant(const approvals::Ended& ended);

  agent::Person& person_;
  approvals::ApprovalStore& store_;
  approvals::ApprovalQueue queue_;
  const Clock& clock_;
};

}  // namespace weir::app
