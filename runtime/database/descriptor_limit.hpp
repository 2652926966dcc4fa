#pragma once

#include "schema/base/result.hpp"

namespace motorcade {

/// Finds out whether a failure to open something was a lack of file
/// descriptors, which no waiting mends. To be called right after the failure.
/// @param needed How many descriptors the failed step takes at once.
/// @returns `why` as it is if the process can open `needed` more files;
/// otherwise database_rejected, naming the limit (EMFILE, ENFILE) and how to
/// raise it.
failure name_lack_of_descriptors(failure why, size_t needed = 8);

} // namespace motorcade
