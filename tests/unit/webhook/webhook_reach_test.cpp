#include "runtime/webhook/webhook_reach.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("public addresses are distinguished from all others") {
  for (const auto* address :
       {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255",
        "100.128.0.1", "192.169.0.1", "198.20.0.1", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"}) {
    INFO(address);
    CHECK(is_public_address(address));
  }
  for (const auto* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.0.1",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:8.8.8.8",
                              "::ffff:127.0.0.1",
                              "64:ff9b::7f00:1",
                              "fe80::1",
                              "fe80::1%lo",
                              "fc00::1",
                              "fd12::1",
                              "fec0::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001::1",
                              "2002:7f00:1::1",
                              "3fff::1",
                              "",
                              "localhost",
                              "127.1",
                              "0x7f000001"}) {
    INFO(address);
    CHECK_FALSE(is_public_address(address));
  }
}

TEST_CASE("without a setting webhooks go to public hosts by https") {
  const webhook_reach reach;
  CHECK(reach.check_url("https://hooks.example/x"));
  const auto no = reach.check_url("http://hooks.example/x");
  REQUIRE_FALSE(no);
  CHECK_THAT(no.error().what, ContainsSubstring("SYNCCTL_WEBHOOK_HOSTS"));
  CHECK(reach.allows("https://hooks.example/x", "8.8.8.8"));
  CHECK_FALSE(reach.allows("https://hooks.example/x", "10.0.0.1"));
}

TEST_CASE("hosts that the operator names may be anywhere") {
  const auto reach =
      webhook_reach::parse(" hooks.internal, *.svc.local ,127.0.0.1,::1");
  REQUIRE(reach);
  for (const auto* url :
       {"http://hooks.internal/", "https://HOOKS.internal:8443/x",
        "http://a.svc.local/", "http://127.0.0.1:99/?a", "http://[::1]:80/"}) {
    INFO(url);
    CHECK(reach->check_url(url));
    CHECK(reach->allows(url, "10.0.0.1"));
  }
  for (const auto* url : {"http://svc.local/", "http://xsvc.local/",
                          "http://hooks.internal.evil/", "http://127.0.0.2/",
                          "http://evil/hooks.internal"}) {
    INFO(url);
    CHECK_FALSE(reach->check_url(url));
    CHECK_FALSE(reach->allows(url, "10.0.0.1"));
  }
}

TEST_CASE("a setting that names no hosts is refused") {
  CHECK(webhook_reach::parse(""));
  for (const auto* wrong : {"http://a", "a:80", "a b", "*", "*.", "a/b", "ä"}) {
    INFO(wrong);
    CHECK_FALSE(webhook_reach::parse(wrong));
  }
}
