#pragma once

#include "runtime/database/database.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade::test {

/// Cells as text; none: NULL.
using cells = std::vector<std::optional<std::string>>;

/// An empty place for tables and a second way in, past the database under
/// test. Dies with all that was made in it.
class database_world {
public:
  virtual ~database_world() = default;

  virtual std::string url() const = 0;

  /// Runs one statement on a connection of its own; throws what the client
  /// library throws.
  virtual std::vector<cells> query(const std::string& text) = 0;

  virtual bool is_postgres() const = 0;
};

using world_ptr = std::unique_ptr<database_world>;

/// A fresh schema in the cluster that PGHOST and its kin name.
world_ptr postgres_world();

/// A file in a fresh folder.
world_ptr sqlite_world();

/// @returns `postgres://…` of the cluster with this user, password and query.
std::string postgres_address(const std::string& user,
                             const std::string& password,
                             const std::string& query);

/// @returns an environment variable; throws if it is not set.
std::string environment(const char* name);

/// @returns a database that is prepared.
database_ptr prepared(const std::string& url);

/// @returns a name that no other call returns.
std::string fresh_name(const std::string& prefix);

} // namespace motorcade::test
