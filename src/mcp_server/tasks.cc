#include "mcp_server/tasks.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <condition_variable>
#include <ctime>
#include <exception>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/crypto.h"

namespace weir::mcp_server {
namespace {

constexpr size_t kTaskIdBytes = 16;

std::string IsoTime(int64_t unix_us) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), unix_us / 1000 % 1000);
}

const json::Json& NoInput() {
  static const json::Json none = json::Json::object();
  return none;
}

}  // namespace

// One task: its state, and the context in which its work runs.
class TaskStore::Task : public RequestContext {
 public:
  Task(const Clock* clock, std::string id, std::string principal, json::Json capabilities)
      : clock_(clock),
        id_(std::move(id)),
        principal_(std::move(principal)),
        capabilities_(std::move(capabilities)),
        made_us_(clock->UnixMicros()),
        changed_us_(made_us_) {}
  ~Task() override {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  void Begin(Background background) {
    thread_ = std::jthread([this, work = std::move(background.work)](const std::stop_token& stop) {
      stop_ = stop;
      started_.set_value();
      Finish(Run(work));
    });
    started_.get_future().wait();
  }

  bool IsOver(int64_t now_us) const { return now_us > made_us_ + kTaskLifetimeMs * 1000; }
  bool IsOf(const std::string& principal) const { return principal_ == principal; }

  json::Json Created() const {
    const std::lock_guard lock(mutex_);
    json::Json result = Envelope();
    result["resultType"] = "task";
    return result;
  }

  json::Json Detailed() const {
    const std::lock_guard lock(mutex_);
    json::Json result = Envelope();
    if (status_ == "completed") result["result"] = outcome_;
    if (status_ == "failed") result["error"] = outcome_;
    if (status_ == "input_required") {
      result["inputRequests"] = json::Json::object();
      for (const auto& [key, request] : asked_) result["inputRequests"][key] = request;
    }
    return result;
  }

  // Answers that nobody asked for are ignored.
  void Update(const json::Json& responses) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [key, response] : responses.items()) {
        if (asked_.erase(key) == 0) continue;
        answers_[key] = response;
      }
      if (asked_.empty() && status_ == "input_required") SetStatus("working");
    }
    changed_.notify_all();
  }

  void Cancel() {
    {
      const std::lock_guard lock(mutex_);
      if (status_ != "working" && status_ != "input_required") return;
      asked_.clear();
      SetStatus("cancelled");
    }
    thread_.request_stop();
    changed_.notify_all();
  }

  // ---- the context of the work ----
  Era era() const override { return Era::kStateless; }
  const json::Json& client_capabilities() const override { return capabilities_; }
  const std::string& principal() const override { return principal_; }
  const std::stop_token& stop() const override { return stop_; }
  void Progress(double /*progress*/, std::optional<double> /*total*/,
                std::string_view /*text*/) override {}
  void Log(std::string_view /*level*/, json::Json /*data*/) override {}
  const json::Json& input_responses() const override { return NoInput(); }
  const json::Json& state() const override { return no_state_; }
  void CloseStream() override {}

  Result<std::map<std::string, json::Json>> AskAll(
      std::map<std::string, json::Json> requests) override {
    std::map<std::string, std::string> wire_keys;  // by the caller's
    std::unique_lock lock(mutex_);
    if (status_ != "working") return MakeError(ErrorCode::kCancelled, "cancelled");
    for (auto& [key, request] : requests) {
      wire_keys[key] = fmt::format("{}-{}", key, ++n_asked_);
      asked_[wire_keys[key]] = std::move(request);
    }
    SetStatus("input_required");
    changed_.wait(lock, stop_, [&] { return asked_.empty(); });
    if (stop_.stop_requested() || status_ != "working") {
      return MakeError(ErrorCode::kCancelled, "cancelled");
    }
    std::map<std::string, json::Json> answers;
    for (const auto& [key, wire_key] : wire_keys) {
      answers[key] = std::move(answers_[wire_key]);
      answers_.erase(wire_key);
    }
    return answers;
  }

 private:
  Outcome Run(const std::function<Outcome(RequestContext&)>& work) {
    try {
      return work(*this);
    } catch (const std::exception& error) {
      return mcp::RpcError{mcp::error_code::kInternalError, error.what()};
    }
  }

  void Finish(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    if (status_ == "cancelled") return;
    asked_.clear();
    if (auto* result = std::get_if<json::Json>(&outcome)) {
      outcome_ = std::move(*result);
      SetStatus("completed");
      return;
    }
    const auto* error = std::get_if<mcp::RpcError>(&outcome);
    outcome_ = {{"code", error != nullptr ? error->code : mcp::error_code::kInternalError},
                {"message", error != nullptr ? error->message : "the task had no result"}};
    SetStatus("failed");
  }

  void SetStatus(std::string status) {
    status_ = std::move(status);
    changed_us_ = clock_->UnixMicros();
  }

  json::Json Envelope() const {
    return {{"taskId", id_},
            {"status", status_},
            {"createdAt", IsoTime(made_us_)},
            {"lastUpdatedAt", IsoTime(changed_us_)},
            {"ttlMs", kTaskLifetimeMs},
            {"pollIntervalMs", kTaskPollMs}};
  }

  const Clock* clock_;
  const std::string id_;
  const std::string principal_;
  const json::Json capabilities_;
  const json::Json no_state_ = nullptr;
  const int64_t made_us_;
  std::stop_token stop_;  // set before Begin returns
  std::promise<void> started_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::string status_ = "working";
  int64_t changed_us_;
  json::Json outcome_ = nullptr;               // result or error
  std::map<std::string, json::Json> asked_;    // not answered yet
  std::map<std::string, json::Json> answers_;  // not fetched yet
  int n_asked_ = 0;

  std::jthread thread_;  // last: ends before what it uses
};

TaskStore::TaskStore(const Clock* clock) : clock_(clock) {}
TaskStore::~TaskStore() = default;

TaskStore::Answer TaskStore::Start(Background work, const std::string& principal,
                                   json::Json client_capabilities) {
  ForgetOld();
  auto task = std::make_shared<Task>(clock_, RandomHex(kTaskIdBytes), principal,
                                     std::move(client_capabilities));
  json::Json created = task->Created();
  task->Begin(std::move(work));
  const std::lock_guard lock(mutex_);
  if (tasks_.size() >= kMaxTasks) {
    return mcp::RpcError{mcp::error_code::kInternalError,
                         fmt::format("{} tasks are kept already; try again later", kMaxTasks)};
  }
  tasks_[created["taskId"].get<std::string>()] = std::move(task);
  return created;
}

TaskStore::Answer TaskStore::Get(const std::string& id, const std::string& principal) {
  const std::shared_ptr<Task> task = Find(id, principal);
  if (task == nullptr) return InvalidParams("there is no such task");
  return task->Detailed();
}

TaskStore::Answer TaskStore::Update(const std::string& id, const std::string& principal,
                                    const json::Json& responses) {
  const std::shared_ptr<Task> task = Find(id, principal);
  if (task == nullptr) return InvalidParams("there is no such task");
  if (!responses.is_object()) return InvalidParams("\"inputResponses\" must be an object");
  task->Update(responses);
  return json::Json::object();
}

TaskStore::Answer TaskStore::Cancel(const std::string& id, const std::string& principal) {
  const std::shared_ptr<Task> task = Find(id, principal);
  if (task == nullptr) return InvalidParams("there is no such task");
  task->Cancel();
  return json::Json::object();
}

std::shared_ptr<TaskStore::Task> TaskStore::Find(const std::string& id,
                                                 const std::string& principal) {
  ForgetOld();
  const std::lock_guard lock(mutex_);
  const auto found = tasks_.find(id);
  return found != tasks_.end() && found->second->IsOf(principal) ? found->second : nullptr;
}

void TaskStore::ForgetOld() {
  std::list<std::shared_ptr<Task>> old;  // ended outside of the lock
  const std::lock_guard lock(mutex_);
  for (auto it = tasks_.begin(); it != tasks_.end();) {
    if (it->second->IsOver(clock_->UnixMicros())) {
      old.push_back(std::move(it->second));
      it = tasks_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace weir::mcp_server
