#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade::test {

/// A received request.
struct api_call {
  std::string method;
  /// With its query, as it was sent.
  std::string path;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;

  /// @returns method and path.
  std::string line() const { return method + " " + path; }
};

/// What a request is answered.
struct api_reply {
  int status = 200;
  std::string body;
};

/// An HTTP server that writes down what it is asked and answers what the test
/// says. Thread-safe.
class api_stand_in {
public:
  /// An answer that never comes.
  static constexpr int nothing = 0;

  /// @param answer Called for each request: the status to answer, or `nothing`.
  explicit api_stand_in(std::function<int(const api_call&)> answer =
                            [](const api_call&) { return 204; });
  ~api_stand_in();

  /// `http://127.0.0.1:port`.
  std::string url() const;

  /// Answers differently from now on.
  void answer(std::function<int(const api_call&)> how);

  /// The same, with a body.
  void answer_with(std::function<api_reply(const api_call&)> how);

  /// @returns all that was asked so far.
  std::vector<api_call> calls() const;

  /// @returns method and path of all that was asked so far.
  std::vector<std::string> lines() const;

  /// Blocks until a call with that method and path has come `times` times.
  /// @returns false if a minute was not enough.
  bool await(const std::string& line, size_t times = 1);

private:
  struct server;

  std::unique_ptr<server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<api_reply(const api_call&)> answer_;
  std::vector<api_call> calls_;
  bool over_ = false;
};

/// @returns the right Signature Version 4 of Amazon for a call to S3.
/// @returns the signature in hexadecimal digits; reads signed headers, date and
/// region from the call's `authorization`.
std::string aws_signature(const api_call& call, const std::string& secret);

} // namespace motorcade::test
