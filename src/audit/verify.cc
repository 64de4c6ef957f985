#include "audit/verify.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "audit/key_file.h"
#include "audit/line_reader.h"
#include "audit/log_file.h"
#include "audit/scan.h"
#include "audit/seal_check.h"
#include "base/check.h"
#include "base/hmac.h"

namespace weir::audit {
namespace {

constexpr size_t kMaxOpenIntents = 100'000;  // remembered while reading
constexpr size_t kMaxUnfinished = 1000;      // reported
constexpr int kKeyTries = 5;

// The sealing key in the folder of the log.
struct KeyBeside {
  bool was_looked_for = false;  // false: only the file was named
  std::optional<SealingState> state = {};
  std::string problem = {};  // why it can not be read
};

// What a record that ParseRecord read says. Borrows from it.
RecordView ViewOf(const Record& record) {
  RecordView view;
  view.seq = record.seq;
  view.time_us = record.time_us;
  view.boot = record.boot;
  view.prev = record.prev;
  view.hash = record.hash;
  const std::optional<Sha256Digest> digest = DigestFromHex(record.hash);
  CHECK(digest.has_value());
  view.digest = *digest;
  view.kind = record.event.kind;
  const auto intent = record.event.data.find("intent");
  if (intent != record.event.data.end() && intent->is_number_unsigned()) {
    view.intent = intent->get<uint64_t>();
  }
  return view;
}

// Times that go back.
class ClockWatch {
 public:
  void Add(const RecordView& record, VerifyReport& report) {
    report.n_time_back += record.time_us < last_us_ ? 1 : 0;
    last_us_ = record.time_us;
    if (!report.clock_back && record.time_us < newest_us_ - kClockSlackUs) {
      report.clock_back = {record.seq, newest_us_ - record.time_us, record.boot == newest_boot_};
    }
    if (record.time_us < newest_us_) return;
    newest_us_ = record.time_us;
    if (record.boot != newest_boot_) newest_boot_ = record.boot;
  }

 private:
  int64_t last_us_ = 0;
  int64_t newest_us_ = 0;
  std::string newest_boot_;
};

// Holds each record against those before it.
class Verifier {
 public:
  explicit Verifier(const VerifyOptions& options)
      : anchors_(options.anchors), has_key_(options.key.has_value()), seals_(options.key) {
    std::stable_sort(anchors_.begin(), anchors_.end(),
                     [](const Head& a, const Head& b) { return a.seq < b.seq; });
    std::erase_if(anchors_, [](const Head& head) { return head.seq == 0; });  // of an empty log
  }

  // Takes the next line, or says what is wrong with it; empty when nothing is.
  std::string Take(std::string_view line) {
    const std::optional<RecordView> scanned = ScanRecord(line);
    if (scanned && !NeedsData(scanned->kind)) return Take(*scanned, nullptr);
    const Result<Record> record = ParseRecord(line);
    if (!record) return record.error().message;
    return Take(ViewOf(*record), &*record);
  }

  void Reject(const LineReader& lines, std::string problem) {
    report_.bad_line = lines.line();
    report_.bad_offset = lines.offset();
    report_.problem = std::move(problem);
  }

  VerifyReport Finish(const LineReader& lines, const KeyBeside& beside) {
    report_.torn_bytes = lines.torn_bytes();
    report_.sealed_from = seals_.started();
    report_.sealed_to = seals_.sealed_to();
    report_.n_seals = seals_.n_seals();
    if (report_.problem.empty()) {
      report_.problem = ProblemOfEnd(lines, beside);
      report_.bad_line = report_.problem.empty() ? 0 : report_.n_records + 1;
      report_.bad_offset = report_.problem.empty() ? 0 : lines.end();
    }
    report_.intact = report_.problem.empty();
    for (const uint64_t seq : open_) {
      if (report_.unfinished.size() < kMaxUnfinished) report_.unfinished.push_back(seq);
    }
    if (report_.intact) TellWhatWasNotChecked(beside.was_looked_for);
    return std::move(report_);
  }

 private:
  // Kinds whose members are checked; few of a log's records.
  static bool NeedsData(EventKind kind) {
    return kind == EventKind::kLogStarted || kind == EventKind::kSealingStarted ||
           kind == EventKind::kSeal;
  }

  // `whole` is given for those kinds.
  std::string Take(const RecordView& record, const Record* whole) {
    std::string problem = ProblemOfPlace(record);
    if (problem.empty() && whole != nullptr) problem = ProblemOfData(*whole);
    if (problem.empty()) problem = ProblemOfAnchors(record);
    if (!problem.empty()) return problem;
    report_.n_records = record.seq;
    report_.head.seq = record.seq;
    report_.head.hash = record.hash;
    seals_.Add(record.seq, record.kind, record.digest);
    clock_.Add(record, report_);
    if (record.kind == EventKind::kIntent && open_.size() < kMaxOpenIntents) {
      open_.insert(record.seq);
    }
    if (record.kind == EventKind::kOutcome && record.intent) open_.erase(*record.intent);
    return "";
  }

  std::string ProblemOfPlace(const RecordView& record) const {
    const Head& head = report_.head;
    if (record.seq != head.seq + 1) {
      return fmt::format(
          "its seq is {}, expected {}: records before it were removed, inserted or "
          "swapped",
          record.seq, head.seq + 1);
    }
    if (record.prev != head.hash) {
      return fmt::format(
          "it does not follow the hash of record {}: that one or this one was "
          "replaced",
          head.seq);
    }
    if ((record.kind == EventKind::kLogStarted) != (record.seq == 1)) {
      return "a log starts with log_started, and only once";
    }
    return "";
  }

  std::string ProblemOfData(const Record& record) const {
    if (record.event.kind == EventKind::kLogStarted) {
      if (record.event.data == json::Json({{"format", 1}})) return "";
      return "the log does not start in format 1; a newer version may have written it";
    }
    const bool is_of_sealing =
        record.event.kind == EventKind::kSeal || record.event.kind == EventKind::kSealingStarted;
    return is_of_sealing ? seals_.Problem(record) : "";
  }

  std::string ProblemOfAnchors(const RecordView& record) {
    for (; n_met_ < anchors_.size() && anchors_[n_met_].seq == record.seq; ++n_met_) {
      if (anchors_[n_met_].hash != record.hash) {
        return "it is not the record that was there when the anchor was kept";
      }
    }
    return "";
  }

  std::string ProblemOfEnd(const LineReader& lines, const KeyBeside& beside) const {
    if (n_met_ < anchors_.size()) {
      return fmt::format(
          "the log ends with record {}, but the anchor is record {}: its "
          "tail was cut off",
          report_.head.seq, anchors_.back().seq);
    }
    if (has_key_ && seals_.started() == 0) {
      return "a key was given, but the log is not sealed: its seals were cut off, it was written "
             "anew, or it is another log";
    }
    if (!beside.was_looked_for || !beside.problem.empty()) return beside.problem;
    return seals_.ProblemOfEnd(beside.state, lines.end());
  }

  void TellWhatWasNotChecked(bool has_folder) {
    std::vector<std::string>& told = report_.not_checked;
    if (seals_.started() == 0) {
      told.emplace_back(
          "the log is not sealed, so whoever could write its file could write all of it anew; "
          "`weir audit key --out FILE` starts sealing");
    } else if (!has_key_) {
      told.push_back(fmt::format("who made the {} seals: give the verification key with --key",
                                 seals_.n_seals()));
    }
    if (seals_.started() != 0 && report_.head.seq > seals_.sealed_to() + 1) {
      told.push_back(fmt::format("records {} to {}: they are not sealed yet",
                                 std::max(seals_.sealed_to() + 2, seals_.started()),
                                 report_.head.seq));
    }
    if (anchors_.empty()) {
      const bool is_sealed_end = seals_.started() != 0 && has_key_ && has_folder;
      told.push_back(
          fmt::format("whether {} cut off: give a head that was kept elsewhere with --anchor",
                      is_sealed_end ? "records behind the last seal were" : "the tail was"));
    } else if (anchors_.back().seq < report_.head.seq) {
      told.push_back(
          fmt::format("whether records behind {} were cut off: the newest anchor is record {}",
                      report_.head.seq, anchors_.back().seq));
    }
    if (seals_.started() != 0 && !has_folder) {
      told.push_back(
          fmt::format("whether the end fits '{}': name the folder of the log instead of "
                      "the file",
                      kSealingKeyName));
    }
  }

  std::vector<Head> anchors_;  // by seq
  size_t n_met_ = 0;
  bool has_key_;
  SealCheck seals_;
  ClockWatch clock_;
  VerifyReport report_;
  std::set<uint64_t> open_;  // intents without an outcome so far
};

// Looks for the sealing key in the log's folder.
Result<KeyBeside> LookForKey(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return KeyBeside{};
  const UniqueFd folder(platform::SystemFileOps().OpenAt(AT_FDCWD, path.c_str(),
                                                         O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!folder.valid()) return FileError(path, "opening folder");
  Result<std::optional<SealingState>> state =
      LoadSealingState(platform::SystemFileOps(), folder.get());
  // A writer beside us may have replaced and overwritten the file that we had just opened.
  for (int tries = 1; tries < kKeyTries && !state; ++tries) {
    state = LoadSealingState(platform::SystemFileOps(), folder.get());
  }
  if (state) return KeyBeside{.was_looked_for = true, .state = std::move(*state)};
  if (state.error().code != ErrorCode::kCorruptData) return MakeError(state.error());
  return KeyBeside{.was_looked_for = true, .problem = state.error().message};
}

}  // namespace

Result<VerifyReport> Verify(const std::string& path, const VerifyOptions& options) {
  // Before the log: a writer beside us may go on, and the log is ahead of the key then.
  ASSIGN_OR_RETURN(const KeyBeside beside, LookForKey(path));
  ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path));
  Verifier verifier(options);
  for (;;) {
    const Result<std::optional<std::string_view>> line = lines.Next();
    if (!line && line.error().code != ErrorCode::kCorruptData) return MakeError(line.error());
    if (line && !*line) break;
    std::string problem = line ? verifier.Take(**line) : line.error().message;
    if (!problem.empty()) {
      verifier.Reject(lines, std::move(problem));
      break;
    }
  }
  return verifier.Finish(lines, beside);
}

Result<VerifyReport> Verify(const std::string& path, const std::optional<Head>& anchor) {
  VerifyOptions options;
  if (anchor) options.anchors.push_back(*anchor);
  return Verify(path, options);
}

}  // namespace weir::audit
