#include "runtime/destination/object_storage/part_file.hpp"

#include "runtime/base/log.hpp"
#include "runtime/files/nameless_file.hpp"

#include <algorithm>

namespace motorcade {

result<void> part_file::append(std::string_view bytes) {
  if (auto ok = keep(bytes); !ok)
    return failure{ok.error().code,
                   "rows wait in " + folder_
                       + " until they are sent: " + ok.error().what
                       + "; give SPOOL_DIR a folder with space that the "
                         "sidecar's user can write to"};
  sum_.add(bytes);
  size_ += bytes.size();
  return {};
}

result<void> part_file::keep(std::string_view bytes) {
  if (!file_ && size_ + bytes.size() <= most_in_memory) {
    few_ += bytes;
    return {};
  }
  if (!file_) {
    auto made = make_nameless_file(folder_);
    if (!made)
      return made.error();
    file_ = *std::move(made);
    if (auto ok = write_at_offset(file_, few_, 0); !ok)
      return ok;
    few_ = {};
  }
  return write_at_offset(file_, bytes, size_);
}

api_body part_file::body() {
  if (digest_.empty())
    digest_ = sum_.take_hex();
  api_body out;
  out.size = size_;
  out.sha256 = digest_;
  out.read = [this](uint64_t offset, char* to, size_t room) -> size_t {
    if (!file_)
      return few_.copy(to, room, offset);
    const auto size = std::min<uint64_t>(room, size_ - offset);
    if (auto ok = read_at_offset(file_, to, size, offset); !ok) {
      log::error("{}: {}", folder_, ok.error().what);
      return 0;
    }
    return size;
  };
  return out;
}

void part_file::clear() {
  if (digest_.empty())
    sum_.take_hex();
  size_ = 0;
  few_.clear();
  digest_.clear();
}

} // namespace motorcade
