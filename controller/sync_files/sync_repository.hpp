#pragma once

#include "controller/sync_files/sync_source.hpp"
#include "runtime/http/client/api_client.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace motorcade {

/// Where a repository of syncs is.
struct repository_access {
  /// REPOSITORY_BASE_URL, without a slash at the end; empty: there is none. May
  /// hold a password, so it is secret.
  std::string base_url;
  /// REPOSITORY_AUTH_TOKEN, sent as a bearer token; empty: none. Secret.
  std::string token;
  /// REPOSITORY_REFRESH_PERIOD_SEC: the pause between two looks.
  std::chrono::milliseconds pause{5'000};

  friend bool operator==(const repository_access&,
                         const repository_access&) = default;
};

/// Reads a repository's answer to `GET <base>/syncs`: a JSON array, or an
/// object whose member `syncs` is one, of objects with an `id` and the members
/// of a sync's definition. References in a definition, `${NAME}` and
/// `${file:PATH}`, are not replaced: the repository must not read this
/// machine's variables and files.
/// @returns the definitions; one that cannot be used says why in its own fault.
/// invalid_argument if the answer has another form.
result<std::vector<sync_file>> read_sync_list(const std::string& body);

/// A server that defines syncs. It is asked with `If-Modified-Since`, the
/// `Last-Modified` of its last answer, and an answer 304 changes nothing.
class sync_repository final : public sync_source {
public:
  /// @param access Names a repository.
  explicit sync_repository(repository_access access);

  result<std::vector<sync_file>>
  read(const std::function<bool()>& go_on) override;

  std::chrono::milliseconds pause() const override { return access_.pause; }

  std::string setting() const override { return "REPOSITORY_BASE_URL"; }

  std::string place() const override;

private:
  const repository_access access_;
  api_client client_;
  /// The `Last-Modified` of the answer that `known_` was read from.
  std::string modified_;
  std::vector<sync_file> known_;
};

} // namespace motorcade
