#include "runtime/database/database.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/database/postgres/postgres_database.hpp"
#include "runtime/database/sqlite/sqlite_database.hpp"

namespace motorcade {

result<sql_place> make_sql_place(const std::string& url,
                                 const database_patience& patience) {
  if (url.starts_with("sqlite:")) {
    auto path = parse_sqlite_url(url);
    if (!path)
      return path.error();
    auto session = std::make_shared<sqlite_session>(std::move(*path));
    return sql_place{session, std::make_unique<sqlite_database>(session)};
  }
  auto parsed = parse_postgres_url(url, patience);
  if (!parsed)
    return failure{
        ec::invalid_argument,
        parsed.error().what
            + (url.starts_with("postgres") ? "" : ", nor with sqlite:///")};
  auto session = std::make_shared<postgres_session>(std::move(*parsed));
  return sql_place{session, std::make_unique<postgres_database>(session)};
}

result<database_ptr> make_database(const std::string& url) {
  auto place = make_sql_place(url);
  if (!place)
    return place.error();
  return std::move(place->tables);
}

} // namespace motorcade
