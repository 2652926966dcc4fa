#include "schema/sync/definition_reader.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"
#include "schema/base/words.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace motorcade {

void definition_reader::refuse(const std::string& place,
                               const std::string& why) {
  if (!fault_)
    fault_ = failure{ec::invalid_argument, place + ' ' + why};
}

void definition_reader::allow(json_view object, const std::string& place,
                              std::initializer_list<std::string_view> known) {
  std::set<std::string> seen;
  object.for_each_member([&](const std::string& name, json_view) {
    const auto here = place.empty() ? name : place + '.' + name;
    if (!seen.insert(name).second)
      refuse(here, "is there twice");
    if (std::find(known.begin(), known.end(), name) != known.end())
      return;
    const std::vector<std::string> names{known.begin(), known.end()};
    auto meant = did_you_mean(name, names);
    refuse(excerpt(here), "is not known" + meant
                              + (meant.empty() ? "; known are " : " Known are ")
                              + join(names));
  });
}

std::optional<json_view> definition_reader::object(json_view from,
                                                   std::string_view name,
                                                   const std::string& place) {
  const auto value = found(from, name);
  if (value && !value->is_object()) {
    refuse(place, "must be an object");
    return {};
  }
  return value;
}

std::string definition_reader::text(json_view from, std::string_view name,
                                    const std::string& place, bool required,
                                    size_t longest) {
  const auto value = found(from, name);
  if (!value) {
    if (required)
      refuse(place, "is missing");
    return {};
  }
  if (!value->is_string())
    refuse(place, "must be a text");
  auto out = value->text();
  if (required && out.empty())
    refuse(place, "is empty");
  if (out.size() > longest)
    refuse(place, "is longer than " + std::to_string(longest) + " bytes");
  expect_no_nul(out, place);
  return out;
}

void definition_reader::expect_no_nul(std::string_view text,
                                      const std::string& place) {
  if (text.find('\0') != std::string_view::npos)
    refuse(place, "holds a NUL character");
}

std::string definition_reader::name(json_view value, const std::string& place,
                                    std::string_view kind) {
  auto out = value.is_string() ? value.text() : std::string{};
  if (out.empty())
    refuse(place, "must be " + std::string{kind});
  expect_no_nul(out, place);
  return out;
}

bool definition_reader::flag(json_view from, std::string_view name,
                             const std::string& place, bool otherwise) {
  const auto value = found(from, name);
  if (!value)
    return otherwise;
  if (value->type() != json_view::kind::boolean)
    refuse(place, "must be true or false");
  return value->raw() == "true";
}

uint64_t definition_reader::whole(json_view value, const std::string& place,
                                  double most) {
  const auto number = value.number();
  if (!number || std::floor(*number) != *number || *number < 0
      || *number > most) {
    refuse(place, "must be a whole number from 0 to "
                      + std::to_string(static_cast<uint64_t>(most)));
    return 0;
  }
  return static_cast<uint64_t>(*number);
}

std::vector<std::string> definition_reader::texts(json_view value,
                                                  const std::string& place) {
  std::vector<std::string> out;
  if (!value.is_array())
    refuse(place, "must be a list of texts");
  value.for_each_element([&](json_view item) {
    out.push_back(name(item, place, "a list of texts that are not empty"));
  });
  if (out.size() > most_texts)
    refuse(place, "has more than " + std::to_string(most_texts) + " elements");
  return out;
}

std::optional<json_view> definition_reader::found(json_view from,
                                                  std::string_view name) {
  auto value = from.find(name);
  if (value && value->is_null())
    return {};
  return value;
}

} // namespace motorcade
