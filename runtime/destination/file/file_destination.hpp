#pragma once

#include "runtime/destination/destination.hpp"

#include <memory>
#include <thread>

namespace motorcade {

class file_writer;

/// Keeps each table in a file `<directory>[/<namespace>]/<table>.ndjson.zst`:
/// the rows as they came, one a line, in one zstd frame for each request.
///
/// One thread compresses for all uploads. A request is visible when it is
/// committed and not before; a commit is on the disk when it is answered. To
/// append, a commit copies the table's file, so that a crash leaves it whole:
/// `pace` asks for rarer commits as copying gets dearer. A request without
/// rows changes nothing and is answered as committed, as Bulker does.
///
/// Files of rows lie in `<table>.files`, by their path in the source, before
/// the rows are visible; the newest file of a path replaces the older one, and
/// a request that replaces the table removes the files that did not come with
/// it.
///
/// A table belongs to the sync (`connection_id`) that made it: requests of
/// other syncs are rejected.
class file_destination : public destination {
public:
  /// @param settings `file:///directory`, percent-encoded; the directory is
  /// made (mode 0750).
  /// @returns invalid_argument if the URL is of another kind, system_failed if
  /// the directory cannot be made or written.
  static result<destination_ptr> make(const destination_settings& settings);

  /// Drops the requests under way and calls each handler. If it is destroyed
  /// from within a handler, no further handler is called.
  ~file_destination() override;

  upload_ptr open(upload_request request,
                  std::function<void(upload_outcome)> done) override;

  std::string locate(const upload_request& request) const override;

  std::string query_to_try(const upload_request& request) const override;

  /// Refuses tables of other syncs.
  result<void> check_table(const upload_request& request) const override;

  bool drops_tables() const override { return true; }

  result<void> drop_table(const upload_request& request) override;

  /// @returns what a trial showed when the folder was opened.
  bool ignores_case() const override;

  /// The folders of `staging_dirs`; null if there are none.
  staging_area_ptr staging() const override;

  /// There is no limit.
  size_t max_row_bytes() const override;

  /// Rows and bytes do not matter. The age is ten times what the last commits
  /// to each of the tables took together, so that copying takes a tenth of
  /// the time at most; at least 5 s.
  commit_pace pace() const override;

private:
  file_destination(std::string root, staging_area_ptr staging,
                   bool ignores_case);

  const std::string root_;
  const bool ignores_case_;
  const staging_area_ptr staging_;
  std::shared_ptr<file_writer> writer_;
  std::thread thread_;
};

} // namespace motorcade
