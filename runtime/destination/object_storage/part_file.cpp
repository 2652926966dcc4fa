#include "runtime/destination/object_storage/part_file.hpp"

#include "runtime/base/log.hpp"
#include "runtime/files/nameless_file.hpp"

#include <algorithm>

namespace motorcade {

result<void> part_file::append(std::string_view bytes) {
  auto failed = [&](const failure& why) {
    return failure{why.code, "rows wait in " + folder_
                                 + " until they are sent: " + why.what
                                 + "; give SPOOL_DIR a folder with space that "
                                   "the sidecar's user can write to"};
  };
  if (!file_) {
    auto made = make_nameless_file(folder_);
    if (!made)
      return failed(made.error());
    file_ = *std::move(made);
  }
  if (auto ok = write_at_offset(file_, bytes, size_); !ok)
    return failed(ok.error());
  sum_.add(bytes);
  size_ += bytes.size();
  return {};
}

api_body part_file::body() {
  if (digest_.empty())
    digest_ = sum_.take_hex();
  api_body out;
  out.size = size_;
  out.sha256 = digest_;
  out.read = [this](uint64_t offset, char* to, size_t room) -> size_t {
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
  digest_.clear();
}

} // namespace motorcade
