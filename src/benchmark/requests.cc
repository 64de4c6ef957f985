#include "benchmark/requests.h"

#include <string>
#include <utility>

#include "benchmark/report.h"
#include "benchmark/stopwatch.h"

namespace weir::benchmark {
namespace {

constexpr int64_t kMostTokens = int64_t{1} << 20;

Result<int> CountOf(const json::Json& request, const char* name) {
  const auto member = request.find(name);
  if (member == request.end() || !member->is_number_integer() || member->get<int64_t>() < 0 ||
      member->get<int64_t>() > kMostTokens) {
    return MakeError(ErrorCode::kInvalidArgument, "\"{}\" is {}, expected a number from 0 to {}",
                     name, member == request.end() ? "missing" : json::Dump(*member), kMostTokens);
  }
  return static_cast<int>(member->get<int64_t>());
}

}  // namespace

Requests::Requests(const model::Model& model, std::vector<TokenId> tokens, std::stop_token stop,
                   size_t roof_bytes)
    : model_(model),
      work_(model),
      tokens_(std::move(tokens)),
      stop_(std::move(stop)),
      roof_bytes_(roof_bytes) {}

json::Json Requests::Greeting() const {
  return {{"ready", true},
          {"kernels", std::string(model_.kernels().name)},
          {"threads", model_.pool().n_threads()},
          {"vocabulary", model_.dims().n_vocab}};
}

json::Json Requests::Answer(std::string_view line) {
  Result<json::Json> answer = Do(line);
  if (!answer) return {{"error", answer.error().message}};
  return std::move(*answer);
}

Result<json::Json> Requests::Do(std::string_view line) {
  ASSIGN_OR_RETURN(const json::Json request, json::Parse(line));
  const bool has_op = request.is_object() && request.contains("op") && request["op"].is_string();
  const std::string op = has_op ? request["op"].get<std::string>() : "";
  if (op == "roofs") {
    roofs_.RaiseTo(MeasureRoofs(model_, roof_bytes_));
    return RoofsJson(roofs_);
  }
  if (op == "open") {
    ASSIGN_OR_RETURN(const int n_context, CountOf(request, "context"));
    return Open(n_context);
  }
  if (op != "extend" && op != "prefill" && op != "decode") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "\"op\" is '{}', expected open, extend, prefill, decode or roofs", op);
  }
  if (!rounds_) return MakeError(ErrorCode::kInvalidArgument, "'{}' before \"open\"", op);
  ASSIGN_OR_RETURN(const int n_tokens, CountOf(request, "tokens"));
  return op == "extend" ? Extend(n_tokens) : Measure(op == "prefill", n_tokens);
}

Result<json::Json> Requests::Open(int n_context) {
  rounds_.reset();  // its memory first
  std::vector<TokenId> tokens =
      tokens_.empty() ? ArbitraryTokens(n_context, model_.dims().n_vocab) : tokens_;
  if (static_cast<size_t>(n_context) > tokens.size()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a context of {} tokens; the program was given {} token ids", n_context,
                     tokens.size());
  }
  tokens.resize(static_cast<size_t>(n_context));
  ASSIGN_OR_RETURN(Rounds rounds, Rounds::Start(model_, std::move(tokens), stop_));
  rounds_ = std::move(rounds);
  return json::Json{{"context", n_context}};
}

Result<json::Json> Requests::Extend(int n_tokens) {
  const Stopwatch watch;
  RETURN_IF_ERROR(rounds_->Extend(n_tokens));
  return json::Json{{"depth", rounds_->depth()}, {"seconds", watch.seconds()}};
}

Result<json::Json> Requests::Measure(bool is_prefill, int n_tokens) {
  ASSIGN_OR_RETURN(const Round round,
                   is_prefill ? rounds_->Prefill(n_tokens) : rounds_->Decode(n_tokens));
  const double roof = is_prefill ? work_.PrefillRoof(roofs_, n_tokens, rounds_->depth())
                                 : work_.DecodeRoof(roofs_, n_tokens, rounds_->depth());
  return json::Json{{"seconds", round.seconds},
                    {"next_token", round.next_token},
                    {"roof", roof > 0 ? json::Json(roof) : json::Json()},
                    {"synchronisations", round.n_runs}};
}

}  // namespace weir::benchmark
