#include "sidecar/run_inputs.hpp"

#include "runtime/base/text.hpp"
#include "runtime/base/whole_file.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/task/packed_documents.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/json/document_shape.hpp"
#include "schema/json/json_check.hpp"
#include "schema/state/given_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

failure wrong(const std::string& option, const std::string& what) {
  return {ec::invalid_argument, option + ": " + what};
}

/// @returns the absolute path as the path of a URL.
std::string url_path(const std::string& path) {
  return percent_encode_path(fs::absolute(path).lexically_normal().string());
}

/// @returns whether a text is meant as a URL, or as libpq's `host=…
/// password=…`, rather than as a path: it may have a slash too few.
bool is_url(std::string_view text) {
  if (text.find("://") != std::string_view::npos
      || text.find("password=") != std::string_view::npos)
    return true;
  const auto scheme = ascii_lower(text.substr(0, text.find(':')));
  constexpr std::array<std::string_view, 14> known = {
      "postgres", "postgresql", "sqlite", "clickhouse", "clickhouses",
      "mysql",    "mariadb",    "s3",     "gs",         "gcs",
      "http",     "https",      "file",   "jdbc"};
  return scheme.size() < text.size()
         && std::find(known.begin(), known.end(), scheme) != known.end();
}

result<void> check_written(const std::string& option, const std::string& path) {
  if (path.empty())
    return {};
  std::error_code failed;
  if (fs::is_directory(path, failed) || path.ends_with('/'))
    return wrong(option, path + " is a folder, must name a file");
  const auto folder = fs::absolute(path).parent_path();
  if (!fs::is_directory(folder, failed))
    return wrong(option, "there is no folder " + folder.string());
  if (::access(fs::exists(path, failed) ? path.c_str() : folder.c_str(), W_OK)
      != 0)
    return wrong(option, "cannot write " + path + ": " + std::strerror(errno));
  return {};
}

/// Checks that a file holds JSON.
/// @param object Whether it must be an object.
result<void> check_json_file(const std::string& option, const std::string& path,
                             bool object) {
  if (path.empty())
    return {};
  auto text = read_input_file(path);
  if (text && option == "--destination-config")
    text = text_of_document(path, std::move(*text));
  if (!text)
    return wrong(option, text.error().what);
  if (auto encoding = find_foreign_encoding(*text))
    return wrong(option, path + ": " + *encoding);
  const auto content = trim(*text);
  // A failed command leaves an empty file: taken for a state, it would have
  // tables replaced.
  const auto says_nothing = content.empty() || content.starts_with("null");
  if (option == "--state" && says_nothing)
    return wrong(option, path
                             + " holds no state; to read from scratch, leave "
                               "--state out and set FULL_SYNC=true, or give "
                               "a file that holds []");
  if (auto fault = check_json(*text))
    return wrong(option, path + " is not JSON: " + fault->what + " at byte "
                             + std::to_string(fault->offset));
  if (object && !content.starts_with('{'))
    return wrong(option, path + " must hold a JSON object");
  return {};
}

/// Checks what is missing or too much for the command.
void check_command(const run_options& options, run_problems& problems) {
  const auto& command = options.command;
  if (!is_connector_command(command)) {
    problems.add("--command: " + excerpt(command)
                 + " is none of spec, check, discover and read");
    return;
  }
  auto needs = [&](bool given, const std::string& option) {
    if (!given)
      problems.add(option + " is required for " + command);
  };
  const auto no_connector = options.connector.empty();
  if (no_connector && !checks_destination(options))
    problems.add("-- CONNECTOR [ARGS…], the connector's program, is required"
                 + std::string{command == "check"
                                   ? "; --to or --destination-config has a "
                                     "destination checked without one"
                                   : ""});
  needs(command == "spec" || no_connector || !options.config.empty(),
        "--config");
  needs(command != "read" || !options.catalog.empty(), "--catalog");
  if (command != "discover" && !options.save_catalog.empty())
    problems.add("--save-catalog is for discover");
  if (options.save_catalog.empty() && !options.select.empty())
    problems.add("--select needs --save-catalog, whose streams it chooses");
}

result<catalog> read_catalog(const std::string& path) {
  auto text = read_input_file(path);
  if (!text)
    return text.error();
  auto streams = parse_catalog(*text);
  if (!streams)
    return failure{streams.error().code, path + ": " + streams.error().what};
  return streams;
}

} // namespace

result<std::string> read_input_file(const std::string& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed))
    return failure{ec::invalid_argument, path + " is a folder"};
  if (!fs::exists(path, failed))
    return failure{ec::invalid_argument, "there is no file " + path};
  return read_whole_file(path);
}

result<std::string> to_destination_url(const std::string& given) {
  if (given.empty() || given.starts_with("http://")
      || given.starts_with("https://") || given.starts_with("postgres://")
      || given.starts_with("postgresql://")
      || given.starts_with("clickhouse://")
      || given.starts_with("clickhouses://") || given.starts_with("mysql://")
      || given.starts_with("mariadb://") || given.starts_with("s3://"))
    return given;
  if (given.starts_with("sqlite:")) {
    if (auto path = parse_sqlite_url(given, "--to:"); !path)
      return path.error();
    return given;
  }
  constexpr std::string_view scheme = "file://";
  const auto rest =
      given.starts_with(scheme) ? given.substr(scheme.size()) : "";
  if (rest.starts_with('/') || rest.starts_with("localhost/"))
    return given;
  // The value is not shown: it may hold a password.
  if (is_url(given))
    return wrong("--to",
                 "must be a folder, file:///folder, sqlite:///file, "
                 "postgres://…, clickhouse://…, clickhouses://…, "
                 "mysql://…, s3://bucket/folder, or Bulker's http://… or "
                 "https://… (for a folder "
                 "whose name looks like a URL write ./name)");
  std::error_code failed;
  if (fs::exists(given, failed) && !fs::is_directory(given, failed))
    return wrong("--to", given + " is a file, must be a folder");
  return std::string{scheme} + url_path(given);
}

result<std::string> to_database_url(const std::string& given) {
  if (given.empty() || given.starts_with("postgres://")
      || given.starts_with("postgresql://"))
    return given;
  if (is_url(given)) {
    if (!given.starts_with("sqlite:"))
      return wrong("--database", "must be a file, sqlite:///file, or "
                                 "postgres://…");
    if (auto path = parse_sqlite_url(given, "--database:"); !path)
      return path.error();
    return given;
  }
  std::error_code failed;
  if (fs::is_directory(given, failed) || given.ends_with('/'))
    return wrong("--database", given + " is a folder, must name a file");
  return "sqlite://" + url_path(given);
}

bool is_connector_command(const std::string& command) {
  return command == "spec" || command == "check" || command == "discover"
         || command == "read";
}

bool checks_destination(const run_options& options) {
  return options.command == "check"
         && !(options.to.empty() && options.destination_config.empty());
}

void check_run_options(const run_options& options, run_problems& problems) {
  check_command(options, problems);
  problems.check(check_written("--save-catalog", options.save_catalog));
  problems.check(check_written("--config-out", options.config_out));
  problems.check(check_json_file("--config", options.config, true));
  problems.check(check_json_file("--destination-config",
                                 options.destination_config, true));
  auto catalog = check_json_file("--catalog", options.catalog, false);
  auto state = check_json_file("--state", options.state, false);
  problems.check(catalog);
  problems.check(state);
  if (options.command != "read" || options.catalog.empty() || !catalog)
    return;
  auto streams = read_catalog(options.catalog);
  if (!problems.check(streams) || options.state.empty() || !state)
    return;
  auto given = read_input_file(options.state);
  if (!problems.check(given))
    return;
  if (auto fit = fit_state(*given, *streams); !fit)
    problems.add(options.state + ": " + fit.error().what);
}

} // namespace motorcade
