#include "bench/demo/message_writer.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <chrono>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace motorcade {

namespace {

constexpr size_t enough = 256u << 10;

} // namespace

message_writer::message_writer(int fd) : fd_{fd} {
  gathered_.reserve(2 * enough);
}

result<void> message_writer::line(std::string_view text) {
  gathered_ += text;
  gathered_ += '\n';
  return gathered_.size() < enough ? result<void>{} : flush();
}

result<void> message_writer::flush() {
  std::string_view rest = gathered_;
  while (!rest.empty()) {
    ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    int code = errno;
    if (code == EINTR)
      continue;
    if (code == EAGAIN) {
      // The parent of this program may have made the pipe non-blocking.
      pollfd writable{fd_, POLLOUT, 0};
      if (::poll(&writable, 1, -1) >= 0 || errno == EINTR)
        continue;
      code = errno;
    }
    gathered_.clear();
    return failure{code == EPIPE ? ec::cancelled : ec::system_failed,
                   "cannot write to stdout: "
                       + std::generic_category().message(code)};
  }
  gathered_.clear();
  return {};
}

std::string log_message(std::string_view level, std::string_view text) {
  return write_json(nlohmann::json{
      {"type", "LOG"}, {"log", {{"level", level}, {"message", text}}}});
}

std::string error_message(const failure& why) {
  bool input_is_wrong =
      why.code == ec::invalid_argument || why.code == ec::invalid_catalog;
  std::chrono::duration<double, std::milli> now =
      std::chrono::system_clock::now().time_since_epoch();
  return write_json(nlohmann::json{
      {"type", "TRACE"},
      {"trace",
       {{"type", "ERROR"},
        {"emitted_at", now.count()},
        {"error",
         {{"message", why.what},
          {"failure_type",
           input_is_wrong ? "config_error" : "system_error"}}}}}});
}

} // namespace motorcade
