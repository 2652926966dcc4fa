#pragma once

#include "runtime/http/server/http_server.hpp"
#include "support/log_capture.hpp"
#include "support/raw_client.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

namespace motorcade::test {

/// Lets threads pass once it is open.
class gate {
public:
  void open() {
    {
      std::lock_guard lock{mutex_};
      open_ = true;
    }
    changed_.notify_all();
  }

  /// @returns false if a minute was not enough.
  bool pass() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::minutes{1},
                             [this] { return open_; });
  }

  bool await_waiting(size_t count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::minutes{1},
                             [&] { return waiting_ >= count; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  size_t waiting_ = 0;
};

/// A server with a path for everything a handler can do.
struct http_world {
  explicit http_world(http_server_settings wanted = {}) {
    wanted.host = "127.0.0.1";
    wanted.logged = {"shown"};
    http_handlers handlers;
    handlers.admit =
        [this](const http_request& request) -> std::optional<http_reply> {
      ++admitted;
      if (request.segments[0] == "refused")
        return http_error(401, "no");
      return {};
    };
    handlers.answer = [this](http_request& request) {
      return answer(request);
    };
    auto started = http_server::start(wanted, handlers);
    REQUIRE(started);
    server = std::move(*started);
  }

  ~http_world() {
    held.open();
    if (server)
      server->stop(std::chrono::minutes{1});
  }

  http_reply answer(http_request& request) {
    ++answered;
    const auto& path = request.segments[0];
    http_reply out;
    out.content_type = "text/plain";
    if (path == "throw")
      throw std::runtime_error{"hush-hush"};
    if (path == "throw-int")
      throw 7;
    if (path == "held")
      held.pass();
    if (path == "big")
      out.body.assign(8 << 20, 'x');
    else if (path == "length")
      out.body = std::to_string(request.body.size());
    else
      out.body = request.body;
    if (path == "echo") {
      nlohmann::json all;
      all["segments"] = request.segments;
      all["query"] = request.query;
      out.body =
          all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    if (path == "stream")
      out.stream = [this](http_stream& to) {
        ++streams;
        for (int i = 0; to.write("line " + std::to_string(i) + '\n'); ++i)
          if (!to.pause(std::chrono::milliseconds{1}))
            break;
        ++streams_ended;
        streams_ended.notify_all();
      };
    if (path == "short-stream")
      out.stream = [](http_stream& to) {
        to.write("a\n");
        to.write("");
        to.write("b\n");
      };
    if (path == "broken-stream")
      out.stream = [](http_stream& to) {
        to.write("a\n");
        throw std::runtime_error{"hush-hush"};
      };
    return out;
  }

  raw_client connect() const { return raw_client{server->port()}; }

  std::optional<raw_answer> ask(const std::string& text) const {
    return connect().ask(text);
  }

  log_capture log;
  gate held;
  std::atomic<int> admitted = 0;
  std::atomic<int> answered = 0;
  std::atomic<int> streams = 0;
  std::atomic<int> streams_ended = 0;
  std::unique_ptr<http_server> server;
};

/// @returns the error of an answer that must be a JSON error.
inline std::string error_of(const std::optional<raw_answer>& answer) {
  REQUIRE(answer);
  CHECK(answer->whole);
  CHECK(answer->headers.at("content-type") == "application/json");
  auto body = nlohmann::json::parse(answer->body);
  CHECK(body.at("ok") == false);
  CHECK(body.at("code").is_string());
  CHECK(body.size() == 3);
  return body.at("error");
}

} // namespace motorcade::test
