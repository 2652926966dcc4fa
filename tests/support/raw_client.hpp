#pragma once

#include "runtime/base/file_handle.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade::test {

/// An answer as it came over the wire.
struct raw_answer {
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  /// Without the chunks' frames.
  std::string body;
  /// The body ended as its head has announced it.
  bool whole = false;
};

/// A client that sends whatever a test wants. It waits a minute at most for
/// anything.
class raw_client {
public:
  /// Connects to 127.0.0.1. Throws std::runtime_error if nobody listens.
  explicit raw_client(uint16_t port);

  /// @returns false if the server takes no more.
  bool send(std::string_view bytes);

  /// @returns nothing if the connection ended first.
  std::optional<raw_answer> read_answer(bool to_head = false);

  /// Reads the head only; the body is read with `read_line`.
  std::optional<raw_answer> read_head() { return read_answer(true); }

  /// @returns what came before the next `\n`; nothing at the end.
  std::optional<std::string> read_line();

  /// Blocks until the server has ended its side.
  /// @returns what came until then; nothing if it did not within a minute.
  std::optional<std::string> read_to_end();

  /// Sends and reads the answer.
  std::optional<raw_answer> ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }

  /// Says that nothing more will be sent.
  void end_sending();

  /// Closes so that the server gets a reset.
  void reset();

  int fd() const { return socket_.get(); }

private:
  bool fill();
  bool want(size_t bytes);

  file_handle socket_;
  std::string buffer_;
};

/// @returns a request with `Host`, and `Content-Length` if it has a body.
/// @param headers Whole lines.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view headers = {},
                         std::string_view body = {});

} // namespace motorcade::test
