#include "controller/records/sync_store.hpp"

#include <stdexcept>

namespace motorcade {

namespace {

sql_place make_place(const std::string& url,
                     const database_patience& patience) {
  auto made = make_sql_place(url, patience);
  if (!made)
    throw std::invalid_argument{made.error().what};
  return std::move(*made);
}

} // namespace

sync_store::sync_store(const std::string& url,
                       const database_patience& patience)
    : place_{make_place(url, patience)}, rows_{place_.session} {}

} // namespace motorcade
