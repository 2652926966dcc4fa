#pragma once

#include "schema/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// Documents of a task that are too large for a Secret as they are.
namespace motorcade {

/// The most bytes of a Secret of Kubernetes, all its values together.
inline constexpr size_t largest_secret = 1 << 20;

/// The end of the names of packed documents.
inline constexpr std::string_view packed_suffix = ".zst";

/// @returns the text, compressed as a zstd frame.
std::string pack_document(std::string_view text);

/// The inverse of `pack_document`.
/// @returns invalid_argument if it is no such frame, or larger than `most` when
/// unpacked.
result<std::string> unpack_document(std::string_view packed,
                                    size_t most = size_t{64} << 20);

/// @returns the text of a document that stands in a file: unpacked if the
/// file's name ends with `packed_suffix`, else as it is.
/// @param path Names the file in errors.
/// @returns invalid_argument if it is not packed though it is called so, or
/// larger than 64 MiB when unpacked.
result<std::string> text_of_document(std::string_view path, std::string text);

/// @returns the end of the name of a part of a packed document, e.g. `.002`.
/// @param number From 1 on.
std::string part_suffix(size_t number);

/// Unpacks all packed documents of a folder into another one, without the end
/// of their names; only their owner and its group may read the files. The parts
/// of one document, `state.json.zst.001` and so on, are put together. Takes
/// little memory, however large they are.
/// @returns system_failed or invalid_argument, naming the file; also if a part
/// is lacking.
result<void> unpack_folder(const std::string& from, const std::string& to);

} // namespace motorcade
