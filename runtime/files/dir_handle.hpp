#pragma once

#include <dirent.h>

#include <memory>

namespace motorcade {

/// Closes a folder that is being listed.
struct dir_closer {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

/// Owns a folder that is being listed.
using dir_handle = std::unique_ptr<DIR, dir_closer>;

} // namespace motorcade
