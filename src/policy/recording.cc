#include "policy/recording.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "policy/call_json.h"
#include "policy/json_lines.h"

namespace weir::policy {
namespace {

const std::vector<std::string> kPastKeys = {"call", "verdict", "rule"};

std::string TextMember(const json::Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Verdict> VerdictMember(const json::Json& object) {
  const std::string word = TextMember(object, "verdict");
  if (const std::optional<Verdict> verdict = VerdictFromName(word)) return *verdict;
  return MakeError(ErrorCode::kInvalidArgument,
                   "the verdict is '{}'; expected allow, ask, preview, ask-typed or deny", word);
}

class RecordingReader {
  using Key = std::tuple<std::string, std::string, std::string>;  // run, call, tool

 public:
  explicit RecordingReader(std::span<const KnownTool> known) : known_(known) {}

  Status Take(const json::Json& object, size_t line) {
    return object.contains("kind") ? TakeRecord(object, line) : TakeCall(object, line);
  }

  Recording Finish() {
    recording_.n_without_arguments = open_.size();
    // An intent may stand far behind its decision.
    std::stable_sort(recording_.calls.begin(), recording_.calls.end(),
                     [](const PastCall& a, const PastCall& b) { return a.number < b.number; });
    return std::move(recording_);
  }

 private:
  Status TakeCall(const json::Json& object, size_t line) {
    RETURN_IF_ERROR(CheckMembers(object, kPastKeys));
    const auto call = object.find("call");
    if (call == object.end()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "expected {{\"call\": {{...}}, \"verdict\": VERDICT, \"rule\": ID}}, or a "
                       "record of an audit log");
    }
    PastCall past;
    past.number = line;
    past.rule_id = TextMember(object, "rule");
    ASSIGN_OR_RETURN(past.verdict, VerdictMember(object));
    ASSIGN_OR_RETURN(past.call, CallFromJson(*call, known_));
    recording_.calls.push_back(std::move(past));
    return {};
  }

  Status TakeRecord(const json::Json& record, size_t line) {
    const std::string kind = TextMember(record, "kind");
    if (kind != "decision" && kind != "intent") return {};
    const auto data = record.find("data");
    if (data == record.end() || !data->is_object()) {
      return MakeError(ErrorCode::kCorruptData, "a record of kind '{}' without data", kind);
    }
    const std::string run = TextMember(record, "run");
    const Key key{run, TextMember(record, "call"), TextMember(*data, "tool")};
    ASSIGN_OR_RETURN(PastCall past, PastCallOf(*data));
    const auto seq = record.find("seq");
    past.number = seq != record.end() && seq->is_number_unsigned() ? seq->get<uint64_t>() : line;
    int64_t& n_calls = n_calls_[{run, past.call.server, past.call.tool}];
    past.call.calls_so_far = n_calls;
    const bool has_arguments = data->contains("arguments");
    if (kind == "decision") {
      if (has_arguments) {
        done_.insert(key);
        recording_.calls.push_back(std::move(past));
      } else {
        open_.emplace(key, std::move(past));
      }
      return {};
    }
    ++n_calls;
    return TakeIntent(key, has_arguments, std::move(past));
  }

  // The arguments of an intent belong to the decision before it.
  Status TakeIntent(const Key& key, bool has_arguments, PastCall intent) {
    const auto done = done_.find(key);
    if (done != done_.end()) {
      done_.erase(done);
      return {};
    }
    if (!has_arguments) return {};
    const auto decision = open_.find(key);
    if (decision != open_.end()) {
      intent.number = decision->second.number;
      intent.verdict = decision->second.verdict;
      intent.rule_id = decision->second.rule_id;
      open_.erase(decision);
    }
    recording_.calls.push_back(std::move(intent));
    return {};
  }

  Result<PastCall> PastCallOf(const json::Json& data) const {
    json::Json written = {{"tool", TextMember(data, "tool")}};
    const std::string server = TextMember(data, "server");
    if (!server.empty()) written["server"] = server;
    const auto arguments = data.find("arguments");
    if (arguments != data.end()) written["arguments"] = *arguments;
    PastCall past;
    past.rule_id = TextMember(data, "rule");
    ASSIGN_OR_RETURN(past.verdict, VerdictMember(data));
    ASSIGN_OR_RETURN(past.call, CallFromJson(written, known_));
    if (past.call.effect.empty()) past.call.effect = TextMember(data, "effect");
    return past;
  }

  std::span<const KnownTool> known_;
  Recording recording_;
  std::multimap<Key, PastCall> open_;  // decisions whose arguments are still to come
  std::multiset<Key> done_;            // decisions that held them, before their intent
  std::map<Key, int64_t> n_calls_;     // by run, server, tool
};

}  // namespace

Result<Recording> ReadRecording(std::string_view jsonl, std::string_view file,
                                std::span<const KnownTool> known) {
  RecordingReader reader(known);
  RETURN_IF_ERROR(ForEachJsonLine(jsonl, file, [&](const json::Json& object, size_t line) {
    return reader.Take(object, line);
  }));
  return reader.Finish();
}

}  // namespace weir::policy
