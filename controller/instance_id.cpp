#include "controller/instance_id.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/found_file.hpp"
#include "runtime/files/durable_folder.hpp"
#include "runtime/files/private_file.hpp"

#include <sys/types.h>

#include <cstring>
#include <sstream>

namespace motorcade {

result<std::string> keep_instance_id(const std::string& folder) {
  constexpr mode_t owner_alone = 0700;
  auto path = folder + "/instance_id";
  constexpr size_t most_bytes = 1024;
  // A local connector may have put anything else in its place.
  auto text = read_found_file(path, most_bytes);
  if (!text && text.error().code != ec::not_found)
    return text.error();
  std::string id;
  // An empty file was never finished.
  if (text && std::istringstream{*text} >> id)
    return id;
  if (auto error = make_durable_folder(folder, owner_alone); error != 0)
    return failure{ec::system_failed, folder + ": " + std::strerror(error)};
  id = make_uuid();
  if (auto written = write_private_file(path, id + "\n"); !written)
    return written.error();
  return id;
}

} // namespace motorcade
