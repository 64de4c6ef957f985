// Ways of forging an approval, one a marked line; forgery.cmake sees to it that the compiler
// refuses each of them and nothing else. Not part of any target.

#include <utility>

#include "policy/approved_call.h"

namespace weir::policy {

const ApprovedFields& Look(const ApprovedCall& call) { return call.fields(); }

// clang-format off
void Make() { const ApprovedCall forged(ApprovedFields{}, "digest"); }                  // FORGERY
void Copy(const ApprovedCall& call) { const ApprovedCall forged(call); }                // FORGERY
void Seal(Decision& decision) { decision.sealed_verdict_ = Verdict::kAllow; }           // FORGERY
void Change(ApprovedCall& call) { call.fields_.arguments = "{}"; }                      // FORGERY
void Refill(ApprovedCall& call) { call.spent_->store(false); }                          // FORGERY
// clang-format on

}  // namespace weir::policy
