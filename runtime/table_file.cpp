#include "runtime/table_file.hpp"

#include "runtime/durable_folder.hpp"
#include "runtime/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace motorcade {

namespace {

constexpr size_t longest_name = 200;
constexpr std::string_view table_suffix = ".ndjson.zst";
constexpr std::string_view staged_suffix = ".partial";
constexpr size_t hash_digits = 16;

std::string hash_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (size_t i = 0; i < hash_digits / 2; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", digest[i]);
    out += digits;
  }
  return out;
}

failure failed(const char* action, const std::string& path, int error) {
  auto code = ec::destination_rejected;
  switch (error) {
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case EAGAIN:
  case ENOLCK:
  case ESTALE:
  case ETIMEDOUT:
    code = ec::destination_unavailable;
    break;
  default:
    break;
  }
  return {code, std::string{"cannot "} + action + " " + excerpt(path, 500)
                    + ": " + std::generic_category().message(error)};
}

result<void> write_all(int fd, const std::string& path, const char* from,
                       size_t size) {
  while (size > 0) {
    auto written = ::write(fd, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return failed("write", path, errno);
    from += written;
    size -= static_cast<size_t>(written);
  }
  return {};
}

/// Copies the rest of `from` to the end of `to`, inside the kernel where the
/// file system can do that.
result<void> copy_rest(int from, const std::string& from_path, int to,
                       const std::string& to_path) {
  for (;;) {
    auto copied = ::copy_file_range(from, nullptr, to, nullptr, 1 << 30, 0);
    if (copied > 0 || (copied < 0 && errno == EINTR))
      continue;
    // Some file systems say 0 where there is more; reading tells for sure.
    if (copied == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS
        || errno == EOPNOTSUPP || errno == EPERM)
      break;
    return failed("copy to", to_path, errno);
  }
  std::vector<char> buffer(256 << 10);
  for (;;) {
    auto size = ::read(from, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return failed("read", from_path, errno);
    if (size == 0)
      return {};
    auto written =
        write_all(to, to_path, buffer.data(), static_cast<size_t>(size));
    if (!written)
      return written;
  }
}

result<file_handle> open_folder(const std::string& path) {
  file_handle folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder)
    return failed("open", path, errno);
  return folder;
}

/// Opens a hidden file whose lock says that its process lives. The lock goes
/// when the process dies, however it dies; a process id may come again.
result<file_handle> open_staged(const std::string& stem, std::string& path) {
  static std::atomic<uint64_t> count = 0;
  for (;;) {
    path = stem + std::to_string(::getpid()) + "." + std::to_string(++count)
           + std::string{staged_suffix};
    file_handle file{
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    if (!file && errno == EEXIST)
      continue;
    if (!file)
      return failed("create", path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno != EWOULDBLOCK) {
      auto error = errno;
      ::unlink(path.c_str());
      return failed("lock", path, error);
    }
    struct stat status = {};
    // Who cleans up may have been faster than our lock.
    if (::fstat(file.get(), &status) == 0 && status.st_nlink > 0)
      return file;
  }
}

bool is_staged_by_anyone(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || !name.ends_with(staged_suffix)
      || name.size() < stem.size() + staged_suffix.size())
    return false;
  name.remove_prefix(stem.size());
  name.remove_suffix(staged_suffix.size());
  return name.find_first_not_of("0123456789.") == std::string_view::npos
         && std::count(name.begin(), name.end(), '.') == 1;
}

/// Removes what killed processes left. What cannot be looked at or removed
/// stays: it hurts nobody but the disk.
void remove_stale(const std::string& folder, const std::string& stem_name) {
  auto close_folder = [](DIR* handle) {
    ::closedir(handle);
  };
  std::unique_ptr<DIR, decltype(close_folder)> handle{::opendir(folder.c_str()),
                                                      close_folder};
  if (!handle)
    return;
  while (auto entry = ::readdir(handle.get())) {
    if (!is_staged_by_anyone(entry->d_name, stem_name))
      continue;
    auto path = folder + "/" + entry->d_name;
    file_handle file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
      ::unlink(path.c_str());
  }
}

} // namespace

std::string file_name_of(std::string_view name) {
  std::string out;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/' || c == '%'
        || (c == '.' && out.empty())) {
      char escape[4];
      std::snprintf(escape, sizeof(escape), "%%%02X", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  if (out.empty())
    return "%";
  if (out.size() <= longest_name)
    return out;
  // No encoded name holds `%~`, so a cut name is nobody else's.
  auto end = longest_name - hash_digits - 2;
  if (auto escape = out.rfind('%', end - 1); escape + 3 > end)
    end = escape;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80)
    --end;
  out.resize(end);
  return out + "%~" + hash_of(name);
}

std::string table_path(const std::string& root,
                       const std::string& target_namespace,
                       const std::string& table) {
  auto folder = root;
  if (!target_namespace.empty())
    folder += "/" + file_name_of(target_namespace);
  return folder + "/" + file_name_of(table) + std::string{table_suffix};
}

result<void> make_folders(const std::string& path) {
  std::string failed_path;
  constexpr mode_t open_to_readers = 0755;
  if (auto error = make_durable_folders(path, open_to_readers, failed_path);
      error != 0)
    return failed("create", failed_path, error);
  return {};
}

table_file::table_file(std::string folder, std::string table_path,
                       std::string stem, write_mode mode)
    : folder_{std::move(folder)},
      table_path_{std::move(table_path)},
      stem_{std::move(stem)},
      mode_{mode} {}

table_file::~table_file() {
  if (!staged_path_.empty())
    ::unlink(staged_path_.c_str());
}

result<std::unique_ptr<table_file>>
table_file::stage(const std::string& root, const upload_request& request) {
  auto path = table_path(root, request.target_namespace, request.table);
  auto folder = path.substr(0, path.rfind('/'));
  if (auto made = make_folders(folder); !made)
    return made.error();
  auto stem =
      "." + file_name_of(request.table) + "." + hash_of(request.task_id) + ".";
  remove_stale(folder, stem);
  std::unique_ptr<table_file> out{new table_file{
      folder, std::move(path), folder + "/" + stem, request.mode}};
  std::string staged_path;
  auto staged = open_staged(out->stem_, staged_path);
  if (!staged)
    return staged.error();
  out->staged_ = *std::move(staged);
  out->staged_path_ = std::move(staged_path);
  return out;
}

result<void> table_file::write(std::string_view rows) {
  return compress(rows, ZSTD_e_continue);
}

result<void> table_file::compress(std::string_view rows,
                                  ZSTD_EndDirective directive) {
  if (!context_) {
    context_.reset(ZSTD_createCCtx());
    if (!context_)
      return failed("compress", staged_path_, ENOMEM);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    compressed_.resize(ZSTD_CStreamOutSize());
  }
  ZSTD_inBuffer in{rows.data(), rows.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{compressed_.data(), compressed_.size(), 0};
    auto left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    if (ZSTD_isError(left))
      return failure{ec::destination_unavailable,
                     "cannot compress " + staged_path_ + ": "
                         + ZSTD_getErrorName(left)};
    auto written =
        write_all(staged_.get(), staged_path_, compressed_.data(), out.pos);
    if (!written)
      return written;
    if (in.pos == in.size && (directive == ZSTD_e_continue || left == 0))
      return {};
  }
}

result<void> table_file::commit() {
  if (auto ended = compress({}, ZSTD_e_end); !ended)
    return ended;
  auto folder = open_folder(folder_);
  if (!folder)
    return folder.error();
  // Another process must not append between our copy and our rename.
  while (::flock(folder->get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return failed("lock", folder_, errno);
  if (mode_ == write_mode::batch) {
    file_handle present{::open(table_path_.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!present && errno != ENOENT)
      return failed("open", table_path_, errno);
    if (present)
      if (auto appended = append_to_table(present); !appended)
        return appended;
  }
  return publish(staged_path_, staged_, *folder);
}

/// Puts the present table before the staged rows.
result<void> table_file::append_to_table(const file_handle& present) {
  if (::lseek(staged_.get(), 0, SEEK_SET) != 0)
    return failed("read", staged_path_, errno);
  std::string path;
  auto whole = open_staged(stem_, path);
  if (!whole)
    return whole.error();
  auto copied = copy_rest(present.get(), table_path_, whole->get(), path);
  if (copied)
    copied = copy_rest(staged_.get(), staged_path_, whole->get(), path);
  if (!copied) {
    ::unlink(path.c_str());
    return copied;
  }
  ::unlink(staged_path_.c_str());
  staged_ = *std::move(whole);
  staged_path_ = std::move(path);
  return {};
}

result<void> table_file::publish(const std::string& staged,
                                 const file_handle& file,
                                 const file_handle& folder) {
  if (::fsync(file.get()) != 0)
    return failed("write", staged, errno);
  if (::rename(staged.c_str(), table_path_.c_str()) != 0)
    return failed("replace", table_path_, errno);
  staged_path_.clear();
  if (::fsync(folder.get()) != 0)
    return failure{ec::destination_rejected,
                   "the rows may not survive a power failure: "
                       + failed("write", folder_, errno).what};
  return {};
}

} // namespace motorcade
