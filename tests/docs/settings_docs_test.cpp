// The tables of settings in docs/ say what the code does: every variable that
// is read stands in a table, every variable of a table is read, and every
// default is the one that the code has.

#include "config/controller_settings.hpp"
#include "config/settings.hpp"
#include "config/sync_settings.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <vector>

using namespace motorcade;

namespace {

using names = std::set<std::string, std::less<>>;

/// A variable as a table has it.
struct documented {
  std::string name;
  /// The cell, without the blanks around it.
  std::string otherwise;

  /// @returns the default if the cell says it literally: in code type, and
  /// at most a remark behind a comma.
  std::optional<std::string> literal() const {
    static const std::regex form{"`([^`]+)`(,.*)?"};
    std::smatch found;
    return std::regex_match(otherwise, found, form)
               ? std::optional{found[1].str()}
               : std::nullopt;
  }

  bool required() const { return otherwise.starts_with("required"); }
};

std::vector<documented> read_tables(const std::string& file) {
  static const std::regex row{R"(\| (`[A-Z].*?) \| *(.*?) *\| .*\|)"};
  static const std::regex variable{"`([A-Za-z0-9_]+)`"};
  std::vector<documented> out;
  std::ifstream in{DOCS "/" + file};
  REQUIRE(in);
  std::smatch cells;
  for (std::string line; std::getline(in, line);) {
    if (!std::regex_match(line, cells, row))
      continue;
    const auto first = cells[1].str();
    std::sregex_iterator i{first.begin(), first.end(), variable};
    for (; i != std::sregex_iterator{}; ++i)
      out.push_back({(*i)[1].str(), cells[2].str()});
  }
  return out;
}

/// A program's reading of its environment.
template <class Settings>
struct reading {
  result<Settings> settings;
  /// The variables that it asked for.
  names asked;

  /// @returns what is wrong with the variable; empty: nothing.
  std::string complaint(const std::string& variable) const {
    const auto all = settings ? std::string{} : "\n" + settings.error().what;
    const auto start = all.find('\n' + variable + ": ");
    return start == std::string::npos
               ? std::string{}
               : all.substr(start + 1, all.find('\n', start + 1) - start - 1);
  }
};

/// A program's way to read settings, and environments that together need all of
/// them.
template <class Settings>
struct program {
  std::function<result<Settings>(const environment&)> read;
  std::vector<variables> worlds;

  reading<Settings> read_in(variables world) const {
    reading<Settings> out{failure{ec::invalid_argument, "not read"}, {}};
    const auto all = make_environment(std::move(world));
    out.settings = read([&](std::string_view name) {
      out.asked.emplace(name);
      return all(name);
    });
    return out;
  }

  /// @returns every variable that is read in one of the worlds.
  names asked() const {
    names out;
    for (const auto& world : worlds)
      out.merge(read_in(world).asked);
    return out;
  }

  /// @returns what the first world in which the value is wrong says of it;
  /// empty: no world calls it wrong.
  std::string complaint(const std::string& name,
                        const std::string& value) const {
    for (auto world : worlds) {
      world[name] = value;
      if (auto out = read_in(std::move(world)).complaint(name); !out.empty())
        return out;
    }
    return {};
  }

  /// @returns in how many worlds the value makes the same settings as none,
  /// and in how many other ones.
  std::pair<size_t, size_t> compare(const std::string& name,
                                    const std::string& value) const {
    std::pair<size_t, size_t> out;
    for (auto world : worlds) {
      world.erase(name);
      const auto without = read_in(world).settings;
      world[name] = value;
      const auto with = read_in(world).settings;
      if (without && with)
        ++(*without == *with ? out.first : out.second);
    }
    return out;
  }
};

/// @returns another value of the kind that the complaint about a wrong one
/// tells of; nothing: a text, which may be anything.
std::optional<std::string> other_value(const std::string& complaint,
                                       const std::string& than) {
  const auto is = [&](std::string_view kind) {
    return complaint.find(kind) != std::string::npos;
  };
  if (is("neither true nor false"))
    return than == "true" ? "false" : "true";
  if (is("not a number of bytes"))
    return "123456789";
  if (is("not a whole number") || is("not a number of"))
    return std::to_string(std::stoul("0" + than) + 100);
  if (is("not a level"))
    return "TRACE";
  return std::nullopt;
}

template <class Settings>
void check_names(const program<Settings>& of, const std::string& file,
                 const names& besides) {
  names in_tables;
  for (const auto& one : read_tables(file)) {
    INFO(file << " has " << one.name << " twice");
    CHECK(in_tables.insert(one.name).second);
  }
  const auto asked = of.asked();
  for (const auto& name : asked) {
    INFO(name << " is read and stands in no table of " << file);
    CHECK((in_tables.contains(name) || besides.contains(name)));
  }
  for (const auto& name : in_tables) {
    INFO(name << " stands in " << file << " and is not read");
    CHECK(asked.contains(name));
  }
}

template <class Settings>
void check_defaults(const program<Settings>& of, const std::string& file) {
  for (const auto& one : read_tables(file)) {
    INFO(file << ": " << one.name << ", default: " << one.otherwise);
    CHECK(one.required() == !of.complaint(one.name, "").empty());
    const auto garbage = of.complaint(one.name, "\"neither\"");
    const auto literal = one.literal();
    const auto other = other_value(garbage, literal.value_or(""));
    // Numbers, bytes, booleans and levels have a default, which can be said.
    CHECK((!other || literal));
    if (!literal)
      continue;
    const auto [same, differ] = of.compare(one.name, *literal);
    CHECK(same > 0);
    CHECK(differ == 0);
    // Else the comparison above would prove nothing.
    if (other)
      CHECK(of.compare(one.name, *other).second > 0);
  }
}

program<sidecar_settings> sidecar() {
  program<sidecar_settings> out;
  out.read = read_sidecar_settings;
  const variables whole = {
      {"STDOUT_PIPE_FILE", "/pipes/stdout"},
      {"STDERR_PIPE_FILE", "/pipes/stderr"},
      {"DATABASE_URL", "sqlite:///tmp/db"},
      {"PACKAGE", "airbyte/source-x"},
      {"PACKAGE_VERSION", "1"},
      {"SYNC_ID", "sync"},
      {"TASK_ID", "task"},
      {"STORAGE_KEY", "key"},
      {"STARTED_AT", "2026-11-28T10:00:00Z"},
      {"BULKER_URL", "http://bulker:3042"},
      {"WORKLOAD_API_HOST", "http://control:8007"},
      {"WORKLOAD_ID", "workload"},
      {"WORKLOAD_OUTPUT", "s3://bucket/key"},
      {"AWS_ACCESS_KEY_ID", "id"},
      {"AWS_SECRET_ACCESS_KEY", "secret"},
      {"CONTROL_PLANE_TOKEN_ENDPOINT", "http://control:8007/token"},
      {"DATAPLANE_CLIENT_ID", "me"},
      {"DATAPLANE_CLIENT_SECRET", "secret"},
      {"STORAGE_BUCKET_WORKLOAD_OUTPUT", "bucket"},
      {"MINIO_ENDPOINT", "http://minio:9000"},
      {"GOOGLE_APPLICATION_CREDENTIALS", "/account.json"},
      {"AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true"},
      {"MICROMETER_METRICS_STATSD_ENABLED", "true"},
      {"MICROMETER_METRICS_OTLP_ENABLED", "true"},
  };
  for (const auto* command : {"spec", "check", "discover", "read"}) {
    auto world = whole;
    world["COMMAND"] = command;
    out.worlds.push_back(world);
    world.erase("STORAGE_KEY");
    world["SOURCE_ID"] = "source";
    world["CONFIG_HASH"] = "hash";
    out.worlds.push_back(world);
    world["SIDECAR_INPUT"] = "files";
    for (const auto* type : {"AZURE", "GCS", "MINIO"}) {
      world["STORAGE_TYPE"] = type;
      out.worlds.push_back(world);
    }
  }
  return out;
}

program<controller_settings> syncctl() {
  program<controller_settings> out;
  out.read = [](const environment& from) -> result<controller_settings> {
    const auto all = with_controller_env_file(from);
    if (!all)
      return all.error();
    return read_controller_settings(*all);
  };
  out.worlds = {
      {{"SYNCCTL_RUNTIME", "kubernetes"},
       {"SYNCCTL_KUBERNETES_CLIENT_CONFIG", "local"},
       {"SYNCCTL_DATABASE_URL", "postgres://u@h/d"},
       {"SYNCCTL_SIDECAR_IMAGE", "motorcade-sidecar:1"}},
      {{"SYNCCTL_RUNTIME", "process"}, {"HOME", "/home/x"}},
  };
  return out;
}

program<sync_settings> syncs() {
  return {read_sync_settings, {{}}};
}

} // namespace

TEST_CASE("the table names the variables that are about syncs") {
  check_names(syncs(), "syncs.md", {});
  check_defaults(syncs(), "syncs.md");
}

TEST_CASE("the tables name the variables that the sidecar reads") {
  check_names(sidecar(), "sidecar-settings.md", {});
}

TEST_CASE("the tables show the sidecar's defaults") {
  check_defaults(sidecar(), "sidecar-settings.md");
}

TEST_CASE("the tables name the variables that syncctl reads") {
  check_names(syncctl(), "syncctl-settings.md", {"HOME"});
}

TEST_CASE("the tables show syncctl's defaults") {
  check_defaults(syncctl(), "syncctl-settings.md");
}
