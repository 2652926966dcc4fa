#include "runtime/destination/object_storage/object_writer.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

object_writer::object_writer(std::string name, packing how, std::string folder)
    : name_{std::move(name)}, part_{std::move(folder)} {
  if (how != packing::none)
    gzip_.emplace(how == packing::small_gzip);
}

result<void> object_writer::write(std::string_view bytes, object_link& link) {
  if (!gzip_)
    return store(bytes, link);
  return gzip_->append(
      bytes, [&](std::string_view packed) { return store(packed, link); });
}

result<void> object_writer::store(std::string_view bytes, object_link& link) {
  while (!bytes.empty()) {
    const auto most = part_bytes(tags_.size() + 1);
    // The last part is sent by `finish`, which knows that it is the last.
    if (part_.size() >= most)
      if (auto ok = send_part(link); !ok)
        return ok;
    const auto room = part_bytes(tags_.size() + 1) - part_.size();
    const auto now = bytes.substr(
        0, static_cast<size_t>(std::min<uint64_t>(room, bytes.size())));
    if (auto ok = part_.append(now); !ok)
      return ok;
    bytes.remove_prefix(now.size());
  }
  return {};
}

result<void> object_writer::send_part(object_link& link) {
  if (tags_.size() == most_parts)
    return failure{ec::destination_rejected,
                   name_
                       + " is larger than 5 TiB, the most that an object may "
                         "have"};
  if (!upload_) {
    auto id = link.begin_parts(name_);
    if (!id)
      return id.error();
    upload_ = open_upload{name_, *std::move(id)};
  }
  auto tag = link.put_part(*upload_, tags_.size() + 1, part_.body());
  if (!tag)
    return tag.error();
  tags_.push_back(*std::move(tag));
  part_.clear();
  return {};
}

result<void> object_writer::finish(object_link& link) {
  if (gzip_)
    if (auto ok = gzip_->finish(
            [&](std::string_view packed) { return store(packed, link); });
        !ok)
      return ok;
  if (tags_.empty())
    return link.put(name_, part_.body());
  if (part_.size() > 0)
    if (auto ok = send_part(link); !ok)
      return ok;
  auto ok = link.complete(*upload_, tags_);
  if (ok)
    upload_.reset();
  return ok;
}

} // namespace motorcade
