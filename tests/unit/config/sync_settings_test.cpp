// The settings of syncctl about syncs that it keeps.

#include "config/sync_settings.hpp"

#include "support/sidecar_variables.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <string>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("settings of syncs have defaults, and take what is set") {
  const auto none = read_sync_settings(make_environment({}));
  REQUIRE(none);
  CHECK(*none == sync_settings{});
  CHECK(none->repository_refresh_period == 5s);
  const auto of_files = read_sync_settings(
      make_environment({{"SYNCCTL_SYNCS_DIR", "/etc/syncs"},
                        {"SYNCCTL_WEBHOOK_HOSTS", "*.example.com,10.0.0.1"}}));
  REQUIRE(of_files);
  CHECK(of_files->syncs_dir == "/etc/syncs");
  CHECK(of_files->webhook_hosts == "*.example.com,10.0.0.1");
  const auto of_server = read_sync_settings(
      make_environment({{"REPOSITORY_BASE_URL", "https://u:hush@h/x//"},
                        {"REPOSITORY_AUTH_TOKEN", "token"},
                        {"REPOSITORY_REFRESH_PERIOD_SEC", "1"}}));
  REQUIRE(of_server);
  CHECK(of_server->repository_base_url == "https://u:hush@h/x");
  CHECK(of_server->repository_auth_token == "token");
  CHECK(of_server->repository_refresh_period == 1s);
}

TEST_CASE("a wrong setting of syncs is named, and no secret with it") {
  struct row {
    variables given;
    std::string refusal;
  };

  const row table[] = {
      {{{"REPOSITORY_BASE_URL", "ftp://u:hush@h"}}, "REPOSITORY_BASE_URL"},
      {{{"REPOSITORY_BASE_URL", "hush"}}, "REPOSITORY_BASE_URL"},
      {{{"REPOSITORY_REFRESH_PERIOD_SEC", "0"}},
       "REPOSITORY_REFRESH_PERIOD_SEC"},
      {{{"REPOSITORY_REFRESH_PERIOD_SEC", "soon"}},
       "REPOSITORY_REFRESH_PERIOD_SEC"},
      {{{"REPOSITORY_BASE_URL", "https://u:hush@h"},
        {"SYNCCTL_SYNCS_DIR", "/etc/syncs"}},
       "so set one of them"}};
  for (const auto& one : table) {
    CAPTURE(in_words(one.given));
    const auto read = read_sync_settings(make_environment(one.given));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK(read.error().what.find(one.refusal) != std::string::npos);
    CHECK(read.error().what.find("hush") == std::string::npos);
  }
}
