#pragma once

#include "runtime/base/text.hpp"
#include "support/warehouse_world.hpp"

#include <mariadb/mysql.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace motorcade::support {

/// A connection to the server of `with_mariadb`, past the destination under
/// test. Names stand in double quotes.
class mysql_client {
public:
  mysql_client() : mysql_{::mysql_init(nullptr)} {
    const auto port = std::stoul(test::environment("MYSQL_PORT"));
    ::mysql_options(mysql_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    ::mysql_options(mysql_, MYSQL_OPT_PROTOCOL, &tcp);
    if (::mysql_real_connect(mysql_, test::environment("MYSQL_HOST").c_str(),
                             test::environment("MYSQL_USER").c_str(),
                             test::environment("MYSQL_PASSWORD").c_str(),
                             nullptr, static_cast<unsigned>(port), nullptr, 0)
        == nullptr)
      throw std::runtime_error{::mysql_error(mysql_)};
    rows("SET sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES', time_zone = "
         "'+00:00'");
  }

  ~mysql_client() { ::mysql_close(mysql_); }

  mysql_client(const mysql_client&) = delete;
  mysql_client& operator=(const mysql_client&) = delete;

  /// @returns the rows of a statement, their columns joined by `|`, NULL as
  /// `-`. Throws what the server says.
  std::vector<std::string> rows(const std::string& sql) {
    if (::mysql_real_query(mysql_, sql.data(), sql.size()) != 0)
      throw std::runtime_error{::mysql_error(mysql_)};
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> got{
        ::mysql_store_result(mysql_), &mysql_free_result};
    std::vector<std::string> out;
    while (auto* cells = got ? ::mysql_fetch_row(got.get()) : nullptr) {
      const auto* sizes = ::mysql_fetch_lengths(got.get());
      auto& text = out.emplace_back();
      for (unsigned i = 0; i < ::mysql_num_fields(got.get()); ++i)
        text += (i == 0 ? "" : "|")
                + (cells[i] == nullptr ? "-" : std::string{cells[i], sizes[i]});
    }
    return out;
  }

private:
  MYSQL* mysql_;
};

/// @returns `mysql://…` of the server with this user, password and database.
inline std::string mysql_address(const std::string& user,
                                 const std::string& password,
                                 const std::string& rest) {
  return "mysql://" + percent_encode(user) + ':' + percent_encode(password)
         + '@' + test::environment("MYSQL_HOST") + ':'
         + test::environment("MYSQL_PORT") + '/' + rest;
}

/// A database of a real MariaDB that rows go to, and a look into it.
class mysql_warehouse {
public:
  inline static const type_names types = {"tinyint", "bigint",   "double",
                                          "text",    "datetime", "longtext"};

  mysql_warehouse() : schema{test::fresh_name("w")}, to{open(schema)} {}

  ~mysql_warehouse() {
    to.reset();
    client.rows("DROP DATABASE IF EXISTS " + schema);
  }

  /// @returns a destination of the server's own user.
  /// @param rest The database, and parameters.
  static destination_ptr open(const std::string& rest,
                              const std::string& task = "t1") {
    destination_settings settings;
    settings.uploads = 4;
    settings.url = mysql_address(test::environment("MYSQL_USER"),
                                 test::environment("MYSQL_PASSWORD"), rest);
    auto made = open_destination(settings, "", task);
    if (!made)
      FAIL(made.error().what);
    return *made;
  }

  /// @returns the rows of a query, their columns joined by `|`, NULL as `-`.
  std::vector<std::string> rows(const std::string& query) {
    return client.rows(query);
  }

  /// @returns columns and types of a table, by name.
  std::vector<std::string> columns(const std::string& table) {
    return rows("SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS "
                "WHERE TABLE_SCHEMA = '"
                + schema + "' AND TABLE_NAME = '" + table
                + "' ORDER BY BINARY COLUMN_NAME");
  }

  /// @returns the tables of the database but for our notes.
  std::vector<std::string> tables() {
    return rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE "
                "TABLE_SCHEMA = '"
                + schema
                + "' AND TABLE_NAME NOT LIKE '_motorcade%' ORDER BY BINARY "
                  "TABLE_NAME");
  }

  static std::string as_text(const std::string& column) { return column; }

  /// Sends rows as one request, and waits for the answer.
  upload_outcome send(upload_request request,
                      const std::vector<std::string>& lines) {
    return send_rows(*to, std::move(request), lines);
  }

  mysql_client client;
  std::string schema;
  destination_ptr to;
};

} // namespace motorcade::support
