#include "controller/syncs/kept_rows.hpp"

#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

failure changed_meanwhile(const std::string& id) {
  return {ec::already_exists, "sync " + excerpt(id)
                                  + " was changed at the same moment; look at "
                                    "it and try again"};
}

result<stored_sync> expect_sync(sync_records& records, const std::string& id) {
  auto row = records.find(id);
  if (!row)
    return row.error();
  if (!*row)
    return failure{ec::not_found, "there is no sync " + excerpt(id)};
  return std::move(**row);
}

result<std::optional<sync_run>> active_run(sync_records& records,
                                           const std::string& id) {
  auto last = records.runs(id, 1);
  if (!last)
    return last.error();
  if (last->empty() || !is_active(last->front().stage))
    return std::optional<sync_run>{};
  return std::optional{std::move(last->front())};
}

result<std::optional<sync_run>> expect_active_run(sync_records& records,
                                                  const std::string& id) {
  if (auto row = expect_sync(records, id); !row)
    return row.error();
  return active_run(records, id);
}

} // namespace motorcade
