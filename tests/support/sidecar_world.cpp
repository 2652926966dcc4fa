#include "support/sidecar_world.hpp"

#include "runtime/stream/exit_code_file.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace motorcade::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// Opens the writing end as soon as somebody reads. A plain open would wait
/// for ever if the sidecar is gone.
int open_for_writing(const std::string& path) {
  auto until = std::chrono::steady_clock::now() + 60s;
  for (;;) {
    auto fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
      return fd;
    if ((errno != ENXIO && errno != ENOENT && errno != EINTR)
        || std::chrono::steady_clock::now() > until)
      throw std::runtime_error{path + ": " + std::strerror(errno)};
    ::poll(nullptr, 0, 2);
  }
}

void close_fd(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

} // namespace

// -- pipe_writer --------------------------------------------------------------

pipe_writer::pipe_writer(const std::string& out_path,
                         const std::string& err_path, opening order) {
  if (order == opening::err_first || order == opening::only_err)
    err_ = open_for_writing(err_path);
  if (order != opening::only_err)
    out_ = open_for_writing(out_path);
  if (order == opening::out_first)
    err_ = open_for_writing(err_path);
}

pipe_writer::~pipe_writer() {
  close();
}

bool pipe_writer::write(int fd, std::string_view bytes) const {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      if (::poll(&writable, 1, static_cast<int>(patience.count())) == 0)
        throw std::runtime_error{"the sidecar reads no more"};
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      throw std::runtime_error{std::string{"write: "} + std::strerror(errno)};
    }
  }
  return true;
}

void pipe_writer::close_out() {
  close_fd(out_);
}

void pipe_writer::close_err() {
  close_fd(err_);
}

void pipe_writer::close() {
  close_out();
  close_err();
}

// -- task_view ----------------------------------------------------------------

std::string task_view::of(const std::string& stream) const {
  return description.at(stream).at("status").get<std::string>();
}

// -- sidecar_world
// --------------------------------------------------------------

sidecar_world::sidecar_world(world_ptr database,
                             support::stand_in_settings settings)
    : command{SIDECAR},
      bulker{std::move(settings)},
      database_{std::move(database)} {
  std::signal(SIGPIPE, SIG_IGN);
  std::filesystem::create_directory(folder.path("config"));
  env = bare_environment();
  env.insert({{"COMMAND", "read"},
              {"STDOUT_PIPE_FILE", folder.path("stdout")},
              {"STDERR_PIPE_FILE", folder.path("stderr")},
              {"CONFIG_DIR", folder.path("config")},
              {"BULKER_URL", bulker.url()},
              {"DATABASE_URL", database_->url()},
              {"PACKAGE", "airbyte/source-test"},
              {"PACKAGE_VERSION", "1.2.3"},
              {"SYNC_ID", "sync"},
              {"TASK_ID", "task"}});
  catalog(configured_catalog({"users"}));
  make_pipes();
}

void sidecar_world::file(const std::string& name, const std::string& text) {
  folder.write("config/" + name, text);
}

void sidecar_world::make_pipes() const {
  for (const auto* name : {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE"})
    if (::mkfifo(env.at(name).c_str(), 0600) != 0)
      throw std::system_error{errno, std::generic_category(), env.at(name)};
}

void sidecar_world::remove_pipes() const {
  for (const auto* name : {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE"})
    std::filesystem::remove(env.at(name));
}

void sidecar_world::write_exit_code(int code) const {
  auto written = motorcade::write_exit_code(env.at("EXIT_CODE_FILE"), code);
  if (!written)
    throw std::runtime_error{written.error().what};
}

watched_program& sidecar_world::start() {
  sidecar_ = std::make_unique<watched_program>(command, env);
  return *sidecar_;
}

pipe_writer sidecar_world::connect(opening order) const {
  return {env.at("STDOUT_PIPE_FILE"), env.at("STDERR_PIPE_FILE"), order};
}

program_result sidecar_world::finish(std::chrono::seconds limit) {
  return sidecar_->finish(limit);
}

program_result sidecar_world::play(std::string_view out, std::string_view err) {
  start();
  {
    auto connector = connect();
    connector.err(err);
    connector.out(out);
  }
  return finish();
}

bool sidecar_world::has_task() {
  return !database_
              ->query("SELECT 1 FROM source_task WHERE task_id = '"
                      + env.at("TASK_ID") + "'")
              .empty();
}

task_view sidecar_world::task() {
  auto rows = database_->query(
      "SELECT status, error, description, metrics FROM source_task WHERE "
      "task_id = '"
      + env.at("TASK_ID") + "'");
  if (rows.size() != 1)
    throw std::runtime_error{"there is no row of the task; the sidecar said:\n"
                             + (sidecar_ ? sidecar_->output() : "")};
  auto parse = [](const std::optional<std::string>& text) {
    return text ? json::parse(*text) : json();
  };
  return {rows[0][0].value_or(""), rows[0][1].value_or(""), parse(rows[0][2]),
          parse(rows[0][3])};
}

std::vector<log_view> sidecar_world::logs() {
  std::vector<log_view> out;
  for (const auto& row : database_->query(
           "SELECT level, logger, message FROM task_log WHERE task_id = '"
           + env.at("TASK_ID") + "' ORDER BY timestamp"))
    out.push_back({row[0].value(), row[1].value(), row[2].value()});
  return out;
}

bool sidecar_world::logged(const std::string& text) {
  return !level_of(text).empty();
}

std::string sidecar_world::level_of(const std::string& text) {
  for (const auto& line : logs())
    if (line.message.find(text) != std::string::npos)
      return line.level;
  return {};
}

std::map<std::string, std::string> sidecar_world::states() {
  std::map<std::string, std::string> out;
  for (const auto& row : database_->query(
           "SELECT stream, state FROM source_state WHERE sync_id = '"
           + env.at("SYNC_ID") + "'"))
    out[row[0].value()] = row[1].value();
  return out;
}

bool sidecar_world::await(const std::string& query, const std::string& cell) {
  auto until = std::chrono::steady_clock::now() + 30s;
  for (;;) {
    auto late = std::chrono::steady_clock::now() > until;
    try {
      auto rows = database_->query(query);
      if (!rows.empty() && rows[0][0] == cell)
        return true;
    } catch (const std::exception&) {
      // The sidecar may not have made the table yet.
      if (late)
        throw;
    }
    if (late)
      return false;
    ::poll(nullptr, 0, 10);
  }
}

variables bare_environment() {
  variables out;
  // What sanitizers, temporary files and programs by name need.
  for (const auto* name :
       {"PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const auto* value = std::getenv(name))
      out[name] = value;
  return out;
}

} // namespace motorcade::test
