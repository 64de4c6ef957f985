#include "audit/verify.h"

#include <algorithm>
#include <set>

namespace weir::audit {
namespace {

constexpr size_t kMaxOpenIntents = 100'000;  // remembered while reading
constexpr size_t kMaxUnfinished = 1000;      // reported

// Holds each record against the one before it.
class Verifier {
 public:
  explicit Verifier(const std::optional<Head>& anchor) : anchor_(anchor) {}

  // What is wrong with `record` as the next one; empty when nothing is.
  std::string Check(const Record& record) const {
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
    const bool is_start = record.event.kind == EventKind::kLogStarted;
    if (is_start != (record.seq == 1)) return "a log starts with log_started, and only once";
    if (is_start && record.event.data != json::Json({{"format", 1}})) {
      return "the log is not of format 1; a newer version may have written it";
    }
    if (anchor_ && anchor_->seq == record.seq && anchor_->hash != record.hash) {
      return "it is not the record that was there when the anchor was kept";
    }
    return "";
  }

  void Accept(const Record& record) {
    report_.n_records = record.seq;
    report_.head = {record.seq, record.hash};
    report_.n_time_back += record.time_us < last_time_us_ ? 1 : 0;
    last_time_us_ = record.time_us;
    if (record.event.kind == EventKind::kIntent && open_.size() < kMaxOpenIntents) {
      open_.insert(record.seq);
    }
    if (record.event.kind == EventKind::kOutcome) {
      const auto intent = record.event.data.find("intent");
      if (intent != record.event.data.end() && intent->is_number_unsigned()) {
        open_.erase(intent->get<uint64_t>());
      }
    }
  }

  void Reject(const RecordReader& reader, std::string problem) {
    report_.bad_line = reader.line();
    report_.bad_offset = reader.offset();
    report_.problem = std::move(problem);
  }

  VerifyReport Finish(const RecordReader& reader) {
    report_.torn_bytes = reader.torn_bytes();
    if (report_.problem.empty() && anchor_ && anchor_->seq > report_.head.seq) {
      report_.bad_line = report_.n_records + 1;
      report_.problem = fmt::format(
          "the log ends with record {}, but the anchor is record {}: its "
          "tail was cut off",
          report_.head.seq, anchor_->seq);
    }
    report_.intact = report_.problem.empty();
    for (const uint64_t seq : open_) {
      if (report_.unfinished.size() < kMaxUnfinished) report_.unfinished.push_back(seq);
    }
    return std::move(report_);
  }

 private:
  const std::optional<Head>& anchor_;
  VerifyReport report_;
  int64_t last_time_us_ = 0;
  std::set<uint64_t> open_;  // intents without an outcome so far
};

}  // namespace

Result<VerifyReport> Verify(const std::string& path, const std::optional<Head>& anchor) {
  ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(path));
  Verifier verifier(anchor);
  for (;;) {
    const Result<std::optional<Record>> record = reader.Next();
    if (!record && record.error().code != ErrorCode::kCorruptData) return MakeError(record.error());
    if (record && !*record) break;
    const std::string problem = record ? verifier.Check(**record) : record.error().message;
    if (!problem.empty()) {
      verifier.Reject(reader, problem);
      break;
    }
    verifier.Accept(**record);
  }
  return verifier.Finish(reader);
}

}  // namespace weir::audit
