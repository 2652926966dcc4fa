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
  last_->follower = found->second.get();
  last_ = last_->follower;
  return last_->stream;
}

uint32_t stream_index::decode(const spelling& wanted) {
  auto id = ids_.find(
      {decode_json_string(wanted.name_space), decode_json_string(wanted.name)});
  if (id == ids_.end())
    return unknown;
  // Only spellings of known streams are kept, but one name has many.
  constexpr size_t most_spellings = 10'000;
  if (by_spelling_.size() < most_spellings) {
    auto kept = std::make_unique<known>();
    kept->text = std::string{wanted.name} + std::string{wanted.name_space};
    const std::string_view text = kept->text;
    kept->name = {text.substr(0, wanted.name.size()),
                  text.substr(wanted.name.size())};
    kept->stream = id->second;
    const auto name = kept->name;
    by_spelling_.emplace(name, std::move(kept));
  }
  return id->second;
}

} // namespace motorcade
