#pragma once

#include "runtime/destination/destination.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace motorcade {

/// The place that a destination brings rows to, as far as it tells one place
/// from another: credentials, TLS and the form of rows do not count.
struct row_place {
  /// For people, without credentials, e.g. `postgres://db:5432/app`.
  std::string shown;
  /// The server and its database, the file, the folder or the bucket. Equal for
  /// two spellings that differ in the case of a host or in a port that is the
  /// usual one; names and addresses of one host differ.
  std::string server;
  /// Where tables lie whose streams have no namespace: a schema, a database or
  /// a folder of the bucket; empty: there is no such choice.
  std::string fallback;
  /// @returns the name of a request's table at that server: equal for two
  /// requests whose rows meet in one table. Null: the destination keeps syncs
  /// apart by itself, as files do by their owner and Bulker by the sync's id.
  std::function<std::string(const upload_request&)> table_of;
};

/// @param config A destinationConfig with its path placed; empty, or one
/// without `destinationType`: rows go to the URL.
/// @param url BULKER_URL, `http://…`, `https://…` or `file:///folder`; empty:
/// there is none.
/// @returns invalid_argument, without a secret, as `open_destination`.
result<row_place> find_row_place(std::string_view config, std::string_view url);

} // namespace motorcade
