// `weir audit`: the trail of what was decided and done, whether it is as it was written, and the
// means to know that later.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <deque>
#include <filesystem>
#include <memory>

#include "app/audit_settings.h"
#include "app/commands.h"
#include "app/escape.h"
#include "app/payloads.h"
#include "app/wrap.h"
#include "audit/anchor.h"
#include "audit/audit_log.h"
#include "audit/proof.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "platform/files.h"
#include "policy/call.h"

namespace weir::app {
namespace {

constexpr size_t kMaxKeyBytes = 1000;
constexpr int kAuditIndent = 4;
constexpr int kRecordIndent = 6;  // below the time of a record
constexpr size_t kMaxProofBytes = 4 * audit::kMaxRecordBytes;

struct VerifyFiles {
  std::string key, anchor, proof;  // empty: not given
};

std::string ForScreen(std::string_view text) { return EscapeForTerminal(text); }

Result<std::string> AuditFolder(const Settings& settings) {
  ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
  return state + "/audit";
}

// ---- verify ----

Result<audit::VerifyOptions> ReadVerifyFiles(const VerifyFiles& files) {
  audit::VerifyOptions options;
  if (!files.key.empty()) {
    ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(files.key, kMaxKeyBytes));
    Result<audit::VerificationKey> key = audit::ParseVerificationKey(text);
    if (!key) return MakeError(key.error().WithContext(fmt::format("'{}'", files.key)));
    options.key = *key;
  }
  if (!files.anchor.empty()) {
    ASSIGN_OR_RETURN(options.anchors, audit::ReadAnchors(files.anchor));
  }
  return options;
}

void TellLine(const std::string& escaped) { PrintWrapped(stdout, escaped, kAuditIndent); }

void PrintReport(const audit::VerifyReport& report) {
  if (report.intact) {
    TellLine(fmt::format("{} records, all intact and chained", report.n_records));
    TellLine(fmt::format("head {} (keep it elsewhere: without it a cut tail is not seen)",
                         audit::FormatHead(report.head)));
    for (const uint64_t seq : report.unfinished) {
      TellLine(fmt::format("record {}: intent without outcome, its effect is unknown", seq));
    }
  } else {
    TellLine(fmt::format("NOT intact: line {}: {}", report.bad_line, ForScreen(report.problem)));
    TellLine(fmt::format("{} records before it are good", report.n_records));
  }
  if (report.sealed_from != 0) {
    TellLine(fmt::format("{} seals, over records {} to {}", report.n_seals, report.sealed_from,
                         report.sealed_to));
  }
  if (report.clock_back) {
    TellLine(fmt::format("record {}: the clock was {:.1f} s behind an earlier record, {}",
                         report.clock_back->seq,
                         static_cast<double>(report.clock_back->back_us) / 1e6,
                         report.clock_back->same_boot ? "without a restart of the machine"
                                                      : "since a restart of the machine"));
  }
  if (report.torn_bytes > 0)
    TellLine(fmt::format("{} bytes after the last whole record", report.torn_bytes));
  for (const std::string& text : report.not_checked) TellLine("not checked: " + ForScreen(text));
}

json::Json ReportObject(const audit::VerifyReport& report) {
  json::Json clock_back = nullptr;
  if (report.clock_back) {
    clock_back = {{"seq", report.clock_back->seq},
                  {"back_us", report.clock_back->back_us},
                  {"same_boot", report.clock_back->same_boot}};
  }
  return {{"intact", report.intact},           {"records", report.n_records},
          {"head", report.head.hash},          {"bad_line", report.bad_line},
          {"problem", report.problem},         {"seals", report.n_seals},
          {"sealed_from", report.sealed_from}, {"sealed_to", report.sealed_to},
          {"torn_bytes", report.torn_bytes},   {"clock_back", clock_back},
          {"unfinished", report.unfinished},   {"not_checked", report.not_checked}};
}

// A proof stands for itself: the log is not looked at.
int VerifyProof(const Settings& settings, const VerifyFiles& files) {
  const Result<audit::VerifyOptions> options = ReadVerifyFiles(files);
  if (!options) return Complain(settings, options.error());
  if (!options->key && options->anchors.empty()) {
    Complain(settings, {ErrorCode::kInvalidArgument,
                        "a proof leads to a seal; give --key FILE or --anchor FILE to check that "
                        "seal with"});
    return kExitUsage;
  }
  const Result<std::string> text = platform::ReadFile(files.proof, kMaxProofBytes);
  if (!text) return Complain(settings, text.error());
  const Result<audit::Proof> proof = audit::ReadProof(*text);
  Status holds = proof ? Status() : MakeError(proof.error());
  if (holds && options->key) holds = audit::FitsKey(*proof, *options->key);
  if (holds && !options->anchors.empty()) holds = audit::FitsAnchors(*proof, options->anchors);
  if (!holds && holds.error().code != ErrorCode::kCorruptData) {
    return Complain(settings, holds.error());
  }
  if (settings.json) {
    std::puts(json::Dump({{"holds", holds.has_value()},
                          {"seq", proof ? proof->record.seq : 0},
                          {"problem", holds ? "" : holds.error().message}})
                  .c_str());
  } else if (holds) {
    TellLine(fmt::format("record {} with hash {} is under seal number {} of the log",
                         proof->record.seq, proof->record.hash, proof->seal.epoch));
  } else {
    TellLine(ForScreen(holds.error().message));
  }
  return holds ? kExitOk : kExitInvalid;
}

int VerifyLog(const Settings& settings, const VerifyFiles& files) {
  const Result<std::string> folder = AuditFolder(settings);
  if (!folder) return Complain(settings, folder.error());
  const Result<audit::VerifyOptions> options = ReadVerifyFiles(files);
  if (!options) return Complain(settings, options.error());
  const Result<audit::VerifyReport> report = audit::Verify(*folder, *options);
  if (!report) return Complain(settings, report.error());
  if (settings.json) {
    std::puts(json::Dump(ReportObject(*report)).c_str());
  } else {
    PrintReport(*report);
  }
  return report->intact ? kExitOk : kExitInvalid;
}

// ---- show ----

// The arguments of an intent as JSON text, or in brackets why they are not there.
std::string ArgumentsText(const audit::Record& record, const Payloads& payloads) {
  const Result<json::Json> arguments = payloads.ArgumentsOf(record.event.data);
  return arguments ? json::Dump(*arguments) : fmt::format("({})", arguments.error().message);
}

bool RefersToArguments(const audit::Record& record) {
  return record.event.kind == audit::EventKind::kIntent &&
         record.event.data.contains("arguments_payload");
}

// One record for a person: time, number, run, kind, and what matters of its kind.
std::string AuditLine(const audit::Record& record, const Payloads& payloads) {
  const auto seconds = static_cast<std::time_t>(record.time_us / 1'000'000);
  std::string line = fmt::format("{:>5} {:%Y-%m-%d %H:%M:%S}Z {:<12}", record.seq,
                                 fmt::gmtime(seconds), audit::EventKindName(record.event.kind));
  for (const char* key :
       {"server", "tool", "verdict", "rule", "reason", "arguments", "answer", "by", "program",
        "is_error", "outcome", "undo", "action", "notice", "subject"}) {
    const auto value = record.event.data.find(key);
    if (value == record.event.data.end()) continue;
    if (value->is_string() && value->get_ref<const std::string&>() == policy::kBuiltinServer) {
      continue;  // only a stranger's is worth a word
    }
    line += fmt::format(
        " {}={}", key,
        value->is_string() ? ForScreen(value->get<std::string>()) : ForScreen(json::Dump(*value)));
  }
  if (RefersToArguments(record)) line += " arguments=" + ForScreen(ArgumentsText(record, payloads));
  return line;
}

// "arguments" beside the record's own data is what the payload says.
json::Json AuditObject(const audit::Record& record, const Payloads& payloads) {
  json::Json object = {{"seq", record.seq},
                       {"time_us", record.time_us},
                       {"kind", std::string(audit::EventKindName(record.event.kind))},
                       {"run", record.event.run_id},
                       {"call", record.event.call_id},
                       {"data", record.event.data},
                       {"hash", record.hash}};
  if (RefersToArguments(record)) object["arguments"] = ArgumentsText(record, payloads);
  return object;
}

int AuditShow(const Settings& settings, int last) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  Result<audit::RecordReader> reader = audit::RecordReader::Open(*state + "/audit");
  if (!reader) return Complain(settings, reader.error());
  const Payloads payloads(*state);
  std::deque<audit::Record> records;
  int64_t n_records = 0;
  while (true) {
    Result<std::optional<audit::Record>> record = reader->Next();
    if (!record) {
      return Complain(settings, record.error().WithContext(fmt::format(
                                    "line {} of the audit log '{}/audit'; see weir audit verify",
                                    n_records + 1, *state)));
    }
    if (!record->has_value()) break;
    ++n_records;
    records.push_back(std::move(**record));
    if (last > 0 && static_cast<int>(records.size()) > last) records.pop_front();
  }
  for (const audit::Record& record : records) {
    if (settings.json) {
      std::puts(json::Dump(AuditObject(record, payloads)).c_str());
    } else {
      PrintWrapped(stdout, AuditLine(record, payloads), kRecordIndent);
    }
  }
  return kExitOk;
}

// ---- key, anchor, prove ----

// A key inside the state folder would be taken together with the log.
bool IsInside(const std::string& path, const std::string& folder) {
  std::error_code error;
  const auto place = std::filesystem::weakly_canonical(platform::FolderOf(path), error);
  const auto outer = std::filesystem::weakly_canonical(folder, error);
  return std::mismatch(outer.begin(), outer.end(), place.begin(), place.end()).first == outer.end();
}

Status KeepKey(const audit::VerificationKey& key, const std::string& file,
               const std::string& state) {
  const std::string text = audit::FormatVerificationKey(key);
  if (file == "-") {
    fmt::print("{}", text);
    if (std::fflush(stdout) == 0) return {};
    return MakeError(ErrorCode::kUnavailable, "the key could not be printed; nothing was changed");
  }
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is there already; name a new file", file);
  }
  if (IsInside(file, state)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is inside the state folder '{}', where it protects nothing; name a "
                     "place on another disk or machine, or - to print the key",
                     file, state);
  }
  return platform::WriteFileDurably(file, text);
}

int AuditKey(const Settings& settings, const std::string& file) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  Result<audit::AuditLog> log = OpenAuditLog(*state);
  if (!log) return Complain(settings, log.error());
  if (log->is_sealed()) {
    return Complain(settings,
                    {ErrorCode::kInvalidArgument,
                     fmt::format("the audit log '{}' is sealed already, and its key is "
                                 "given out once; move its folder away to start a new one",
                                 log->path())});
  }
  const audit::VerificationKey key = audit::NewVerificationKey();
  if (const Status kept = KeepKey(key, file, *state); !kept)
    return Complain(settings, kept.error());
  if (const Status started = log->StartSealing(key); !started) {
    return Complain(settings, started.error());
  }
  if (const Status closed = log->Close(); !closed) return Complain(settings, closed.error());
  if (file != "-") {
    TellLine(fmt::format(
        "the audit log is sealed from now on; '{}' holds the only key to check that with:\n"
        "move it to another machine, and use it in: weir audit verify --key FILE",
        ForScreen(file)));
  }
  return kExitOk;
}

int AuditAnchor(const Settings& settings, const std::string& file) {
  const Result<std::string> folder = AuditFolder(settings);
  if (!folder) return Complain(settings, folder.error());
  const Result<audit::VerifyReport> report = audit::Verify(*folder);
  if (!report) return Complain(settings, report.error());
  if (!report->intact || report->n_records == 0) {
    Complain(settings, {ErrorCode::kCorruptData,
                        fmt::format("the audit log has no good end to keep; see: weir audit verify "
                                    "({})",
                                    report->intact ? "it is empty" : report->problem)});
    return kExitInvalid;
  }
  if (file.empty()) {
    fmt::print("{}\n", audit::FormatHead(report->head));
    return kExitOk;
  }
  if (const Status made = audit::MakeAnchorFile(file); !made) {
    return Complain(settings, made.error());
  }
  Result<audit::AnchorFile> anchor = audit::AnchorFile::Open(platform::SystemFileOps(), file);
  if (!anchor) return Complain(settings, anchor.error());
  const Status kept = anchor->Append(report->head);
  return kept ? kExitOk : Complain(settings, kept.error());
}

int AuditProve(const Settings& settings, uint64_t seq) {
  const Result<std::string> folder = AuditFolder(settings);
  if (!folder) return Complain(settings, folder.error());
  const Result<std::string> proof = audit::MakeProof(*folder, seq);
  if (!proof) return Complain(settings, proof.error());
  std::puts(proof->c_str());
  return kExitOk;
}

void AddVerify(CLI::App& audit, Settings& settings, Action& action) {
  auto files = std::make_shared<VerifyFiles>();
  CLI::App* verify = audit.add_subcommand("verify", "check every record, the chain and the seals");
  verify->add_option("--key", files->key, "file that `weir audit key` wrote: checks the seals");
  verify->add_option("--anchor", files->anchor,
                     "file with heads kept elsewhere: checks that nothing was cut off");
  verify->add_option("--proof", files->proof,
                     "check what `weir audit prove` printed instead of the log");
  verify->callback([&settings, &action, files] {
    action = [&settings, files](Interrupt&) {
      return files->proof.empty() ? VerifyLog(settings, *files) : VerifyProof(settings, *files);
    };
  });
}

}  // namespace

void AddAuditCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* audit = app.add_subcommand("audit", "the trail of what was decided and done");
  audit->require_subcommand(1);
  AddVerify(*audit, settings, action);

  auto last = std::make_shared<int>(0);
  CLI::App* show = audit->add_subcommand("show", "print the records");
  show->add_option("--last", *last, "only the last N records");
  show->callback([&settings, &action, last] {
    action = [&settings, last](Interrupt&) { return AuditShow(settings, *last); };
  });

  auto key_file = std::make_shared<std::string>();
  CLI::App* key = audit->add_subcommand("key", "start sealing, and give out the key to check it");
  key->add_option("--out", *key_file, "a new file elsewhere for the key, or - to print it")
      ->required();
  key->callback([&settings, &action, key_file] {
    action = [&settings, key_file](Interrupt&) { return AuditKey(settings, *key_file); };
  });

  auto anchor_file = std::make_shared<std::string>();
  CLI::App* anchor = audit->add_subcommand("anchor", "print the head, to be kept elsewhere");
  anchor->add_option("--out", *anchor_file, "append it to this file instead");
  anchor->callback([&settings, &action, anchor_file] {
    action = [&settings, anchor_file](Interrupt&) { return AuditAnchor(settings, *anchor_file); };
  });

  auto seq = std::make_shared<uint64_t>(0);
  CLI::App* prove = audit->add_subcommand("prove", "print a proof that a record is in the log");
  prove->add_option("seq", *seq, "number of the record")->required();
  prove->callback([&settings, &action, seq] {
    action = [&settings, seq](Interrupt&) { return AuditProve(settings, *seq); };
  });
}

}  // namespace weir::app
