#pragma once

#include "runtime/destination/object_storage/object_storage_config.hpp"
#include "runtime/destination/object_storage/object_storage_destination.hpp"
#include "support/s3_stand_in.hpp"
#include "support/upload_probe.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <vector>

namespace motorcade::support {

/// @returns what one member of gzip holds; fails the test if it is none.
inline std::string gunzip(std::string packed) {
  z_stream z = {};
  REQUIRE(inflateInit2(&z, MAX_WBITS + 16) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  auto code = Z_OK;
  while (code == Z_OK) {
    char portion[64 << 10];
    z.next_out = reinterpret_cast<Bytef*>(portion);
    z.avail_out = sizeof portion;
    code = inflate(&z, Z_NO_FLUSH);
    out.append(portion, sizeof portion - z.avail_out);
  }
  inflateEnd(&z);
  CHECK(code == Z_STREAM_END);
  CHECK(z.avail_in == 0);
  return out;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// A bucket, and a destination that brings rows to its folder `f`.
struct object_world {
  s3_stand_in store;
  object_storage_config config = config_of(store);
  destination_settings settings = settings_of();
  destination_ptr to = open();

  static object_storage_config config_of(const s3_stand_in& store) {
    object_storage_config out;
    out.bucket = s3_stand_in::bucket;
    out.url = store.url() + "/" + out.bucket;
    out.folder = "f";
    out.keys = {
        s3_stand_in::key_id, s3_stand_in::secret, {}, s3_stand_in::region};
    return out;
  }

  static destination_settings settings_of() {
    destination_settings out;
    out.uploads = 4;
    out.waiting_dir = "/tmp";
    return out;
  }

  destination_ptr open() const {
    auto made = make_object_storage_destination(config, settings);
    REQUIRE(made);
    return *made;
  }

  /// @returns the rows that a reader of the table finds: those of its own
  /// object, and of the objects that were appended since that was replaced.
  std::vector<std::string> rows(const std::string& table) const {
    std::vector<s3_object> found;
    uint64_t replaced = 0;
    for (const auto& [name, object] : store.objects()) {
      if (name == "f/" + table + ".ndjson")
        replaced = object.number;
      if (name == "f/" + table + ".ndjson"
          || name.starts_with("f/" + table + "_2"))
        found.push_back(object);
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    std::vector<std::string> out;
    for (const auto& object : found)
      if (object.number >= replaced)
        for (auto& line : lines_of(object.bytes))
          out.push_back(std::move(line));
    return out;
  }
};

} // namespace motorcade::support
