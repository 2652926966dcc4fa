#include "runtime/destination/choice/make_destination.hpp"

#include "runtime/destination/bulker/bulker_destination.hpp"
#include "runtime/destination/file/file_destination.hpp"

#include <strings.h>

namespace motorcade {

result<destination_ptr> make_destination(const destination_settings& settings) {
  if (::strncasecmp(settings.url.c_str(), "file:", 5) == 0)
    return file_destination::make(settings);
  return bulker_destination::make(settings);
}

} // namespace motorcade
