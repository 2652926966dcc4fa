#include "runtime/destination/object_storage/object_storage_destination.hpp"

#include "runtime/destination/object_storage/object_loader.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace motorcade {

namespace {

/// The number of uploads beyond which each takes less memory.
constexpr size_t few_uploads = 16;

/// Removes a table's objects: the one that requests replace, and with `batch`
/// all that were appended.
result<void> drop_objects(object_pool& pool, object_link& link,
                          const upload_request& request) {
  if (request.mode == write_mode::replace_table)
    return link.remove(pool.names.name_of(request));
  for (auto more = true; more;) {
    more = false;
    auto found = link.names(pool.names.common_beginning(request));
    if (!found)
      return found.error();
    for (const auto& name : *found) {
      if (!pool.names.is_of_table(name, request))
        continue;
      if (auto gone = link.remove(name); !gone)
        return gone;
      more = true;
    }
  }
  return {};
}

std::string waiting_folder(const destination_settings& settings) {
  std::error_code failed;
  if (std::filesystem::is_directory(settings.waiting_dir, failed))
    return settings.waiting_dir;
  auto fallback = std::filesystem::temp_directory_path(failed);
  return failed ? settings.waiting_dir : fallback.string();
}

} // namespace

result<destination_ptr>
make_object_storage_destination(object_storage_config config,
                                const destination_settings& settings) {
  object_patience patience;
  patience.stall = settings.stall_timeout;
  patience.answer = settings.response_timeout;
  patience.connect = std::min(patience.connect, patience.answer);
  const auto pool = std::make_shared<object_pool>(
      std::move(config), patience, waiting_folder(settings),
      settings.uploads > few_uploads);
  warehouse_traits traits;
  traits.threads = warehouse_threads(settings);
  traits.locate = [pool](const upload_request& request) {
    return pool->config().scheme + "://" + pool->config().bucket + '/'
           + pool->names.shown(request);
  };
  traits.make_loader = [pool](const upload_request& request,
                              const interruption& stop) {
    return std::make_unique<object_loader>(pool, request, stop);
  };
  traits.drop_table = [pool](const upload_request& request,
                             const interruption& stop) {
    auto link = pool->take(stop);
    auto dropped = drop_objects(*pool, *link, request);
    pool->give(std::move(link));
    return dropped;
  };
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
