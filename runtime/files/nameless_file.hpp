#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// Makes a file without a name in a folder, which goes away with its last
/// handle, however the process ends. Its owner alone can open it.
/// @returns system_failed, with the reason alone.
result<file_handle> make_nameless_file(const std::string& folder);

/// Writes all bytes at an offset.
/// @returns system_failed, with the reason alone; part of them may be written.
result<void> write_at_offset(const file_handle& file, std::string_view bytes,
                             uint64_t offset);

/// Reads so many bytes from an offset on.
/// @returns system_failed, with the reason alone, also if there are fewer.
result<void> read_at_offset(const file_handle& file, char* to, size_t size,
                            uint64_t offset);

} // namespace motorcade
