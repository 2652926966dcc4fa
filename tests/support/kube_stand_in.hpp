#pragma once

#include "support/api_stand_in.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// Certificates of a test, PEM.
struct test_authority {
  /// Its own, by which it is known.
  std::string certificate;
  /// Of a server that is called `name`, and of a client.
  std::string server_certificate;
  std::string server_key;
  std::string client_certificate;
  std::string client_key;
};

/// Makes an authority, and certificates that it has signed.
test_authority make_authority(const std::string& name);

/// An answer of the stand-in.
struct kube_answer {
  int status = 200;
  std::string body = "{}";
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// Null: `body` is all. Otherwise it is called once the answer has begun:
  /// what it writes goes out bit by bit; the answer ends when it returns, and
  /// is broken off if it returns false. `write` returns false once nobody
  /// listens.
  using writer = std::function<bool(const std::string&)>;
  std::function<bool(const writer& write)> stream = nullptr;
};

/// A call of a Kubernetes API.
struct kube_call : api_call {
  /// Tells one connection from another.
  int client_port = 0;
};

/// A Kubernetes API that writes down what it is asked and answers what the test
/// says. Thread-safe.
class kube_stand_in {
public:
  using answer_function = std::function<kube_answer(const kube_call&)>;

  explicit kube_stand_in(answer_function answer);

  /// Over TLS; clients must have a certificate of the same authority.
  kube_stand_in(answer_function answer, const test_authority& authority);
  ~kube_stand_in();

  /// `http://127.0.0.1:port`, or `https`.
  std::string url() const;

  std::vector<kube_call> calls() const;

  /// @returns method and path of all that was asked so far.
  std::vector<std::string> lines() const;

  /// Blocks, in an answer, until the test is over.
  void hang();

private:
  struct server;

  void start(bool secure);

  std::unique_ptr<server> server_;
  const answer_function answer_;
  mutable std::mutex mutex_;
  std::vector<kube_call> calls_;
};

} // namespace motorcade::test
