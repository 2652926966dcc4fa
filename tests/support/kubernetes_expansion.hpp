#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace motorcade::test {

/// Does what Kubernetes does to values, commands and arguments of a container:
/// `$(NAME)` becomes the variable's value if there is one, `$$` becomes `$`,
/// everything else stays. From its package
/// `third_party/forked/golang/expansion`.
inline std::string
expand_as_kubernetes(const std::string& text,
                     const std::map<std::string, std::string>& known) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto rest = std::string_view{text}.substr(i);
    const auto end =
        rest.starts_with("$(") ? text.find(')', i) : std::string::npos;
    if (rest.starts_with("$$")) {
      out += '$';
      ++i;
    } else if (end != std::string::npos) {
      const auto name = text.substr(i + 2, end - i - 2);
      const auto found = known.find(name);
      out += found == known.end() ? text.substr(i, end - i + 1) : found->second;
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// @returns the container with everything in it expanded that Kubernetes
/// expands, and with `env` as an object of names and values. What comes out of
/// a Secret is `secret of NAME`.
inline nlohmann::json run_container(nlohmann::json container) {
  std::map<std::string, std::string> known;
  auto env = nlohmann::json::object();
  for (const auto& one : container.value("env", nlohmann::json::array())) {
    std::string name = one.at("name");
    known[name] = one.contains("value")
                      ? expand_as_kubernetes(one.at("value"), known)
                      : "secret of " + name;
    env[name] = known[name];
  }
  container["env"] = std::move(env);
  for (const auto* list : {"command", "args"})
    if (container.contains(list))
      for (auto& word : container[list])
        word = expand_as_kubernetes(word, known);
  return container;
}

} // namespace motorcade::test
