#pragma once

#include "runtime/destination/object_storage/object_storage_config.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The time limits of an object storage.
struct object_patience {
  std::chrono::milliseconds connect{30'000};
  /// A body that gets no further for so long has stalled.
  std::chrono::milliseconds stall{60'000};
  std::chrono::milliseconds answer{1'200'000};
};

/// An upload in parts that was begun and not ended.
struct open_upload {
  /// The object's name.
  std::string name;
  std::string id;
};

/// Requests of S3's protocol, signed, one after another on a kept connection.
/// Failures are destination_unavailable for what may pass later,
/// destination_rejected for what will not, cancelled after `stop`. Not
/// thread-safe.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/
class object_link {
public:
  /// @param config Outlives it.
  object_link(const object_storage_config& config, object_patience patience);

  /// @param stop Ends what is under way, within a second; outlives its use.
  /// @param patience Of all requests from now on.
  void use(const interruption& stop, const object_patience& patience);

  /// Makes an object of a body, or overwrites it. Fails if the answer
  /// has no ETag, also with a status of success: then it is not the store's.
  result<void> put(const std::string& name, const api_body& body);

  /// Begins an object in parts.
  /// @returns the upload's id.
  result<std::string> begin_parts(const std::string& name);

  /// @param number From 1 on.
  /// @returns the part's tag.
  result<std::string> put_part(const open_upload& upload, size_t number,
                               const api_body& body);

  /// Makes the object of its parts, at once.
  /// @param tags Of all parts, in order.
  result<void> complete(const open_upload& upload,
                        const std::vector<std::string>& tags);

  /// Drops the parts; success if there is no such upload.
  result<void> abort(const open_upload& upload);

  /// @returns the uploads under way, of any process, whose names begin so.
  result<std::vector<open_upload>> open_uploads(const std::string& beginning);

  /// @returns the names of some of the objects whose names begin so.
  result<std::vector<std::string>> names(const std::string& beginning);

  /// Removes an object; success if there is none.
  result<void> remove(const std::string& name);

  /// @returns the code of the last refusal; empty: there was none.
  const std::string& code() const { return code_; }

  /// @returns the wait that the last refusal asked for; nothing: none.
  std::optional<std::chrono::milliseconds> retry_after() const {
    return retry_after_;
  }

private:
  /// Sends a request and notes the code of a refusal. Blocks.
  /// @returns the answer if it has a status of 2xx; cancelled after `stop_`;
  /// destination_unavailable without an answer.
  result<api_answer> send(api_request request);

  /// @returns a request for an object, signed when it is sent.
  /// @param query Without its `?`.
  api_request make(const char* method, const std::string& name,
                   const std::string& query = {}) const;

  /// Notes the code of a refusal, and makes a failure of it.
  failure refuse(const api_answer& answer);

  const object_storage_config& config_;
  object_patience patience_;
  const interruption* stop_ = nullptr;
  api_client client_;
  std::string code_;
  std::optional<std::chrono::milliseconds> retry_after_;
};

} // namespace motorcade
