// Rows into a bucket: parts, faults, what is left over, and what is told.
#include "runtime/destination/trial.hpp"
#include "support/log_capture.hpp"
#include "support/object_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

namespace {

using strings = std::vector<std::string>;
using kind = s3_fault::kind;

constexpr size_t mebibyte = 1u << 20;

upload_request numbered(uint64_t unit, write_mode mode = write_mode::batch) {
  auto out = request_for("t", mode);
  out.stream = "t";
  out.unit = unit;
  return out;
}

upload_outcome send(object_world& world, const upload_request& request,
                    const strings& rows) {
  upload_probe upload{*world.to, request};
  if (!rows.empty())
    upload.write(rows);
  return upload.finish();
}

/// Rows of so many bytes altogether, a mebibyte each.
strings large_rows(size_t mebibytes) {
  strings out;
  for (size_t i = 0; i < mebibytes; ++i)
    out.push_back("\"" + std::to_string(i)
                  + std::string(mebibyte - 4 - std::to_string(i).size(), 'x')
                  + "\" ");
  return out;
}

/// What the destination sends until the request is committed, as the bulker
/// does.
upload_outcome send_until_committed(object_world& world,
                                    const upload_request& request,
                                    const strings& rows, size_t attempts = 3) {
  for (size_t i = 1;; ++i) {
    auto outcome = send(world, request, rows);
    if (outcome.committed() || i == attempts)
      return outcome;
    REQUIRE(code_of(outcome) == ec::destination_unavailable);
  }
}

std::string joined(const strings& rows) {
  std::string out;
  for (const auto& row : rows)
    out += row + "\n";
  return out;
}

} // namespace

TEST_CASE("a small object is one PUT, a large one comes in parts") {
  struct object {
    size_t mebibytes;
    size_t parts;
  };

  // Eight is one part, to the byte.
  for (const auto& [size, parts] : {object{1, 0}, object{8, 0}, object{9, 2},
                                    object{16, 2}, object{17, 3}}) {
    INFO(size);
    object_world world;
    const auto rows = large_rows(size);
    REQUIRE(joined(rows).size() == size * mebibyte);
    REQUIRE(
        send(world, numbered(1, write_mode::replace_table), rows).committed());
    CHECK((world.store.object("f/t.ndjson") == joined(rows)));
    CHECK(world.store.count("Part") == parts);
    CHECK(world.store.count("Put") == (parts == 0 ? 1 : 0));
    CHECK(world.store.open_uploads().empty());
    CHECK(world.store.objects().at("f/t.ndjson").media_type
          == "application/x-ndjson");
  }
}

TEST_CASE("an object in parts is not visible before it is complete") {
  object_world world;
  world.store.put("f/t.ndjson", "old");
  upload_probe upload{*world.to, numbered(1, write_mode::replace_table)};
  upload.write(large_rows(20));
  REQUIRE(world.store.await("Part", 2));
  CHECK(world.store.object("f/t.ndjson") == "old");
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(world.store.object("f/t.ndjson") == "old");
  CHECK(world.store.open_uploads().empty());
}

TEST_CASE("each attempt at a request writes the same object") {
  const auto mode = GENERATE(write_mode::batch, write_mode::replace_table);
  const auto size = GENERATE(size_t{1}, size_t{9});
  const std::string last = size == 1 ? "Put" : "Complete";

  struct trouble {
    std::string operation;
    kind what;
    long status = 503;
    std::string code = "SlowDown";
  };

  std::vector<trouble> table = {
      {last, kind::lost_answer},
      {last, kind::cut},
      {last, kind::answer},
      {last, kind::answer, 500, "InternalError"},
      {last, kind::answer, 400, "RequestTimeout"},
      {"ListUploads", kind::answer},
      {"ListUploads", kind::cut},
  };
  if (mode == write_mode::batch)
    table.push_back({"List", kind::answer});
  if (size > 1)
    for (const auto& more :
         {trouble{"Complete", kind::error_in_200, 200, "InternalError"},
          trouble{"Begin", kind::answer}, trouble{"Begin", kind::lost_answer},
          trouble{"Part", kind::cut}, trouble{"Part", kind::lost_answer},
          trouble{"Part", kind::answer, 400, "XAmzContentSHA256Mismatch"}})
      table.push_back(more);
  for (const auto& one : table) {
    INFO(one.operation << ' ' << static_cast<int>(one.what) << ' ' << one.code);
    object_world world;
    world.store.add_fault({one.operation, one.what, one.status, one.code});
    const auto rows = large_rows(size);
    auto first = send(world, numbered(1, mode), rows);
    // libcurl itself sends again what a kept connection has lost.
    if (one.what == kind::answer || one.what == kind::error_in_200)
      CHECK(code_of(first) == ec::destination_unavailable);
    else if (!first.committed())
      CHECK(code_of(first) == ec::destination_unavailable);
    REQUIRE(send_until_committed(world, numbered(1, mode), rows).committed());
    const auto objects = world.store.objects();
    REQUIRE(objects.size() == 1);
    CHECK((objects.begin()->second.bytes == joined(rows)));
    // Of a lost beginning the server alone knows: the next process sweeps it.
    CHECK(
        world.store.open_uploads().size()
        == (one.operation == "Begin" && one.what == kind::lost_answer ? 1 : 0));
  }
}

TEST_CASE("each appended request is an object of its own") {
  object_world world;
  for (uint64_t unit = 1; unit <= 3; ++unit)
    REQUIRE(send(world, numbered(unit), {std::to_string(unit)}).committed());
  CHECK(world.rows("t") == strings{"1", "2", "3"});
  CHECK(world.store.objects().size() == 3);
  CHECK(world.store.count("ListUploads") == 1);
  CHECK(world.store.count("List") == 1);
}

TEST_CASE("a process that begins in the same second keeps what is there") {
  object_world world;
  REQUIRE(send(world, numbered(1), {"1"}).committed());
  const auto name = world.store.objects().begin()->first;
  // The next processes begin within the second, or a second later.
  for (int i = 0; i < 3; ++i) {
    world.to = world.open();
    REQUIRE(send(world, numbered(1), {"2"}).committed());
  }
  CHECK(world.store.object(name) == "1\n");
  CHECK(world.store.objects().size() == 4);
}

TEST_CASE("a full refresh overwrites the table's object alone") {
  object_world world;
  REQUIRE(send(world, numbered(1), {"1"}).committed());
  auto replace = numbered(2, write_mode::replace_table);
  replace.target_namespace = "shop";
  REQUIRE(send(world, replace, {"2"}).committed());
  REQUIRE(send(world, replace, {"3"}).committed());
  CHECK(world.store.object("f/shop/t.ndjson") == "3\n");
  CHECK(world.rows("t") == strings{"1"});
  CHECK(world.to->locate(replace) == "s3://rows/f/shop/t.ndjson");
  CHECK(world.to->empties_tables());
  REQUIRE(send(world, replace, {}).committed());
  CHECK(world.store.object("f/shop/t.ndjson") == "");
  // No rows to append are no object.
  REQUIRE(send(world, numbered(3), {}).committed());
  CHECK(world.store.objects().size() == 2);
}

TEST_CASE("objects have the format and compression of the config") {
  object_world world;
  const auto replace = numbered(1, write_mode::replace_table);
  const strings rows = {R"({"b":{"x":1},"a":[1]})", R"({"c":"x,y"})"};
  world.config.format = object_format::csv;
  world.to = world.open();
  REQUIRE(send(world, replace, rows).committed());
  CHECK(world.store.object("f/t.csv") == "a,b_x,c\n[1],1,\n,,\"x,y\"\n");
  CHECK(world.store.objects().at("f/t.csv").media_type == "text/csv");
  REQUIRE(send(world, replace, {}).committed());
  CHECK(world.store.object("f/t.csv") == "");
  CHECK(code_of(send(world, replace, {"{}"})) == ec::destination_rejected);
  world.config.gzip = true;
  world.settings.uploads = 100;
  world.to = world.open();
  REQUIRE(send(world, replace, rows).committed());
  CHECK(gunzip(*world.store.object("f/t.csv.gz"))
        == "a,b_x,c\n[1],1,\n,,\"x,y\"\n");
  CHECK(world.store.objects().at("f/t.csv.gz").media_type
        == "application/gzip");
  world.config.format = object_format::ndjson_flat;
  world.to = world.open();
  REQUIRE(send(world, replace, rows).committed());
  CHECK(gunzip(*world.store.object("f/t.ndjson.gz"))
        == "{\"b_x\":1,\"a\":\"[1]\"}\n{\"c\":\"x,y\"}\n");
  REQUIRE(send(world, replace, {"{}", "{}"}).committed());
  CHECK(gunzip(*world.store.object("f/t.ndjson.gz")) == "{}\n{}\n");
  world.config.format = object_format::ndjson;
  world.to = world.open();
  REQUIRE(send(world, replace, {}).committed());
  CHECK(gunzip(*world.store.object("f/t.ndjson.gz")).empty());
}

TEST_CASE("parts that a killed process has left are swept by the table's next "
          "request") {
  object_world world;
  for (const auto* name :
       {"f/t.ndjson", "f/t.csv.gz", "f/t_2026_01_02T03_04_05.ndjson",
        "f/t_2026_01_02T03_04_05_12.ndjson", "f/tt.ndjson", "f/t/x.ndjson",
        "g/t.ndjson"})
    world.store.leave_upload(name);
  REQUIRE(send(world, numbered(1), {"1"}).committed());
  CHECK(world.store.open_uploads()
        == strings{"f/tt.ndjson", "f/t/x.ndjson", "g/t.ndjson"});
}

TEST_CASE("rows may go to a bucket that does not allow listing") {
  test::log_capture log;
  object_world world;
  for (const auto* operation : {"ListUploads", "List", "Abort"})
    world.store.deny(operation);
  world.store.leave_upload("f/t.ndjson");
  REQUIRE(send(world, numbered(1), {"1"}).committed());
  REQUIRE(send(world, numbered(2), {"2"}).committed());
  CHECK(world.rows("t") == strings{"1", "2"});
  CHECK(log.has("only a rule of the bucket removes"));
}

TEST_CASE("a refusal names a remedy, and no key") {
  struct wrong {
    std::string what;
    std::string words;
    void (*change)(object_storage_config&);
  };

  const std::vector<wrong> table = {
      {"bucket", "make the bucket",
       [](object_storage_config& c) {
         c.url.replace(c.url.rfind('/'), std::string::npos, "/other");
       }},
      {"key", "mend accessKeyId",
       [](object_storage_config& c) {
         c.keys.access_key_id = "AKIDOTHER";
       }},
      {"secret", "mend secretAccessKey",
       [](object_storage_config& c) {
         c.keys.secret_access_key = "wr0ng";
       }},
      {"region", "set region to eu-west-1",
       [](object_storage_config& c) {
         c.keys.region = "eu-west-2";
       }},
  };
  test::log_capture log;
  for (const auto& [what, words, change] : table) {
    INFO(what);
    object_world world;
    change(world.config);
    world.to = world.open();
    const auto outcome = send(world, numbered(1), {"1"});
    CHECK(code_of(outcome) == ec::destination_rejected);
    CHECK_THAT(outcome.error->what, ContainsSubstring(words));
    for (const auto* secret : {"AKID", "wr0ng", s3_stand_in::secret}) {
      CHECK_THAT(outcome.error->what, !ContainsSubstring(secret));
      CHECK_FALSE(log.has(secret));
    }
  }
  object_world world;
  world.settings.waiting_dir = "/proc";
  world.to = world.open();
  const auto outcome = send(world, numbered(1), large_rows(1));
  CHECK(code_of(outcome) == ec::system_failed);
  CHECK_THAT(outcome.error->what, ContainsSubstring("SPOOL_DIR"));
}

TEST_CASE(
    "few rows need no folder on disk, so that a check can run without one") {
  object_world world;
  world.settings.waiting_dir = "/proc";
  for (const auto format :
       {object_format::ndjson, object_format::ndjson_flat, object_format::csv})
    for (const auto gzip : {false, true}) {
      world.config.format = format;
      world.config.gzip = gzip;
      world.to = world.open();
      const auto tried =
          try_destination(*world.to, {"sync", "t1", ""}, [] { return false; });
      INFO((tried ? "" : tried.error().what));
      CHECK(tried);
    }
  CHECK(world.store.objects().empty());
  CHECK(world.store.count("Put") == 6);
}

TEST_CASE("an object store that gives no answer is given up within its time") {
  object_world world;
  world.settings.response_timeout = std::chrono::seconds{1};
  world.to = world.open();
  world.store.add_fault({"Put", kind::mute});
  CHECK(code_of(send(world, numbered(1, write_mode::replace_table), {"1"}))
        == ec::destination_unavailable);
}

TEST_CASE("an upload that waits for an answer can be stopped") {
  object_world world;
  const auto closed = GENERATE(false, true);
  world.store.add_fault({"Part", kind::mute});
  upload_probe upload{*world.to, numbered(1)};
  upload.write(large_rows(9));
  REQUIRE(world.store.await("Part"));
  if (closed)
    world.to.reset();
  else
    upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(world.store.objects().empty());
  CHECK(world.store.open_uploads().empty());
}

TEST_CASE("a check makes an object and removes it") {
  object_world world;
  const trial_request trial{"sync", "t1", "shop"};
  const auto never = [] {
    return false;
  };
  world.store.put("f/mine.ndjson", "1\n");
  CHECK(try_destination(*world.to, trial, never));
  CHECK(world.store.objects().size() == 1);
  CHECK(world.store.count("Put") == 1);
  CHECK(world.store.count("Delete") == 1);
  world.store.deny("Delete");
  auto kept = try_destination(*world.to, trial, never);
  REQUIRE_FALSE(kept);
  CHECK_THAT(kept.error().what, ContainsSubstring("s3:DeleteObject"));
  world.store.deny("Put");
  auto denied = try_destination(*world.to, trial, never);
  REQUIRE_FALSE(denied);
  CHECK_THAT(denied.error().what, ContainsSubstring("s3:PutObject"));
}

TEST_CASE("a table is dropped with what was appended to it") {
  object_world world;
  for (uint64_t unit = 1; unit <= 2; ++unit)
    REQUIRE(send(world, numbered(unit), {"1"}).committed());
  world.store.put("f/t.ndjson", "2\n");
  world.store.put("f/tt.ndjson", "3\n");
  CHECK(world.to->drop_table(numbered(1)));
  CHECK(world.store.objects().size() == 1);
}

TEST_CASE("any number of uploads share few connections") {
  object_world world;
  std::vector<std::unique_ptr<upload_probe>> open;
  constexpr size_t uploads = 30;
  for (size_t i = 0; i < uploads; ++i) {
    open.push_back(std::make_unique<upload_probe>(
        *world.to, request_for("t" + std::to_string(i))));
    open.back()->write(large_rows(i % 10 == 0 ? 9 : 1));
  }
  for (size_t i = 0; i < uploads; ++i)
    (*open[i])->finish();
  for (size_t i = 0; i < uploads; ++i) {
    CHECK(open[i]->wait().committed());
    CHECK((world.rows("t" + std::to_string(i))
           == large_rows(i % 10 == 0 ? 9 : 1)));
  }
}
