#include "support/sidecar_variables.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <functional>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using time_point = std::chrono::sys_time<std::chrono::microseconds>;

/// A setting that was read, for comparing.
using probe = std::function<bool(const sidecar_settings&)>;

struct accepted {
  std::string name;
  std::string value;
  probe holds;
};

/// Compares a member of the settings.
template <class T, class Value>
probe is(T sidecar_settings::*member, Value wanted) {
  return [=](const sidecar_settings& s) {
    return s.*member == T(wanted);
  };
}

template <class T, class Value>
probe is(T sidecar_limits::*member, Value wanted) {
  return is(static_cast<T sidecar_settings::*>(member), wanted);
}

struct refused {
  std::string name;
  std::string value;
  /// Must stand in the message.
  std::string reason;
};

} // namespace

TEST_CASE("with only the required settings the defaults hold") {
  const auto before = std::chrono::system_clock::now();
  const auto got = read_with({});
  const auto after = std::chrono::system_clock::now();
  REQUIRE(got);
  CHECK(got->command == sidecar_command::read);
  CHECK(got->started_at
        >= std::chrono::floor<std::chrono::microseconds>(before));
  CHECK(got->started_at <= after);
  CHECK(got->bulker_auth_token.empty());
  CHECK(got->storage_key.empty());
  CHECK(got->logs_connection_id.empty());
  CHECK(got->started_by.empty());
  CHECK(got->target_namespace.empty());
  CHECK(got->table_name_prefix.empty());
  CHECK_FALSE(got->to_same_case);
  CHECK(got->add_meta == row_meta::none);
  CHECK(got->deduplicate);
  CHECK_FALSE(got->full_sync);
  CHECK(got->own_log_level == log_level::info);
  CHECK(got->db_log_level == log_level::info);
  CHECK(got->task_timeout == 48h);
  CHECK(got->source_idle_timeout == 7200s);
  CHECK(got->bulker_stall_timeout == 60s);
  CHECK(got->bulker_response_timeout == 1200s);
  CHECK(got->max_line_bytes == 64u * 1024 * 1024);
  CHECK(got->retry_buffer_bytes == 16u * 1024 * 1024);
  CHECK(got->spool_dir.empty());
  CHECK(got->exit_code_file.empty());
  CHECK(got->config_dir == "/config");
}

TEST_CASE("every variable reaches its setting") {
  using s = sidecar_settings;
  using std::chrono::sys_days;
  const std::vector<accepted> table = {
      {"STDOUT_PIPE_FILE", "/a b", is(&s::stdout_pipe_file, "/a b")},
      {"STDERR_PIPE_FILE", "/e", is(&s::stderr_pipe_file, "/e")},
      {"COMMAND", "spec", is(&s::command, sidecar_command::spec)},
      {"COMMAND", "read", is(&s::command, sidecar_command::read)},
      {"STARTED_AT", "1970-01-01T00:00:01.5Z",
       is(&s::started_at, time_point{1500ms})},
      {"BULKER_URL", "https://u:p@b/x", is(&s::bulker_url, "https://u:p@b/x")},
      {"BULKER_URL", "file:///data", is(&s::bulker_url, "file:///data")},
      {"BULKER_URL", "postgres://u:p@h/d",
       is(&s::bulker_url, "postgres://u:p@h/d")},
      {"DESTINATION_CONFIG_FILE", "/d.json",
       is(&s::destination_config_file, "/d.json")},
      {"BULKER_URL", "HTTP://b", is(&s::bulker_url, "HTTP://b")},
      {"BULKER_AUTH_TOKEN", "t.1", is(&s::bulker_auth_token, "t.1")},
      {"DATABASE_URL", "postgresql://h/d?schema=x",
       is(&s::database_url, "postgresql://h/d?schema=x")},
      {"DATABASE_URL", "sqlite:///var/x.db",
       is(&s::database_url, "sqlite:///var/x.db")},
      {"PACKAGE", "p/q", is(&s::package, "p/q")},
      {"PACKAGE_VERSION", "latest", is(&s::package_version, "latest")},
      {"STORAGE_KEY", "k", is(&s::storage_key, "k")},
      {"SYNC_ID", "s1", is(&s::sync_id, "s1")},
      {"TASK_ID", "t1", is(&s::task_id, "t1")},
      {"LOGS_CONNECTION_ID", "l", is(&s::logs_connection_id, "l")},
      {"STARTED_BY", R"({"trigger":"manual"})",
       is(&s::started_by, R"({"trigger":"manual"})")},
      {"NAMESPACE", "${LEGACY}", is(&s::target_namespace, "${LEGACY}")},
      {"TABLE_NAME_PREFIX", "raw_ ", is(&s::table_name_prefix, "raw_ ")},
      {"TO_SAME_CASE", "true", is(&s::to_same_case, true)},
      {"ADD_META", "Yes", is(&s::add_meta, row_meta::jitsu)},
      {"ADD_META", "airbyte", is(&s::add_meta, row_meta::airbyte)},
      {"ADD_META", "0", is(&s::add_meta, row_meta::none)},
      {"DEDUPLICATE", "", is(&s::deduplicate, true)},
      {"DEDUPLICATE", "FALSE", is(&s::deduplicate, false)},
      {"DEDUPLICATE", "0", is(&s::deduplicate, false)},
      {"FULL_SYNC", "1\n", is(&s::full_sync, true)},
      {"STATE_OUT_FILE", "/pipes/s.json", is(&s::state_out, "/pipes/s.json")},
      {"LOG_LEVEL", "debug", is(&s::own_log_level, log_level::debug)},
      {"DB_LOG_LEVEL", "Warning", is(&s::db_log_level, log_level::warn)},
      {"MASK_LOGS", "", is(&s::mask_logs, true)},
      {"MASK_LOGS", "false", is(&s::mask_logs, false)},
      {"TASK_TIMEOUT_HOURS", "0.5", is(&s::task_timeout, 30min)},
      {"SOURCE_IDLE_TIMEOUT_SECONDS", "1.25",
       is(&s::source_idle_timeout, 1250ms)},
      {"SOURCE_EXIT_TIMEOUT_SECONDS", "5", is(&s::source_exit_timeout, 5s)},
      {"STOP_GRACE_SECONDS", "50", is(&s::stop_grace, 50s)},
      {"STRICT_RECORD_COUNT", "true", is(&s::strict_record_count, true)},
      {"TASK_RUNTIME", "process", is(&s::place, task_place::local)},
      {"TASK_RUNTIME", "kubernetes", is(&s::place, task_place::pod)},
      {"BULKER_STALL_TIMEOUT_SECONDS", "5", is(&s::bulker_stall_timeout, 5s)},
      {"BULKER_RESPONSE_TIMEOUT_SECONDS", "7",
       is(&s::bulker_response_timeout, 7s)},
      {"MAX_LINE_BYTES", "1048576", is(&s::max_line_bytes, 1048576)},
      {"RETRY_BUFFER_BYTES", "0", is(&s::retry_buffer_bytes, 0)},
      {"RETRY_BUFFER_BYTES", "1GiB", is(&s::retry_buffer_bytes, 1 << 30)},
      {"SPOOL_DIR", "/spool", is(&s::spool_dir, "/spool")},
      {"EXIT_CODE_FILE", "/pipes/exit", is(&s::exit_code_file, "/pipes/exit")},
      {"CONFIG_DIR", "/c", is(&s::config_dir, "/c")},
      {"CONFIG_DIR", "", is(&s::config_dir, "/config")},
      {"UNKNOWN_VARIABLE", "\xff", is(&s::sync_id, "sync")},
  };
  for (const auto& row : table) {
    INFO(row.name << '=' << row.value);
    const auto got = read_with({{row.name, row.value}});
    REQUIRE(got);
    CHECK(row.holds(*got));
  }
}

TEST_CASE("only a check of a destination needs no pipes") {
  struct row {
    std::string command;
    std::string destination;
    std::string out;
    std::string err;
    bool taken;
  };

  for (const auto& [command, destination, out, err, taken] :
       {row{"check", "/d.json", "", "", true},
        {"check", "/d.json", "/o", "/e", true},
        {"check", "/d.json", "/o", "", false},
        {"check", "/d.json", "", "/e", false},
        {"check", "", "", "", false},
        {"discover", "/d.json", "", "", false},
        {"read", "/d.json", "", "", false}}) {
    INFO(command << ' ' << destination << ' ' << out << ' ' << err);
    const auto got = read_with({{"COMMAND", command},
                                {"STORAGE_KEY", "k"},
                                {"DESTINATION_CONFIG_FILE", destination},
                                {"STDOUT_PIPE_FILE", out},
                                {"STDERR_PIPE_FILE", err}});
    CHECK(bool{got} == taken);
    if (!got)
      CHECK_THAT(got.error().what,
                 Catch::Matchers::ContainsSubstring("_PIPE_FILE: missing"));
  }
}

TEST_CASE("a wrong variable is reported with a right form") {
  const std::vector<refused> table = {
      {"STDOUT_PIPE_FILE", "", "missing"},
      {"STDERR_PIPE_FILE", "", "missing"},
      {"COMMAND", "", "missing, must be spec, discover, check or read"},
      {"COMMAND", "write", "\"write\" is not known"},
      {"STARTED_AT", "yesterday", "must be like 2024-05-01T12:00:00Z"},
      {"BULKER_URL", "ftp:///x", "http://…, https://…, file://…"},
      {"BULKER_URL", "http://", "http://…"},
      {"BULKER_URL", "http:///x", "without a host"},
      {"BULKER_URL", "http://b?x=1", "query"},
      {"BULKER_URL", "file://data", "absolute path"},
      {"BULKER_AUTH_TOKEN", "t\n", "line break"},
      {"DATABASE_URL", "", "missing"},
      {"DATABASE_URL", "mysql://h/d", "postgres://…"},
      {"DATABASE_URL", "postgres://h\n", "line break"},
      {"PACKAGE", "", "missing"},
      {"PACKAGE_VERSION", "", "missing"},
      {"STORAGE_KEY", "\xff", "UTF-8"},
      {"SYNC_ID", "", "missing"},
      {"SYNC_ID", "..", "must not be . or .."},
      {"LOGS_CONNECTION_ID", ".", "must not be . or .."},
      {"TASK_ID", "", "missing"},
      {"TASK_ID", "a\xC3", "\"a?\" is not valid UTF-8"},
      {"LOGS_CONNECTION_ID", "\xff", "UTF-8"},
      {"STARTED_BY", "\xff", "UTF-8"},
      {"NAMESPACE", "\xff", "UTF-8"},
      {"TABLE_NAME_PREFIX", "\xff", "UTF-8"},
      {"TO_SAME_CASE", "on", "must be true, 1, yes, false, 0 or no"},
      {"ADD_META", "2", "must be airbyte (_airbyte_raw_id and its like), true"},
      {"ADD_META", "Airbyte", "\"Airbyte\" is not known"},
      {"DEDUPLICATE", "maybe", "\"maybe\""},
      {"FULL_SYNC", "y", "neither true nor false"},
      {"LOG_LEVEL", "loud", "trace, debug, info, warn, error or fatal"},
      {"DB_LOG_LEVEL", "3", "not a level"},
      {"MASK_LOGS", "perhaps", "neither true nor false"},
      {"TASK_TIMEOUT_HOURS", "0", "number of hours over zero"},
      {"TASK_TIMEOUT_HOURS", "-1", "number of hours"},
      {"TASK_TIMEOUT_HOURS", "inf", "number of hours"},
      {"SOURCE_IDLE_TIMEOUT_SECONDS", "2h", "number of seconds"},
      {"TASK_RUNTIME", "docker", "must be kubernetes or process"},
      {"BULKER_STALL_TIMEOUT_SECONDS", "1e3", "number of seconds"},
      {"BULKER_RESPONSE_TIMEOUT_SECONDS", "9999999999999", "hundred years"},
      {"MAX_LINE_BYTES", "64MB", "must be like 65536 or 64MiB"},
      {"MAX_LINE_BYTES", "10", "must be from 1KiB to 2GiB"},
      {"MAX_LINE_BYTES", "3GiB", "must be from 1KiB to 2GiB"},
      {"RETRY_BUFFER_BYTES", "-1", "number of bytes"},
      {"RETRY_BUFFER_BYTES", "99999999999GiB", "number of bytes"},
  };
  for (const auto& row : table) {
    INFO(row.name << '=' << row.value);
    const auto got = read_with({{row.name, row.value}});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, Catch::Matchers::StartsWith(row.name + ": "));
    CHECK_THAT(got.error().what,
               Catch::Matchers::ContainsSubstring(row.reason));
    CHECK(got.error().what.find('\n') == std::string::npos);
  }
}

TEST_CASE("all faults are reported at once, without secrets") {
  const auto got = read_sidecar_settings(
      make_environment({{"COMMAND", "read"},
                        {"STDERR_PIPE_FILE", "/e"},
                        {"BULKER_URL", "ftp://user:sesame-1@host"},
                        {"BULKER_AUTH_TOKEN", "sesame-2\r\nX-Evil: 1"},
                        {"DATABASE_URL", "mysql://user:sesame-3@host"},
                        {"ADD_META", "perhaps"}}));
  REQUIRE_FALSE(got);
  const auto& what = got.error().what;
  CHECK(what.find("sesame") == std::string::npos);
  CHECK(what.find("Evil") == std::string::npos);
  std::vector<std::string> names;
  size_t at = 0;
  while (at < what.size()) {
    const auto end = std::min(what.find('\n', at), what.size());
    names.push_back(what.substr(at, what.find(':', at) - at));
    at = end + 1;
  }
  const std::vector<std::string> wanted = {
      "STDOUT_PIPE_FILE", "BULKER_URL", "BULKER_AUTH_TOKEN",
      "DATABASE_URL",     "PACKAGE",    "PACKAGE_VERSION",
      "SYNC_ID",          "TASK_ID",    "ADD_META"};
  CHECK(names == wanted);
}

TEST_CASE("each command requires the settings that it uses") {
  auto base = minimal_variables();
  for (const auto* name : {"BULKER_URL", "SYNC_ID", "TASK_ID"})
    base.erase(name);
  const auto with = [&](const variables& changes) {
    auto all = base;
    for (const auto& [name, value] : changes)
      all[name] = value;
    return read_sidecar_settings(make_environment(std::move(all)));
  };
  SECTION("spec needs no key") {
    const auto got = with({{"COMMAND", "spec"}});
    REQUIRE(got);
    CHECK(got->command == sidecar_command::spec);
  }
  SECTION("check and discover need a key") {
    for (const std::string command : {"check", "discover"}) {
      INFO(command);
      const auto none = with({{"COMMAND", command}});
      REQUIRE_FALSE(none);
      CHECK_THAT(none.error().what,
                 Catch::Matchers::StartsWith("STORAGE_KEY: missing"));
      const auto half = with({{"COMMAND", command}, {"SOURCE_ID", "s"}});
      CHECK_FALSE(half);
      const auto old = with(
          {{"COMMAND", command}, {"SOURCE_ID", "s"}, {"CONFIG_HASH", "h"}});
      REQUIRE(old);
      CHECK(old->storage_key == "s_h");
      CHECK(to_string(old->command) == command);
      const auto both = with({{"COMMAND", command},
                              {"SOURCE_ID", "s"},
                              {"CONFIG_HASH", "h"},
                              {"STORAGE_KEY", "k"}});
      REQUIRE(both);
      CHECK(both->storage_key == "k");
    }
  }
  SECTION("logs that go to the destination need one") {
    const auto got = with({{"COMMAND", "spec"}, {"LOGS_CONNECTION_ID", "l"}});
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().what,
               Catch::Matchers::StartsWith("BULKER_URL: missing"));
  }
  SECTION("an unknown command asks for nothing more") {
    const auto got = with({{"COMMAND", "READ"}});
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().what,
               Catch::Matchers::StartsWith("COMMAND: \"READ\""));
    CHECK(got.error().what.find('\n') == std::string::npos);
  }
}
