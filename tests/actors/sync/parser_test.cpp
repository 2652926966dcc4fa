#include "actors/sync/parser.hpp"

#include "runtime/stream/slab_reader.hpp"
#include "support/actor_fixture.hpp"

#include <algorithm>
#include <cstring>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using slabs = std::vector<parsed_slab_ptr>;

coordinator_actor::behavior_type collect(const std::shared_ptr<slabs>& into) {
  return {
      [](atom::run) -> caf::result<task_result_ptr> {
        return caf::make_error(ec::invalid_argument, "not this one");
      },
      [into](const parsed_slab_ptr& slab) { into->push_back(slab); },
      [](const log_batch_ptr&) {},
      [](const pipe_end_ptr&) {},
      [](atom::commit, uint64_t, uint64_t) {},
      [](const failure_ptr&, uint64_t) {},
      [](atom::abort, uint64_t) {},
      [](atom::cancel) {},
      [](const failure_ptr&) {},
      [](atom::tick) {},
      [](atom::watch) {},
  };
}

struct fixture : actor_fixture {
  fixture() {
    leader = spawn([got = got] { return collect(got); });
    settings.streams = {{"", "a"}, {"space", "a"}};
    settings.window = window;
    for (int i = 0; i < 2; ++i)
      parsers.push_back(spawn(parser, settings, leader, waiting));
  }

  /// Sends the lines as the next slab, as a pipe reader does.
  void send(size_t to, const std::string& lines) {
    auto space = reader.space();
    REQUIRE(space.size() >= lines.size());
    std::memcpy(space.data(), lines.data(), lines.size());
    reader.filled(lines.size());
    auto slab = reader.take();
    REQUIRE(slab != nullptr);
    waiting->take(slab->text().size());
    caf::anon_send(parsers[to], std::move(slab));
  }

  static std::string record(const std::string& stream,
                            const std::string& data) {
    return R"({"type":"RECORD","record":{)" + stream
           + R"(,"emitted_at":1,"data":)" + data + "}}\n";
  }

  std::shared_ptr<slabs> got = std::make_shared<slabs>();
  byte_window_ptr window = std::make_shared<byte_window>(1 << 20);
  slab_pool_ptr pool = std::make_shared<slab_pool>(1 << 16);
  slab_reader reader{pool, 1 << 16, window};
  byte_window_ptr waiting = std::make_shared<byte_window>(1 << 16);
  slab_parser_settings settings;
  coordinator_actor leader;
  std::vector<parser_actor> parsers;
};

} // namespace

TEST_CASE_METHOD(fixture, "any parser turns any slab into rows") {
  send(0, record(R"("stream":"a")", R"({"n": 1})"));
  send(1, record(R"("stream":"a","namespace":"space")", R"({"n": 2})"));
  send(0, record(R"("stream":"a")", R"({"n": 3})"));
  CHECK(waiting->used() > 0);
  run();
  CHECK(waiting->used() == 0);
  REQUIRE(got->size() == 3);
  std::sort(got->begin(), got->end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
  std::vector<uint32_t> streams = {0, 1, 0};
  for (size_t i = 0; i < 3; ++i) {
    CHECK(got->at(i)->number == i);
    REQUIRE(got->at(i)->items.size() == 1);
    const auto& batch = std::get<row_batch>(got->at(i)->items[0]);
    CHECK(batch.stream == streams[i]);
    CHECK(batch.rows->view() == "{\"n\": " + std::to_string(i + 1) + "}\n");
  }
}

TEST_CASE_METHOD(fixture, "a slab is let go as soon as it is parsed") {
  send(0, record(R"("stream":"a")", R"({"n": 1})"));
  auto before = window->used();
  CHECK(before > 0);
  run();
  // Only the rows are left.
  const auto& batch = std::get<row_batch>(got->at(0)->items[0]);
  CHECK(window->used() == batch.rows->size());
  got->clear();
  CHECK(window->used() == 0);
}

TEST_CASE_METHOD(fixture, "messages hold the window until they are handled") {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += R"({"type":"STATE","state":{"type":"STREAM","stream":)"
             R"({"stream_descriptor":{"name":"b"},"stream_state":{"n":1}}}})"
             "\n";
  send(0, lines);
  run();
  REQUIRE(got->size() == 1);
  CHECK(got->at(0)->items.size() == 100);
  CHECK(window->used() >= lines.size());
  got->clear();
  CHECK(window->used() == 0);
}

TEST_CASE_METHOD(fixture, "a bad line costs itself and not its neighbours") {
  send(0, record(R"("stream":"a")", R"({"n": 1})") + "{\"type\":\"RECORD\",\n"
              + record(R"("stream":"a")", R"({"n": 2})") + "WARN plain text\n");
  run();
  REQUIRE(got->size() == 1);
  const auto& slab = *got->at(0);
  CHECK(slab.lines == 4);
  CHECK(slab.faults[static_cast<size_t>(line_fault::malformed_json)] == 1);
  REQUIRE(slab.rejected.size() == 1);
  CHECK(slab.rejected[0].rows == 1);
  REQUIRE(slab.logs);
  CHECK(slab.logs->size() == 1);
  uint64_t rows = 0;
  for (const auto& item : slab.items)
    if (const auto* batch = std::get_if<row_batch>(&item))
      rows += batch->rows->rows();
  CHECK(rows == 2);
}

TEST_CASE_METHOD(fixture, "a parser outlives its coordinator") {
  caf::anon_send_exit(leader, caf::exit_reason::kill);
  run();
  send(0, record(R"("stream":"a")", R"({"n": 1})"));
  run();
  CHECK(waiting->used() == 0);
  CHECK(window->used() == 0);
}
