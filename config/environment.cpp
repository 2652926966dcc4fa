#include "config/environment.hpp"

#include <unistd.h>

#include <memory>

namespace motorcade {

environment make_environment(variables values) {
  // The variables are shared, since a std::function is copied with all it
  // holds.
  auto held = std::make_shared<const variables>(std::move(values));
  return [held](std::string_view name) -> std::optional<std::string> {
    const auto found = held->find(name);
    if (found == held->end())
      return std::nullopt;
    return found->second;
  };
}

environment process_environment() {
  variables values;
  for (auto** entry = ::environ; entry != nullptr && *entry != nullptr;
       ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    // If a name occurs twice, the first one counts, as for getenv().
    if (equals != std::string_view::npos)
      values.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return make_environment(std::move(values));
}

environment override_environment(environment first, environment second) {
  return [first = std::move(first), second = std::move(second)](
             std::string_view name) -> std::optional<std::string> {
    if (auto value = first(name))
      return value;
    return second(name);
  };
}

environment fill_in_environment(environment first, environment second) {
  return [first = std::move(first), second = std::move(second)](
             std::string_view name) -> std::optional<std::string> {
    auto value = first(name);
    return value && !value->empty() ? value : second(name);
  };
}

} // namespace motorcade
