#pragma once
// Tasks (the extension io.modelcontextprotocol/tasks): work that goes on after its request was
// answered. The client polls with tasks/get, answers questions with tasks/update and may cancel.
//
// Bounded: so many tasks at once, a thread each while they work; a task is kept for kTaskLifetimeMs
// after it was made, then forgotten. Only its principal sees a task; its id can not be guessed.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "base/clock.h"
#include "json/json.h"
#include "mcp/json_rpc.h"
#include "mcp_server/features.h"

namespace weir::mcp_server {

inline constexpr int64_t kTaskLifetimeMs = 600'000;
inline constexpr int64_t kTaskPollMs = 200;
inline constexpr size_t kMaxTasks = 128;

// Any thread.
class TaskStore {
 public:
  // Borrows the clock.
  explicit TaskStore(const Clock* clock);
  // Asks all work to stop and waits for it.
  ~TaskStore();

  using Answer = std::variant<json::Json, mcp::RpcError>;

  // Starts the work; the members of a CreateTaskResult. The task can be asked for when this
  // returns.
  Answer Start(Background work, const std::string& principal, json::Json client_capabilities);
  Answer Get(const std::string& id, const std::string& principal);
  Answer Update(const std::string& id, const std::string& principal, const json::Json& responses);
  Answer Cancel(const std::string& id, const std::string& principal);

 private:
  class Task;
  std::shared_ptr<Task> Find(const std::string& id, const std::string& principal);
  void ForgetOld();

  const Clock* clock_;
  std::mutex mutex_;  // guards the map
  // Shared by the store and whoever asks for a task in the moment in which it is forgotten.
  std::map<std::string, std::shared_ptr<Task>> tasks_;
};

}  // namespace weir::mcp_server
