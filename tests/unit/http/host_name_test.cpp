#include "runtime/http/server/host_name.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("hosts and ports are separated") {
  CHECK(parse_host("LocalHost") == host_and_port{"localhost", {}});
  CHECK(parse_host("a.b-c_d:3043") == host_and_port{"a.b-c_d", 3043});
  CHECK(parse_host("127.0.0.1:80") == host_and_port{"127.0.0.1", 80});
  CHECK(parse_host("[::1]") == host_and_port{"::1", {}});
  CHECK(parse_host("[2001:DB8::1]:443") == host_and_port{"2001:db8::1", 443});
  for (const auto* bad :
       {"",    ":80",   "a:",   "a:b",      "a:65536", "a:-1",   "a:+1", "a: 1",
        "a b", "a/b",   "a@b",  "u:p@a",    "[::1",    "[::1]x", "[a]",  "[]",
        "::1", "a:1:2", "a\tb", "\xc3\xa4", "a,b",     "a%00"}) {
    INFO(bad);
    CHECK_FALSE(parse_host(bad));
  }
}

TEST_CASE("names of this machine itself are recognised") {
  for (const auto* own : {"localhost", "a.localhost", "127.0.0.1", "127.1.2.3",
                          "::1", "0:0:0:0:0:0:0:1"}) {
    INFO(own);
    CHECK(is_loopback_name(own));
  }
  for (const auto* other :
       {"localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example",
        "0.0.0.0", "::", "10.0.0.1", "::2", "", "127.1", "0x7f000001",
        "localhost."}) {
    INFO(other);
    CHECK_FALSE(is_loopback_name(other));
  }
}
