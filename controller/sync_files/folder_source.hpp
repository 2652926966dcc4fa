#pragma once

#include "controller/sync_files/sync_source.hpp"

#include <string>

namespace motorcade {

/// The files of SYNCCTL_SYNCS_DIR, watched once the folder is there.
class folder_source final : public sync_source {
public:
  /// @param folder Need not be there yet.
  explicit folder_source(std::string folder) : folder_{std::move(folder)} {}

  result<std::vector<sync_file>>
  read(const std::function<bool()>& go_on) override;

  folder_watch* watch() override { return watched_ ? &watch_ : nullptr; }

  std::chrono::milliseconds pause() const override;

  std::string setting() const override { return "SYNCCTL_SYNCS_DIR"; }

  std::string place() const override { return folder_; }

private:
  const std::string folder_;
  folder_watch watch_;
  bool watched_ = false;
};

} // namespace motorcade
