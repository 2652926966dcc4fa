#pragma once

#include "support/wire_server.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade::support {

/// What goes wrong with one request.
struct s3_fault {
  enum class kind {
    /// An `Error` of that status and code is answered, and nothing done.
    answer,
    /// `Error` in an answer of status 200, after a while of blanks.
    error_in_200,
    /// The connection is reset before anything is done.
    cut,
    /// All is done, and the connection reset instead of an answer.
    lost_answer,
    /// Nothing is answered.
    mute,
  };

  /// Put, Begin, Part, Complete, Abort, Delete, ListUploads or List.
  std::string operation;
  kind what = kind::answer;
  long status = 503;
  std::string code = "SlowDown";
  /// So many requests of the operation pass before.
  size_t skip = 0;
  size_t times = 1;
  /// The header Retry-After of an answer; empty: none.
  std::string retry_after = {};
};

/// An object, and when it came to be: a later one has a larger number.
struct s3_object {
  std::string bytes;
  std::string media_type;
  uint64_t number = 0;
};

/// A bucket of a server that speaks S3's protocol, by the rules of the real
/// thing: each request is signed, its body has the digest that it says, a part
/// but the last has 5 MiB, an object in parts is visible once it is complete,
/// of parts whose tags are right and in order. Thread-safe.
class s3_stand_in {
public:
  static constexpr auto key_id = "AKIDEXAMPLE";
  static constexpr auto secret = "hush/secret+key";
  static constexpr auto bucket = "rows";
  static constexpr auto region = "eu-west-1";

  s3_stand_in() = default;

  /// `http://127.0.0.1:port`; the bucket is a folder below it.
  const std::string& url() const { return server_.url(); }

  std::map<std::string, s3_object> objects() const;

  /// @returns the bytes of an object; nothing if there is none.
  std::optional<std::string> object(const std::string& name) const;

  /// @returns the names of uploads that were begun and neither completed nor
  /// aborted.
  std::vector<std::string> open_uploads() const;

  /// @returns the operations of all requests so far, each with its name.
  std::vector<std::string> requests() const;

  /// @returns how many requests of the operation there were.
  size_t count(const std::string& operation) const;

  /// Begins an upload, as a process that was killed then.
  void leave_upload(const std::string& name);

  void put(const std::string& name, const std::string& bytes);

  void add_fault(s3_fault fault);

  /// Refuses an operation for ever.
  void deny(const std::string& operation);

  /// Blocks until that many requests of the operation have come.
  /// @returns false if a minute was not enough.
  bool await(const std::string& operation, size_t times = 1) const;

private:
  struct open_upload {
    std::string name;
    std::string media_type;
    std::map<int, std::pair<std::string, std::string>> parts;
  };

  struct call;
  struct reply;

  void serve(http_wire& wire);
  bool handle(http_wire& wire, const request_head& head);
  std::optional<reply> refuse(const call& request);
  reply carry_out(const call& request);
  reply complete(const call& request);
  reply list(const call& request) const;
  std::optional<s3_fault> next_fault(const std::string& operation);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, s3_object> objects_;
  std::map<std::string, open_upload> uploads_;
  std::deque<s3_fault> faults_;
  std::set<std::string> denied_;
  std::vector<std::string> requests_;
  uint64_t number_ = 0;
  // Last: its threads use all else.
  wire_server server_{[this](http_wire& wire) {
    serve(wire);
  }};
};

} // namespace motorcade::support
