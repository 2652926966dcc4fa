#include "runtime/database.hpp"

#include "runtime/database_url.hpp"
#include "runtime/postgres_database.hpp"
#include "runtime/sqlite_database.hpp"

namespace motorcade {

result<database_ptr> make_database(const std::string& url) {
  if (url.starts_with("sqlite:")) {
    auto path = parse_sqlite_url(url);
    if (!path)
      return path.error();
    return database_ptr{std::make_unique<sqlite_database>(std::move(*path))};
  }
  auto parsed = parse_postgres_url(url);
  if (!parsed)
    return failure{
        ec::invalid_argument,
        parsed.error().what
            + (url.starts_with("postgres") ? "" : ", nor with sqlite:///")};
  return database_ptr{std::make_unique<postgres_database>(std::move(*parsed))};
}

} // namespace motorcade
