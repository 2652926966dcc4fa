#pragma once

#include "runtime/base/gzip_stream.hpp"
#include "runtime/destination/object_storage/object_link.hpp"
#include "runtime/destination/object_storage/part_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// One object on its way to the bucket: bytes gather in a file, and go out in
/// parts. An object that is no larger than a part is one PUT. Not thread-safe.
class object_writer {
public:
  /// The most parts of an object.
  static constexpr size_t most_parts = 10'000;

  /// @returns the size of a part, from 1 on: 8 MiB for 40 GiB, then 1 GiB, so
  /// that an object may have 5 TiB, which is what S3 allows. Some servers want
  /// all parts but the last to be of one size.
  static constexpr uint64_t part_bytes(size_t number) {
    return number <= most_parts / 2 ? 8u << 20 : 1u << 30;
  }

  /// The form of the object's bytes.
  enum class packing : uint8_t { none, gzip, small_gzip };

  /// @param folder Where bytes wait.
  object_writer(std::string name, packing how, std::string folder);

  /// Appends bytes; sends parts that are full.
  result<void> write(std::string_view bytes, object_link& link);

  /// Makes the object visible, all of it at once.
  result<void> finish(object_link& link);

  /// @returns the parts that would be left over; nothing if there are none.
  const std::optional<open_upload>& upload() const { return upload_; }

private:
  /// Appends bytes in their final form. A full part is sent when more bytes
  /// come, since the last one is sent otherwise.
  result<void> store(std::string_view bytes, object_link& link);

  /// Sends the part that has gathered and begins the next one.
  /// @returns destination_rejected beyond `most_parts`.
  result<void> send_part(object_link& link);

  const std::string name_;
  std::optional<gzip_stream> gzip_;
  part_file part_;
  std::optional<open_upload> upload_;
  /// Of the parts that are sent.
  std::vector<std::string> tags_;
};

} // namespace motorcade
