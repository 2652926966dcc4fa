#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>

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
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[i + 1] == '$') {
      out += '$';
      ++i;
    } else if (auto end = text.find(')', i);
               text[i + 1] == '(' && end != std::string::npos) {
      auto name = text.substr(i + 2, end - i - 2);
      auto found = known.find(name);
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
