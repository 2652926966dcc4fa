#pragma once

#include "runtime/destination/destination.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace motorcade::test {

/// A destination that remembers every attempt and answers when the test says
/// so.
class scripted_destination : public destination {
public:
  struct attempt {
    upload_request request;
    std::function<void(upload_outcome)> done;
    std::string body;
    state_notes notes;
    bool finished = false;
    bool aborted = false;
    /// The upload object is gone.
    bool closed = false;
    /// What was not sent yet, where the destination is slow.
    std::vector<block_ptr> unsent;

    void commit() { done({}); }

    void fail(ec code, std::string what,
              std::optional<std::chrono::milliseconds> retry_after = {}) {
      done({failure{code, std::move(what)}, retry_after});
    }
  };

  using attempt_ptr = std::shared_ptr<attempt>;

  upload_ptr open(upload_request request,
                  std::function<void(upload_outcome)> done) override {
    auto next = std::make_shared<attempt>();
    next->request = std::move(request);
    next->done = std::move(done);
    attempts.push_back(next);
    return std::make_unique<handle>(next, slow);
  }

  std::string locate(const upload_request& request) const override {
    return "memory:" + request.table;
  }

  size_t max_row_bytes() const override { return SIZE_MAX; }

  commit_pace pace() const override { return {}; }

  attempt& last() { return *attempts.back(); }

  std::vector<attempt_ptr> attempts;

  /// Blocks of later attempts stay in `unsent`.
  bool slow = false;

private:
  class handle : public upload {
  public:
    handle(attempt_ptr to, bool slow) : to_{std::move(to)}, slow_{slow} {}

    ~handle() override { to_->closed = true; }

    void write(block_ptr rows) override {
      to_->body += rows->view();
      if (slow_)
        to_->unsent.push_back(std::move(rows));
    }

    void note(const state_notes& notes) override { to_->notes = notes; }

    void finish() override { to_->finished = true; }

    void abort() override { to_->aborted = true; }

  private:
    attempt_ptr to_;
    bool slow_;
  };
};

} // namespace motorcade::test
