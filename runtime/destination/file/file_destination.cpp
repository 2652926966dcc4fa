#include "runtime/destination/file/file_destination.hpp"

#include "runtime/base/quiet_thread.hpp"
#include "runtime/base/shell_text.hpp"
#include "runtime/base/text.hpp"
#include "runtime/destination/file/table_file.hpp"
#include "runtime/destination/file/table_owner.hpp"
#include "runtime/files/file_steps.hpp"
#include "runtime/files/folder_removal.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <system_error>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds least_age{5'000};
constexpr int age_per_duration = 10;

/// One upload: a queue that any thread fills, and a file that only the
/// writer's thread touches.
struct file_request {
  upload_request request;
  std::function<void(upload_outcome)> done;

  // Guarded by the writer's mutex.
  std::deque<block_ptr> incoming;
  bool queued = false;
  bool finished = false;
  bool closed = false;

  std::atomic<bool> aborted = false;

  // The writer's thread only.
  std::unique_ptr<table_file> file;
};

using file_request_ptr = std::shared_ptr<file_request>;

} // namespace

/// The thread that writes, and its queue.
class file_writer {
public:
  file_writer(std::string root, staging_area_ptr staging)
      : root_{std::move(root)}, staging_{std::move(staging)} {}

  void open(const file_request_ptr& r) {
    std::lock_guard lock{mutex_};
    open_.insert(r);
    enqueue(r);
  }

  void write(const file_request_ptr& r, block_ptr rows) {
    if (!rows || rows->size() == 0)
      return;
    std::lock_guard lock{mutex_};
    if (r->closed || r->finished || r->aborted)
      return;
    r->incoming.push_back(std::move(rows));
    enqueue(r);
  }

  void finish(const file_request_ptr& r) {
    std::lock_guard lock{mutex_};
    if (r->closed || r->finished || r->aborted)
      return;
    r->finished = true;
    enqueue(r);
  }

  void abort(const file_request_ptr& r, bool even_if_finished) {
    std::deque<block_ptr> dropped;
    std::lock_guard lock{mutex_};
    if (r->closed || r->aborted || (r->finished && !even_if_finished))
      return;
    r->aborted = true;
    dropped.swap(r->incoming);
    enqueue(r);
  }

  void stop(bool silent) {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    silent_ = silent;
    wake_.notify_one();
  }

  std::chrono::milliseconds commit_cost() const {
    std::lock_guard lock{mutex_};
    clock::duration sum{0};
    for (const auto& [path, duration] : durations_)
      sum += duration;
    return std::chrono::ceil<std::chrono::milliseconds>(sum);
  }

  void run() {
    for (;;) {
      file_request_ptr next;
      std::deque<block_ptr> rows;
      bool finished = false;
      {
        std::unique_lock lock{mutex_};
        wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (stopping_)
          break;
        next = std::move(queue_.front());
        queue_.pop_front();
        next->queued = false;
        if (next->closed)
          continue;
        rows.swap(next->incoming);
        finished = next->finished;
      }
      serve(next, std::move(rows), finished);
    }
    end_all();
  }

private:
  void enqueue(const file_request_ptr& r) {
    if (r->queued || r->closed || stopping_)
      return;
    r->queued = true;
    queue_.push_back(r);
    wake_.notify_one();
  }

  void serve(const file_request_ptr& r, std::deque<block_ptr> rows,
             bool finished) {
    // Each block is let go of as soon as it is written.
    for (; !rows.empty() && !r->aborted; rows.pop_front()) {
      if (auto written = take(*r, *rows.front()); !written)
        return end(r, written.error());
    }
    if (r->aborted)
      return end(r, failure{ec::cancelled, name(*r) + ": aborted"});
    if (!finished)
      return;
    if (auto committed = commit(*r); !committed)
      return end(r, committed.error());
    end(r, std::nullopt);
  }

  result<void> take(file_request& r, const block& rows) {
    if (!r.file) {
      auto staged = table_file::stage(root_, r.request, staging_);
      if (!staged)
        return staged.error();
      r.file = *std::move(staged);
    }
    for (const auto& file : rows.files()) {
      auto stopped = [&] {
        return r.aborted || stopping_;
      };
      if (auto added = r.file->add_file(file, stopped); !added)
        return added;
    }
    return r.file->write(rows.view());
  }

  result<void> commit(file_request& r) {
    // No row of the request ever came.
    if (!r.file)
      return {};
    auto before = clock::now();
    auto committed = r.file->commit();
    if (committed && r.request.mode == write_mode::batch) {
      std::lock_guard lock{mutex_};
      durations_[name(r)] = clock::now() - before;
    }
    return committed;
  }

  void end(const file_request_ptr& r, std::optional<failure> error) {
    // The hidden file must be gone before the handler is called.
    r->file.reset();
    std::deque<block_ptr> dropped;
    {
      std::lock_guard lock{mutex_};
      r->closed = true;
      dropped.swap(r->incoming);
      open_.erase(r);
    }
    dropped.clear();
    auto done = std::exchange(r->done, nullptr);
    if (done && !silent_)
      done({std::move(error), std::nullopt});
  }

  void end_all() {
    std::set<file_request_ptr> rest;
    {
      std::lock_guard lock{mutex_};
      queue_.clear();
      rest = open_;
    }
    for (const auto& r : rest)
      end(r, failure{ec::cancelled, name(*r) + ": the destination is closed"});
  }

  std::string name(const file_request& r) const {
    return table_place{root_, r.request.target_namespace, r.request.table}.rows;
  }

  const std::string root_;
  const staging_area_ptr staging_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<file_request_ptr> queue_;
  std::set<file_request_ptr> open_;
  /// The duration of the last commit that appended to each table.
  std::map<std::string, clock::duration> durations_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> silent_ = false;
};

namespace {

class file_upload : public upload {
public:
  file_upload(std::shared_ptr<file_writer> writer, file_request_ptr request)
      : writer_{std::move(writer)}, request_{std::move(request)} {}

  ~file_upload() override { writer_->abort(request_, false); }

  void write(block_ptr rows) override {
    writer_->write(request_, std::move(rows));
  }

  void finish() override { writer_->finish(request_); }

  void abort() override { writer_->abort(request_, true); }

private:
  std::shared_ptr<file_writer> writer_;
  file_request_ptr request_;
};

failure unusable(std::string why) {
  return {ec::invalid_argument, "BULKER_URL " + std::move(why)};
}

} // namespace

result<destination_ptr>
file_destination::make(const destination_settings& settings) {
  std::string_view rest = settings.url;
  rest.remove_prefix(std::min(rest.size(), std::string_view{"file:"}.size()));
  if (rest.starts_with("//localhost/"))
    rest.remove_prefix(std::string_view{"//localhost"}.size());
  else if (rest.starts_with("///"))
    rest.remove_prefix(2);
  else
    return unusable("must look like file:///directory");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return unusable("must not hold a query or a fragment; in a directory's "
                    "name, write ? as %3F and # as %23");
  auto root = percent_decode(rest);
  if (!root || root->find('\0') != std::string::npos)
    return unusable("holds a broken percent-encoding");
  while (root->size() > 1 && root->back() == '/')
    root->pop_back();
  if (auto made = make_folders(*root); !made)
    return failure{ec::system_failed, made.error().what};
  if (::access(root->c_str(), W_OK | X_OK) != 0)
    return failure{ec::system_failed,
                   "cannot write to " + *root + ": "
                       + std::generic_category().message(errno)};
  staging_area_ptr staging;
  if (!settings.staging_dirs.empty()) {
    auto own = settings.never_staged;
    own.push_back(*root);
    staging = std::make_shared<const staging_area>(settings.staging_dirs,
                                                   std::move(own));
  }
  auto in_one_case = folder_ignores_case(*root);
  try {
    return destination_ptr{new file_destination{
        std::move(*root), std::move(staging), in_one_case}};
  } catch (const std::system_error& e) {
    return failure{ec::system_failed,
                   std::string{"cannot start a thread: "} + e.what()};
  }
}

file_destination::file_destination(std::string root, staging_area_ptr staging,
                                   bool ignores_case)
    : root_{std::move(root)},
      ignores_case_{ignores_case},
      staging_{std::move(staging)},
      writer_{std::make_shared<file_writer>(root_, staging_)},
      thread_{start_quiet_thread([writer = writer_] { writer->run(); })} {}

file_destination::~file_destination() {
  bool within = thread_.get_id() == std::this_thread::get_id();
  writer_->stop(within);
  if (within)
    thread_.detach();
  else
    thread_.join();
}

upload_ptr file_destination::open(upload_request request,
                                  std::function<void(upload_outcome)> done) {
  auto r = std::make_shared<file_request>();
  r->request = std::move(request);
  r->done = std::move(done);
  writer_->open(r);
  return std::make_unique<file_upload>(writer_, std::move(r));
}

std::string
file_destination::query_to_try(const upload_request& request) const {
  return "zstdcat " + quote_for_shell(locate(request)) + " | head";
}

std::string file_destination::locate(const upload_request& request) const {
  return table_place{root_, request.target_namespace, request.table}.rows;
}

result<void>
file_destination::check_table(const upload_request& request) const {
  return check_owner({root_, request.target_namespace, request.table},
                     request.connection_id);
}

result<void> file_destination::drop_table(const upload_request& request) {
  const table_place table{root_, request.target_namespace, request.table};
  // The owner is removed last: until then no other sync takes the remaining
  // files.
  for (const auto& path : {table.rows, table.files, table.owner})
    if (auto gone = remove_tree(path); !gone)
      return failure{ec::destination_rejected, gone.error().what};
  return {};
}

bool file_destination::ignores_case() const {
  return ignores_case_;
}

staging_area_ptr file_destination::staging() const {
  return staging_;
}

size_t file_destination::max_row_bytes() const {
  return std::numeric_limits<size_t>::max();
}

commit_pace file_destination::pace() const {
  commit_pace out;
  out.rows = std::numeric_limits<uint64_t>::max();
  out.bytes = std::numeric_limits<uint64_t>::max();
  out.age = std::max(least_age, writer_->commit_cost() * age_per_duration);
  return out;
}

} // namespace motorcade
