#pragma once

#include "runtime/destination/object_storage/object_link.hpp"
#include "runtime/destination/object_storage/object_names.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace motorcade {

/// What the attempts at all requests of a destination share: links that are not
/// in use, names, and what was done for a table once. Thread-safe.
class object_pool {
public:
  /// @param folder Where bytes wait until they are sent.
  /// @param small Many uploads share the memory.
  object_pool(object_storage_config config, object_patience patience,
              std::string folder, bool small)
      : names{config.folder, config.suffix()},
        config_{std::move(config)},
        patience_{patience},
        folder_{std::move(folder)},
        small_{small} {}

  /// @param stop Ends what the link does until it is given back.
  std::unique_ptr<object_link> take(const interruption& stop) {
    std::unique_ptr<object_link> link;
    {
      std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        link = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!link)
      link = std::make_unique<object_link>(config_, patience_);
    link->use(stop, patience_);
    return link;
  }

  void give(std::unique_ptr<object_link> link) {
    if (!link)
      return;
    std::lock_guard lock{mutex_};
    idle_.push_back(std::move(link));
  }

  /// @returns whether this was never noted for the table.
  bool is_due(const char* what, const upload_request& request) const {
    std::lock_guard lock{mutex_};
    return done_.count({what, request.target_namespace, request.table}) == 0;
  }

  /// Notes that it is done for the table.
  void note(const char* what, const upload_request& request) {
    std::lock_guard lock{mutex_};
    done_.insert({what, request.target_namespace, request.table});
  }

  const object_storage_config& config() const { return config_; }

  const std::string& folder() const { return folder_; }

  bool small() const { return small_; }

  object_names names;

private:
  const object_storage_config config_;
  const object_patience patience_;
  const std::string folder_;
  const bool small_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<object_link>> idle_;
  std::set<std::tuple<std::string, std::string, std::string>> done_;
};

using object_pool_ptr = std::shared_ptr<object_pool>;

} // namespace motorcade
