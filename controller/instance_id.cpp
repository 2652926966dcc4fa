#include "controller/instance_id.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/files/durable_folder.hpp"
#include "runtime/files/private_file.hpp"

#include <sys/types.h>

#include <cstring>
#include <fstream>

namespace motorcade {

result<std::string> keep_instance_id(const std::string& folder) {
  constexpr mode_t owner_alone = 0700;
  auto path = folder + "/instance_id";
  std::string id;
  // A file with nothing in it is one that was never finished.
  if (std::ifstream{path} >> id)
    return id;
  if (auto error = make_durable_folder(folder, owner_alone); error != 0)
    return failure{ec::system_failed, folder + ": " + std::strerror(error)};
  id = make_uuid();
  if (auto written = write_private_file(path, id + "\n"); !written)
    return written.error();
  return id;
}

} // namespace motorcade
