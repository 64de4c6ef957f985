#pragma once
// Undo records on disk: what a call is about to do to files, written durably before it does it.
//
// docs/formats/undo.md has the layout (undo/RUN/NUMBER/record.json and what was saved beside it).
// The worker writes records through an open folder; the host writes run.json; `weir undo` reads
// both. Not thread-safe; one writer per run.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "json/json.h"

namespace weir::tools {

enum class StepKind { kMakeFolder, kRemoveFolder, kWrite, kMove, kCreate, kTrash };

// One change to one name. Which fields count depends on the kind; the others stay empty.
struct UndoStep {
  StepKind kind = StepKind::kWrite;
  std::string path;             // workspace path that changes; for kMove where it was
  std::string to;               // kMove: where it goes. kCreate: what it is a copy of, if anything
  std::string digest;           // kWrite: of the new content; kMove, kCreate, kTrash: of the thing
  std::string store;            // kTrash: where in the store it goes; kCreate: where it comes from;
                                // kWrite: the file's content before, empty when it was not there
  std::string before_digest;    // kWrite: of the content before
  std::string temporary;        // name beside `path` used on the way; a leftover may be removed
  mode_t mode = 0;              // kWrite: before; folders: exact mode; 0 when left to the system
  int64_t before_mtime_ns = 0;  // kWrite
};

struct UndoRecord {
  std::string id;        // "RUN/000001"
  std::string tool;      // "move_file", or "undo"
  std::string action;    // one line for people
  std::string reverses;  // id of the record that this one takes back; usually empty
  int64_t time_us = 0;
  std::vector<UndoStep> steps;  // in the order they are applied
};

struct UndoRunHeader {
  std::string run_id;
  std::string workspace;  // absolute path
  std::string undoes;     // another run, when this one is an undo
  int64_t time_us = 0;
};

// [A-Za-z0-9_-]{1,64}
bool IsRunId(std::string_view run_id);

class UndoStore {
 public:
  // Makes state_folder/undo when it is not there (0700).
  static Result<UndoStore> Open(const std::string& state_folder);
  // Takes an open store folder.
  explicit UndoStore(UniqueFd folder) : folder_(std::move(folder)) {}

  int fd() const { return folder_.get(); }

  // Makes the run's folder and run.json, durably. The run must be new, or the same header already
  // there (then nothing changes).
  Status BeginRun(const UndoRunHeader& header) const;
  Result<UndoRunHeader> ReadRun(const std::string& run_id) const;
  Result<std::vector<std::string>> RunIds() const;  // natural order

  // An empty folder for the next record of the run: its id, and its open folder.
  Result<std::string> NewRecord(const std::string& run_id, UniqueFd* folder) const;
  // Durable when it returns.
  Status WriteRecord(const UndoRecord& record) const;
  Result<UndoRecord> ReadRecord(const std::string& id) const;
  // Ids of complete records, oldest first. A record cut off before it was durable is not one: its
  // call had no effect yet.
  Result<std::vector<std::string>> RecordIds(const std::string& run_id) const;
  void DropRecord(const std::string& id) const;

  bool IsUndone(const std::string& id) const;
  // Sets the mark; what this record itself took back changes the other way.
  Status SetUndone(const std::string& id, bool undone) const;

  // The open folder and last name of "RUN/000001/trash-0".
  Result<UniqueFd> OpenParent(const std::string& store_path, std::string* leaf) const;

 private:
  UniqueFd folder_;
};

}  // namespace weir::tools
