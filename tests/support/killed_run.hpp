#pragma once

#include "support/sidecar_world.hpp"
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <poll.h>

// A sidecar that is killed after its warehouse has committed rows and before
// its own database has taken their state.
namespace motorcade::test {

/// How a connector keeps its states, and how they look with it.
struct state_form {
  std::string name;
  /// A state of all streams, and so two streams.
  bool whole = false;
  /// The key that it is saved under.
  std::string key;

  std::vector<std::string> streams() const {
    return whole ? std::vector<std::string>{"users", "orders"}
                 : std::vector<std::string>{"users"};
  }

  /// @returns what is saved of the state behind that row.
  std::string saved(int at) const {
    const auto cursor = R"({"at":)" + std::to_string(at) + "}";
    return name == "GLOBAL"
               ? R"({"shared_state":)" + cursor + R"(,"stream_states":[]})"
               : cursor;
  }

  /// @returns a state as a caller gives it, which has passed a database that
  /// spells JSON in its own way.
  std::string given(int at) const {
    auto cursor = R"({ "at" : )" + std::to_string(at) + ".0}";
    if (name == "GLOBAL")
      return R"([{"type":"GLOBAL","global":{"stream_states":[],"shared_state":)"
             + cursor + "}}]";
    if (name == "STREAM")
      return R"([{"type":"STREAM","stream":{"stream_descriptor":)"
             R"({"name":"users"},"stream_state":)"
             + cursor + "}}]";
    return cursor;
  }

  /// @returns the connector's line.
  std::string line(int at) const {
    if (name == "GLOBAL")
      return global_state_line(R"("shared_state":{"at":)" + std::to_string(at)
                               + R"(},"stream_states":[])");
    return name == "STREAM" ? state_line("users", saved(at))
                            : legacy_state_line(saved(at));
  }
};

inline const std::vector<state_form> state_forms = {
    {"STREAM", false, "users"},
    {"GLOBAL", true, "_GLOBAL_STATE"},
    {"LEGACY", true, "_LEGACY_STATE"},
};

#ifdef WITH_MARIADB
inline std::string url_of(const support::mysql_warehouse& warehouse) {
  return support::mysql_address(environment("MYSQL_USER"),
                                environment("MYSQL_PASSWORD"),
                                warehouse.schema);
}

inline nlohmann::json config_of(const support::mysql_warehouse& warehouse) {
  return {{"destinationType", "mysql"},
          {"host", environment("MYSQL_HOST")},
          {"port", std::stoi(environment("MYSQL_PORT"))},
          {"username", environment("MYSQL_USER")},
          {"password", environment("MYSQL_PASSWORD")},
          {"database", warehouse.schema}};
}

inline void make_schema(support::mysql_warehouse& warehouse) {
  warehouse.rows("CREATE DATABASE " + warehouse.schema);
}
#else
inline std::string url_of(const support::postgres_warehouse& warehouse) {
  return postgres_address(environment("PGUSER"), environment("PGPASSWORD"),
                          "schema=" + warehouse.schema);
}

inline nlohmann::json config_of(const support::postgres_warehouse& warehouse) {
  return {{"destinationType", "postgres"},
          {"host", environment("PGHOST")},
          {"port", std::stoi(environment("PGPORT"))},
          {"database", environment("PGDATABASE")},
          {"username", environment("PGUSER")},
          {"password", environment("PGPASSWORD")},
          {"defaultSchema", warehouse.schema},
          {"sslMode", "disable"}};
}

inline void make_schema(support::postgres_warehouse& warehouse) {
  warehouse.rows("CREATE SCHEMA " + warehouse.schema);
}

inline std::string url_of(const support::sqlite_warehouse& warehouse) {
  return "sqlite://" + warehouse.path();
}

inline void make_schema(support::sqlite_warehouse&) {}
#endif

/// A warehouse with empty tables, and what is in them.
template <class Warehouse>
class filled_tables {
public:
  filled_tables() {
    make_schema(warehouse_);
    for (const auto* table : {"users", "orders"})
      warehouse_.rows("CREATE TABLE " + warehouse_.schema + '.' + table
                      + " (id bigint)");
  }

  std::string url() const { return url_of(warehouse_); }

  /// @returns the schema that they are in.
  const std::string& schema() const { return warehouse_.schema; }

  /// @returns a destinationConfig that leads to them.
  nlohmann::json config() const { return config_of(warehouse_); }

  /// @returns the ids in a table with their number, where it is not 1:
  /// `3 4*2 `.
  std::string ids(const std::string& table) {
    std::string out;
    for (const auto& row :
         warehouse_.rows("SELECT id, count(*) FROM " + warehouse_.schema + '.'
                         + table + " GROUP BY id ORDER BY id")) {
      const auto bar = row.find('|');
      const auto count = row.substr(bar + 1);
      out += row.substr(0, bar) + (count == "1" ? "" : '*' + count) + ' ';
    }
    return out;
  }

  /// Blocks until the table has these ids.
  /// @returns what it has.
  std::string await(const std::string& table, const std::string& wanted) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::seconds{60};
    auto now = ids(table);
    while (now != wanted && std::chrono::steady_clock::now() < until) {
      ::poll(nullptr, 0, 10);
      now = ids(table);
    }
    return now;
  }

  /// @returns how many states are noted.
  std::string notes() {
    return warehouse_
        .rows("SELECT count(*) FROM " + warehouse_.schema
              + "._motorcade_states")
        .front();
  }

private:
  Warehouse warehouse_;
};

/// Keeps all others from writing to a file of SQLite while it lives.
class held_file {
public:
  explicit held_file(const std::string& path) : file_{path} {
    file_.run("PRAGMA busy_timeout = 30000; BEGIN IMMEDIATE");
  }

  ~held_file() { file_.run("ROLLBACK"); }

  held_file(const held_file&) = delete;
  held_file& operator=(const held_file&) = delete;

private:
  sqlite_handle file_;
};

/// @returns what a file holds; empty: there is none.
inline std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// @returns the row behind which a state stands; 0: it is none.
inline int row_of(const std::string& state) {
  const auto at = state.find(R"("at")");
  const auto digit =
      at == state.npos ? at : state.find_first_of("0123456789", at);
  return digit == state.npos ? 0 : std::stoi(state.substr(digit));
}

/// @returns the lines of a connector from a row on: its rows up to the last one
/// and the state behind them.
/// @param padding The size of each row's own text.
inline std::string lines_between(const state_form& form, int after, int last,
                                 size_t padding = 0) {
  std::string out;
  for (const auto& stream : form.streams())
    for (auto id = after + 1; id <= last; ++id)
      out += record_line(
          stream.c_str(),
          R"({"id":)" + std::to_string(id)
              + (padding == 0
                     ? ""
                     : R"(,"text":")" + std::string(padding, 'x') + '"')
              + '}');
  return out + form.line(last);
}

inline std::string all_complete(const state_form& form) {
  std::string out;
  for (const auto& stream : form.streams())
    out += status_line(stream.c_str(), "COMPLETE");
  return out;
}

} // namespace motorcade::test
