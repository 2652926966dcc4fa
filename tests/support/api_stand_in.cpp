#include "support/api_stand_in.hpp"

#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace motorcade::test {

namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (auto c : bytes) {
    constexpr const char* digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string sha256(const std::string& text) {
  std::string out(32, '\0');
  EVP_Digest(text.data(), text.size(),
             reinterpret_cast<unsigned char*>(out.data()), nullptr,
             EVP_sha256(), nullptr);
  return out;
}

std::string hmac(const std::string& key, const std::string& text) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

/// @returns what follows `name=` up to a comma.
std::string part(const std::string& text, const std::string& name) {
  auto at = text.find(name + "=");
  if (at == std::string::npos)
    throw std::runtime_error{"no " + name + " in " + text};
  at += name.size() + 1;
  return text.substr(at, text.find(',', at) - at);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out(1);
  for (auto c : text) {
    if (c == at)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

} // namespace

struct api_stand_in::server {
  httplib::Server http;
  int port = 0;
  std::thread thread;
};

api_stand_in::api_stand_in(std::function<int(const api_call&)> answer)
    : server_{std::make_unique<server>()}, answer_{std::move(answer)} {
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
    auto status = answer_(call);
    if (status == nothing)
      changed_.wait(lock, [&] { return over_; });
    response.status = status == nothing ? 500 : status;
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
  const auto& authorization = call.headers.at("authorization");
  auto scope = split(part(authorization, "Credential"), '/');
  auto names = part(authorization, "SignedHeaders");
  auto canonical = call.method + "\n" + call.path + "\n\n";
  for (const auto& name : split(names, ';'))
    canonical += name + ":" + call.headers.at(name) + "\n";
  canonical += "\n" + names + "\n" + hex(sha256(call.body));
  // Key id, date, region, service, aws4_request.
  auto where =
      scope.at(1) + "/" + scope.at(2) + "/" + scope.at(3) + "/" + scope.at(4);
  auto text = "AWS4-HMAC-SHA256\n" + call.headers.at("x-amz-date") + "\n"
              + where + "\n" + hex(sha256(canonical));
  auto key = "AWS4" + secret;
  for (size_t i = 1; i < scope.size(); ++i)
    key = hmac(key, scope[i]);
  return hex(hmac(key, text));
}

} // namespace motorcade::test
