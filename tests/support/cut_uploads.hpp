#pragma once

#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::support {

/// An upload whose connection is cut, and what must be in its table once it was
/// sent again.
struct cut_upload {
  const char* name;
  upload_request request;
  /// The rows that an earlier upload has brought; empty: there is no table.
  std::vector<std::string> first;
  /// The rows of the upload.
  std::vector<std::string> second;
  /// `id` and `v` of all rows, joined by `|`; a null is `-`.
  std::vector<std::string> then;
};

/// @returns one upload for each way in which rows reach a table.
inline std::vector<cut_upload> uploads_to_cut() {
  auto appended = request_for("t");
  appended.stream = "s";
  appended.unit = 1;
  return {{"appended",
           appended,
           {R"({"id":7,"v":"a"})"},
           {R"({"id":1})", R"({"id":2,"v":"x","new":true})"},
           {"1|-", "2|x", "7|a"}},
          {"appended to a new table",
           appended,
           {},
           {R"({"id":1})", R"({"id":2,"v":"x"})"},
           {"1|-", "2|x"}},
          {"merged",
           keyed("t", {"id"}),
           {R"({"id":1,"v":"a"})", R"({"id":2,"v":"b"})"},
           {R"({"id":2,"v":"y"})", R"({"id":2,"v":"x"})"},
           {"1|a", "2|x"}},
          {"replaced",
           request_for("t", write_mode::replace_table),
           {R"({"id":7,"v":"a"})"},
           {R"({"id":1})", R"({"id":2,"v":"x"})"},
           {"1|-", "2|x"}}};
}

/// Sends each of `uploads_to_cut()` many times, its connection cut one
/// statement later each time, before the statement or before its answer, until
/// nothing is left to cut. A cut upload must be `destination_unavailable`,
/// readers must see none of its rows or all, and sent again it must bring each
/// row once.
/// @param cut Called as `cut(world, request, rows, number, after_answer)`:
/// sends the rows with the connection cut at that statement, counted from 1.
/// Returns the outcome, and whether there was something to cut.
/// @tparam World The warehouse of one trial.
template <class World, class Cut>
void cut_at_each_statement(Cut cut) {
  for (const auto& [name, request, first, second, then] : uploads_to_cut())
    for (const bool after_answer : {false, true}) {
      unsigned cuts = 0;
      for (bool goes_on = true; goes_on; ++cuts) {
        INFO(name << ", statement " << cuts + 1
                  << (after_answer ? ", answer" : ""));
        World world;
        if (!first.empty())
          commit(world.send(request.primary_key.empty()
                                ? request_for("t")
                                : keyed("t", request.primary_key),
                            first));
        const std::pair<upload_outcome, bool> done =
            cut(world, request, second, cuts + 1, after_answer);
        const auto& outcome = done.first;
        goes_on = done.second;
        if (!outcome.committed()) {
          REQUIRE(goes_on);
          INFO(reason(outcome));
          CHECK(code_of(outcome) == ec::destination_unavailable);
          if (const auto there = world.tables();
              std::find(there.begin(), there.end(), "t") != there.end()) {
            const auto now =
                world.rows("SELECT id FROM " + world.schema + ".t").size();
            CHECK((now == first.size() || now == then.size()));
          }
          commit(world.send(request, second));
        }
        CHECK(world.rows("SELECT id, v FROM " + world.schema + ".t ORDER BY 1")
              == then);
        CHECK(world.tables() == std::vector<std::string>{"t"});
      }
      // All of them were tried.
      CHECK(cuts > 15);
    }
}

} // namespace motorcade::support
