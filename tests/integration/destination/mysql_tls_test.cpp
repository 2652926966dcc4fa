// A server that falls silent while TLS is agreed on, during which libmariadb
// blocks.
#include "support/mysql_proxy.hpp"
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

#include <array>
#include <future>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Greets one client as the server of `with_mariadb` does, lets it begin TLS,
/// and says nothing more.
class mute_server {
public:
  mute_server() {
    door_.listen();
    thread_ = std::thread{[this] {
      serve();
    }};
  }

  ~mute_server() {
    ::shutdown(door_.fd(), SHUT_RDWR);
    thread_.join();
  }

  mute_server(const mute_server&) = delete;
  mute_server& operator=(const mute_server&) = delete;

  /// @returns a destination there.
  destination_ptr open(const std::string& parameters) const {
    destination_settings settings;
    settings.url =
        "mysql://u:hush@127.0.0.1:" + door_.port() + "/d?" + parameters;
    auto made = open_destination(settings, "", "t1");
    if (!made)
      FAIL(made.error().what);
    return *made;
  }

  /// Blocks until the client has begun TLS.
  /// @returns false if it never did.
  bool await_tls() {
    return began_.get_future().wait_for(std::chrono::minutes{1})
           == std::future_status::ready;
  }

private:
  void serve() {
    const motorcade::file_handle client{
        ::accept4(door_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
    const auto server = connect_to_mysql();
    if (!client || !server)
      return;
    std::array<char, 4'096> bytes{};
    const auto greeting = ::read(server.get(), bytes.data(), bytes.size());
    if (greeting <= 0
        || ::send(client.get(), bytes.data(), static_cast<size_t>(greeting),
                  MSG_NOSIGNAL)
               != greeting)
      return;
    // A packet asks for TLS; what follows it is TLS.
    constexpr ssize_t request_bytes = 36;
    ssize_t total = 0;
    for (ssize_t got = 1; got > 0;) {
      got = ::read(client.get(), bytes.data(), bytes.size());
      const auto before = total <= request_bytes;
      total += got > 0 ? got : 0;
      if (before && total > request_bytes)
        began_.set_value();
    }
  }

  test::bound_socket door_;
  std::promise<void> began_;
  std::thread thread_;
};

} // namespace

TEST_CASE("a server that falls silent during TLS is given up in time") {
  mute_server server;
  auto to = server.open("timeout=1s&sslMode=require");
  const auto late = send_rows(*to, request_for("t"), {R"({"id":1})"});
  CHECK(code_of(late) == ec::destination_unavailable);
  CHECK_THAT(reason(late), ContainsSubstring("within the time limit")
                               && !ContainsSubstring("hush"));
  CHECK(server.await_tls());
}

TEST_CASE("a wait for a server that is silent during TLS can be interrupted") {
  mute_server server;
  auto to = server.open("timeout=600s&sslMode=require");
  upload_probe upload{*to, request_for("t")};
  upload.write({R"({"id":1})"});
  REQUIRE(server.await_tls());
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
}
