#pragma once

#include "support/child_program.hpp"
#include "support/scratch_folder.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace motorcade::test {

/// The output of the demo connector.
struct demo_output {
  int exit_code = 0;
  std::string err;
  /// Every line of stdout as it came.
  std::vector<std::string> lines;
  /// Those that are JSON objects.
  std::vector<nlohmann::json> messages;

  /// @returns the messages of that type.
  std::vector<nlohmann::json> of_type(const std::string& type) const;

  /// @returns how many records each stream has.
  std::map<std::string, size_t> rows() const;

  /// @returns the statuses of a stream in their order.
  std::vector<std::string> statuses(const std::string& stream) const;

  /// @returns what a platform would hand to the next sync: the last state of
  /// each stream, on top of `earlier`.
  nlohmann::json
  saved_states(const nlohmann::json& earlier = nlohmann::json::array()) const;
};

/// The recording that comes with the project.
std::string recording_path(const std::string& name);

/// @returns a ConfiguredAirbyteCatalog of these streams.
nlohmann::json catalog_of(const std::vector<std::string>& streams,
                          const std::string& sync_mode = "incremental");

/// Runs the demo connector with these arguments.
demo_output demo(const std::vector<std::string>& arguments);

/// Files of one run of `read`; by default the project's own recording.
class demo_read {
public:
  explicit demo_read(const nlohmann::json& catalog =
                         catalog_of({"products", "users", "purchases"}));

  /// Sets a key of the config.
  demo_read& with(const std::string& key, const nlohmann::json& value);

  /// Plays this text instead.
  demo_read& recording(const std::string& text);

  /// The state to start from.
  demo_read& state(const nlohmann::json& states);

  /// @returns the whole command line; the files are written.
  std::vector<std::string> command() const;

  demo_output run() const;

  const scratch_folder& folder() const { return folder_; }

private:
  scratch_folder folder_;
  nlohmann::json config_;
  bool with_state_ = false;
};

} // namespace motorcade::test
