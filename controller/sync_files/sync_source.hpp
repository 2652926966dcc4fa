#pragma once

#include "controller/sync_files/sync_folder.hpp"
#include "runtime/stream/folder_watch.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace motorcade {

/// A place that defines syncs: a folder of files, or a server. Belongs to one
/// thread.
class sync_source {
public:
  virtual ~sync_source() = default;

  /// @param go_on Called now and then; the call ends soon once it is false.
  /// @returns all definitions, each at most once. After a failure the place may
  /// define anything, so that no sync may be changed.
  virtual result<std::vector<sync_file>>
  read(const std::function<bool()>& go_on) = 0;

  /// @returns the watch that reports when definitions may have changed; null:
  /// there is none. It belongs to this object.
  virtual folder_watch* watch() { return nullptr; }

  /// @returns the pause between two looks at a place that does not change.
  virtual std::chrono::milliseconds pause() const = 0;

  /// @returns the setting that names the place.
  virtual std::string setting() const = 0;

  /// @returns the place for a person, without secrets.
  virtual std::string place() const = 0;
};

} // namespace motorcade
