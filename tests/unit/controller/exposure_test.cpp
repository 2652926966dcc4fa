#include "controller/api/exposure.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("the exposure follows from tokens, Pod, address and permission") {
  struct {
    exposure_settings from;
    const char* address;
    exposure open_to;
  } const cases[] = {
      {{"", true, false, false}, "0.0.0.0", exposure::tokens},
      {{"", true, true, true}, "0.0.0.0", exposure::tokens},
      {{"10.0.0.1", true, false, false}, "10.0.0.1", exposure::tokens},
      {{"", false, true, false}, "0.0.0.0", exposure::pod},
      {{"::", false, true, true}, "::", exposure::pod},
      {{"", false, false, false}, "127.0.0.1", exposure::machine},
      {{"", false, false, true}, "127.0.0.1", exposure::machine},
      {{"127.0.0.1", false, false, false}, "127.0.0.1", exposure::machine},
      {{"::1", false, false, true}, "::1", exposure::machine},
      {{"0.0.0.0", false, false, true}, "0.0.0.0", exposure::anonymous},
  };

  for (const auto& one : cases) {
    INFO(one.from.address << one.from.has_tokens << one.from.in_pod
                          << one.from.allow_anonymous);
    auto found = find_listening_place(one.from);
    REQUIRE(found);
    CHECK(found->address == one.address);
    CHECK(found->open_to == one.open_to);
    CHECK(exposure_warning(one.open_to).empty()
          == (one.open_to == exposure::tokens
              || one.open_to == exposure::machine));
  }
}

TEST_CASE("an address of a network is refused without tokens, with all ways") {
  for (const auto* address : {"0.0.0.0", "::", "10.0.0.1", "fe80::1"}) {
    auto found = find_listening_place({address, false, false, false});
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ec::invalid_argument);
    for (const auto* word : {address, "SYNCCTL_HTTP_ADDRESS",
                             "SYNCCTL_AUTH_TOKENS", "SYNCCTL_ALLOW_ANONYMOUS"})
      CHECK_THAT(found.error().what, Catch::Matchers::ContainsSubstring(word));
  }
}
