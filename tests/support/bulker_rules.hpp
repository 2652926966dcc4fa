#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade::support {

/// A real Bulker's handling of the rows of one request before it commits them,
/// as far as it was tried: of rows with the same key the last one stays, and
/// some requests are refused. Rows that are no objects are passed over. Keys of
/// earlier requests are not looked at, so that a test sees what was sent twice.
class bulker_rules {
public:
  /// @param key The query's `pk`.
  /// @param known Columns that the table has.
  bulker_rules(std::vector<std::string> key, std::set<std::string> known)
      : key_{std::move(key)}, columns_{std::move(known)} {}

  /// Takes the next row, valid JSON.
  void take(std::string_view row);

  /// @returns whether no row has a column.
  bool only_empty() const { return only_empty_ && !rows_.empty(); }

  /// @returns why the request fails, with Bulker's words; empty: it does not.
  std::string refusal() const;

  /// @returns the rows that become visible, in their order.
  std::vector<std::string> rows() const;

  /// @returns all columns that the table has then.
  const std::set<std::string>& columns() const { return columns_; }

private:
  std::vector<std::string> key_;
  std::set<std::string> columns_;
  /// `boolean` or `bigint`, of columns that are new.
  std::map<std::string, std::string> types_;
  std::vector<std::string> rows_;
  std::map<std::string, size_t> last_of_key_;
  std::set<size_t> replaced_;
  bool only_empty_ = true;
  std::string refusal_;
};

/// The answer 400 of a Bulker whose warehouse is away.
extern const std::string_view warehouse_away_answer;

} // namespace motorcade::support
