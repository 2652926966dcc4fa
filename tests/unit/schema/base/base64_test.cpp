
#include "schema/base/base64.hpp"

#include <catch2/catch_all.hpp>

#include <utility>

using namespace motorcade;

TEST_CASE("bytes and base64 are made of each other", "[base64]") {
  const auto [bytes, text] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {std::string{"\0\xFF\xFE", 3}, "AP/+"},
  }));
  CAPTURE(text);
  CHECK(to_base64(bytes) == text);
  CHECK(from_base64(text) == bytes);
}

TEST_CASE("a text that is not base64 is not decoded", "[base64]") {
  const auto text = GENERATE(as<std::string>{}, "Z", "Zg", "Zg=", "Zg==\n",
                             " Zg==", "Zg= =", "Z===", "====", "=",
                             "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm_v", "Z\u00e4=");
  CAPTURE(text);
  CHECK_FALSE(from_base64(text));
}
