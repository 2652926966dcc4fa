#include "runtime/stream/stream_index.hpp"

#include "schema/json/json_view.hpp"

namespace motorcade {

stream_index::stream_index(const std::vector<stream_id>& catalog) {
  for (uint32_t i = 0; i < catalog.size(); ++i)
    ids_.emplace(catalog[i], i);
}

uint32_t stream_index::look_up(const spelling& wanted) {
  auto found = by_spelling_.find(wanted);
  if (found == by_spelling_.end())
    return decode(wanted);
  last_spelling_ = found->first;
  last_ = found->second;
  return last_;
}

uint32_t stream_index::decode(const spelling& wanted) {
  auto id = ids_.find(
      {decode_json_string(wanted.name_space), decode_json_string(wanted.name)});
  if (id == ids_.end())
    return unknown;
  // Only spellings of known streams are kept, but one name has many.
  constexpr size_t most_spellings = 10'000;
  if (by_spelling_.size() < most_spellings) {
    kept_.push_back(std::make_unique<std::string>(
        std::string{wanted.name} + std::string{wanted.name_space}));
    std::string_view kept = *kept_.back();
    by_spelling_.emplace(spelling{kept.substr(0, wanted.name.size()),
                                  kept.substr(wanted.name.size())},
                         id->second);
  }
  return id->second;
}

} // namespace motorcade
