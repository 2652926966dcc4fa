#pragma once

#include <cstdint>
#include <string_view>

namespace motorcade {

/// Why an image could not be fetched, as far as a node's words tell.
enum class image_trouble : uint8_t {
  /// The image's name, its tag or the access to it is wrong, or the words tell
  /// nothing: that does not come right by itself.
  image,
  /// The registry was out of reach, overloaded or broken.
  registry,
  /// The node itself was to blame: no room, too many pulls.
  node,
};

/// Reads what the kubelet says of a container that waits for its image: the
/// texts of containerd, CRI-O and Docker, which hold the registry's answer or
/// Go's words for a network's failure. If one registry answers that there is no
/// such image and another was out of reach, the image may exist: that counts as
/// `registry`.
/// @param reason E.g. `ErrImagePull`.
/// @param detail May be empty.
image_trouble judge_image_trouble(std::string_view reason,
                                  std::string_view detail);

} // namespace motorcade
