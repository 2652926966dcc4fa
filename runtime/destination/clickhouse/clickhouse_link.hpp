#pragma once

#include "runtime/destination/clickhouse/clickhouse_config.hpp"
#include "runtime/destination/warehouse/idle_links.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The time limits of a ClickHouse server.
struct clickhouse_patience {
  std::chrono::milliseconds connect{30'000};
  std::chrono::milliseconds answer{1'200'000};
};

/// Statements sent over the HTTP interface of ClickHouse, one after another.
/// Not thread-safe.
class clickhouse_link {
public:
  /// Does not connect yet.
  /// @param config Must outlive the link.
  clickhouse_link(const clickhouse_config& config,
                  clickhouse_patience patience);

  /// Sets the interruption that ends what the link does from now on, within a
  /// second; it must outlive its use.
  void use(const interruption& stop) { stop_ = &stop; }

  /// Runs a statement.
  /// @param settings Of this statement alone, name and value.
  /// @param data Rows for an INSERT, compressed by zstd.
  /// @returns the answer's text. destination_unavailable for what may pass
  /// later, invalid_argument for a login that is wrong,
  /// destination_rejected for what else will not pass, cancelled after `stop`.
  result<std::string>
  run(const std::string& statement,
      const std::vector<std::pair<std::string, std::string>>& settings = {},
      std::string data = {});

  /// Asks a query whose rows have that many columns.
  /// @returns the rows; destination_rejected if a row has others, since then it
  /// is not ClickHouse that answers.
  result<std::vector<std::vector<std::string>>> rows(const std::string& query,
                                                     size_t columns);

  /// @returns the code of the last statement's error; 0: it had none.
  int code() const { return code_; }

  /// @returns the wait that the last error asked for; nothing: none.
  std::optional<std::chrono::milliseconds> retry_after() const {
    return retry_after_;
  }

private:
  /// @returns the body of an answer, or the failure that it means. Notes the
  /// code of ClickHouse's error.
  result<std::string> explain(const result<api_answer>& answer);

  const clickhouse_config& config_;
  const clickhouse_patience patience_;
  const interruption* stop_ = nullptr;
  api_client client_;
  size_t server_ = 0;
  int code_ = 0;
  std::optional<std::chrono::milliseconds> retry_after_;
};

/// Links that are not in use. Thread-safe.
class clickhouse_pool {
public:
  /// Does not connect yet.
  clickhouse_pool(clickhouse_config config, clickhouse_patience patience)
      : config_{std::move(config)}, patience_{patience} {}

  /// @param stop Ends what the link does until it is given back.
  std::unique_ptr<clickhouse_link> take(const interruption& stop);

  /// Takes a link back; null: there is none.
  void give(std::unique_ptr<clickhouse_link> link) {
    idle_.give(std::move(link));
  }

  /// @returns the config of all links.
  const clickhouse_config& config() const { return config_; }

private:
  const clickhouse_config config_;
  const clickhouse_patience patience_;
  idle_links<clickhouse_link> idle_;
};

using clickhouse_pool_ptr = std::shared_ptr<clickhouse_pool>;

/// @returns the fields of a line in TabSeparated format, at least one.
std::vector<std::string> split_tab_separated(std::string_view line);

/// @returns the rows of a text in TabSeparated format; destination_rejected if
/// one has not that many columns.
result<std::vector<std::vector<std::string>>>
read_tab_separated(std::string_view text, size_t columns);

} // namespace motorcade
