// Servers of warehouses that ask to be left alone for a while, or are none.
#include "runtime/destination/choice/open_destination.hpp"
#include "support/object_world.hpp"
#include "support/wire_server.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using namespace std::chrono_literals;

TEST_CASE("a busy object store says how long to wait") {
  object_world world;
  const std::string row = R"({"a":1})";

  struct busy {
    std::string operation;
    std::string retry_after;
    std::optional<std::chrono::milliseconds> wait;
  };

  // An upload is looked for before the first row, an object made at the end.
  for (const auto& [operation, retry_after, wait] :
       std::vector<busy>{{"Put", "7", 7s},
                         {"Put", "", std::nullopt},
                         {"Put", "soon", std::nullopt},
                         {"ListUploads", "9", 9s}}) {
    INFO(operation << ' ' << retry_after);
    world.to = world.open();
    s3_fault fault{.operation = operation};
    fault.retry_after = retry_after;
    world.store.add_fault(fault);
    upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
    upload.write({row});
    const auto outcome = upload.finish();
    CHECK(code_of(outcome) == ec::destination_unavailable);
    CHECK(outcome.retry_after == wait);
  }
  upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
  upload.write({row});
  const auto outcome = upload.finish();
  commit(outcome);
  CHECK_FALSE(outcome.retry_after);
}

TEST_CASE("the clean-up of a large object does not hide the wait") {
  object_world world;
  s3_fault fault{.operation = "Part"};
  fault.retry_after = "11";
  world.store.add_fault(fault);
  upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
  const std::string row = R"({"a":")" + std::string(1u << 20, 'x') + R"("})";
  upload.write(std::vector<std::string>(9, row));
  const auto outcome = upload.finish();
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(outcome.retry_after == 11s);
  CHECK(world.store.count("Abort") == 1);
}

TEST_CASE("an answer of 200 without a tag makes no object") {
  const wire_server server{[](http_wire& wire) {
    while (const auto head = wire.read_head()) {
      const auto limit = http_wire::clock::now() + 1min;
      if (!wire.read_body(*head, limit, [](std::string_view) { return true; })
          || !wire.send("HTTP/1.1 200 x\r\nContent-Length: 20\r\n\r\n"
                        "<html>welcome</html>"))
        return;
    }
  }};
  for (const auto large : {false, true}) {
    CAPTURE(large);
    object_world world;
    world.config.url = server.url() + "/" + world.config.bucket;
    world.to = world.open();
    upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
    const std::string row =
        R"({"a":")" + std::string(large ? 1u << 20 : 1, 'x') + R"("})";
    upload.write(std::vector<std::string>(9, row));
    const auto outcome = upload.finish();
    REQUIRE(code_of(outcome) == ec::destination_rejected);
    CHECK_THAT(outcome.error->what,
               Catch::Matchers::EndsWith("(HTTP 200); is this the address of a "
                                         "store that speaks S3's protocol?"));
  }
}

TEST_CASE("a busy ClickHouse says how long to wait") {
  const wire_server server{[](http_wire& wire) {
    while (const auto head = wire.read_head()) {
      const auto limit = http_wire::clock::now() + 1min;
      if (!wire.read_body(*head, limit, [](std::string_view) { return true; })
          || !wire.send("HTTP/1.1 503 x\r\nRetry-After: 13\r\n"
                        "Content-Length: 4\r\n\r\nbusy"))
        return;
    }
  }};
  destination_settings settings;
  const auto host = server.url().substr(server.url().find("://"));
  settings.url = "clickhouse" + host + "/d";
  const auto to = open_destination(settings, "", "t1");
  REQUIRE(to);
  upload_probe upload{**to, request_for("t")};
  upload.write({R"({"a":1})"});
  const auto outcome = upload.finish();
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(outcome.retry_after == 13s);
}
