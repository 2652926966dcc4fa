#pragma once

#include "runtime/files/staging_area.hpp"
#include "runtime/stream/block.hpp"
#include "schema/base/result.hpp"
#include "schema/catalog/jitsu_schema.hpp"
#include "schema/catalog/key_path.hpp"
#include "schema/state/joint_commit.hpp"
#include "schema/state/state_note.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// The effect of a committed request on its table.
enum class write_mode : uint8_t {
  /// The rows become the whole table, at once.
  replace_table,
  /// The rows join the existing ones.
  batch,
};

/// @returns the spelling of Bulker's query parameter `mode`.
std::string_view to_string(write_mode mode);

/// One request: a transaction that brings rows of one stream to one table.
struct upload_request {
  /// Bulker's destination: SYNC_ID, or LOGS_CONNECTION_ID.
  std::string connection_id;
  /// The table's name, not escaped.
  std::string table;
  /// The table's folder, for files; Bulker knows no such thing. Empty: none.
  std::string target_namespace;
  write_mode mode = write_mode::batch;
  std::string task_id;
  std::vector<key_path> primary_key;
  /// The value of X-Jitsu-Schema; empty: no such header.
  std::string schema;
  /// Sent as `&toSameCase=true`.
  bool to_same_case = false;
  /// The stream's key; with `unit` and the sync it names the request.
  std::string stream = {};
  /// Counts the stream's requests from 1, the same at each attempt; 0: the
  /// request has no number, and its commit is not noted.
  uint64_t unit = 0;
  /// The columns that the stream's schema announces, for destinations that
  /// make tables themselves.
  std::vector<schema_field> fields = {};
  /// Among rows of one key the one with the largest value of this column wins,
  /// if the destination merges them itself; empty: the last one.
  std::string cursor = {};
  /// A column of JSON objects that end with an array `changes`, for
  /// destinations that make tables themselves: what they cannot keep as it came
  /// they tell there. Empty: there is none.
  std::string changes_column = {};
};

/// What a committed request did to a table, as far as the destination makes
/// tables itself.
struct load_summary {
  /// Columns that the table did not have before.
  uint64_t columns_added = 0;
  /// Values that did not fit their column and went to `_unmapped_data`.
  uint64_t values_unmapped = 0;
  /// Rows that took the place of those with the same key, or joined them.
  uint64_t rows_merged = 0;
  /// The time of writing the rows into the request's own table, without waits
  /// for rows.
  std::chrono::nanoseconds loading{0};
  /// The time of the commit, which brings them into the stream's table.
  std::chrono::nanoseconds merging{0};
};

/// The end of one attempt.
struct upload_outcome {
  /// Empty: committed. `destination_unavailable` may pass when tried again,
  /// `destination_rejected` will not, `cancelled` was aborted by us.
  std::optional<failure> error;
  /// The wait that the server asked for (Retry-After).
  std::optional<std::chrono::milliseconds> retry_after;
  /// Set for a committed request of a destination that makes tables itself.
  std::optional<load_summary> summary = {};

  /// @returns whether the rows are in the table.
  bool committed() const noexcept { return !error.has_value(); }
};

/// One attempt of one request under way. None of the members block or throw;
/// the outcome is given to the handler of `destination::open`.
class upload {
public:
  /// An upload that was neither finished nor aborted is aborted.
  virtual ~upload() = default;

  /// Appends rows to the body, in the order of the calls. The block is let go
  /// as soon as its bytes are sent. Ignored once the attempt has failed.
  virtual void write(block_ptr rows) = 0;

  /// Has the destination keep states in the transaction that brings the rows;
  /// ignored by those that do not (`destination::notes_states`). Called once at
  /// most, before `finish`.
  virtual void note(const state_notes&) {}

  /// Makes the request visible in one transaction with the others of the joint
  /// commit, once all of them are finished; ignored by destinations that keep
  /// no states. Called once at most, before `finish`.
  virtual void join(const joint_commit_ptr&) {}

  /// Ends the body; the destination commits and answers. A request without
  /// rows is answered as committed and changes nothing, unless it replaces a
  /// table of a destination that `empties_tables`.
  virtual void finish() = 0;

  /// Drops the request: nothing of it becomes visible, unless it was finished
  /// and wholly sent before. Ignored once it ended.
  virtual void abort() = 0;
};

using upload_ptr = std::unique_ptr<upload>;

/// The amounts from which on a request is worth committing. `bytes` of
/// UINT64_MAX says besides that commits are costly and that a request is never
/// sent again, so that requests are not cut to be kept, and have no longest
/// time.
struct commit_pace {
  /// Commit at a STATE once that many rows …
  uint64_t rows = 100'000;
  /// … or bytes …
  uint64_t bytes = 8u << 20;
  /// … or that much time has gathered.
  std::chrono::milliseconds age{30'000};
};

/// A place for rows: opens an `upload` for each attempt at a request.
/// Thread-safe.
class destination {
public:
  virtual ~destination() = default;

  /// Starts an attempt; never blocks. `done` is called exactly once, from a
  /// thread of the destination, also if the attempt fails at once; it must not
  /// block. After the destructor of the destination nothing is called.
  virtual upload_ptr open(upload_request request,
                          std::function<void(upload_outcome)> done) = 0;

  /// @returns the place of such a request's rows, for a person: a path or a URL
  /// without credentials.
  virtual std::string locate(const upload_request& request) const = 0;

  /// @returns a command for a shell that shows some of such rows; without
  /// credentials. Empty: there is none.
  virtual std::string query_to_try(const upload_request&) const { return {}; }

  /// Looks at the table of such requests before any row goes out. What it finds
  /// may change until then: each request is judged again.
  /// @returns destination_rejected if requests of this kind would be
  /// refused, e.g. since the table is another sync's.
  virtual result<void> check_table(const upload_request&) const { return {}; }

  /// @returns whether names that differ in case alone are the same table.
  virtual bool ignores_case() const { return false; }

  /// @returns the folders from which it delivers files of rows; null: it takes
  /// no files, and blocks must not have any.
  virtual staging_area_ptr staging() const { return nullptr; }

  /// @returns the size of the largest row that it takes, in bytes without the
  /// newline.
  virtual size_t max_row_bytes() const = 0;

  /// @returns how often to commit; asked before the first request.
  virtual commit_pace pace() const = 0;

  /// @returns whether `drop_table` can remove tables.
  virtual bool drops_tables() const { return false; }

  /// Removes the table of such requests, and what was kept about it. Blocks, as
  /// long as a request may. No request of the table may be under way.
  /// @returns the outcome; success if there is no such table.
  /// Precondition: `drops_tables`.
  virtual result<void> drop_table(const upload_request&) { return {}; }

  /// @returns whether it keeps the states that are given to `upload::note`, in
  /// the same transaction as the rows.
  virtual bool notes_states() const { return false; }

  /// @returns the states that it kept for a sync, which its last run did not
  /// live to forget. Blocks, as long as a request may.
  /// @param streams One request of each stream whose states may be kept.
  virtual result<std::vector<state_note>>
  noted_states(std::span<const upload_request> streams) {
    static_cast<void>(streams);
    return std::vector<state_note>{};
  }

  /// Forgets the states that it kept for a sync, since they are saved. Blocks,
  /// but not for long. No request may be under way.
  virtual result<void> forget_states(std::span<const upload_request> streams) {
    static_cast<void>(streams);
    return {};
  }

  /// @returns whether a committed `replace_table` without rows empties the
  /// table, so that a full refresh which brought none is worth a request.
  virtual bool empties_tables() const { return false; }
};

using destination_ptr = std::shared_ptr<destination>;

/// The login of an object storage that an `s3://` URL leads to (AWS_*); a
/// destinationConfig brings its own.
struct object_login {
  /// `http(s)://…`; empty: Amazon's.
  std::string endpoint;
  std::string region = "us-east-1";
  std::string access_key_id;
  /// Both secret.
  std::string secret_access_key;
  std::string session_token;
};

/// The address of a destination, and the limits of its use.
struct destination_settings {
  /// BULKER_URL, of any kind that `open_destination` takes.
  std::string url;
  /// BULKER_AUTH_TOKEN; never shown. Empty: no Authorization header.
  std::string auth_token;
  /// STAGING_DIR: the folders in which a connector may put files down; empty:
  /// files are not taken.
  std::vector<std::string> staging_dirs = {};
  /// Files and folders of the sidecar that are never taken for such files.
  std::vector<std::string> never_staged = {};
  /// The number of uploads that may be under way at once, as far as is known:
  /// many of them get smaller buffers.
  size_t uploads = 1;
  /// A server that takes no byte for so long, though there are some, has
  /// stalled.
  std::chrono::milliseconds stall_timeout{60'000};
  /// A server that gives no answer for so long after the end of the body has
  /// stalled.
  std::chrono::milliseconds response_timeout{1'200'000};
  object_login objects = {};
  /// The folder for rows that wait to be sent; if it is none, the temporary
  /// folder.
  std::string waiting_dir = {};
};

} // namespace motorcade
