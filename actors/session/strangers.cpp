#include "actors/session/strangers.hpp"

#include "schema/base/counted.hpp"
#include "schema/base/name_in_message.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The most names of streams outside of the catalog that are kept.
constexpr size_t most_strangers = 1000;

constexpr size_t most_names = 5;

} // namespace

strangers::strangers(std::vector<stream_id> catalog)
    : guesses_{std::move(catalog)} {}

std::string strangers::in_words(const stream_id& sent) {
  const auto& near = guess(sent);
  if (near.streams.empty())
    return {};
  return "; perhaps " + name_in_message(guesses_.catalog()[near.streams[0]])
         + " is meant: " + std::string{near.difference};
}

bool strangers::reports_first_time(const stream_id& sent) {
  return reported_.size() < most_strangers
         && reported_.insert(short_key(sent)).second;
}

void strangers::add_name(std::string_view key) {
  auto name = name_in_message(key);
  if (names_.size() <= most_names
      && std::find(names_.begin(), names_.end(), name) == names_.end())
    names_.push_back(std::move(name));
}

std::string strangers::describe_rows() const {
  auto out =
      counted(rows_, "row") + " of streams that the catalog does not name";
  for (size_t i = 0; i < names_.size(); ++i)
    out += (i == 0 ? " (" : ", ") + (i < most_names ? names_[i] : "…");
  return names_.empty() ? out : out + ')';
}

} // namespace motorcade
