#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/files/private_file.hpp"

#include <string>
#include <utility>

namespace motorcade {

/// The places where a changed config is kept. If it is lost, the source may
/// have to be authorized again.
struct config_keeping {
  /// Package, version, sync and key.
  config_row row;
  /// The path of a file that the config is written to as well; empty: none.
  std::string file;
};

/// Writes the config into the file and sends it to the store, at once.
/// @param done Called with the failure; code `none` if there was none.
template <class Self, class Done>
void keep_config(Self self, const store_actor& store,
                 const config_keeping& where, std::string config, Done done) {
  failure of_file;
  if (!where.file.empty())
    if (auto put = write_private_file(where.file, config + "\n"); !put)
      of_file = put.error();
  auto row = std::make_shared<config_row>(where.row);
  row->config = std::move(config);
  rt::ask(self, write_patience, store, config_row_ptr{std::move(row)})
      .then([done, of_file](atom::ok) { done(of_file); },
            [done](const caf::error& error) { done(to_failure(error)); });
}

} // namespace motorcade
