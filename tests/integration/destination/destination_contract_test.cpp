// The contract of every destination.

#include "runtime/destination/trial.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/object_world.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <future>
#include <random>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;

namespace {

struct bulker_fixture {
  /// What happens to the rows of one request.
  static constexpr bool last_row_of_a_key_wins = true;
  static constexpr bool checks_columns = true;
  static constexpr bool merges_names = true;
  static constexpr bool belongs_to_a_sync = false;

  bulker_stand_in server{{.refuse_empty_rows = true}};
  destination_ptr to = destination_at(server.url());

  std::vector<std::string> rows(const std::string& table) {
    return server.rows(table);
  }
};

struct file_fixture {
  static constexpr bool last_row_of_a_key_wins = false;
  static constexpr bool checks_columns = false;
  static constexpr bool merges_names = false;
  static constexpr bool belongs_to_a_sync = true;

  scratch_folder folder;
  destination_ptr to = destination_at("file://" + folder.path().string());

  std::vector<std::string> rows(const std::string& table) {
    return read_table(to->locate(request_for(table)));
  }
};

struct object_fixture : object_world {
  static constexpr bool last_row_of_a_key_wins = false;
  static constexpr bool checks_columns = false;
  static constexpr bool merges_names = false;
  static constexpr bool belongs_to_a_sync = false;
};

using strings = std::vector<std::string>;

strings numbered(size_t from, size_t to) {
  strings out;
  for (auto i = from; i < to; ++i)
    out.push_back("{\"n\":" + std::to_string(i) + "}");
  return out;
}

} // namespace

TEMPLATE_TEST_CASE("a finished request becomes visible", "", bulker_fixture,
                   file_fixture, object_fixture) {
  TestType world;
  upload_probe upload{*world.to, request_for("users")};
  upload.write({R"({"a":1})", R"({"a":"\ud83d\u0000 ü"})"});
  upload.write({R"({ "a" : 1e400 })"});
  CHECK(upload.finish().committed());
  CHECK(world.rows("users")
        == strings{R"({"a":1})", R"({"a":"\ud83d\u0000 ü"})",
                   R"({ "a" : 1e400 })"});
  upload.let_go();
  CHECK(upload.calls() == 1);
}

TEMPLATE_TEST_CASE("batch appends and replace_table replaces", "",
                   bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  auto put = [&](write_mode mode, const strings& rows) {
    upload_probe upload{*world.to, request_for("t", mode)};
    upload.write(rows);
    CHECK(upload.finish().committed());
  };
  put(write_mode::batch, {"1"});
  put(write_mode::batch, {"2", "3"});
  CHECK(world.rows("t") == strings{"1", "2", "3"});
  put(write_mode::replace_table, {"4"});
  CHECK(world.rows("t") == strings{"4"});
  put(write_mode::batch, {"5"});
  CHECK(world.rows("t") == strings{"4", "5"});
}

TEMPLATE_TEST_CASE("nothing is visible before the commit", "", bulker_fixture,
                   file_fixture, object_fixture) {
  TestType world;
  upload_probe first{*world.to, request_for("t")};
  first.write({"1"});
  REQUIRE(first.finish().committed());
  auto mode = GENERATE(write_mode::batch, write_mode::replace_table);
  upload_probe upload{*world.to, request_for("t", mode)};
  upload.write(numbered(0, 20'000));
  REQUIRE(upload.wait_until_taken());
  CHECK(world.rows("t") == strings{"1"});
  CHECK(upload.calls() == 0);
  CHECK(upload.finish().committed());
  CHECK(world.rows("t").size()
        == (mode == write_mode::batch ? 20'001 : 20'000));
}

TEMPLATE_TEST_CASE("an aborted request leaves the table as it was", "",
                   bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  upload_probe first{*world.to, request_for("t")};
  first.write({"1"});
  REQUIRE(first.finish().committed());
  auto mode = GENERATE(write_mode::batch, write_mode::replace_table);
  auto taken = GENERATE(false, true);
  auto how = GENERATE(0, 1);
  upload_probe upload{*world.to, request_for("t", mode)};
  upload.write(numbered(0, 50'000));
  if (taken)
    REQUIRE(upload.wait_until_taken());
  if (how == 0)
    upload->abort();
  else
    upload.let_go();
  auto outcome = upload.wait();
  CHECK(code_of(outcome) == ec::cancelled);
  CHECK(world.rows("t") == strings{"1"});
  if (how == 0) {
    upload.write({"2"});
    upload->finish();
    upload->abort();
  }
  CHECK(upload.calls() == 1);
}

TEMPLATE_TEST_CASE("a request aborted before anything else is cancelled", "",
                   bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  upload_probe upload{*world.to, request_for("t")};
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(world.rows("t").empty());
}

TEMPLATE_TEST_CASE(
    "a request without rows changes nothing, or empties the table", "",
    bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  upload_probe first{*world.to, request_for("t")};
  first.write({"1"});
  REQUIRE(first.finish().committed());
  upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
  CHECK(upload.finish().committed());
  CHECK(world.rows("t")
        == (world.to->empties_tables() ? strings{} : strings{"1"}));
}

TEMPLATE_TEST_CASE("order and bytes survive any cutting into blocks", "",
                   bulker_fixture, file_fixture, object_fixture) {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  TestType world;
  auto count = [&](int most) {
    return std::uniform_int_distribution<int>{0, most}(random);
  };
  upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
  strings sent;
  for (int i = 0; i < 300; ++i) {
    strings rows;
    for (int j = count(30); j >= 0; --j)
      rows.push_back("\"" + std::string(static_cast<size_t>(count(3000)), 'a')
                     + "\"");
    // Longer than the connection's buffer.
    if (i % 100 == 50)
      rows.push_back("\"" + std::string(900'000, 'b') + "\"");
    upload.write(rows);
    sent.insert(sent.end(), rows.begin(), rows.end());
    if (count(20) == 0)
      REQUIRE(upload.wait_until_taken());
  }
  REQUIRE(upload.finish().committed());
  CHECK(world.rows("t") == sent);
}

TEMPLATE_TEST_CASE("many uploads at once do not mix", "", bulker_fixture,
                   file_fixture, object_fixture) {
  TestType world;
  constexpr size_t uploads = 50;
  std::vector<std::unique_ptr<upload_probe>> open;
  for (size_t i = 0; i < uploads; ++i)
    open.push_back(std::make_unique<upload_probe>(
        *world.to, request_for("t" + std::to_string(i))));
  auto feed = [&](size_t first) {
    for (size_t round = 0; round < 20; ++round)
      for (auto i = first; i < uploads; i += 2)
        open[i]->write(
            numbered(i * 1000 + round * 10, i * 1000 + round * 10 + 10));
    for (auto i = first; i < uploads; i += 2)
      (*open[i])->finish();
  };
  std::thread other{feed, 1};
  feed(0);
  other.join();
  for (size_t i = 0; i < uploads; ++i) {
    CHECK(open[i]->wait().committed());
    CHECK(world.rows("t" + std::to_string(i))
          == numbered(i * 1000, i * 1000 + 200));
  }
}

TEMPLATE_TEST_CASE("closing the destination cancels the uploads under way", "",
                   bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  upload_probe quiet{*world.to, request_for("a")};
  upload_probe busy{*world.to, request_for("b")};
  busy.write(numbered(0, 100'000));
  world.to.reset();
  CHECK(quiet.calls() == 1);
  CHECK(busy.calls() == 1);
  CHECK(code_of(quiet.wait()) == ec::cancelled);
  CHECK(code_of(busy.wait()) == ec::cancelled);
  // The handle may outlive it.
  busy.write({"1"});
  busy->finish();
  busy.let_go();
  CHECK(busy.calls() == 1);
}

TEMPLATE_TEST_CASE("a handler may hold the last reference to its destination",
                   "", bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  std::promise<void> gone;
  auto handler = [to = world.to, &gone](const upload_outcome&) mutable {
    to.reset();
    gone.set_value();
  };
  auto upload = world.to->open(request_for("t"), std::move(handler));
  upload->write(make_block("1\n", 1));
  world.to.reset();
  upload->finish();
  REQUIRE(gone.get_future().wait_for(std::chrono::seconds{30})
          == std::future_status::ready);
}

// -- what a real Bulker does, and which of it files do ------------------------

TEMPLATE_TEST_CASE(
    "rows of one key within a request are merged by Bulker alone", "",
    bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  auto request = request_for("t");
  request.primary_key = {"id", "n"};
  const strings rows = {R"({"id":1,"n":1,"v":"old"})", R"({"id":1,"n":2})",
                        R"({"v":"new","n":1,"id":1})"};
  upload_probe upload{*world.to, request};
  upload.write(rows);
  REQUIRE(upload.finish().committed());
  if (TestType::last_row_of_a_key_wins)
    CHECK(world.rows("t") == strings{rows[1], rows[2]});
  else
    CHECK(world.rows("t") == rows);
}

TEMPLATE_TEST_CASE(
    "rows that a warehouse cannot take are refused by Bulker alone", "",
    bulker_fixture, file_fixture, object_fixture) {
  struct row {
    std::string what;
    std::vector<key_path> key;
    strings rows;
    /// Bulker's words; empty: it takes them.
    std::string refusal;
  };

  const std::vector<row> table = {
      {"null in a key", {"id"}, {R"({"id":1})", R"({"id":null})"}, "not-null"},
      {"no key at all", {"id"}, {R"({"a":1})"}, "not-null"},
      {"half a key", {"id", "b"}, {R"({"id":1})"}, "not-null"},
      {"null elsewhere", {"id"}, {R"({"id":1,"a":null})"}, ""},
      {"empty rows alone", {}, {"{}", "{ }"}, "no columns"},
      {"empty rows among others", {}, {"{}", R"({"a":1})"}, ""},
      {"true, then 1", {}, {R"({"a":true})", R"({"a":1})"}, "of type boolean"},
      {"1, then true", {}, {R"({"a":1})", R"({"a":true})"}, "of type bigint"},
      {"1, then null", {}, {R"({"a":1})", R"({"a":null})"}, ""},
      {"1, then a text", {}, {R"({"a":1})", R"({"a":"x"})"}, ""},
  };
  for (const auto& one : table) {
    CAPTURE(one.what);
    TestType world;
    upload_probe first{*world.to, request_for("t")};
    first.write({R"({"old":1})"});
    REQUIRE(first.finish().committed());
    auto request = request_for("t", write_mode::replace_table);
    request.primary_key = one.key;
    upload_probe upload{*world.to, request};
    upload.write(one.rows);
    auto outcome = upload.finish();
    if (!TestType::checks_columns || one.refusal.empty()) {
      CHECK(outcome.committed());
      CHECK(world.rows("t") == one.rows);
      continue;
    }
    REQUIRE(code_of(outcome) == ec::destination_rejected);
    CHECK_THAT(outcome.error->what,
               Catch::Matchers::ContainsSubstring(one.refusal));
    CHECK(world.rows("t") == strings{R"({"old":1})"});
  }
}

TEMPLATE_TEST_CASE("names that differ in a dot are one table only for Bulker",
                   "", bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  for (const auto* name : {"a.t", "a_t"}) {
    upload_probe upload{*world.to,
                        request_for(name, write_mode::replace_table)};
    upload.write({"\"" + std::string{name} + "\""});
    REQUIRE(upload.finish().committed());
  }
  CHECK(world.rows("a.t")
        == strings{TestType::merges_names ? "\"a_t\"" : "\"a.t\""});
  CHECK(world.rows("a_t") == strings{"\"a_t\""});
}

TEMPLATE_TEST_CASE(
    "the table of another sync is refused by destinations that know owners", "",
    bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  std::vector<ec> codes;
  for (const auto* sync : {"one", "other"}) {
    auto request = request_for("t");
    request.connection_id = sync;
    upload_probe upload{*world.to, request};
    upload.write({"1"});
    codes.push_back(code_of(upload.finish()));
  }
  CHECK(codes.front() == ec::none);
  CHECK(codes.back()
        == (TestType::belongs_to_a_sync ? ec::destination_rejected : ec::none));
}

TEMPLATE_TEST_CASE("a finished request is committed even if its reader is gone",
                   "", bulker_fixture, file_fixture, object_fixture) {
  TestType world;
  upload_probe upload{*world.to, request_for("t")};
  upload.write({"1"});
  upload->finish();
  upload.let_go();
  CHECK(upload.wait().committed());
  CHECK(world.rows("t") == strings{"1"});
}

TEMPLATE_TEST_CASE("a trial leaves nothing behind", "", bulker_fixture,
                   file_fixture, object_fixture) {
  TestType world;
  upload_probe upload{*world.to, request_for("mine")};
  upload.write({R"({"a":1})"});
  REQUIRE(upload.finish().committed());
  const auto tried =
      try_destination(*world.to, {"sync", "t1", ""}, [] { return false; });
  INFO((tried ? "" : tried.error().what));
  CHECK(static_cast<bool>(tried));
  CHECK(world.rows("mine") == strings{R"({"a":1})"});
  if constexpr (std::is_same_v<TestType, file_fixture>) {
    strings names;
    for (const auto& entry :
         std::filesystem::directory_iterator{world.folder.path()})
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    CHECK(names == strings{".mine.owner", "mine.ndjson.zst"});
  }
}
