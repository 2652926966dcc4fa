#include "runtime/files/staging_area.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/text.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

constexpr size_t shown_path = 300;

constexpr int folder_only = O_PATH | O_DIRECTORY | O_CLOEXEC;

failure broken(std::string what) {
  return {ec::invalid_argument, "file_reference: " + std::move(what)};
}

failure refused(const std::string& path, const std::string& why) {
  return {ec::invalid_argument,
          "the staged file " + excerpt(path, shown_path) + " " + why};
}

failure refused(const std::string& path, const char* action, int error) {
  return refused(path, std::string{"cannot be "} + action + ": "
                           + std::generic_category().message(error));
}

result<std::string> text_of(json_view object, std::string_view key) {
  auto value = object.find(key);
  if (!value || value->is_null())
    return broken(std::string{key} + " is missing");
  if (!value->is_string())
    return broken(std::string{key} + " is no string");
  auto text = value->text();
  if (text.empty() || text.find('\0') != std::string::npos)
    return broken(std::string{key} + " is empty or holds a zero byte");
  return text;
}

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

std::string canonical(const std::string& path) {
  std::error_code failed;
  auto out = fs::weakly_canonical(path, failed);
  return without_last_slashes(failed ? path : out.string());
}

/// @returns the part of `path` below `folder`; nothing if it lies elsewhere.
std::optional<std::string_view> below(std::string_view path,
                                      std::string_view folder) {
  if (folder == "/")
    return path.substr(1);
  if (!path.starts_with(folder) || path.size() <= folder.size() + 1
      || path[folder.size()] != '/')
    return std::nullopt;
  return path.substr(folder.size() + 1);
}

bool is_own(std::string_view path, std::string_view own) {
  if (path == own || below(path, own))
    return true;
  for (std::string_view beside : {"-wal", "-shm", "-journal"})
    if (path.starts_with(own) && path.substr(own.size()) == beside)
      return true;
  return false;
}

file_mark mark_of(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_dev),
          static_cast<uint64_t>(status.st_ino), status.st_size,
          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

/// @returns the path by which the kernel knows an open file.
std::string real_path(const file_handle& file) {
  std::error_code failed;
  auto out =
      fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), failed);
  return failed ? std::string{} : out.string();
}

} // namespace

result<staged_file> parse_file_reference(std::string_view object) {
  json_view reference{object};
  if (!reference.is_object())
    return broken("no object");
  auto url = text_of(reference, "staging_file_url");
  if (!url)
    return url.error();
  auto relative = text_of(reference, "source_file_relative_path");
  if (!relative)
    return relative.error();
  auto size = reference.find("file_size_bytes");
  if (!size || size->is_null())
    return broken("file_size_bytes is missing");
  staged_file out;
  auto digits = size->raw();
  auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.bytes);
  if (error != std::errc{} || rest != digits.data() + digits.size())
    return broken("file_size_bytes is no whole number of bytes");
  constexpr std::string_view scheme = "file://";
  out.path = *std::move(url);
  if (out.path.starts_with(scheme)) {
    auto decoded =
        percent_decode(std::string_view{out.path}.substr(scheme.size()));
    if (!decoded || decoded->find('\0') != std::string::npos)
      return broken("staging_file_url holds a broken percent-encoding");
    out.path = *std::move(decoded);
  }
  if (!out.path.starts_with('/'))
    return broken("staging_file_url is no absolute path");
  out.relative_path = *std::move(relative);
  return out;
}

/// The folder of a staged file, and its name there.
struct staging_area::place {
  file_handle folder;
  std::string name;
};

staging_area::root staging_area::hold(const std::string& path) {
  root out;
  out.names.push_back(without_last_slashes(path));
  auto real = canonical(path);
  if (real != out.names.front())
    out.names.push_back(real);
  // A connector may rename the folder itself, so the one above it is held; a
  // folder that is missing may be made later; no step to it may be a link.
  fs::path base{real};
  fs::path way;
  for (;;) {
    if (base.has_relative_path()) {
      way = way.empty() ? base.filename() : base.filename() / way;
      base = base.parent_path();
    }
    out.base = file_handle{::open(base.c_str(), folder_only)};
    if (out.base || !base.has_relative_path())
      break;
  }
  out.way = way.string();
  return out;
}

staging_area::staging_area(const std::vector<std::string>& roots,
                           const std::vector<std::string>& own) {
  for (const auto& path : roots)
    roots_.push_back(hold(path));
  for (const auto& path : own) {
    own_.push_back(canonical(path));
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
      struct stat status = {};
      if (::stat((own_.back() + suffix).c_str(), &status) == 0)
        own_files_.push_back(mark_of(status));
    }
  }
}

result<staging_area::place> staging_area::find(const std::string& path) const {
  std::string all;
  std::string way;
  const root* within = nullptr;
  for (const auto& one : roots_)
    for (const auto& name : one.names) {
      all += (all.empty() ? "" : ", ") + name;
      auto rest = below(path, name);
      if (within != nullptr || !rest)
        continue;
      within = &one;
      way = (one.way.empty() ? "" : one.way + "/") + std::string{*rest};
    }
  if (within == nullptr)
    return refused(path, "lies outside of STAGING_DIR (" + all + ")");
  place out;
  out.folder = file_handle{::openat(within->base.get(), ".", folder_only)};
  // The path is walked step by step: a link in any step would lead out of the
  // folder.
  std::string_view rest{way};
  for (;;) {
    if (!out.folder)
      return errno == ENOTDIR || errno == ELOOP
                 ? refused(path, "is reached by a symbolic link, or by what "
                                 "is no folder")
                 : refused(path, "found", errno);
    auto slash = rest.find('/');
    out.name = rest.substr(0, slash);
    if (out.name.empty() || out.name == "." || out.name == "..")
      return refused(path, "has an empty, `.` or `..` part in its path");
    if (slash == std::string_view::npos)
      return out;
    rest.remove_prefix(slash + 1);
    out.folder = file_handle{
        ::openat(out.folder.get(), out.name.c_str(), folder_only | O_NOFOLLOW)};
  }
}

bool staging_area::is_own_file(const file_handle& file,
                               const file_mark& mark) const {
  auto real = real_path(file);
  return std::any_of(own_.begin(), own_.end(),
                     [&](const auto& own) { return is_own(real, own); })
         || std::any_of(
             own_files_.begin(), own_files_.end(), [&](const file_mark& own) {
               return own.device == mark.device && own.inode == mark.inode;
             });
}

result<file_handle> staging_area::open(const staged_file& file) const {
  auto where = find(file.path);
  if (!where)
    return where.error();
  auto opened =
      open_found_file(where->name, links::refused, where->folder.get());
  struct stat status = {};
  if (!opened)
    return refused(file.path, "cannot be taken: " + opened.error().what);
  if (::fstat(opened->get(), &status) != 0)
    return refused(file.path, "opened", errno);
  if (is_own_file(*opened, mark_of(status)))
    return refused(file.path, "is one of the sidecar's own");
  // The second name may be that of a secret which the connector cannot read
  // itself.
  if (status.st_nlink > 1)
    return refused(file.path, "has other names (hard links), which is not "
                              "taken: the connector must stage a copy");
  if (static_cast<uint64_t>(status.st_size) != file.bytes)
    return refused(
        file.path,
        "has " + counted(static_cast<uint64_t>(status.st_size), "byte")
            + ", file_size_bytes says " + std::to_string(file.bytes));
  return opened;
}

file_mark file_mark::of(const file_handle& file) {
  struct stat status = {};
  return ::fstat(file.get(), &status) == 0 ? mark_of(status) : file_mark{};
}

result<void> staging_area::remove(const staged_file& file,
                                  const file_mark& delivered) const {
  auto where = find(file.path);
  if (!where)
    return failure{ec::system_failed, where.error().what};
  struct stat now = {};
  if (::fstatat(where->folder.get(), where->name.c_str(), &now,
                AT_SYMLINK_NOFOLLOW)
          != 0
      || mark_of(now) != delivered)
    return {};
  if (::unlinkat(where->folder.get(), where->name.c_str(), 0) != 0)
    return failure{ec::system_failed,
                   refused(file.path, "removed", errno).what};
  return {};
}

} // namespace motorcade
