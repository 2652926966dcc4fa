#pragma once

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <string>

// Looks at the effect of a setting on one task of the sidecar.
namespace motorcade::test {

inline const std::string one_row = record_line("users", R"({"n":1})");

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// @returns what one row of a stream became.
inline support::recorded_request
only_request(sidecar_world& world, const std::string& lines = one_row) {
  auto ended = world.play(lines);
  INFO(ended.err);
  auto requests = world.bulker.requests();
  REQUIRE(requests.size() == 1);
  return requests[0];
}

inline std::string task_column(sidecar_world& world,
                               const std::string& column) {
  return world.database()
      .query("SELECT " + column + " FROM source_task")[0][0]
      .value_or("NULL");
}

/// Expects that the sidecar does not start, and why.
inline std::string refusal_of(sidecar_world& world) {
  auto ended = world.start().finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  return ended.err;
}

} // namespace motorcade::test
