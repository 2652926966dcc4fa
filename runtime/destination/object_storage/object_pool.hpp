#pragma once

#include "runtime/destination/object_storage/object_link.hpp"
#include "runtime/destination/object_storage/object_names.hpp"
#include "runtime/destination/warehouse/idle_links.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace motorcade {

/// What the attempts at all requests of a destination share: links that are not
/// in use, names, and what was done for a table once. Thread-safe.
class object_pool {
public:
  /// @param folder Where bytes wait until they are sent.
  /// @param small Whether uploads take little memory each.
  object_pool(object_storage_config config, object_patience patience,
              std::string folder, bool small)
      : names{config.folder, config.suffix()},
        config_{std::move(config)},
        patience_{patience},
        folder_{std::move(folder)},
        small_{small} {}

  /// @param stop Ends what the link does until it is given back.
  std::unique_ptr<object_link> take(const interruption& stop) {
    auto link = idle_.take();
    if (!link)
      link = std::make_unique<object_link>(config_, patience_);
    link->use(stop, patience_);
    return link;
  }

  /// Takes a link back; null: there is none.
  void give(std::unique_ptr<object_link> link) { idle_.give(std::move(link)); }

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

  /// @returns the config of all links.
  const object_storage_config& config() const { return config_; }

  /// @returns the folder in which bytes wait until they are sent.
  const std::string& folder() const { return folder_; }

  /// @returns whether uploads shall take little memory each.
  bool small() const { return small_; }

  object_names names;

private:
  const object_storage_config config_;
  const object_patience patience_;
  const std::string folder_;
  const bool small_;
  idle_links<object_link> idle_;
  mutable std::mutex mutex_;
  std::set<std::tuple<std::string, std::string, std::string>> done_;
};

using object_pool_ptr = std::shared_ptr<object_pool>;

} // namespace motorcade
