#include "config/controller_settings.hpp"
#include "controller/api.hpp"
#include "controller/controller.hpp"
#include "controller/instance_id.hpp"
#include "controller/secrets.hpp"
#include "runtime/auth_tokens.hpp"
#include "runtime/clock.hpp"
#include "runtime/console.hpp"
#include "runtime/kubeconfig.hpp"
#include "runtime/pod_manifest.hpp"
#include "runtime/stop_signals.hpp"
#include "schema/excerpt.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <malloc.h>
#include <unistd.h>

using namespace motorcade;

namespace {

constexpr int wrong_settings = 2;

/// Everything that the environment says, checked.
struct all_settings {
  controller_settings own;
  kube_access access;
  auth_tokens tokens;
};

/// @returns the environment with what goes without saying: Kubernetes is the
/// runtime, and a Pod has a client config.
environment with_defaults(const environment& from) {
  variables defaults = {{"SYNCCTL_RUNTIME", "kubernetes"}};
  if (!from("KUBERNETES_SERVICE_HOST").value_or("").empty())
    defaults["SYNCCTL_KUBERNETES_CLIENT_CONFIG"] = "local";
  return fill_in_environment(from, make_environment(std::move(defaults)));
}

/// @returns whether the sidecar's image can be one; it may come without a tag.
bool is_whole_image(const std::string& image) {
  auto digest = image.find('@');
  if (digest != std::string::npos)
    return is_image(image.substr(0, digest), image.substr(digest + 1));
  auto colon = image.rfind(':');
  auto slash = image.rfind('/');
  auto has_tag = colon != std::string::npos
                 && (slash == std::string::npos || colon > slash);
  return has_tag ? is_image(image.substr(0, colon), image.substr(colon + 1))
                 : is_image(image, "latest");
}

/// Finds everything that is wrong before it says so.
result<all_settings> read_all_settings() {
  auto from = with_controller_env_file(process_environment());
  if (!from)
    return from.error();
  from = with_defaults(*from);
  auto value = [&from](const char* of) {
    return (*from)(of).value_or("");
  };
  std::string problems;
  auto note = [&problems](const std::string& what) {
    problems += (problems.empty() ? "" : "\n") + what;
  };
  all_settings out;
  auto own = read_controller_settings(*from);
  if (!own)
    note(own.error().what);
  else if (!own->syncs_enabled)
    return all_settings{std::move(*own), {}, {}};
  auto tokens = auth_tokens::read(value("SYNCCTL_AUTH_TOKENS"),
                                  value("SYNCCTL_TOKEN_SECRET"));
  if (!tokens)
    note("SYNCCTL_AUTH_TOKENS: " + tokens.error().what);
  auto where = value("SYNCCTL_KUBERNETES_CLIENT_CONFIG");
  auto image = value("SYNCCTL_SIDECAR_IMAGE");
  if (!image.empty() && !is_whole_image(image))
    note("SYNCCTL_SIDECAR_IMAGE: " + excerpt(image)
         + " cannot be an image, must be like motorcade-sidecar:0.1.0");
  if (value("SYNCCTL_RUNTIME") == "process") {
    note("SYNCCTL_RUNTIME: process is not there yet, this version runs "
         "connectors in Kubernetes only");
  } else if (where.empty()) {
    note("SYNCCTL_KUBERNETES_CLIENT_CONFIG: missing, must be a kubeconfig's "
         "path, its text, or `local` in a Pod");
  } else {
    auto access =
        find_kube_access(where, value("SYNCCTL_KUBERNETES_CONTEXT"), *from);
    if (access)
      out.access = std::move(*access);
    else
      note("SYNCCTL_KUBERNETES_CLIENT_CONFIG: " + access.error().what);
  }
  if (!problems.empty())
    return failure{ec::invalid_argument, problems};
  out.own = std::move(*own);
  out.tokens = std::move(*tokens);
  keep_secrets_of(out.own);
  keep_secrets_of(out.access);
  return out;
}

/// @returns the settings; ends the process where they are wrong.
all_settings expect_settings() {
  auto settings = read_all_settings();
  if (!settings) {
    spdlog::error("wrong settings:\n{}", settings.error().what);
    std::exit(wrong_settings);
  }
  return std::move(*settings);
}

int check_config() {
  auto settings = expect_settings();
  if (!settings.own.syncs_enabled)
    std::puts("the settings are fine; SYNCCTL_SYNCS_ENABLED=false, so syncctl "
              "would end at once");
  else
    std::printf("the settings are fine: port %d, Kubernetes at %s, namespace "
                "%s, %s\n",
                settings.own.http_port, settings.access.server.c_str(),
                settings.own.kubernetes_namespace.c_str(),
                settings.tokens.open() ? "open to everybody"
                                       : "with authorization");
  return 0;
}

/// Reads a token from stdin, so that it stands in no list of processes.
int print_hash(std::string salt) {
  std::string token;
  if (::isatty(STDIN_FILENO) != 0)
    std::fputs("token: ", stderr);
  std::getline(std::cin, token);
  if (!is_token(token)) {
    spdlog::error("the token on stdin may consist only of letters, digits, _ "
                  "and -");
    return wrong_settings;
  }
  if (salt.empty()) {
    salt = make_uuid();
    std::erase(salt, '-');
  } else if (!is_token(salt)) {
    spdlog::error("--salt may consist only of letters, digits, _ and -");
    return wrong_settings;
  }
  const auto* secret = std::getenv("SYNCCTL_TOKEN_SECRET");
  std::puts(hash_token(token, salt, secret == nullptr ? "" : secret).c_str());
  return 0;
}

std::string find_instance_id(const controller_settings& settings) {
  if (!settings.instance_id.empty())
    return settings.instance_id;
  const auto* home = std::getenv("HOME");
  auto kept =
      keep_instance_id(std::string{home == nullptr ? "" : home} + "/.syncctl");
  if (kept)
    return *kept;
  auto id = make_uuid();
  spdlog::warn("the instance id {} is good for this run only, "
               "SYNCCTL_INSTANCE_ID would keep it: {}",
               id, kept.error().what);
  return id;
}

int serve() {
  auto settings = expect_settings();
  start_console(settings.own.own_log_level);
  if (!settings.own.syncs_enabled) {
    spdlog::info("SYNCCTL_SYNCS_ENABLED=false: nothing is to be done here");
    return 0;
  }
  try {
    controller controls{settings.own, settings.access,
                        find_instance_id(settings.own)};
    control_api api{controls.service(), std::move(settings.tokens)};
    http_server_settings listening;
    listening.port = settings.own.http_port;
    listening.logged = control_api::harmless_parameters();
    auto server = http_server::start(std::move(listening), api.handlers());
    if (!server) {
      spdlog::error("SYNCCTL_HTTP_PORT: {}", server.error().what);
      return 1;
    }
    spdlog::info("listening on port {}", (*server)->port());
    await_stop_signal();
    spdlog::info("told to stop; tasks go on without this process");
    (*server)->stop();
  } catch (const std::invalid_argument& error) {
    spdlog::error("wrong settings:\nSYNCCTL_DATABASE_URL: {}", error.what());
    return wrong_settings;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  // The first of all: as the first process of a container we would otherwise
  // lose a signal that comes early, and not be told again.
  hold_stop_signals();
  // Documents of a megabyte come and go: what they took is to be given back.
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
  ::signal(SIGPIPE, SIG_IGN);
  start_console(log_level::info);
  CLI::App app{
      "Runs Airbyte source connectors in Kubernetes: takes requests by HTTP, "
      "gives each a Pod, and keeps the truth of it in Postgres.\n"
      "All settings come from the environment, or from syncctl.env in the "
      "folder SYNCCTL_CONFIG_PATH."};
  app.set_version_flag("--version", MOTORCADE_VERSION);
  auto* check = app.add_subcommand(
      "check-config", "Says whether the settings are fine, and starts nothing");
  auto* hash = app.add_subcommand(
      "hash-token", "Reads a token from stdin and prints what may stand for it "
                    "in SYNCCTL_AUTH_TOKENS; SYNCCTL_TOKEN_SECRET counts");
  std::string salt;
  hash->add_option("--salt", salt, "Default: a random one");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_settings;
  }
  int code = 1;
  try {
    code = check->parsed()  ? check_config()
           : hash->parsed() ? print_hash(salt)
                            : serve();
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
  }
  // CAF does not join the threads of detached actors, which must not meet
  // libraries that are torn down.
  std::fflush(nullptr);
  ::_exit(code);
}
