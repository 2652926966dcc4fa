#include "support/database_world.hpp"

#include "runtime/database/postgres/pqxx_port.hpp"

#include <pqxx/pqxx>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

// libpqxx 6.4 drops the last result of a connection that broke without freeing
// it. LeakSanitizer looks for this very name.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:pqxx::connection_base::exec_params";
}

namespace motorcade::test {

namespace {

std::string percent_encode(const std::string& text) {
  constexpr auto digits = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    encoded += '%';
    encoded += digits[c >> 4];
    encoded += digits[c & 15];
  }
  return encoded;
}

class postgres_place final : public database_world {
public:
  postgres_place() : schema_{fresh_name("World ")} {}

  ~postgres_place() override {
    query("DROP SCHEMA IF EXISTS \"" + schema_ + "\" CASCADE");
  }

  std::string url() const override {
    return postgres_address(environment("PGUSER"), environment("PGPASSWORD"),
                            "schema=" + percent_encode(schema_));
  }

  std::vector<cells> query(const std::string& text) override {
    pqxx::connection connection{""};
    speak_tersely(connection);
    pqxx::nontransaction transaction{connection};
    transaction.exec("SET client_min_messages TO warning");
    transaction.exec("CREATE SCHEMA IF NOT EXISTS \"" + schema_ + "\"");
    transaction.exec("SET search_path TO \"" + schema_ + "\"");
    std::vector<cells> rows;
    for (const auto& row : transaction.exec(text)) {
      auto& cell = rows.emplace_back();
      for (const auto& field : row)
        cell.push_back(field.is_null() ? std::optional<std::string>{}
                                       : field.as<std::string>());
    }
    return rows;
  }

  bool is_postgres() const override { return true; }

private:
  std::string schema_;
};

class sqlite_place final : public database_world {
public:
  sqlite_place()
      : folder_{std::filesystem::temp_directory_path()
                / fresh_name("motorcade test ")} {
    std::filesystem::create_directory(folder_);
  }

  ~sqlite_place() override { std::filesystem::remove_all(folder_); }

  std::string url() const override {
    return "sqlite://" + percent_encode_path(folder_ / "tasks.db");
  }

  std::vector<cells> query(const std::string& text) override {
    sqlite3* handle = nullptr;
    auto status = sqlite3_open((folder_ / "tasks.db").c_str(), &handle);
    std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> owner{
        handle, sqlite3_close_v2};
    sqlite3_busy_timeout(handle, 5000);
    std::vector<cells> rows;
    auto take = [](void* to, int count, char** values, char**) {
      auto& row = static_cast<std::vector<cells>*>(to)->emplace_back();
      for (int i = 0; i < count; ++i)
        row.push_back(values[i] ? std::optional<std::string>{values[i]}
                                : std::nullopt);
      return 0;
    };
    if (status == SQLITE_OK)
      status = sqlite3_exec(handle, text.c_str(), take, &rows, nullptr);
    if (status != SQLITE_OK)
      throw std::runtime_error{sqlite3_errmsg(handle)};
    return rows;
  }

  bool is_postgres() const override { return false; }

private:
  static std::string percent_encode_path(const std::filesystem::path& path) {
    std::string encoded;
    for (auto c : path.string())
      encoded += c == ' ' ? "%20" : std::string(1, c);
    return encoded;
  }

  std::filesystem::path folder_;
};

} // namespace

world_ptr postgres_world() {
  return std::make_unique<postgres_place>();
}

world_ptr sqlite_world() {
  return std::make_unique<sqlite_place>();
}

std::string postgres_address(const std::string& user,
                             const std::string& password,
                             const std::string& query) {
  return "postgres://" + percent_encode(user) + ":" + percent_encode(password)
         + "@" + percent_encode(environment("PGHOST")) + ":"
         + environment("PGPORT") + "/"
         + percent_encode(environment("PGDATABASE")) + "?" + query;
}

std::string environment(const char* name) {
  const auto* value = std::getenv(name);
  if (value == nullptr)
    throw std::runtime_error{std::string{name} + " is not set"};
  return value;
}

database_ptr prepared(const std::string& url) {
  auto made = make_database(url);
  if (!made)
    throw std::runtime_error{made.error().what};
  auto ready = (*made)->prepare();
  if (!ready)
    throw std::runtime_error{ready.error().what};
  return std::move(*made);
}

std::string fresh_name(const std::string& prefix) {
  static std::atomic<int> number = 0;
  return prefix + std::to_string(::getpid()) + "_" + std::to_string(++number);
}

} // namespace motorcade::test
