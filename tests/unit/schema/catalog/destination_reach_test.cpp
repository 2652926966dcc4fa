#include "schema/catalog/destination_reach.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a client's destinationConfig does not use the operator's rights") {
  struct row {
    std::string_view config;
    /// Empty: it is taken.
    std::string_view names;
  };

  const row table[] = {
      {"", ""},
      {"{}", ""},
      {R"({"destinationType":"postgres","host":"db.example"})", ""},
      {R"({"destinationType":"postgres","host":"127.0.0.1"})", ""},
      {R"({"destinationType":"postgres","host":"/var/run/postgresql"})",
       "host"},
      {R"({"destinationType":"postgres","host":" /tmp"})", "host"},
      {R"({"destinationType":"postgres","host":"@abstract"})", "host"},
      {R"({"destinationType":"postgres","host":"db,/tmp"})", "host"},
      {R"({"destinationType":"postgres","host":"db,"})", "host"},
      {R"({"destinationType":"postgres","host":"h","sslClientKey":"/k"})",
       "sslClientKey"},
      {R"({"destinationType":"postgres","host":"h","sslServerCA":"ca.pem"})",
       "sslServerCA"},
      {R"({"destinationType":"postgres","host":"h",)"
       R"("sslClientCert":"-----BEGIN CERTIFICATE-----\nx"})",
       ""},
      {R"({"destinationType":"sqlite","path":"/data/rows/a.db"})", ""},
      {R"({"destinationType":"sqlite","path":"/data/rows"})", "path"},
      {R"({"destinationType":"sqlite","path":"/data/rowsx/a.db"})", "path"},
      {R"({"destinationType":"sqlite","path":"/data/syncctl.db"})", "path"},
      {R"({"destinationType":"sqlite","path":"/data/rows/../syncctl.db"})",
       "path"},
      {R"({"destinationType":"file","folder":"/etc"})", "folder"},
      {R"({"destinationType":"file","folder":"/data/rows/x"})", ""},
      {R"({"destinationType":"file","folder":"rows"})", "folder"},
      {R"({"destinationType":"clickhouse","hosts":["h"]})", ""},
      {R"({"destinationType":"mysql","host":"h"})", ""},
      {R"({"destinationType":"mysql","host":"h","sslClientKey":"/k"})",
       "sslClientKey"},
      {R"({"destinationType":"mysql","host":"h","sslServerCA":"ca.pem"})",
       "sslServerCA"},
      {R"({"destinationType":"mysql","host":"h",)"
       R"("sslServerCA":"-----BEGIN CERTIFICATE-----\nx"})",
       ""},
  };
  for (const auto& [config, names] : table) {
    INFO(config);
    const auto got = check_destination_reach(config, "/data/rows");
    CHECK(static_cast<bool>(got) == names.empty());
    if (!got && !names.empty())
      CHECK_THAT(got.error().what,
                 ContainsSubstring("destinationConfig: " + std::string{names}));
  }
}

TEST_CASE("a relative path of a local destination is placed in the folder") {
  struct row {
    const char* config;
    const char* placed;
  };

  const row rows[] = {
      {"", ""},
      {R"({"destinationType":"sqlite","path":"a.db"})",
       R"({"destinationType":"sqlite","path":"/data/rows/a.db"})"},
      {R"({"destinationType":"sqlite","path":"/else/a.db"})",
       R"({"destinationType":"sqlite","path":"/else/a.db"})"},
      {R"({"destinationType":"file","folder":"x/y"})",
       R"({"destinationType":"file","folder":"/data/rows/x/y"})"},
      {R"({"destinationType":"postgres","path":"a.db"})",
       R"({"destinationType":"postgres","path":"a.db"})"},
      // Refused afterwards.
      {R"({"destinationType":"sqlite","path":"../a.db"})",
       R"({"destinationType":"sqlite","path":"/data/rows/../a.db"})"},
  };
  for (const auto& one : rows) {
    INFO(one.config);
    CHECK(place_destination(one.config, "/data/rows") == one.placed);
    CHECK(place_destination(one.config, "") == one.config);
  }
}
