#include "runtime/destination.hpp"

#include "runtime/bulker_destination.hpp"
#include "runtime/file_destination.hpp"

#include <strings.h>

namespace motorcade {

std::string_view to_string(write_mode mode) {
  switch (mode) {
  case write_mode::replace_table:
    return "replace_table";
  case write_mode::batch:
    return "batch";
  }
  return "unknown";
}

result<destination_ptr> make_destination(const destination_settings& settings) {
  if (::strncasecmp(settings.url.c_str(), "file:", 5) == 0)
    return file_destination::make(settings);
  return bulker_destination::make(settings);
}

} // namespace motorcade
