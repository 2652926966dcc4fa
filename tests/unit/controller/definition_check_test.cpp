#include "controller/definition_check.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

controller_settings settings_of(controller_runtime runtime) {
  controller_settings out;
  out.runtime = runtime;
  out.data_dir = "/var/lib/syncctl";
  return out;
}

} // namespace

TEST_CASE("a definition that no start would take is refused by its place") {
  struct row {
    const char* package;
    const char* version;
    std::string destination;
    /// Empty: it is fine. One for local processes, one for Kubernetes.
    const char* here;
    const char* kubernetes;
  };

  const auto fine = "airbyte/source-faker";
  const auto local = "sqlite and file are files on the machine";
  const row rows[] = {
      {fine, "6.2.0", "", "", ""},
      {"../../bin/sh", "1", "", "source.package", "source.package"},
      {"Airbyte/Source", "1", "", "source.package", "source.package"},
      {fine, "1 2", "", "source.version", "source.version"},
      {fine, "1", R"({"destinationType":"sqlite"})", "path must be", local},
      {fine, "1", R"({"destinationType":"sqlite","path":5})", "path must be",
       local},
      {fine, "1", R"({"destinationType":"sqlite","path":"rows.db"})", "",
       local},
      {fine, "1", R"({"destinationType":"sqlite","path":"../rows.db"})",
       "path must lie below", local},
      {fine, "1", R"({"destinationType":"sqlite","path":"/etc/rows.db"})",
       "path must lie below", local},
      {fine, "1", R"({"destinationType":"sqlite","path":"a\u0000b"})",
       "path holds a NUL", local},
      {fine, "1", R"({"destinationType":"file","folder":true})",
       "folder must be", local},
      {fine, "1", R"({"destinationType":"file","folder":"rows"})", "", local},
      {fine, "1", R"({"destinationType":"postgres"})", "host", "host"},
      {fine, "1", R"({"destinationType":"clickhouse"})", "destinationConfig",
       "destinationConfig"},
      {fine, "1", R"({"destinationType":"mysql","host":"db"})",
       "destinationConfig", "destinationConfig"},
      {fine, "1", R"({"destinationType":"s3"})", "accessKeyId", "accessKeyId"},
  };
  for (const auto& one : rows) {
    INFO(one.package << ' ' << one.destination);
    sync_definition sync;
    sync.package = one.package;
    sync.version = one.version;
    sync.destination = one.destination;
    for (const auto& [runtime, expected] :
         {std::pair{controller_runtime::process, one.here},
          {controller_runtime::kubernetes, one.kubernetes}}) {
      const auto said = check_definition(sync, settings_of(runtime));
      if (*expected == '\0') {
        CHECK(said);
        continue;
      }
      REQUIRE_FALSE(said);
      CHECK(said.error().code == ec::invalid_argument);
      CHECK_THAT(said.error().what, ContainsSubstring(expected));
    }
    // A shell refuses what both of them do.
    const auto by_shell = check_definition(sync);
    const auto of_place =
        std::string{one.here}.find("lie below") != std::string::npos;
    CHECK(bool{by_shell} == (*one.here == '\0' || of_place));
  }
}
