#include "controller/definitions/reseal.hpp"

#include "controller/definitions/kept_sync.hpp"

namespace motorcade {

namespace {

/// Rows that are looked at in one go.
constexpr size_t page_size = 200;

/// @returns the secrets, sealed by the first key; as they are if they already
/// are, or there are none.
result<std::string> seal_anew(const std::string& sealed, const std::string& id,
                              const sealing_keys& keys) {
  if (sealed.empty() || !keys.is_outdated(sealed))
    return sealed;
  auto open = keys.open(sealed, seal_purpose(id));
  if (!open)
    return open.error();
  return keys.seal(*open, seal_purpose(id));
}

/// Seals the secrets of one sync anew, those of its newest row.
result<void> reseal(sync_tables& rows, const sealing_keys& keys,
                    stored_sync row, reseal_outcome& out) {
  for (;;) {
    stored_sync anew;
    auto untouched = true;
    for (const auto column :
         {&stored_sync::secrets, &stored_sync::earlier_secrets,
          &stored_sync::given_secrets}) {
      auto sealed = seal_anew(row.*column, row.id, keys);
      if (!sealed) {
        out.troubles.push_back("sync " + row.id + ": " + sealed.error().what);
        return {};
      }
      untouched = untouched && *sealed == row.*column;
      anew.*column = std::move(*sealed);
    }
    if (untouched) {
      ++out.untouched;
      return {};
    }
    auto changed = rows.records.reseal(row, anew);
    if (!changed)
      return changed.error();
    if (*changed) {
      ++out.resealed;
      return {};
    }
    // A client or a connector has changed the sync in between: its new row is
    // sealed.
    auto current = rows.records.find(row.id);
    if (!current)
      return current.error();
    if (!*current)
      return {};
    row = std::move(**current);
  }
}

} // namespace

result<reseal_outcome> reseal_syncs(sync_tables& rows,
                                    const sealing_keys& keys) {
  reseal_outcome out;
  std::string after;
  for (;;) {
    auto page = rows.records.list(after, page_size);
    if (!page)
      return page.error();
    if (page->empty())
      return out;
    after = page->back().id;
    for (auto& row : *page)
      if (auto done = reseal(rows, keys, std::move(row), out); !done)
        return done.error();
  }
}

} // namespace motorcade
