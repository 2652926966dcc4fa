#include "runtime/http_transaction.hpp"

#include "runtime/clock.hpp"
#include "runtime/text.hpp"
#include "schema/json_view.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <typeinfo>

namespace motorcade {

namespace {

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                     || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
            });
}

void log_exception(const std::string& id, const char* type) {
  spdlog::error("http request {}: an exception of the type {}", id, type);
}

class chunk_stream : public http_stream {
public:
  chunk_stream(http_transaction& at, httplib::DataSink& sink)
      : at_{at}, sink_{sink} {}

  bool write(std::string_view bytes) override {
    // None would end the answer.
    return bytes.empty()
           || (sink_.write(bytes.data(), bytes.size()) && !at_.cut);
  }

  bool pause(std::chrono::milliseconds time) override {
    return !at_.cut && at_.socket.pause(time, at_.stop);
  }

private:
  http_transaction& at_;
  httplib::DataSink& sink_;
};

} // namespace

std::string request_id(const http_head& head) {
  auto given = head.header("x-request-id");
  auto once = std::count_if(head.headers.begin(), head.headers.end(),
                            [](const auto& header) {
                              return header.first == "x-request-id";
                            })
              == 1;
  return once && is_request_id(given) ? std::string{given} : make_uuid();
}

std::string loggable(std::string_view target,
                     const std::optional<http_target>& parsed,
                     const std::set<std::string, std::less<>>& known) {
  constexpr size_t longest = 1000;
  std::string out{target.substr(0, target.find('?'))};
  auto mark = '?';
  if (parsed)
    for (const auto& [name, value] : parsed->query)
      out += std::exchange(mark, '&') + percent_encode(name) + '='
             + (known.contains(name) ? percent_encode(value) : "***");
  if (out.size() > longest)
    out = out.substr(0, longest) + "...";
  return out;
}

bool survive(const std::string& id, const std::function<void()>& f) {
  try {
    f();
    return true;
  } catch (const std::exception& thrown) {
    log_exception(id, typeid(thrown).name());
  } catch (...) {
    log_exception(id, "unknown");
  }
  return false;
}

std::string to_text(const http_reply& reply, const std::string& id) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status)
                    + (reply.status == 503 ? " Service Unavailable" : " Error")
                    + "\r\nContent-Type: " + reply.content_type
                    + "\r\nContent-Length: " + std::to_string(reply.body.size())
                    + "\r\nConnection: close\r\nX-Request-Id: " + id + "\r\n";
  for (const auto& [name, value] : reply.headers)
    out += name + ": " + value + "\r\n";
  return out + "\r\n" + reply.body;
}

void fill_response(http_transaction& at, httplib::Response& response) {
  auto& reply = at.reply;
  response.status = reply.status;
  response.set_header("X-Request-Id", at.id);
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers) {
    response.headers.erase(name);
    response.set_header(name, value);
  }
  if (!reply.stream) {
    response.set_content(reply.body, reply.content_type);
    return;
  }
  auto provide = [&at](size_t, httplib::DataSink& sink) {
    at.begun = true;
    chunk_stream to{at, sink};
    if (!survive(at.id, [&] { at.reply.stream(to); }))
      at.cut = true;
    if (at.cut)
      return false;
    sink.done();
    return true;
  };
  // HTTP/1.0 knows no chunks: there the connection's end is the answer's.
  if (at.head.old_version)
    response.set_content_provider(reply.content_type, provide);
  else
    response.set_chunked_content_provider(reply.content_type, provide);
}

http_reply http_error(int status, std::string_view error) {
  http_reply out;
  out.status = status;
  out.body = R"({"ok":false,"error":)" + encode_json_string(error) + "}";
  if (status == 429 || status == 503)
    out.headers.emplace_back("Retry-After", "5");
  return out;
}

} // namespace motorcade
