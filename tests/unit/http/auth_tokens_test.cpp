#include "runtime/base/digest.hpp"
#include "runtime/http/server/auth_tokens.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

auth_tokens tokens(const std::string& list, const std::string& secret = {}) {
  auto out = auth_tokens::read(list, secret);
  REQUIRE(out);
  return std::move(*out);
}

} // namespace

TEST_CASE("digests are those of the standard's examples") {
  CHECK(sha256_hex("abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha512_hex("abc").substr(0, 32) == "ddaf35a193617abacc417349ae204131");
  CHECK(sha512_hex("").size() == 128);
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "abcd"));
  CHECK(equal_in_constant_time("", ""));
}

TEST_CASE("an empty list of tokens is refused") {
  for (const auto* list : {",", " , "}) {
    auto read = auth_tokens::read(list, "");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
  }
}

TEST_CASE("without tokens all requests are allowed") {
  for (const auto* list : {"", " "}) {
    CHECK(tokens(list).open());
    CHECK(tokens(list).allow(""));
    CHECK(tokens(list).allow("whatever"));
  }
}

TEST_CASE("a token of the list is accepted, with the word Bearer or without") {
  auto all = tokens("first, se-cond_2 ,third");
  for (const auto* good : {"first", "Bearer se-cond_2", "bearer third",
                           "BEARER  first ", "third"}) {
    INFO(good);
    CHECK(all.allow(good));
  }
  for (const auto* bad :
       {"", "Bearer", "Bearer ", "firs", "firstt", "first,", "Basic first",
        "first second", "Bearer Bearer first", "FIRST", "f\xC3\xBCrst"}) {
    INFO(bad);
    CHECK_FALSE(all.allow(bad));
  }
}

TEST_CASE("a hashed token is recognised by its hash with salt and secret") {
  auto hashed = hash_token("the-token", "pepper", "s3cret");
  CHECK(hashed == "pepper." + sha512_hex("the-tokenpeppers3cret"));
  auto all = tokens("plain," + hashed, "s3cret");
  CHECK(all.allow("Bearer the-token"));
  CHECK(all.allow("plain"));
  CHECK_FALSE(all.allow("the-tokenpepper"));
  CHECK_FALSE(all.allow(hashed));
  CHECK_FALSE(tokens(hashed, "other").allow("the-token"));
  // A salt may hold a dot.
  CHECK(tokens(hash_token("t", "a.b", ""), "").allow("t"));
}

TEST_CASE("a list with a mistake is refused without showing it") {
  auto good = hash_token("t", "s", "");
  for (const auto& list : {std::string{"good,hu sh"}, std::string{"good,hush!"},
                           std::string{"good,salt.hush"}, "good," + good + "0",
                           "good," + good.substr(0, good.size() - 1),
                           "good,salt." + std::string(128, 'F')}) {
    auto read = auth_tokens::read(list, {});
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK(read.error().what.find("token 2") == 0);
    CHECK(read.error().what.find("hush") == std::string::npos);
  }
}
