// Which of Bulker's answers with 400 pass later.

#include "runtime/destination/bulker/warehouse_away.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;

namespace {

std::string json_of(std::string text) {
  for (size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return R"({"error":")" + text + R"("})";
}

} // namespace

TEST_CASE("a warehouse that is away is distinguished from a refusal") {
  struct row {
    bool away;
    std::string text;
  };

  const std::vector<row> table = {
      {true, "stream consume error: failed to connect to `host=pg user=u "
             "database=d`: dial error (dial tcp 10.0.0.1:5432: connect: "
             "connection refused)"},
      {true, "stream consume error: failed to connect to `host=pg`: hostname "
             "resolving error (lookup pg on 10.0.0.10:53: no such host)"},
      {true, "stream consume error: dial tcp 10.0.0.1:9000: i/o timeout"},
      {true,
       "stream consume error: write tcp 10.0.0.2:4->10.0.0.1:5432: write: "
       "broken pipe"},
      {true, "stream consume error: read tcp: read: connection reset by peer"},
      {true, "stream consume error: conn closed"},
      {true, "stream consume error: driver: bad connection"},
      {true, "stream complete error: unexpected EOF"},
      {true, "stream consume error: failed to connect to `host=pg`: server "
             "error (FATAL: the database system is starting up (SQLSTATE "
             "57P03))"},
      {true, "stream consume error: FATAL: the database system is shutting "
             "down"},
      {true, "stream consume error: FATAL: sorry, too many clients already "
             "(SQLSTATE 53300)"},
      {true, "stream consume error: Error 1040: Too many connections"},
      {true, "stream complete error: FATAL: terminating connection due to "
             "administrator command (SQLSTATE 57P01)"},
      {true, "stream consume error: server closed the connection unexpectedly"},
      {true, "stream consume error: dial tcp: can't assign, no route to host"},
      // What comes again, however often it is sent.
      {false, "unmarhsal error: failed to connect"},
      {false, "unmarhsal error: connection refused"},
      {false, "scanner error: unexpected EOF"},
      {false, "schema unmarshal error: i/o timeout"},
      {false, "missing required parameter: tableName"},
      {false, "aborted: ABORT connection refused"},
      {false, "stream consume error"},
      {false, "stream consume error: failed to connect to `host=pg user=u`: "
              "failed SASL auth (FATAL: password authentication failed for "
              "user \"u\" (SQLSTATE 28P01))"},
      {false, "stream consume error: failed to connect to `host=pg`: server "
              "error (FATAL: database \"d\" does not exist (SQLSTATE 3D000))"},
      {false, "stream consume error: failed to connect to `host=pg`: server "
              "error (FATAL: no pg_hba.conf entry for host \"10.0.0.2\")"},
      {false, "stream consume error: failed to connect to `host=pg`: tls error "
              "(x509: certificate signed by unknown authority)"},
      {false, "stream consume error: ERROR: invalid input syntax for type "
              "bigint: \"connection refused\" (SQLSTATE 22P02)"},
      {false, "stream complete error: column \"a\" is of type boolean but "
              "expression is of type bigint (SQLSTATE 42804)"},
      {false, "stream consume error: cannot convert 'connection refused' to a "
              "number"},
      {false, R"(stream consume error: cannot process {"m":"i/o timeout"})"},
      {false, "stream complete error: could not extend file: No space left on "
              "device (SQLSTATE 53100)"},
      {false, ""},
  };
  for (const auto& one : table) {
    CAPTURE(one.text);
    CHECK(warehouse_is_away(json_of(one.text)) == one.away);
    CHECK(warehouse_is_away(one.text) == one.away);
  }
}

TEST_CASE("a request passes once the warehouse is back") {
  bulker_stand_in server;
  server.take_warehouse_away(1);
  auto to = destination_at(server.url());
  upload_probe first{*to, request_for("t")};
  first.write({R"({"a":1})"});
  auto outcome = first.finish();
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK_THAT(outcome.error->what,
             Catch::Matchers::ContainsSubstring("connection refused"));
  CHECK_FALSE(server.has_table("t"));
  upload_probe again{*to, request_for("t")};
  again.write({R"({"a":1})"});
  CHECK(again.finish().committed());
}
