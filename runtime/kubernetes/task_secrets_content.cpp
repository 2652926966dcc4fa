#include "runtime/kubernetes/task_secrets_content.hpp"

#include "runtime/task/packed_documents.hpp"
#include "schema/base/base64.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;

/// A destinationConfig of no more is never packed, so that older sidecars read
/// it.
constexpr size_t small_destination = size_t{16} << 10;

/// The most bytes of one part of a packed document that is spread over several
/// Secrets.
constexpr size_t largest_part = size_t{960} << 10;

size_t size_of(const json& values) {
  size_t out = 0;
  for (const auto& [key, value] : values.items())
    out += key.size() + value.get_ref<const std::string&>().size();
  return out;
}

/// A packed document.
struct packed_document {
  std::string name;
  std::string bytes;
};

failure too_large(const std::vector<task_document>& documents, size_t unpacked,
                  size_t packed) {
  std::string sizes;
  for (const auto& one : documents)
    sizes += (sizes.empty() ? "" : ", ") + one.key + ' '
             + std::to_string(one.text.size());
  return {ec::invalid_argument,
          "the documents are too large for a Pod, which takes 16 MiB of them "
          "compressed, 32 MiB in all, and 1 MiB of destinationConfig: "
              + std::to_string(unpacked) + " bytes (" + sizes + "), "
              + std::to_string(packed)
              + " when compressed. Read fewer streams in one sync, so that "
                "catalog and state are smaller, or run it without "
                "Kubernetes, which has no such limit"};
}

/// Cuts documents and puts the parts into as few Secrets as hold them, in
/// their order.
std::vector<json> spread(const std::vector<packed_document>& documents) {
  std::vector<json> out;
  size_t filled = largest_secret;
  auto put = [&](const std::string& name, std::string_view part) {
    const auto bytes = name.size() + part.size();
    if (filled + bytes > largest_secret) {
      out.push_back(json::object());
      filled = 0;
    }
    out.back()[name] = to_base64(part);
    filled += bytes;
  };
  for (const auto& one : documents) {
    if (one.bytes.size() <= largest_part) {
      put(one.name, one.bytes);
      continue;
    }
    std::string_view rest = one.bytes;
    for (size_t number = 1; !rest.empty(); ++number) {
      put(one.name + part_suffix(number), rest.substr(0, largest_part));
      rest.remove_prefix(std::min(rest.size(), largest_part));
    }
  }
  return out;
}

} // namespace

result<secret_contents>
lay_out_secrets(json texts, const std::vector<task_document>& documents) {
  secret_contents out;
  out.texts = std::move(texts);
  size_t unpacked = 0;
  for (const auto& one : documents)
    unpacked += one.text.size();
  out.packed = size_of(out.texts) + unpacked > largest_secret;
  std::vector<packed_document> packed;
  size_t packed_bytes = 0;
  size_t own_bytes = 0;
  for (const auto& one : documents) {
    const auto is_destination = one.key == destination_key;
    const auto is_small =
        is_destination && one.text.size() <= small_destination;
    if (!out.packed || is_small) {
      out.texts[one.key] = one.text;
      continue;
    }
    packed_document made{one.key + std::string{packed_suffix},
                         pack_document(one.text)};
    if (is_destination) {
      out.destination_packed = true;
      own_bytes = made.name.size() + made.bytes.size();
      out.data[made.name] = to_base64(made.bytes);
      packed_bytes += made.bytes.size();
    } else {
      packed_bytes += made.bytes.size();
      packed.push_back(std::move(made));
    }
  }
  own_bytes += size_of(out.texts);
  if (own_bytes > largest_secret
      || (out.packed
          && (packed_bytes > largest_packed || unpacked > largest_unpacked)))
    return too_large(documents, unpacked, packed_bytes);
  size_t together = own_bytes;
  for (const auto& one : packed)
    together += one.name.size() + one.bytes.size();
  if (together > largest_secret) {
    out.more = spread(packed);
    return out;
  }
  for (const auto& one : packed)
    out.data[one.name] = to_base64(one.bytes);
  return out;
}

} // namespace motorcade
