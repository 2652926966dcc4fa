#include "schema/sync/sync_id.hpp"

#include "schema/base/ascii.hpp"

#include <algorithm>

namespace motorcade {

std::string fault_of_sync_id(std::string_view id) {
  if (id.empty())
    return "is empty";
  if (id.size() > longest_sync_id)
    return "is longer than " + std::to_string(longest_sync_id) + " bytes";
  if (id == "." || id == "..")
    return "must not be . or ..";
  const auto fine = std::all_of(id.begin(), id.end(), [](char c) {
    return is_ascii_alphanumeric(c) || c == '_' || c == '.' || c == ':'
           || c == '-';
  });
  return fine ? std::string{}
              : "must have only letters and digits of ASCII, _, ., : and -";
}

} // namespace motorcade
