// The requests to a Bulker server, and the meaning of its answers.

#include "runtime/destination/bulker/bulker_destination.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/resource_limit.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <future>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;
using namespace std::chrono_literals;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

ec refusal(const std::string& url, const std::string& token = {}) {
  destination_settings settings;
  settings.url = url;
  settings.auth_token = token;
  auto made = make_destination(settings);
  if (!made)
    CHECK(made.error().what.find("hunter2") == std::string::npos);
  return made ? ec::none : made.error().code;
}

std::chrono::nanoseconds cpu_time() {
  timespec t = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

} // namespace

TEST_CASE("a request holds all that Bulker needs") {
  bulker_stand_in server{{.token = "s3cret", .destinations = {"sync 1/ü"}}};
  auto to = destination_at(server.url() + "/pre/fix//", "s3cret");
  upload_request request;
  request.connection_id = "sync 1/ü";
  request.table = "pub lic.\"users\"&x=1";
  request.task_id = "task+1";
  request.primary_key = {"id", "a&b"};
  request.mode = write_mode::replace_table;
  request.schema = R"({"name":"users","fields":[{"name":"\u00fc","type":2}]})";
  upload_probe upload{*to, request};
  upload.write({R"({"id":1,"a&b":2})"});
  REQUIRE(upload.finish().committed());
  auto head = server.requests().at(0).head;
  CHECK(head.method == "POST");
  CHECK(head.path == "/pre/fix/bulk/sync%201%2F%C3%BC");
  CHECK(head.query
        == pairs{{"tableName", request.table},
                 {"mode", "replace_table"},
                 {"taskId", "task+1"},
                 {"pk", "id"},
                 {"pk", "a&b"}});
  CHECK(head.header("authorization") == "Bearer s3cret");
  CHECK(head.header("content-type") == "application/x-ndjson");
  CHECK(head.header("transfer-encoding") == "chunked");
  CHECK(head.header("x-jitsu-schema") == request.schema);
  CHECK(head.headers.count("expect") == 0);
  CHECK(to->locate(request)
        == server.url()
               + "/pre/fix/bulk/sync%201%2F%C3%BC?tableName="
                 "pub%20lic.%22users%22%26x%3D1");
}

TEST_CASE("only settings that are set are sent to Bulker") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  auto request = request_for("t");
  upload_probe plain{*to, request};
  plain.write({"1"});
  REQUIRE(plain.finish().committed());
  // Bulker knows none: it is part of the table's name by then.
  request.target_namespace = "my ns";
  request.to_same_case = true;
  upload_probe rich{*to, request};
  rich.write({"1"});
  REQUIRE(rich.finish().committed());
  auto requests = server.requests();
  CHECK(requests.at(0).head.headers.count("authorization") == 0);
  CHECK(requests.at(0).head.headers.count("x-jitsu-schema") == 0);
  CHECK(requests.at(0).head.query
        == pairs{{"tableName", "t"}, {"mode", "batch"}, {"taskId", "t1"}});
  CHECK(requests.at(1).head.query
        == pairs{{"tableName", "t"},
                 {"mode", "batch"},
                 {"taskId", "t1"},
                 {"toSameCase", "true"}});
  // One connection served both.
  CHECK(requests.at(0).connection == requests.at(1).connection);
}

TEST_CASE("settings that cannot be used are refused") {
  CHECK(refusal("http://h/p") == ec::none);
  CHECK(refusal("HTTPS://h:1/p//") == ec::none);
  for (auto url :
       {"", "h", "ftp://h", "http://", "http://me:hunter2@h/", "http://me@h/",
        "http://h/?token=hunter2", "http://h/#hunter2", "http://h:port/"}) {
    CAPTURE(url);
    CHECK(refusal(url) == ec::invalid_argument);
  }
  CHECK(refusal("http://h", "hunter2\r\nX: y") == ec::invalid_argument);
  CHECK(refusal("http://h", "hunter2ü") == ec::invalid_argument);
}

TEST_CASE("a schema that is no header value is rejected at once") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  for (auto schema : {"{\r\nX-Evil: 1}", "{\n}", "{\"ü\":1}"}) {
    auto request = request_for("t");
    request.schema = schema;
    upload_probe upload{*to, request};
    auto outcome = upload.wait();
    CHECK(code_of(outcome) == ec::destination_rejected);
    CHECK(outcome.error->what.find("X-Jitsu-Schema") != std::string::npos);
  }
  CHECK(server.requests().empty());
}

TEST_CASE("a row may have 1 MiB minus its newline") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  REQUIRE(to->max_row_bytes() == 1'048'575);
  std::string row(to->max_row_bytes(), '1');
  upload_probe good{*to, request_for("t")};
  good.write({row});
  CHECK(good.finish().committed());
  upload_probe bad{*to, request_for("t")};
  bad.write({row + "1"});
  CHECK(code_of(bad.finish()) == ec::destination_rejected);
  CHECK(server.row_count("t") == 1);
}

TEST_CASE("an upload that waits for rows is no stall and costs no CPU") {
  bulker_stand_in server;
  destination_settings settings;
  settings.url = server.url();
  settings.stall_timeout = 100ms;
  settings.response_timeout = 100ms;
  auto to = *bulker_destination::make(settings);
  upload_probe upload{*to, request_for("t")};
  upload.write({"1"});
  REQUIRE(server.wait_for_bytes(2));
  auto before = cpu_time();
  // Measured, not waited for: nothing has to happen in that time.
  std::this_thread::sleep_for(700ms);
  CHECK(cpu_time() - before < 20ms);
  CHECK(upload.calls() == 0);
  upload.write({"2"});
  CHECK(upload.finish().committed());
  CHECK(server.rows("t") == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a row reaches the server while the body stays open") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  upload_probe upload{*to, request_for("t")};
  for (uint64_t i = 1; i <= 200; ++i) {
    upload.write({"1"});
    REQUIRE(server.wait_for_bytes(2 * i));
  }
  CHECK(upload.finish().committed());
}

TEST_CASE("what comes while the upload naps is sent without a wake-up") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  const std::vector<std::string> much(300, std::string(1000, '1'));
  for (int round = 0; round < 20; ++round) {
    upload_probe upload{*to, request_for("t")};
    // Much within a moment, so that a nap follows; then a row, then the end.
    for (int i = 0; i < 4; ++i)
      upload.write(much);
    REQUIRE(upload.wait_until_taken());
    upload.write({"1"});
    CHECK(upload.finish().committed());
  }
  CHECK(server.row_count("t") == 20 * (4 * 300 + 1));
}

TEST_CASE("a certificate is trusted only by its authority") {
  stand_in_settings secure;
  secure.tls = true;
  bulker_stand_in server{secure};
  {
    auto to = destination_at(server.url());
    upload_probe upload{*to, request_for("t")};
    upload.write({"1"});
    auto outcome = upload.finish();
    CHECK(code_of(outcome) == ec::destination_rejected);
    CHECK(outcome.error->what.find("certificate") != std::string::npos);
  }
  scratch_folder folder;
  auto file = folder.path() / "ca.pem";
  std::ofstream{file} << server.certificate();
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  auto to = destination_at(server.url());
  ::unsetenv("SSL_CERT_FILE");
  upload_probe upload{*to, request_for("t")};
  std::vector<std::string> rows(3000, std::string(1000, '7'));
  upload.write(rows);
  auto outcome = upload.finish();
  CAPTURE(outcome.error ? outcome.error->what : "");
  CHECK(outcome.committed());
  CHECK((server.rows("t") == rows));
  upload_probe dropped{*to, request_for("t")};
  dropped.write({"1"});
  REQUIRE(dropped.wait_until_taken());
  dropped->abort();
  CHECK(code_of(dropped.wait()) == ec::cancelled);
  CHECK((server.rows("t") == rows));
}

TEST_CASE("an upload by TLS to a server without it fails as unavailable") {
  bulker_stand_in server;
  auto to =
      destination_at("https://127.0.0.1:" + std::to_string(server.port()));
  upload_probe upload{*to, request_for("t")};
  CHECK(code_of(upload.wait()) == ec::destination_unavailable);
}

// UBSan needs file descriptors itself to look at a virtual table.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("without file descriptors uploads fail and later ones work") {
  bulker_stand_in server;
  auto to = destination_at(server.url());
  std::promise<upload_outcome> ended;
  {
    resource_limit none{RLIMIT_NOFILE, 3};
    auto upload = to->open(request_for("t"), [&](upload_outcome outcome) {
      ended.set_value(std::move(outcome));
    });
    upload->write(make_block("1\n", 1));
    CHECK(code_of(ended.get_future().get()) == ec::destination_unavailable);
  }
  upload_probe upload{*to, request_for("t")};
  upload.write({"1"});
  CHECK(upload.finish().committed());
}
#endif
