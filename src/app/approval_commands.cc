// `weir approvals`: what was granted for more than once, what waits for an answer, and taking
// grants back.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/approval_prompt.h"
#include "app/commands.h"
#include "app/escape.h"
#include "app/mcp_servers.h"
#include "app/session.h"
#include "app/wrap.h"
#include "approvals/render.h"
#include "approvals/store.h"
#include "base/clock.h"

namespace weir::app {
namespace {

constexpr int kGrantIndent = 14;  // of the values of one grant

Result<std::unique_ptr<approvals::ApprovalStore>> OpenStore(const Settings& settings,
                                                            bool ignore_damage = false) {
  ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
  ASSIGN_OR_RETURN(const tools::Registry registry, LoadRegistry(settings));
  return approvals::ApprovalStore::Open(state + "/approvals", KnownTools(registry), ignore_damage);
}

void PrintObject(const json::Json& object) { std::puts(json::Dump(object).c_str()); }

std::string Shown(std::string_view text) { return EscapeForTerminal(text); }

void PrintGrantText(const std::string& escaped) { PrintWrapped(stdout, escaped, kGrantIndent); }

std::string StateOf(const approvals::Grant& grant) {
  if (!grant.ended.empty()) {
    return fmt::format("{} {}", grant.ended, approvals::TimeText(grant.ended_us));
  }
  return "until " + approvals::TimeText(grant.expires_us);
}

void PrintGrantLine(const approvals::Grant& grant) {
  PrintGrantText(fmt::format("{}  {:<5} {} of {}, by {}, {}", grant.id,
                             policy::ScopeName(grant.scope), Shown(grant.tool), Shown(grant.server),
                             Shown(grant.approver), StateOf(grant)));
}

int ListApprovals(const Settings& settings) {
  const auto store = OpenStore(settings);
  if (!store) return Complain(settings, store.error());
  const auto grants = (*store)->Grants(SystemClock().UnixMicros());
  if (!grants) return Complain(settings, grants.error());
  const auto pending = (*store)->Pending();
  if (!pending) return Complain(settings, pending.error());
  for (const approvals::PendingRecord& record : *pending) {
    if (settings.json) {
      PrintObject({{"kind", "pending"}, {"request", ToJson(record)}});
    } else {
      PrintGrantText(fmt::format("{}  pending since {}: {}", record.id,
                                 approvals::TimeText(record.submitted_us), Shown(record.action)));
    }
  }
  for (const approvals::Grant& grant : *grants) {
    if (settings.json) {
      PrintObject({{"kind", "grant"}, {"grant", ToJson(grant)}});
    } else {
      PrintGrantLine(grant);
    }
  }
  if (!settings.json && pending->empty() && grants->empty()) {
    std::puts("nothing is granted for more than once, and nothing is pending");
  }
  return kExitOk;
}

void PrintGrant(const approvals::Grant& grant) {
  PrintGrantLine(grant);
  fmt::print("  granted     {}\n", approvals::TimeText(grant.issued_us));
  fmt::print("  definition  sha256 {}\n", Shown(grant.definition_hash));
  if (!grant.sandbox_profile.empty())
    fmt::print("  sandbox     {}\n", Shown(grant.sandbox_profile));
  if (grant.scope == policy::Scope::kExact) {
    fmt::print("  run         {}\n  call        sha256 {}\n", Shown(grant.run_id),
               Shown(grant.call_digest));
  }
  if (grant.rule) {
    std::fputs(approvals::RenderRule(*grant.rule, grant.expires_us, TerminalRendering(80)).c_str(),
               stdout);
  }
}

int ShowApproval(const Settings& settings, const std::string& id) {
  const auto store = OpenStore(settings);
  if (!store) return Complain(settings, store.error());
  const auto grants = (*store)->Grants(SystemClock().UnixMicros());
  if (!grants) return Complain(settings, grants.error());
  for (const approvals::Grant& grant : *grants) {
    if (grant.id != id) continue;
    if (settings.json) {
      PrintObject(ToJson(grant));
    } else {
      PrintGrant(grant);
    }
    return kExitOk;
  }
  const auto pending = (*store)->Pending();
  if (!pending) return Complain(settings, pending.error());
  for (const approvals::PendingRecord& record : *pending) {
    if (record.id != id) continue;
    if (settings.json) {
      PrintObject(ToJson(record));
    } else {
      PrintGrantText(
          fmt::format("{}  {}\n  tool        {} of {} ({})\n  since       {}\n  run         {}\n"
                      "  why asked   {}",
                      record.id, Shown(record.action), Shown(record.tool), Shown(record.server),
                      Shown(record.effect), approvals::TimeText(record.submitted_us),
                      Shown(record.run_id), Shown(record.reason)));
    }
    return kExitOk;
  }
  return Complain(settings,
                  {ErrorCode::kNotFound,
                   fmt::format("there is no grant or request '{}'; see: weir approvals list", id)});
}

int RevokeApprovals(const Settings& settings, const std::string& id, bool all) {
  if (all == !id.empty()) {
    return Complain(settings, {ErrorCode::kInvalidArgument,
                               "name one grant to revoke, or all of them with --all"});
  }
  const auto store = OpenStore(settings, all);
  if (!store) return Complain(settings, store.error());
  const int64_t now_us = SystemClock().UnixMicros();
  int n_revoked = 1;
  if (all) {
    const Result<int> revoked = (*store)->RevokeAll(now_us);
    if (!revoked) return Complain(settings, revoked.error());
    n_revoked = *revoked;
  } else if (Status revoked = (*store)->Revoke(id, now_us); !revoked) {
    return Complain(settings, revoked.error());
  }
  if (settings.json) {
    PrintObject({{"revoked", n_revoked}});
  } else if (all) {
    fmt::print("{} revoked; every call that policy asks about is asked again\n", n_revoked);
  } else {
    fmt::print("{} does not hold any more\n", Shown(id));
  }
  return kExitOk;
}

}  // namespace

void AddApprovalCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* approvals = app.add_subcommand("approvals", "what was granted for more than once");
  approvals->require_subcommand(1);
  approvals->add_subcommand("list", "grants, and requests that wait")
      ->callback([&settings, &action] {
        action = [&settings](Interrupt&) { return ListApprovals(settings); };
      });
  auto shown = std::make_shared<std::string>();
  CLI::App* show = approvals->add_subcommand("show", "everything about one of them");
  show->add_option("id", *shown, "an id from the list")->required();
  show->callback([&settings, &action, shown] {
    action = [&settings, shown](Interrupt&) { return ShowApproval(settings, *shown); };
  });
  auto revoked = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  CLI::App* revoke = approvals->add_subcommand("revoke", "take a grant back, for good");
  revoke->add_option("id", *revoked, "a grant");
  revoke->add_flag("--all", *all, "every grant; also starts a damaged file anew");
  revoke->callback([&settings, &action, revoked, all] {
    action = [&settings, revoked, all](Interrupt&) {
      return RevokeApprovals(settings, *revoked, *all);
    };
  });
}

}  // namespace weir::app
