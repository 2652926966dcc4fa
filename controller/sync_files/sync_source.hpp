#pragma once

#include "controller/sync_files/sync_folder.hpp"
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
  /// @returns all definitions, each at most once; a failure if it is not known
  /// what there is, so that nothing may be changed.
  virtual result<std::vector<sync_file>>
  read(const std::function<bool()>& go_on) = 0;

  /// Waits until the definitions may have changed, or the time is over.
  /// @returns whether they may have changed.
  virtual bool wait(std::chrono::milliseconds longest) = 0;

  /// @returns the pause between two looks at a place that does not change.
  virtual std::chrono::milliseconds pause() const = 0;

  /// @returns the setting that names the place.
  virtual std::string setting() const = 0;

  /// @returns the place for a person, without secrets.
  virtual std::string place() const = 0;
};

} // namespace motorcade
