#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/destination/destination.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace motorcade {

/// Names of the objects of tables, `<folder>/<namespace>/<table>` and a suffix:
/// the table's own for requests that replace it; for those that append,
/// `_2006_01_02T15_04_05` of the table's first request of this process in UTC
/// between table and suffix, and from the second request on `_2` and so on. All
/// attempts at a numbered request have one name, so that a later one overwrites
/// what an earlier one may have left. Thread-safe.
class object_names {
public:
  /// @param folder May hold `[DATE]` and `[TIMESTAMP]`, which are those of the
  /// table's first request.
  object_names(std::string folder, std::string suffix,
               std::function<wall_time()> now = utc_now);

  /// @returns the object's name; a new one for each call if the request has no
  /// number and appends.
  std::string name_of(const upload_request& request);

  /// @returns the beginning of the names of this process's objects that append
  /// to the table.
  std::string appended(const upload_request& request);

  /// Has the table's names begin with the next second, since there are objects
  /// that begin as ours.
  void move_on(const upload_request& request);

  /// @returns the name of the table's own object as it was configured.
  std::string shown(const upload_request& request) const;

  /// @returns what the names of all objects of the table begin with, of any
  /// process and day.
  std::string common_beginning(const upload_request& request) const;

  /// @returns whether a request for the table may have made an object of that
  /// name, in any process and format.
  bool is_of_table(std::string_view name, const upload_request& request) const;

private:
  struct known_table {
    wall_time began;
    /// What the folder was made of.
    std::string folder;
    uint64_t unnumbered = 0;
  };

  /// @returns what is known of the request's table, noted now if it is new.
  known_table& table_of(const upload_request& request);

  const std::string folder_;
  const std::string suffix_;
  const std::function<wall_time()> now_;
  std::mutex mutex_;
  /// By namespace and table.
  std::map<std::pair<std::string, std::string>, known_table> tables_;
};

} // namespace motorcade
