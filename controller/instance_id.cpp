#include "controller/instance_id.hpp"

#include "runtime/clock.hpp"
#include "runtime/private_file.hpp"

#include <sys/stat.h>

#include <cerrno>
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
  if (::mkdir(folder.c_str(), owner_alone) != 0 && errno != EEXIST)
    return failure{ec::system_failed, folder + ": " + std::strerror(errno)};
  id = make_uuid();
  if (auto written = write_private_file(path, id + "\n"); !written)
    return written.error();
  return id;
}

} // namespace motorcade
