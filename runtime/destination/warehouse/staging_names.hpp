#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Names of the tables that requests for one target fill before their commit:
/// the target's, cut, `_tmp`, the time in milliseconds and a number of three
/// digits. Names of one process differ, up to 1,000 in a millisecond; the
/// numbers of a process begin by chance, so that those of two rarely meet.
class staging_names {
public:
  /// @param table The target's name.
  /// @param max_name_bytes The longest name that the warehouse takes.
  staging_names(std::string_view table, size_t max_name_bytes);

  /// @returns what all of them begin with.
  const std::string& head() const { return head_; }

  /// @returns a new name.
  std::string make() const;
  /// @param now In milliseconds since 1970.
  std::string make(long long now) const;

  /// @returns when `make` returned the name, in milliseconds since 1970; -1 if
  /// the name has another form than its names.
  long long made_at(std::string_view name) const;

  /// @returns whether `make` returned the name a day ago or earlier: such a
  /// table is no longer filled.
  bool is_old(std::string_view name) const;

  /// @returns whether a target of that name would be taken for the table of a
  /// request, and dropped once it is old.
  static bool is_like_one(std::string_view target);

  /// @returns whether a comment says that another program made the table.
  static bool is_foreign(std::string_view comment);

  /// @returns the comment of a request's table, which says whose it is.
  static std::string comment(std::string_view sync, std::string_view task);

  /// @returns the task that made a table with such a comment, within `text`;
  /// nothing if it is another sync's, or no table of a request.
  static std::optional<std::string_view> maker_of(std::string_view text,
                                                  std::string_view sync);

private:
  std::string head_;
};

} // namespace motorcade
