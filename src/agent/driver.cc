#include "agent/driver.h"

#include <ctime>
#include <optional>
#include <utility>
#include <variant>

namespace weir::agent {
namespace {

// Performs one output; returns the input that came of it, if any.
struct Performer {
  Driver& driver;
  std::stop_token stop;
  std::optional<Error> audit_error;
  std::optional<Finish> finish;

  std::optional<Input> operator()(const Record& record) {
    if (Result<uint64_t> appended = driver.audit.Append(record.event); !appended)
      audit_error = appended.error();
    return std::nullopt;
  }
  std::optional<Input> operator()(const CallModel& call) {
    const StreamSink sink = [&](StreamClass kind, std::string_view text) {
      driver.person.Stream(kind, text);
    };
    Result<ModelReply> reply = driver.model.Complete(call.request, sink, stop);
    if (!reply) return ModelFailed{reply.error()};
    return ModelReplied{std::move(*reply)};
  }
  std::optional<Input> operator()(const PreviewTool& preview) {
    return ToolPreviewed{driver.tools.Preview(preview.call, stop)};
  }
  std::optional<Input> operator()(const RequestApproval& request) {
    return PersonDecided{driver.person.Decide(request, stop)};
  }
  std::optional<Input> operator()(ExecuteTool& execute) {
    return ToolFinished{driver.tools.Execute(std::move(execute.call), stop)};
  }
  std::optional<Input> operator()(const AskPerson& question) {
    return Input(driver.person.Answer(question, stop));
  }
  std::optional<Input> operator()(const Show& notice) {
    driver.person.Show(notice);
    return std::nullopt;
  }
  std::optional<Input> operator()(Finish& done) {
    finish = std::move(done);
    return std::nullopt;
  }
};

int MinuteOfDay(int64_t unix_us) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local.tm_hour * 60 + local.tm_min;
}

bool BeginsARun(const Input& input) {
  return std::holds_alternative<PersonAsked>(input) || std::holds_alternative<ClientCalled>(input);
}

Finish DriveFrom(RunState& state, Input first, const RunContext& context, Driver& driver,
                 const std::stop_token& stop) {
  Performer performer{driver, stop, std::nullopt, std::nullopt};
  std::optional<Input> input = std::move(first);
  while (input) {
    RunContext now = context;
    now.now_us = driver.clock.UnixMicros();
    now.minute_of_day = MinuteOfDay(now.now_us);
    if (stop.stop_requested() && !BeginsARun(*input)) {
      // A tool that already ran is in the audit log by now; nothing further happens.
      input = StopRequested{};
    }
    Outputs outputs = Step(state, std::move(*input), now);
    input.reset();
    for (Output& output : outputs) {
      std::optional<Input> next = std::visit(performer, output);
      if (performer.audit_error) {
        state.phase = Phase::kDone;
        return Finish{Outcome::kFailed, "nothing was done: " + performer.audit_error->message};
      }
      if (next) input = std::move(next);
    }
  }
  if (!performer.finish)
    return Finish{Outcome::kFailed, "internal error: the run ended without an outcome"};
  return std::move(*performer.finish);
}

}  // namespace

Finish Drive(RunState& state, std::string request, const RunContext& context, Driver driver,
             const std::stop_token& stop) {
  return DriveFrom(state, PersonAsked{std::move(request)}, context, driver, stop);
}

Finish DriveCall(RunState& state, ClientCalled call, const RunContext& context, Driver driver,
                 const std::stop_token& stop) {
  return DriveFrom(state, std::move(call), context, driver, stop);
}

}  // namespace weir::agent
