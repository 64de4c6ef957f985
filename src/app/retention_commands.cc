// `weir audit expire` and `weir audit hold`: how long what runs left behind is kept.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <ctime>
#include <memory>

#include "app/audit_settings.h"
#include "app/commands.h"
#include "app/escape.h"
#include "app/retention.h"
#include "app/undo_expiry.h"
#include "app/wrap.h"
#include "audit/audit_log.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "vault/holds.h"
#include "vault/vault.h"

namespace weir::app {
namespace {

constexpr int kRetentionIndent = 4;
constexpr int64_t kRetentionWaitMs = 2000;  // for another weir that is about to end

std::string DateTime(int64_t time_us) {
  const auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(seconds));
}

Status AppendNotice(audit::AuditLog& log, std::string_view notice, std::string subject,
                    std::string_view run_id = "") {
  return log
      .Append(audit::MakeEvent(audit::EventKind::kNotice, std::string(run_id), "",
                               {{"notice", std::string(notice)}, {"subject", std::move(subject)}}))
      .map([](uint64_t) {});
}

// ---- audit expire ----

// "results" for payloads of the vault, else what the store calls its own.
std::string KindOfStore(const vault::StoreExpiry& store) {
  return store.name == "vault" ? std::string(vault::DataClassName(store.data_class)) : store.name;
}

// "results 120 (4096 bytes), undo records 2 (99 bytes)"; "nothing" when nothing was due.
std::string Summary(const vault::ExpiryReport& report) {
  std::string text;
  for (const vault::StoreExpiry& store : report.stores) {
    if (store.count.n_destroyed == 0) continue;
    text += fmt::format("{}{} {} ({} bytes)", text.empty() ? "" : ", ", KindOfStore(store),
                        store.count.n_destroyed, store.count.n_bytes);
  }
  return text.empty() ? "nothing" : text;
}

json::Json ReportObject(const vault::ExpiryReport& report, bool dry_run) {
  json::Json stores = json::Json::array();
  for (const vault::StoreExpiry& store : report.stores) {
    stores.push_back({{"store", store.name},
                      {"class", std::string(vault::DataClassName(store.data_class))},
                      {"retention", vault::RetentionText(store.retention)},
                      {"destroyed", store.count.n_destroyed},
                      {"bytes", store.count.n_bytes},
                      {"held", store.count.n_held},
                      {"kept", store.count.n_kept},
                      {"problems", store.count.problems}});
  }
  return {{"dry_run", dry_run}, {"now_us", report.now_us}, {"stores", std::move(stores)}};
}

void PrintReport(const vault::ExpiryReport& report, bool dry_run) {
  fmt::print("{:<14} {:<10} {:>15} {:>12} {:>8} {:>8}\n", "", "retention",
             dry_run ? "to be destroyed" : "destroyed", "bytes", "held", "kept");
  for (const vault::StoreExpiry& store : report.stores) {
    const vault::ExpiryCount& count = store.count;
    fmt::print("{:<14} {:<10} {:>15} {:>12} {:>8} {:>8}\n", KindOfStore(store),
               vault::RetentionText(store.retention), count.n_destroyed, count.n_bytes,
               count.n_held, count.n_kept);
  }
  for (const vault::StoreExpiry& store : report.stores) {
    for (const std::string& problem : store.count.problems)
      PrintWrapped(stdout, "problem: " + EscapeForTerminal(problem), kRetentionIndent);
  }
}

// Tells the log what is about to go before it goes, and what went. The plan is counted anew by
// Expire itself: both happen under the lock of the log, so nothing is put in between.
Result<vault::ExpiryReport> RecordedExpire(vault::Vault& vault, audit::AuditLog& log,
                                           vault::ExpireOptions options, int64_t now_us) {
  options.dry_run = true;
  ASSIGN_OR_RETURN(const vault::ExpiryReport plan, vault.Expire(now_us, options));
  if (plan.n_destroyed() > 0) {
    RETURN_IF_ERROR(AppendNotice(log, "expire", "begins: " + Summary(plan)));
  }
  options.dry_run = false;
  ASSIGN_OR_RETURN(vault::ExpiryReport report, vault.Expire(now_us, options));
  RETURN_IF_ERROR(AppendNotice(log, "expire", "done: " + Summary(report)));
  return report;
}

Result<vault::ExpiryReport> Expire(const Settings& settings) {
  ASSIGN_OR_RETURN(const vault::RetentionTable retention, LoadRetention());
  ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
  // Held until the end: no run is active meanwhile.
  ASSIGN_OR_RETURN(audit::AuditLog log, OpenAuditLog(state, {.lock_wait_ms = kRetentionWaitMs}));
  ASSIGN_OR_RETURN(vault::Vault vault,
                   vault::Vault::Open(state, retention, {.lock_wait_ms = kRetentionWaitMs}));
  if (const auto& finished = vault.finished()) {
    RETURN_IF_ERROR(AppendNotice(log, "expire",
                                 fmt::format("finished what began at {}: {}",
                                             DateTime(finished->now_us), Summary(*finished))));
  }
  UndoExpiry undo(state);
  std::array<vault::ExpirableStore*, 1> stores = {&undo};
  const vault::ExpireOptions options{
      .dry_run = settings.dry_run, .lock_wait_ms = kRetentionWaitMs, .stores = stores};
  const int64_t now_us = SystemClock().UnixMicros();
  if (settings.dry_run) return vault.Expire(now_us, options);
  return RecordedExpire(vault, log, options, now_us);
}

int AuditExpire(const Settings& settings) {
  const Result<vault::ExpiryReport> report = Expire(settings);
  if (!report) return Complain(settings, report.error());
  if (settings.json) {
    std::puts(json::Dump(ReportObject(*report, settings.dry_run)).c_str());
  } else {
    PrintReport(*report, settings.dry_run);
  }
  return report->has_problems() ? kExitError : kExitOk;
}

// ---- audit hold ----

void PrintHold(const Settings& settings, const vault::Hold& hold) {
  if (settings.json) {
    std::puts(json::Dump({{"hold", hold.id},
                          {"run", hold.run_id},
                          {"reason", hold.reason},
                          {"added_us", hold.added_us},
                          {"removed_us", hold.removed_us}})
                  .c_str());
    return;
  }
  const std::string until =
      hold.removed_us == 0 ? "in force" : "removed " + DateTime(hold.removed_us);
  PrintWrapped(
      stdout,
      fmt::format("hold {:<3} run {}  since {}, {}: {}", hold.id, EscapeForTerminal(hold.run_id),
                  DateTime(hold.added_us), until, EscapeForTerminal(hold.reason)),
      kRetentionIndent);
}

// Whether a record of the log is of this run; true when that can not be told.
bool LogKnowsRun(const std::string& state, const std::string& run_id) {
  Result<audit::RecordReader> reader = audit::RecordReader::Open(state + "/audit");
  while (reader) {
    const Result<std::optional<audit::Record>> record = reader->Next();
    if (!record) return true;
    if (!record->has_value()) return false;
    if ((*record)->event.run_id == run_id) return true;
  }
  return reader.error().code != ErrorCode::kNotFound;
}

// The hold comes first: a log that is in use by a long run must not keep anybody from adding one.
int HoldAdd(const Settings& settings, const std::string& run_id, const std::string& reason) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  Result<vault::Holds> holds = vault::Holds::Open(*state, kRetentionWaitMs);
  if (!holds) return Complain(settings, holds.error());
  const Result<vault::Hold> hold = holds->Add(run_id, reason, SystemClock().UnixMicros());
  if (!hold) return Complain(settings, hold.error());
  PrintHold(settings, *hold);
  if (!LogKnowsRun(*state, run_id)) {
    PrintWrapped(stderr,
                 fmt::format("note: the audit log has no run '{}'; is it spelt right?",
                             EscapeForTerminal(run_id)),
                 kRetentionIndent);
  }
  Result<audit::AuditLog> log = OpenAuditLog(*state, {.lock_wait_ms = kRetentionWaitMs});
  const Status recorded =
      log ? AppendNotice(*log, "hold", fmt::format("hold {} added: {}", hold->id, hold->reason),
                         run_id)
          : Status(MakeError(log.error()));
  if (recorded) return kExitOk;
  return Complain(settings, recorded.error().WithContext(fmt::format(
                                "hold {} is in force, but not told in the audit log", hold->id)));
}

int HoldList(const Settings& settings) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  const Result<std::vector<vault::Hold>> holds = vault::Holds::Read(*state);
  if (!holds) return Complain(settings, holds.error());
  for (const vault::Hold& hold : *holds) PrintHold(settings, hold);
  if (holds->empty() && !settings.json) std::puts("nothing is held");
  return kExitOk;
}

// Here the record comes first: a hold that ends unnoticed may cost what it kept.
Result<vault::Hold> RemoveHold(const Settings& settings, uint64_t id) {
  ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
  ASSIGN_OR_RETURN(audit::AuditLog log, OpenAuditLog(state, {.lock_wait_ms = kRetentionWaitMs}));
  ASSIGN_OR_RETURN(vault::Holds holds, vault::Holds::Open(state, kRetentionWaitMs));
  for (const vault::Hold& hold : holds.all()) {
    if (hold.id != id || hold.removed_us != 0) continue;
    RETURN_IF_ERROR(AppendNotice(log, "hold", fmt::format("hold {} removed", id), hold.run_id));
  }
  return holds.Remove(id, SystemClock().UnixMicros());
}

int HoldRemove(const Settings& settings, uint64_t id) {
  const Result<vault::Hold> removed = RemoveHold(settings, id);
  if (!removed) return Complain(settings, removed.error());
  PrintHold(settings, *removed);
  return kExitOk;
}

void AddHoldCommands(CLI::App& audit, Settings& settings, Action& action) {
  CLI::App* hold = audit.add_subcommand("hold", "keep what a run left behind from expiring");
  hold->require_subcommand(1);
  auto run_id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  CLI::App* add = hold->add_subcommand("add", "hold a run");
  add->add_option("--run", *run_id, "the run, as `weir audit show` names it")->required();
  add->add_option("--reason", *reason, "why, for those who come later")->required();
  add->callback([&settings, &action, run_id, reason] {
    action = [&settings, run_id, reason](Interrupt&) {
      return HoldAdd(settings, *run_id, *reason);
    };
  });
  hold->add_subcommand("list", "every hold, also those that were removed")
      ->callback([&settings, &action] {
        action = [&settings](Interrupt&) { return HoldList(settings); };
      });
  auto id = std::make_shared<uint64_t>(0);
  CLI::App* remove = hold->add_subcommand("remove", "let what a hold kept expire again");
  remove->add_option("hold", *id, "its number, as `weir audit hold list` has it")->required();
  remove->callback([&settings, &action, id] {
    action = [&settings, id](Interrupt&) { return HoldRemove(settings, *id); };
  });
}

}  // namespace

void AddRetentionCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* audit = app.get_subcommand("audit");
  CLI::App* expire = audit->add_subcommand(
      "expire", "destroy what was kept for as long as weir.toml says, and is not held");
  expire->add_flag("--dry-run", settings.dry_run, "say what would be destroyed");
  expire->callback(
      [&settings, &action] { action = [&settings](Interrupt&) { return AuditExpire(settings); }; });
  AddHoldCommands(*audit, settings, action);
}

}  // namespace weir::app
