#include "runtime/database/sqlite/sqlite_handle.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace motorcade {

namespace {

constexpr int busy_milliseconds = 5000;

std::string describe(sqlite3* handle, int status) {
  if ((status & 0xff) == SQLITE_FULL)
    return "the disk is full; the write may pass once space is freed";
  std::string text = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(status);
  text += " (" + std::string{sqlite3_errstr(status & 0xff)} + ", code "
          + std::to_string(status) + ")";
  if (auto cause = handle ? sqlite3_system_errno(handle) : 0; cause != 0)
    text += ": " + std::string{std::strerror(cause)};
  return text;
}

/// SQLite creates files that all users may read; its WAL files take over the
/// rights of the main file.
void create_file(const std::string& path, mode_t mode) {
  // The file must not be open elsewhere in this process: closing this
  // descriptor would drop the POSIX locks that the process holds on it.
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd >= 0) {
    ::fchmod(fd, mode); // Whatever the umask took from it.
    ::close(fd);
    return;
  }
  auto error = errno;
  if (error == EEXIST)
    return;
  auto why = std::generic_category().message(error);
  switch (error) {
  case ENOENT:
    throw sqlite_error{ec::database_rejected,
                       "the folder of the file does not exist"};
  case ENOSPC:
  case EDQUOT:
  case EIO:
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case EINTR:
  case ESTALE:
    throw sqlite_error{ec::database_unavailable,
                       "the file cannot be created: " + why};
  default:
    throw sqlite_error{ec::database_rejected,
                       "the file cannot be created: " + why};
  }
}

} // namespace

sqlite_error::sqlite_error(sqlite3* handle, int status)
    : code_{classify_sqlite(status)}, what_{describe(handle, status)} {}

ec classify_sqlite(int status) {
  switch (status & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_NOMEM:
  case SQLITE_PROTOCOL:
  case SQLITE_INTERRUPT:
    return ec::database_unavailable;
  default:
    return ec::database_rejected;
  }
}

void sqlite_statement::finalizer::operator()(
    sqlite3_stmt* statement) const noexcept {
  // The result repeats the error of the last step, which was thrown.
  sqlite3_finalize(statement);
}

sqlite_statement::sqlite_statement(sqlite3* handle, std::string_view text)
    : handle_{handle} {
  sqlite3_stmt* made = nullptr;
  auto status = sqlite3_prepare_v2(
      handle, text.data(), static_cast<int>(text.size()), &made, nullptr);
  statement_.reset(made);
  if (status != SQLITE_OK)
    throw sqlite_error{handle, status};
}

void sqlite_statement::bind(int parameter,
                            std::optional<std::string_view> text) {
  auto status =
      text ? sqlite3_bind_text64(statement_.get(), parameter,
                                 text->data() ? text->data() : "", text->size(),
                                 SQLITE_STATIC, SQLITE_UTF8)
           : sqlite3_bind_null(statement_.get(), parameter);
  check(status);
}

void sqlite_statement::bind_integer(int parameter, int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void sqlite_statement::bind_real(int parameter, double value) {
  check(sqlite3_bind_double(statement_.get(), parameter, value));
}

void sqlite_statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), parameter, bytes.data(),
                            bytes.size(), SQLITE_STATIC));
}

void sqlite_statement::check(int status) const {
  if (status != SQLITE_OK)
    throw sqlite_error{handle_, status};
}

bool sqlite_statement::step() {
  auto status = sqlite3_step(statement_.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE)
    throw sqlite_error{handle_, sqlite3_extended_errcode(handle_)};
  return status == SQLITE_ROW;
}

void sqlite_statement::reset() {
  // The result repeats the error of the last step, which was thrown.
  sqlite3_reset(statement_.get());
}

int sqlite_statement::columns() const {
  return sqlite3_column_count(statement_.get());
}

bool sqlite_statement::is_null(int index) const {
  return sqlite3_column_type(statement_.get(), index) == SQLITE_NULL;
}

std::string sqlite_statement::column(int index) const {
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(statement_.get(), index));
  if (bytes == nullptr)
    return {};
  auto size = sqlite3_column_bytes(statement_.get(), index);
  return {bytes, static_cast<size_t>(size)};
}

void sqlite_handle::closer::operator()(sqlite3* handle) const noexcept {
  // v2 cannot fail: it closes after the last statement is finalized.
  sqlite3_close_v2(handle);
}

sqlite_handle::sqlite_handle(const std::string& path, mode_t mode) {
  create_file(path, mode);
  sqlite3* opened = nullptr;
  auto status =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  if (status != SQLITE_OK)
    throw sqlite_error{opened, status};
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_milliseconds);
  // The switch to WAL does not wait for others that switch at the same time.
  auto give_up = std::chrono::steady_clock::now()
                 + std::chrono::milliseconds{busy_milliseconds};
  while (true) {
    try {
      sqlite_statement{opened, "PRAGMA journal_mode = WAL"}.step();
      break;
    } catch (const sqlite_error& e) {
      if ((sqlite3_errcode(opened) & 0xff) != SQLITE_BUSY
          || std::chrono::steady_clock::now() >= give_up)
        throw;
      sqlite3_sleep(5);
    }
  }
  // A state that was reported as saved must survive a power failure.
  run("PRAGMA synchronous = FULL");
}

void sqlite_handle::run(const std::string& text) {
  auto status =
      sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK)
    throw sqlite_error{handle_.get(), status};
}

sqlite_transaction::sqlite_transaction(sqlite_handle& handle)
    : handle_{handle} {
  // A transaction that turns from reading to writing may be refused without
  // waiting.
  handle_.run("BEGIN IMMEDIATE");
}

sqlite_transaction::~sqlite_transaction() {
  // Some errors have rolled the transaction back already; then ROLLBACK fails,
  // and the first error is being thrown.
  if (open_)
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void sqlite_transaction::commit() {
  handle_.run("COMMIT");
  open_ = false;
}

} // namespace motorcade
