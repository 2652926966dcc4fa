#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/http/client/http_engine.hpp"

namespace motorcade {

/// Brings rows to a Bulker server: each upload is one
/// `POST {url}/bulk/{connection}`, and only 200 after the whole body commits.
///
/// A request with zero rows is answered 200 by Bulker, too, but changes
/// nothing.
///
/// The proxy settings of the environment (`https_proxy`, `http_proxy`,
/// `no_proxy`) are honoured, except for a server on this host.
class bulker_destination : public destination {
public:
  /// @returns invalid_argument if the URL or the token cannot be used, and
  /// system_failed if the system gives no threads or file descriptors.
  static result<destination_ptr> make(const destination_settings& settings);

  upload_ptr open(upload_request request,
                  std::function<void(upload_outcome)> done) override;

  std::string locate(const upload_request& request) const override;

  size_t max_row_bytes() const override;

  commit_pace pace() const override;

private:
  bulker_destination(destination_settings settings, std::string base,
                     bool direct);

  /// @returns path and query of the request's URL, with all that Bulker must
  /// know.
  std::string path(const upload_request& request) const;

  const destination_settings settings_;
  /// BULKER_URL without slashes at its end.
  const std::string base_;
  const bool direct_;
  http_engine engine_;
};

/// @returns the outcome of the upload that an answer means.
/// @param target Method and URL without query, for the error.
/// @param token Never shown, even if the server repeats it.
upload_outcome judge(const http_answer& answer, std::string_view target,
                     std::string_view token);

} // namespace motorcade
