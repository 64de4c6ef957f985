#include "check/jinja_judge.h"

#include <utility>

#include "base/clock.h"
#include "platform/process.h"

namespace weir::check {

extern const std::string_view kJinjaJudgePy;  // jinja_judge.py

namespace {

constexpr size_t kMaxAnswerBytes = size_t{8} << 20U;

platform::ChildOptions ChildOf(const JinjaOptions& options) {
  platform::ChildOptions child;
  // -I: neither the environment nor the user's own packages have a say.
  child.argv = {options.python, "-I", "-c", std::string(kJinjaJudgePy)};
  child.env = {"LC_ALL=C.UTF-8"};
  child.limits = {.cpu_seconds = 10,
                  .address_space_bytes = uint64_t{1} << 30U,
                  .file_bytes = 0,
                  .open_files = 64,
                  .processes = {}};
  return child;
}

std::string QuestionOf(const TemplateInput& input) {
  json::Json conversations = json::Json::array();
  for (const json::Json& conversation : input.conversations) conversations.push_back(conversation);
  return json::Dump({{"text", input.text},
                     {"bos_token", input.bos_token},
                     {"eos_token", input.eos_token},
                     {"conversations", std::move(conversations)}}) +
         "\n";
}

Result<std::vector<Result<std::string>>> ReadAnswer(std::string_view line, size_t n_expected) {
  ASSIGN_OR_RETURN(const json::Json answer, json::Parse(line));
  if (answer.contains("missing")) {
    return MakeError(ErrorCode::kNotFound,
                     "python3 has no jinja2 to run it with; install the package python3-jinja2");
  }
  if (answer.contains("broken")) {
    return MakeError(ErrorCode::kCorruptData, "it is no Jinja template: {}",
                     answer["broken"].get<std::string>());
  }
  std::vector<Result<std::string>> texts;
  for (const json::Json& result : answer["results"]) {
    if (result.contains("text")) {
      texts.emplace_back(result["text"].get<std::string>());
    } else {
      texts.emplace_back(
          MakeError(ErrorCode::kInvalidArgument, "{}", result["error"].get<std::string>()));
    }
  }
  if (texts.size() == n_expected) return texts;
  return MakeError(ErrorCode::kInternal, "{} answers for {} conversations", texts.size(),
                   n_expected);
}

}  // namespace

Result<std::vector<Result<std::string>>> RenderWithJinja(const TemplateInput& input,
                                                         const JinjaOptions& options,
                                                         const std::stop_token& stop) {
  const int64_t deadline_us = SystemClock().MonotonicMicros() + options.limit_us;
  Result<platform::ChildProcess> child = platform::ChildProcess::Spawn(ChildOf(options));
  if (!child) {
    return MakeError(ErrorCode::kNotFound,
                     "no python3 to run it with ({}); install the packages python3 and "
                     "python3-jinja2",
                     child.error().message);
  }
  RETURN_IF_ERROR(child->Write(QuestionOf(input), deadline_us, stop));
  child->CloseStdin();
  Result<std::string> line = child->ReadLine(kMaxAnswerBytes, deadline_us, stop);
  if (!line) return MakeError(line.error().WithContext("running it by python3"));
  return ReadAnswer(*line, input.conversations.size());
}

}  // namespace weir::check
