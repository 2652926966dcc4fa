#pragma once

#include "config/environment.hpp"
#include "support/airbyte_lines.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/database_world.hpp"
#include "support/scratch_folder.hpp"
#include "support/watched_program.hpp"

#include <memory>
#include <optional>

namespace motorcade::test {

/// In which order a connector opens its pipes; a shell opens stderr first.
enum class opening { err_first, out_first, only_out, only_err };

/// A connector's side of the pipes. Opening waits for the sidecar, writing for
/// its reading; opening throws std::runtime_error if it takes over 60 s,
/// writing if it takes over `patience`.
class pipe_writer {
public:
  pipe_writer(const std::string& out_path, const std::string& err_path,
              opening order);
  ~pipe_writer();
  pipe_writer(const pipe_writer&) = delete;
  pipe_writer& operator=(const pipe_writer&) = delete;

  /// @returns false if the sidecar has closed the pipe.
  bool out(std::string_view bytes) { return write(out_, bytes); }

  bool err(std::string_view bytes) { return write(err_, bytes); }

  std::chrono::milliseconds patience = std::chrono::seconds{30};

  void close_out();
  void close_err();
  void close();

private:
  bool write(int fd, std::string_view bytes) const;

  int out_ = -1;
  int err_ = -1;
};

/// The row of `source_task`.
struct task_view {
  std::string status;
  std::string error;
  nlohmann::json description;
  nlohmann::json metrics;

  /// @returns what the description says of a stream's status.
  std::string of(const std::string& stream) const;
};

struct log_view {
  std::string level;
  std::string logger;
  std::string message;
};

/// A sidecar with all that is around it in a Pod: its files and pipes, a
/// destination, a database. The defaults make a read of nothing.
class sidecar_world {
public:
  explicit sidecar_world(world_ptr database = sqlite_world(),
                         support::stand_in_settings bulker = {});

  /// What the sidecar will find in its environment, and nothing else.
  variables env;
  /// How the sidecar is started.
  std::vector<std::string> command;
  scratch_folder folder;
  support::bulker_stand_in bulker;

  database_world& database() { return *database_; }

  /// Makes or replaces a file of the config directory.
  void file(const std::string& name, const std::string& text);

  void catalog(const nlohmann::json& configured) {
    file("catalog.json", configured.dump());
  }

  /// Makes the pipes; done by the constructor.
  void make_pipes() const;
  void remove_pipes() const;

  /// Writes the file as a Pod's wrapper does.
  void write_exit_code(int code) const;

  watched_program& start();

  pipe_writer connect(opening order = opening::err_first) const;

  watched_program& sidecar() { return *sidecar_; }

  /// Waits for the sidecar's end.
  program_result finish(std::chrono::seconds limit = std::chrono::seconds{60});

  /// Runs a sidecar for a connector that prints these bytes and ends.
  program_result play(std::string_view out, std::string_view err = {});

  /// @returns the row of TASK_ID; throws if there is none.
  task_view task();

  bool has_task();

  /// @returns the task's log by time.
  std::vector<log_view> logs();

  /// @returns whether a line of the log holds the text.
  bool logged(const std::string& text);

  /// @returns the level of the first line that holds the text, or nothing.
  std::string level_of(const std::string& text);

  /// @returns the saved states as text by stream.
  std::map<std::string, std::string> states();

  /// Blocks until the query returns a first cell of that text.
  /// @returns false if 30 s were not enough.
  bool await(const std::string& query, const std::string& cell);

private:
  world_ptr database_;
  std::unique_ptr<watched_program> sidecar_;
};

/// The environment that any program needs here.
variables bare_environment();

} // namespace motorcade::test
