#include "platform/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace weir::platform {
namespace {

ErrorCode ErrorCodeOf(int code) {
  switch (code & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return ErrorCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorruptData;
    case SQLITE_INTERRUPT:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kInternal;
  }
}

tl::unexpected<Error> SqliteError(sqlite3* handle, int code) {
  return MakeError(ErrorCodeOf(code), "sqlite: {}",
                   handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
}

}  // namespace

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Status Statement::Check(int code) const {
  if (code == SQLITE_OK) return {};
  return SqliteError(sqlite3_db_handle(handle_), code);
}

Status Statement::BindInt(int parameter, int64_t value) {
  return Check(sqlite3_bind_int64(handle_, parameter, value));
}

Status Statement::BindDouble(int parameter, double value) {
  return Check(sqlite3_bind_double(handle_, parameter, value));
}

Status Statement::BindText(int parameter, std::string_view value) {
  return Check(sqlite3_bind_text64(handle_, parameter, value.data(), value.size(), SQLITE_TRANSIENT,
                                   SQLITE_UTF8));
}

Status Statement::BindNull(int parameter) { return Check(sqlite3_bind_null(handle_, parameter)); }

Result<bool> Statement::Step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(sqlite3_db_handle(handle_), code);
}

Status Statement::Reset() {
  sqlite3_clear_bindings(handle_);
  return Check(sqlite3_reset(handle_));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::Double(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::Text(int column) const {
  const auto* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return std::string(reinterpret_cast<const char*>(text),
                     static_cast<size_t>(sqlite3_column_bytes(handle_, column)));
}

Result<Database> Database::OpenInMemory(int64_t max_bytes) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(":memory:", &handle, flags, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return SqliteError(handle, code);
  sqlite3_extended_result_codes(handle, 1);
  constexpr int64_t kPageBytes = 4096;
  // No file is ever touched: temporary tables stay in memory too, and ATTACH is switched off.
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  RETURN_IF_ERROR(database.Execute("PRAGMA temp_store=MEMORY"));
  ASSIGN_OR_RETURN(Statement limit, database.Prepare("PRAGMA max_page_count=" +
                                                     std::to_string(max_bytes / kPageBytes + 1)));
  RETURN_IF_ERROR(limit.Step());
  return database;
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    sqlite3_close_v2(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Statement> Database::Prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, &rest);
  Statement owned(statement);
  if (code != SQLITE_OK) return SqliteError(handle_, code);
  if (statement == nullptr || rest != sql.data() + sql.size()) {
    return MakeError(ErrorCode::kInternal, "sqlite: expected exactly one statement");
  }
  return owned;
}

Status Database::Execute(std::string_view sql) const {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  if (has_row) return MakeError(ErrorCode::kInternal, "sqlite: a statement gave rows");
  return {};
}

}  // namespace weir::platform
