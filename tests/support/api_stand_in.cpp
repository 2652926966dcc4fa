#include "support/api_stand_in.hpp"

#include "support/aws_signature.hpp"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace motorcade::test {

struct api_stand_in::server {
  httplib::Server http;
  int port = 0;
  std::thread thread;
};

api_stand_in::api_stand_in(std::function<int(const api_call&)> answer)
    : server_{std::make_unique<server>()} {
  this->answer(std::move(answer));
  auto& http = server_->http;
  http.set_payload_max_length(256u << 20);
  auto take = [this](const httplib::Request& request,
                     httplib::Response& response) {
    api_call call{request.method, request.target, {}, request.body};
    for (const auto& [name, value] : request.headers) {
      std::string lower;
      for (unsigned char c : name)
        lower += static_cast<char>(std::tolower(c));
      call.headers[lower] = value;
    }
    std::unique_lock lock{mutex_};
    calls_.push_back(call);
    changed_.notify_all();
    auto reply = answer_(call);
    if (reply.status == nothing)
      changed_.wait(lock, [&] { return over_; });
    response.status = reply.status == nothing ? 500 : reply.status;
    response.body = std::move(reply.body);
  };
  http.Get(".*", take).Put(".*", take).Post(".*", take);
  server_->port = http.bind_to_any_port("127.0.0.1");
  if (server_->port <= 0)
    throw std::runtime_error{"no port for a stand-in"};
  server_->thread = std::thread{[&http] {
    http.listen_after_bind();
  }};
  // Before that `stop` would do nothing.
  while (!http.is_running())
    std::this_thread::yield();
}

api_stand_in::~api_stand_in() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  server_->http.stop();
  server_->thread.join();
}

std::string api_stand_in::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port);
}

void api_stand_in::answer(std::function<int(const api_call&)> how) {
  answer_with([how = std::move(how)](const api_call& call) {
    return api_reply{how(call), {}};
  });
}

void api_stand_in::answer_with(std::function<api_reply(const api_call&)> how) {
  std::lock_guard lock{mutex_};
  answer_ = std::move(how);
}

std::vector<api_call> api_stand_in::calls() const {
  std::lock_guard lock{mutex_};
  return calls_;
}

std::vector<std::string> api_stand_in::lines() const {
  std::vector<std::string> out;
  for (const auto& call : calls())
    out.push_back(call.line());
  return out;
}

bool api_stand_in::await(const std::string& line, size_t times) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, std::chrono::minutes{1}, [&] {
    return std::count_if(calls_.begin(), calls_.end(),
                         [&](const auto& call) { return call.line() == line; })
           >= static_cast<std::ptrdiff_t>(times);
  });
}

std::string aws_signature(const api_call& call, const std::string& secret) {
  return aws_signature(signed_request{call.method, call.path, call.headers,
                                      sha256_digits(call.body)},
                       secret);
}

} // namespace motorcade::test
