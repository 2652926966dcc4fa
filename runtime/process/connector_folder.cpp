#include "runtime/process/connector_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace motorcade {

namespace {

std::optional<std::string> real_path(const std::string& path) {
  char out[PATH_MAX];
  if (::realpath(path.c_str(), out) == nullptr)
    return std::nullopt;
  return out;
}

bool leads_out(const std::string& package) {
  if (package.empty() || package.front() == '/'
      || package.find('\0') != std::string::npos)
    return true;
  auto padded = "/" + package + "/";
  return padded.find("/../") != std::string::npos
         || padded.find("/./") != std::string::npos
         || padded.find("//") != std::string::npos;
}

bool is_file(const std::string& path) {
  struct stat info {};

  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

} // namespace

result<std::string> find_connector(const std::string& folder,
                                   const std::string& package) {
  if (leads_out(package))
    return failure{ec::invalid_argument,
                   "the package's name leads out of " + folder};
  auto home = real_path(folder);
  if (!home)
    return failure{ec::not_found, "there is no folder " + folder
                                      + " of connectors "
                                        "(SYNCCTL_CONNECTORS_DIR)"};
  auto base = *home == "/" ? *home : *home + "/";
  // npos + 1 is 0: a package without a slash is its own last part.
  for (const auto& name : {package, package.substr(package.rfind('/') + 1)}) {
    auto path = real_path(base + name);
    if (!path || !is_file(*path))
      continue;
    if (!path->starts_with(base))
      return failure{ec::invalid_argument, folder + "/" + name
                                               + " is a link that leads out of "
                                                 "SYNCCTL_CONNECTORS_DIR: copy "
                                                 "the program there, or put a "
                                                 "script there that starts it: "
                                                 "#!/bin/sh and exec "
                                               + *path + " \"$@\""};
    if (::access(path->c_str(), X_OK) != 0)
      return failure{ec::invalid_argument,
                     folder + "/" + name + " is not executable"};
    return std::move(*path);
  }
  return failure{ec::not_found, "there is no connector " + package + " in "
                                    + folder + " (SYNCCTL_CONNECTORS_DIR)"};
}

std::vector<std::string> list_connectors(const std::string& folder) {
  // More are no folder of connectors.
  constexpr size_t most = 1000;
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  std::error_code error;
  const auto add = [&](const std::string& package) {
    if (out.size() < most && find_connector(folder, package))
      out.push_back(package);
  };
  for (fs::directory_iterator at{folder, error}, end; !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().string();
    std::error_code none;
    if (!fs::is_directory(at->path(), none)) {
      add(name);
      continue;
    }
    for (fs::directory_iterator inner{at->path(), none}, last;
         !none && inner != last; inner.increment(none))
      add(name + '/' + inner->path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace motorcade
