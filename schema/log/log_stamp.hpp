#pragma once

#include <cstddef>
#include <string_view>

namespace motorcade {

/// @returns how many bytes the date, the time, or both, at the start of a line
/// of log have; 0: none stands there. Known are the forms of ISO 8601, syslog,
/// RFC 1123, `ctime`, Apache (`07/Jun/2022:22:46:39 +0000`),
/// java.util.logging (`Jun 07, 2022 10:46:39 PM`), Oracle and Tomcat
/// (`07-Jun-2022 22:46:39`), Go (`2022/06/07`), slashes and dots in any order,
/// dates of eight digits, and seconds since 1970 with or without parts; zones
/// as offsets, letters or names behind them.
size_t log_stamp_length(std::string_view line);

} // namespace motorcade
