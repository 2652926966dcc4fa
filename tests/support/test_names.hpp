#pragma once

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

namespace motorcade::test {

/// @returns the names of all test cases of this program.
template <class Hub = Catch::IRegistryHub>
std::vector<std::string> names_of_tests() {
  const Hub& hub = Catch::getRegistryHub();
  const auto& registry = hub.getTestCaseRegistry();
  std::vector<std::string> names;
  // Catch2 3 has pointers to infos where 2 has test cases.
  if constexpr (requires { registry.getAllInfos(); })
    for (const auto* test : registry.getAllInfos())
      names.push_back(test->name);
  else
    for (const auto& test : registry.getAllTests())
      names.push_back(test.name);
  return names;
}

} // namespace motorcade::test
