#pragma once
// RAII over the SQLite C API: databases, statements, errors as Result. Nothing of SQLite's own
// header leaks to callers.
//
// A Database and its Statements belong to one thread at a time; a Statement must not outlive its
// Database.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::platform {

class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Parameters count from 1. Bound text is copied.
  Status BindInt(int parameter, int64_t value);
  Status BindDouble(int parameter, double value);
  Status BindText(int parameter, std::string_view value);
  Status BindNull(int parameter);

  // True while there is a row; false after the last one.
  Result<bool> Step();
  // Ready to be run again; keeps no bindings.
  Status Reset();

  // Columns count from 0 and are valid until the next Step or Reset.
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Double(int column) const;
  std::string Text(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Status Check(int code) const;

  sqlite3_stmt* handle_ = nullptr;
};

class Database {
 public:
  // A private database in memory, gone with the object. `max_bytes` bounds what it may grow to.
  static Result<Database> OpenInMemory(int64_t max_bytes);

  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  // One statement; text after it is an error. Values are bound, never pasted into `sql`.
  Result<Statement> Prepare(std::string_view sql) const;
  // Prepares and runs one statement that gives no rows.
  Status Execute(std::string_view sql) const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_ = nullptr;
};

}  // namespace weir::platform
