#include "runtime/destination/destination.hpp"

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

} // namespace motorcade
