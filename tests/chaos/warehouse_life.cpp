#include "chaos/warehouse_life.hpp"

#include "runtime/database/database.hpp"
#include "support/database_outage.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <set>

#include <poll.h>

namespace motorcade::test {

using nlohmann::json;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr size_t appended = 0;
constexpr size_t merged = 1;
constexpr size_t replaced = 2;

/// Rows of the merged stream share so many keys.
constexpr uint64_t keys = 97;

/// An outage may cost some pauses between tries.
constexpr std::chrono::seconds longest_run{120};

bool kills_sidecar(warehouse_blow strike) {
  return strike == warehouse_blow::kill_sidecar
         || strike == warehouse_blow::kill_before_commit
         || strike == warehouse_blow::kill_after_commit;
}

json catalog() {
  const auto stream = [](const char* name, const char* mode, json properties) {
    auto out = configured_stream(name, mode);
    out["stream"]["json_schema"] = {{"properties", std::move(properties)}};
    return out;
  };
  const json number = {{"type", "integer"}};
  const json text = {{"type", "string"}};
  auto with_key = stream("accounts", "incremental",
                         {{"k", number}, {"v", number}, {"p", text}});
  with_key["stream"]["source_defined_primary_key"] = {{"k"}};
  return {
      {"streams",
       {stream("events", "incremental", {{"n", number}, {"p", text}}), with_key,
        stream("prices", "full_refresh",
               {{"n", number}, {"run", number}, {"p", text}})}}};
}

} // namespace

warehouse_life::warehouse_life(unsigned seed)
    : random_{seed},
      schema_{fresh_name("chaos")},
      world_{postgres_world()},
      sync_{{{"events"}, {"accounts"}, {"prices", true}},
            std::array{state_kind::stream, state_kind::global,
                       state_kind::legacy}[random_() % 3],
            200 + random_() % 1500,
            5 + random_() % 60},
      padding_(100 + random_() % 300, 'x') {
  world_.catalog(catalog());
  world_.env.erase("BULKER_URL");
  world_.file("destinationConfig.json",
              json{{"destinationType", "postgres"},
                   {"host", "127.0.0.1"},
                   {"port", std::stoi(proxy_.port())},
                   {"database", environment("PGDATABASE")},
                   {"username", environment("PGUSER")},
                   {"password", environment("PGPASSWORD")},
                   {"defaultSchema", schema_},
                   {"sslMode", "disable"}}
                  .dump());
  auto tables = make_database(world_.env["DATABASE_URL"]);
  require(tables && (*tables)->prepare(), "there is a database");
  world_.env["EXIT_CODE_FILE"] = world_.folder.path("exit-code");
  world_.env["STATE_OUT_FILE"] = world_.folder.path("newer-state.json");
  // Requests are cut small, so that there is something to lose; or they are
  // kept, whatever they hold.
  world_.env["RETRY_BUFFER_BYTES"] = "65536";
  if (random_() % 3 == 0)
    world_.env["SPOOL_DIR"] = world_.folder.path().string();
}

warehouse_life::~warehouse_life() {
  try {
    world_.database().query("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s is left: %s\n", schema_.c_str(), error.what());
  }
}

void warehouse_life::run_to_the_end(warehouse_totals& all) {
  for (;; ++run_) {
    require(run_ < 400, "a sync comes to its end");
    const auto status = run_once(choose_blow(run_), run_, all);
    check(status, all);
    if (status == "SUCCESS" && sync_.is_all(sync_.saved(world_.states())))
      break;
  }
  // The sync of the next day. It finds what killed ones have left.
  sync_.grow(10);
  wait_for_dead_connections();
  ++run_;
  const auto status = run_once(warehouse_blow::none, run_, all);
  check(status, all);
  require(status == "SUCCESS", "a run that nothing disturbs is a SUCCESS, not "
                                   + status + ": " + world_.task().error);
  count_what_is_left(all);
  ++all.syncs;
}

warehouse_blow warehouse_life::choose_blow(int run) {
  const auto kinds = warehouse_blow_names.size();
  auto chosen = random_() % (kinds + 3);
  // A restart takes as long as many runs.
  if (chosen == static_cast<size_t>(warehouse_blow::restart_postgres)
      && random_() % 2 != 0)
    chosen = static_cast<size_t>(warehouse_blow::kill_after_commit);
  if (run > 100 || chosen >= kinds)
    return warehouse_blow::none;
  return static_cast<warehouse_blow>(chosen);
}

void warehouse_life::arm(warehouse_blow strike) {
  proxy_strike at;
  const auto kills = kills_sidecar(strike);
  if (kills && strike != warehouse_blow::kill_sidecar)
    at.also = [this] {
      world_.sidecar().signal(SIGKILL);
    };
  at.after_answer = strike == warehouse_blow::kill_after_commit
                    || strike == warehouse_blow::lose_answer;
  if (at.after_answer || strike == warehouse_blow::kill_before_commit
      || strike == warehouse_blow::lose_commit)
    at.number = 1 + random_() % 5;
  proxy_.arm(std::move(at));
}

bool warehouse_life::strike_now(warehouse_blow strike) {
  switch (strike) {
  case warehouse_blow::stop_sidecar:
    world_.sidecar().signal(SIGTERM);
    return true;
  case warehouse_blow::kill_sidecar:
    world_.sidecar().signal(SIGKILL);
    return true;
  case warehouse_blow::cut_warehouse:
    proxy_.cut_all();
    return true;
  case warehouse_blow::cut_database:
    world_.database().query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "application_name = 'motorcade-sidecar'");
    return true;
  case warehouse_blow::restart_postgres: {
    const database_outage now;
    return true;
  }
  case warehouse_blow::kill_connector:
    return false;
  default:
    return true;
  }
}

std::string warehouse_life::row(size_t stream, uint64_t n) const {
  json out = {{"p", padding_}};
  if (stream == merged) {
    out["k"] = n % keys;
    out["v"] = n;
  } else {
    out["n"] = n;
  }
  if (stream == replaced)
    out["run"] = run_;
  return out.dump();
}

std::string warehouse_life::run_once(warehouse_blow strike, int run,
                                     warehouse_totals& all) {
  const auto given = sync_.saved(world_.states());
  world_.file("state.json", sync_.state_file(given));
  for (const auto* file : {"EXIT_CODE_FILE", "STATE_OUT_FILE"})
    std::filesystem::remove(world_.env[file]);
  // Connections bear the task's name.
  world_.env["TASK_ID"] = schema_ + "-" + std::to_string(run);
  world_.start();
  arm(strike);
  const auto strike_at = random_() % (sync_.rows_after(given) + 1);
  auto fell = false;
  {
    auto pipes = world_.connect();
    // The sidecar may have put a newer state there, which is saved by then.
    const auto from = std::filesystem::exists(world_.env["STATE_OUT_FILE"])
                          ? sync_.saved(world_.states())
                          : given;
    played_sync::script how;
    how.from = from;
    how.seed = static_cast<unsigned>(random_());
    how.row = [this](size_t stream, uint64_t n) {
      return row(stream, n);
    };
    how.lives = [&](uint64_t written) {
      if (written != strike_at)
        return true;
      fell = true;
      return strike_now(strike);
    };
    if (sync_.print(pipes, how))
      world_.write_exit_code(0);
    else if (strike == warehouse_blow::kill_connector)
      world_.write_exit_code(137);
  }
  const auto result = world_.finish(longest_run);
  ++all.runs;
  if (fell || proxy_.has_struck())
    ++all.blows[static_cast<size_t>(strike)];
  if (!world_.has_task()) {
    require(kills_sidecar(strike), "every run leaves a row");
    ++all.statuses["none"];
    return "none";
  }
  const auto task = world_.task();
  ++all.statuses[task.status];
  const auto about = std::string{"after: "}
                     + warehouse_blow_names[static_cast<size_t>(strike)] + ": "
                     + task.error + "\n" + result.err;
  if (strike == warehouse_blow::stop_sidecar)
    require(result.exit_code == 0, "SIGTERM ends with exit code 0 " + about);
  if (task.status == "RUNNING")
    require(kills_sidecar(strike),
            "only a killed sidecar leaves RUNNING " + about);
  return task.status;
}

std::string warehouse_life::table(size_t stream) const {
  return schema_ + "." + sync_.key(stream);
}

bool warehouse_life::exists(size_t stream) {
  return world_.database()
      .query("SELECT to_regclass('" + table(stream) + "')")
      .at(0)
      .at(0)
      .has_value();
}

std::vector<uint64_t> warehouse_life::numbers(const std::string& sql) {
  std::vector<uint64_t> out;
  for (const auto& row : world_.database().query(sql))
    for (const auto& cell : row)
      out.push_back(std::stoull(cell.value()));
  return out;
}

// -- what must be so ----------------------------------------------------------

void warehouse_life::check(const std::string& status, warehouse_totals& all) {
  const auto claimed = sync_.saved(world_.states());
  const auto whole = status == "SUCCESS";
  check_appended(claimed[appended], whole, all);
  check_merged(claimed[merged], whole, all);
  check_replaced(whole, all);
}

void warehouse_life::check_appended(uint64_t claimed, bool whole,
                                    warehouse_totals& all) {
  std::set<uint64_t> there;
  if (exists(appended))
    for (const auto n : numbers("SELECT DISTINCT n FROM " + table(appended)))
      there.insert(n);
  for (uint64_t n = 1; n <= sync_.goal(); ++n) {
    const auto missing = there.count(n) == 0;
    all.ahead += missing && n <= claimed ? 1 : 0;
    all.lost += missing && whole ? 1 : 0;
  }
}

void warehouse_life::check_merged(uint64_t claimed, bool whole,
                                  warehouse_totals& all) {
  std::map<uint64_t, uint64_t> there;
  if (exists(merged)) {
    const auto pairs = numbers("SELECT k, v FROM " + table(merged));
    for (size_t i = 0; i < pairs.size(); i += 2) {
      const auto fresh = there.emplace(pairs[i], pairs[i + 1]).second;
      all.doubled_keys += fresh ? 0 : 1;
    }
  }
  // The last row of each key that must be there.
  std::map<uint64_t, uint64_t> covered;
  std::map<uint64_t, uint64_t> last;
  for (uint64_t n = 1; n <= sync_.goal(); ++n) {
    last[n % keys] = n;
    if (n <= claimed)
      covered[n % keys] = n;
  }
  for (const auto& [key, n] : covered)
    all.ahead += there.count(key) == 0 || there[key] < n ? 1 : 0;
  for (const auto& [key, n] : last)
    all.lost += whole && (there.count(key) == 0 || there[key] != n) ? 1 : 0;
}

void warehouse_life::check_replaced(bool whole, warehouse_totals& all) {
  if (!exists(replaced)) {
    all.lost += whole ? sync_.goal() : 0;
    return;
  }
  const auto found = numbers(
      "SELECT count(*), count(DISTINCT n), coalesce(max(n), 0), count(DISTINCT "
      "run), coalesce(max(run), 0) FROM "
      + table(replaced));
  const auto rows = found[0];
  // Until the last run the source has as many rows as at first.
  const auto is_whole = found[1] == rows && found[2] == rows && found[3] == 1;
  const auto is_new = found[4] == static_cast<uint64_t>(run_);
  if (!is_whole || (is_new && rows != sync_.goal())) {
    std::printf("%s after run %d: %llu rows, %llu numbers up to %llu, of %llu "
                "runs, the last one %llu\n",
                table(replaced).c_str(), run_,
                static_cast<unsigned long long>(rows),
                static_cast<unsigned long long>(found[1]),
                static_cast<unsigned long long>(found[2]),
                static_cast<unsigned long long>(found[3]),
                static_cast<unsigned long long>(found[4]));
    std::fflush(stdout);
    ++all.torn;
  }
  if (whole && !is_new)
    all.lost += sync_.goal();
}

void warehouse_life::wait_for_dead_connections() {
  // A server notices late that a client was killed in mid-statement.
  require(world_.await("SELECT count(*) FROM pg_stat_activity WHERE "
                       "application_name LIKE 'motorcade "
                           + schema_ + "-%'",
                       "0"),
          "no connection of an ended task stays");
}

void warehouse_life::count_what_is_left(warehouse_totals& all) {
  const auto rows =
      numbers("SELECT count(*), count(DISTINCT n) FROM " + table(appended));
  all.doubled += rows[0] - rows[1];
  all.rows += rows[0] + numbers("SELECT count(*) FROM " + table(merged))[0]
              + numbers("SELECT count(*) FROM " + table(replaced))[0];
  for (const auto& found : world_.database().query(
           "SELECT relname, coalesce(obj_description(oid, 'pg_class'), '') "
           "FROM "
           "pg_class WHERE relnamespace = '"
           + schema_
           + "'::regnamespace AND relkind = 'r' AND relname NOT IN ('events', "
             "'accounts', 'prices', '_motorcade_commits', "
             "'_motorcade_states')")) {
    std::printf("left over: %s.%s (%s)\n", schema_.c_str(),
                found[0].value().c_str(), found[1].value().c_str());
    ++all.left_over;
  }
}

} // namespace motorcade::test
