// A stored secret goes to the connector and the destination alone that it was
// entered for.

#include "schema/sync/secret_recipients.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

sync_definition stored_sync() {
  sync_definition out;
  out.package = "airbyte/source-crm";
  out.version = "1";
  out.config = R"({"host":"a","api_key":"hunter2-hunter2"})";
  out.destination =
      R"({"destinationType":"postgres","host":"db","port":5432,"password":"dbpass-dbpass",)"
      R"("endpoint":"https://user:dbpass-dbpass@s3"})";
  return out;
}

/// @returns why the change is refused; empty if it is not.
std::string fault(const sync_definition& changed) {
  auto checked = check_secret_recipients(changed, stored_sync());
  return checked ? "" : checked.error().what;
}

} // namespace

TEST_CASE("another package is not given the stored secrets of the first") {
  auto changed = stored_sync();
  changed.package = "evil/source-crm";
  // With its own secrets it is just another connector.
  CHECK(fault(changed).empty());
  changed.config = R"({"host":"a","keys":[{"api_key":"***"}]})";
  CHECK_THAT(fault(changed), ContainsSubstring("source.package differs")
                                 && ContainsSubstring("source.config keeps"));
  // A newer version of the same package is the ordinary upgrade.
  changed = stored_sync();
  changed.version = "2";
  changed.config = R"({"host":"a","api_key":"***"})";
  CHECK(fault(changed).empty());
}

TEST_CASE("a stored secret is not sent to another destination") {
  const char* same =
      R"({"destinationType":"postgres","host":"db","port":5432,"password":"***","endpoint":"***")";
  auto changed = stored_sync();

  struct row {
    std::string destination;
    const char* part;
  };

  const row rows[] = {
      {std::string{same} + R"(,"defaultSchema":"other"})", ""},
      {R"({"destinationType":"mysql","host":"db","port":5432,"password":"***"})",
       "destination.destinationType differs"},
      {R"({"destinationType":"postgres","host":"evil","port":5432,"password":"***"})",
       "destination.host differs"},
      {R"({"destinationType":"postgres","host":"db","port":5433,"password":"***"})",
       "destination.port differs"},
      {R"({"destinationType":"postgres","host":"db","password":"***"})",
       "destination.port differs"},
      {R"({"destinationType":"postgres","host":"db","port":5432,"password":"***","endpoint":"https://evil"})",
       "destination.endpoint differs"},
      {std::string{same} + R"(,"url":"postgres://evil"})",
       "destination.url differs"},
      {std::string{same} + R"(,"bucket":"evil"})",
       "destination.bucket differs"},
      {std::string{same} + R"(,"hosts":["***","evil"]})",
       "destination.hosts differs"},
      {std::string{same} + R"(,"protocol":"http"})",
       "destination.protocol differs"},
      // With the secret itself it is just another destination.
      {R"({"destinationType":"postgres","host":"evil","password":"mine-mine"})",
       ""},
      // Rows go to the Bulker of syncctl.
      {"", ""},
  };
  for (const auto& one : rows) {
    INFO(one.destination);
    changed.destination = one.destination;
    const auto what = fault(changed);
    if (*one.part == '\0')
      CHECK(what.empty());
    else
      CHECK_THAT(what, ContainsSubstring(one.part));
    CHECK_THAT(what, !ContainsSubstring("evil"));
    CHECK_THAT(what, !ContainsSubstring("dbpass"));
  }
}

TEST_CASE("a sync without a destination of its own keeps no secret") {
  auto stored = stored_sync();
  stored.destination.clear();
  auto changed = stored_sync();
  changed.destination = R"({"destinationType":"postgres","password":"***"})";
  CHECK_FALSE(check_secret_recipients(changed, stored));
}

TEST_CASE("a stored secret is not sent over a connection that trusts more") {
  struct row {
    const char* before;
    const char* after;
    const char* part;
  };

  const row rows[] = {
      {R"(,"sslMode":"verify-full")", R"(,"sslMode":"disable")", "sslMode"},
      {R"(,"sslMode":"verify-full")", "", "sslMode"},
      {R"(,"sslMode":"verify-ca")", R"(,"sslMode":"require")", "sslMode"},
      {"", R"(,"sslMode":"disable")", "sslMode"},
      {R"(,"sslMode":"require")", R"(,"sslMode":"maybe")", "sslMode"},
      {R"(,"sslMode":"require")", R"(,"sslMode":true)", "sslMode"},
      {R"(,"sslServerCA":"PEM")", R"(,"sslServerCA":"mine")", "sslServerCA"},
      {R"(,"sslServerCA":"PEM")", "", "sslServerCA"},
      {"", R"(,"parameters":{"tls":"skip-verify"})", "parameters"},
      // A stricter one is welcome.
      {R"(,"sslMode":"require")", R"(,"sslMode":"verify-full")", ""},
      {"", R"(,"sslMode":"verify-full")", ""},
      {R"(,"sslMode":"disable")", R"(,"sslMode":"disable")", ""},
  };
  const auto of = [](const std::string& password, const std::string& more) {
    sync_definition out;
    out.package = "p";
    out.config = "{}";
    out.destination =
        R"({"destinationType":"postgres","host":"db","password":")" + password
        + '"' + more + '}';
    return out;
  };
  for (const auto& one : rows) {
    INFO(one.before << " becomes " << one.after);
    const auto stored = of("dbpass-dbpass", one.before);
    const auto kept = check_secret_recipients(of("***", one.after), stored);
    CHECK(static_cast<bool>(kept) == (*one.part == '\0'));
    if (!kept)
      CHECK_THAT(kept.error().what, ContainsSubstring(one.part));
    CHECK(check_secret_recipients(of("another", one.after), stored));
  }
}
