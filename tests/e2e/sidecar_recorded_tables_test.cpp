// What the sidecar of Jitsu leaves in Postgres is what ours leaves there: small
// syncs, replayed.
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <fstream>

using namespace motorcade::test;
using nlohmann::json;

namespace {

// The README beside it says what its members mean.
constexpr auto file = RECORDINGS "/tables_in_postgres.json";

stream_ref stream_of(const json& name) {
  return name.is_string()
             ? stream_ref{name.get<std::string>().c_str()}
             : stream_ref{name.at(1).get<std::string>().c_str(), name.at(0)};
}

std::string line_of(const json& printed) {
  if (printed.contains("row"))
    return record_line(stream_of(printed.at("of")), printed.at("row"));
  if (printed.contains("line"))
    return printed.at("line").get<std::string>() + "\n";
  const auto status = printed.begin();
  return status_line(stream_of(status.value()), status.key());
}

json catalog_of(const json& streams) {
  auto out = json::array();
  for (const auto& one : streams) {
    auto stream = configured_stream(
        {one.at("name").get<std::string>().c_str(), one.value("namespace", "")},
        one.at("mode").get<std::string>());
    stream["stream"]["json_schema"] = {
        {"type", "object"},
        {"properties", one.value("properties", json::object())}};
    if (one.contains("key"))
      stream["stream"]["source_defined_primary_key"] = one.at("key");
    if (one.contains("table_name"))
      stream["table_name"] = one.at("table_name");
    out.push_back(std::move(stream));
  }
  return {{"streams", out}};
}

/// A Postgres in which no schema is that a replay could meet.
class replay {
public:
  replay() {
    drop_schemas();
    world.env.erase("BULKER_URL");
    world.file("destinationConfig.json",
               json{{"destinationType", "postgres"},
                    {"host", environment("PGHOST")},
                    {"port", std::stoi(environment("PGPORT"))},
                    {"database", environment("PGDATABASE")},
                    {"username", environment("PGUSER")},
                    {"password", environment("PGPASSWORD")},
                    {"defaultSchema", "landing"},
                    {"sslMode", "disable"}}
                   .dump());
    world.database().query("CREATE SCHEMA landing");
  }

  ~replay() { drop_schemas(); }

  replay(const replay&) = delete;
  replay& operator=(const replay&) = delete;

  void run(const json& step, size_t number) {
    world.env["TASK_ID"] = "task-" + std::to_string(number);
    for (const auto& name : variables_)
      world.env.erase(name);
    variables_.clear();
    const auto given = step.value("variables", json::object());
    for (const auto& [name, value] : given.items()) {
      world.env[name] = value;
      variables_.push_back(name);
    }
    world.catalog(catalog_of(step.at("streams")));
    world.file("state.json", step.value("state", json::array()).dump());
    if (step.contains("before"))
      world.database().query(step.at("before"));
    std::string lines;
    for (const auto& printed : step.at("prints"))
      lines += line_of(printed);
    const auto ended = world.play(lines);
    INFO(ended.err);
    CHECK(world.task().status == step.at("status").get<std::string>());
  }

  /// @returns the tables as the file has them.
  json tables() {
    auto out = json::object();
    for (const auto& found : world.database().query(
             "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
             "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') AND "
             "c.relname NOT LIKE '\\_motorcade%' AND "
             + foreign_schemas()))
      out[found[0].value() + "." + found[1].value()] =
          table('"' + found[0].value() + "\".\"" + found[1].value() + '"');
    return out;
  }

  sidecar_world world{postgres_world()};

private:
  /// @returns a condition for the schemas that a replay makes.
  std::string foreign_schemas() const {
    return "n.nspname NOT LIKE 'pg_%' AND n.nspname NOT IN "
           "('information_schema', 'public') AND n.nspname <> "
           "current_schema()";
  }

  void drop_schemas() {
    for (const auto& found : world.database().query(
             "SELECT n.nspname FROM pg_namespace n WHERE " + foreign_schemas()))
      world.database().query("DROP SCHEMA \"" + found[0].value()
                             + "\" CASCADE");
  }

  json table(const std::string& name) {
    const auto document = [&](const std::string& sql) {
      return json::parse(world.database().query(sql).at(0).at(0).value());
    };
    const auto of = "'" + name + "'::regclass";
    return {
        {"columns",
         document("SELECT coalesce(json_object_agg(attname, "
                  "format_type(atttypid, atttypmod) || CASE WHEN attnotnull "
                  "THEN ' not null' ELSE '' END), '{}') FROM pg_attribute "
                  "WHERE attrelid = "
                  + of + " AND attnum > 0 AND NOT attisdropped")},
        {"key",
         document("SELECT coalesce(json_agg(a.attname ORDER BY k.o), '[]') "
                  "FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH "
                  "ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = "
                  "i.indrelid AND a.attnum = k.n WHERE i.indisprimary AND "
                  "i.indrelid = "
                  + of)},
        {"rows",
         document("SELECT coalesce(json_agg(to_json(the_row)), '[]') FROM "
                  + name + " AS the_row")}};
  }

  std::vector<std::string> variables_;
};

/// Rows come in any order, and when one was written is another time each run.
json comparable(json tables) {
  for (auto& table : tables) {
    for (auto& row : table["rows"])
      if (auto at = row.find("_jitsu_timestamp");
          at != row.end() && at->is_string())
        *at = "?";
    std::sort(table["rows"].begin(), table["rows"].end(),
              [](const json& a, const json& b) { return a.dump() < b.dump(); });
  }
  return tables;
}

} // namespace

TEST_CASE("recorded syncs leave in Postgres what they left") {
  std::ifstream in{file};
  const auto cases = json::parse(in);
  CHECK(cases.size() == 52);
  for (const auto& one : cases) {
    INFO(one.at("about").get<std::string>());
    replay now;
    size_t number = 0;
    for (const auto& step : one.at("steps")) {
      ++number;
      CAPTURE(number);
      now.run(step, number);
      CHECK(comparable(now.tables()).dump(1)
            == comparable(step.at("tables")).dump(1));
    }
  }
}
