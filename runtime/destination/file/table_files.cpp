#include "runtime/destination/file/table_files.hpp"

#include "runtime/base/log.hpp"
#include "runtime/files/file_steps.hpp"
#include "runtime/files/folder_removal.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <tuple>
#include <utility>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

// A source may have a file `a` and a file `a/b`; a folder may not. The later
// one gets another name. `file_name_of` makes no such names.
constexpr std::string_view instead_of_folder = "%~file";
constexpr std::string_view instead_of_file = "%~dir";

enum class kind : uint8_t { none, folder, other };

kind kind_of(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0)
    return kind::none;
  return S_ISDIR(status.st_mode) ? kind::folder : kind::other;
}

} // namespace

table_files::table_files(table_place table, std::string stem,
                         staging_area_ptr staging)
    : table_{std::move(table)},
      stem_{std::move(stem)},
      staging_{std::move(staging)} {}

table_files::~table_files() {
  if (!hidden_)
    return;
  // A failure is ignored: the next request sweeps the rest.
  std::ignore = remove_tree(hidden_->path);
}

result<void> table_files::copy(const staged_file& file,
                               const std::function<bool()>& stopped) {
  if (!staging_)
    return failure{ec::destination_rejected,
                   "the destination takes no files, and a row has one"};
  auto from = staging_->open(file);
  if (!from)
    return failure{ec::destination_rejected, from.error().what};
  auto before = file_mark::of(*from);
  if (!hidden_) {
    auto made = make_hidden_folder(stem_);
    if (!made)
      return made.error();
    hidden_ = *std::move(made);
  }
  copied_file copy{file, before, std::to_string(copies_.size() + 1)};
  auto path = hidden_->path + "/" + copy.name;
  file_handle to{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                        table_mode)};
  if (!to || ::fchmod(to.get(), table_mode) != 0)
    return file_failure("create", path, errno);
  // One byte beyond its size shows that the file grows.
  auto copied = copy_rest(from->get(), file.path, to.get(), path,
                          file.bytes + 1, stopped);
  if (!copied)
    return copied;
  struct stat status = {};
  if (::fsync(to.get()) != 0 || ::fstat(to.get(), &status) != 0)
    return file_failure("write", path, errno);
  if (static_cast<uint64_t>(status.st_size) != file.bytes
      || file_mark::of(*from) != before)
    return failure{ec::destination_rejected,
                   "the staged file " + file.path
                       + " changed while it was copied"};
  copies_.push_back(std::move(copy));
  return {};
}

result<void> table_files::put(const copied_file& file) {
  auto place = file_place_of(file.from.relative_path);
  std::string relative;
  for (std::string_view rest = place;;) {
    auto slash = rest.find('/');
    auto last = slash == std::string_view::npos;
    auto parent = relative;
    relative +=
        (parent.empty() ? "" : "/") + std::string{rest.substr(0, slash)};
    auto there = kind_of(table_.files + "/" + relative);
    if (there == (last ? kind::folder : kind::other)) {
      relative += last ? instead_of_folder : instead_of_file;
      there = kind_of(table_.files + "/" + relative);
    }
    auto path = table_.files + "/" + relative;
    if (last) {
      if (::rename((hidden_->path + "/" + file.name).c_str(), path.c_str())
          != 0)
        return file_failure("replace", path, errno);
      touched_.insert(parent);
      published_.insert(relative);
      return {};
    }
    if (there == kind::none) {
      if (auto made = make_folders(path); !made)
        return made;
      touched_.insert(std::move(parent));
    }
    rest.remove_prefix(slash + 1);
  }
}

result<void> table_files::publish() {
  if (copies_.empty())
    return {};
  if (auto made = make_folders(table_.files); !made)
    return made;
  for (const auto& file : copies_)
    if (auto done = put(file); !done)
      return done;
  for (const auto& one : touched_) {
    auto folder = open_folder(table_.files + "/" + one);
    if (!folder)
      return folder.error();
    if (::fsync(folder->get()) != 0)
      return file_failure("write", table_.files + "/" + one, errno);
  }
  return {};
}

void table_files::remove_others() {
  if (kind_of(table_.files) != kind::folder)
    return;
  std::error_code failed;
  std::vector<fs::path> files;
  std::vector<fs::path> folders;
  for (fs::recursive_directory_iterator at{table_.files, failed}, end;
       !failed && at != end; at.increment(failed)) {
    if (kind_of(at->path()) == kind::folder)
      folders.push_back(at->path());
    else if (published_.count(
                 at->path().lexically_relative(table_.files).string())
             == 0)
      files.push_back(at->path());
  }
  for (const auto& path : files)
    if (!fs::remove(path, failed))
      log::warn("cannot remove {}, which belongs to no row any more: {}",
                path.string(), failed.message());
  // Inner folders come after those around them, so they are removed in reverse
  // order; a folder that is not empty stays.
  for (auto at = folders.rbegin(); at != folders.rend(); ++at)
    ::rmdir(at->c_str());
  ::rmdir(table_.files.c_str());
}

void table_files::remove_staged() {
  for (const auto& file : copies_)
    if (auto gone = staging_->remove(file.from, file.mark); !gone) {
      log::warn("{}. Other staged files may stay, too: they are removed "
                "once they are delivered",
                gone.error().what);
      break;
    }
  copies_.clear();
}

} // namespace motorcade
