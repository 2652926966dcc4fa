// What secrets may weigh, and what is hidden of those that are long or many.
#include "schema/secrets/config_secrets.hpp"
#include "schema/secrets/secret_forms.hpp"
#include "schema/secrets/secret_mask.hpp"

#include <catch2/catch_all.hpp>

#include <random>

using namespace motorcade;

namespace {

/// @returns a text that has no piece twice.
std::string random_text(size_t size, std::string_view letters, unsigned seed) {
  std::mt19937 next{seed};
  std::string out;
  while (out.size() < size)
    out += letters[next() % letters.size()];
  return out;
}

constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEF0123456789";
constexpr std::string_view rich = "ab c\"/\\+&<>=%'\t0123456789-_.~";
constexpr size_t most = secret_mask::most_weight;

} // namespace

TEST_CASE("a long secret is hidden in all spellings", "[secrets][bounds]") {
  struct row {
    const char* name;
    size_t size;
    std::string_view letters;
  };

  const std::vector<row> rows = {
      {"just whole", secret_mask::longest_whole, plain},
      {"just longer", secret_mask::longest_whole + 1, plain},
      {"just looked at", secret_mask::looked_at, rich},
      {"5 MB", 5'000'000, plain},
      {"2 MB that is escaped", 2'000'000, rich},
      {"one byte again and again", 1'000'000, "x"},
  };
  for (const auto& [name, size, letters] : rows) {
    INFO(name);
    auto secret = random_text(size, letters, 1);
    secret_mask mask;
    CHECK(mask.add(secret) == (size <= secret_mask::looked_at));
    CHECK(mask.weight() < most / 2);
    auto texts = written_forms(secret);
    texts.push_back(secret);
    for (auto& piece : base64_forms(secret))
      texts.push_back(std::move(piece.text));
    for (const auto& text : texts) {
      auto masked = mask.apply("it is " + text);
      CHECK(masked.starts_with("it is "));
      CHECK(masked.ends_with("***"));
      // Characters of base64 at the edges hold bits of it.
      CHECK(masked.size() <= 6 + 3 + 4);
    }
  }
}

TEST_CASE("an excerpt of a long secret is not shown whole",
          "[secrets][bounds]") {
  auto secret = random_text(1'000'000, plain, 2);
  secret_mask mask;
  mask.add(secret);
  constexpr auto piece = secret_mask::piece_length;
  for (size_t at : {size_t{0}, size_t{1}, size_t{255}, size_t{256},
                    secret_mask::looked_at - 2 * piece})
    for (auto size : {2 * piece, 3 * piece + 7, 40'000 + piece}) {
      INFO(at << ' ' << size);
      auto masked = mask.apply(secret.substr(at, size));
      CHECK(masked.ends_with("***"));
      CHECK(masked.size() < piece + 3);
    }
}

TEST_CASE("the lines of a long secret are hidden by themselves",
          "[secrets][bounds]") {
  std::string secret;
  for (unsigned i = 0; i < 20'000; ++i)
    secret += random_text(64, plain, i) + "\n";
  secret_mask mask;
  CHECK_FALSE(mask.add(secret));
  CHECK(mask.weight() < most / 2);
  for (size_t line : {0, 1, 100, 251})
    CHECK(mask.apply(secret.substr(line * 65, 64) + " is bad") == "*** is bad");
}

TEST_CASE("the weight of all secrets is bounded, the oldest go first",
          "[secrets][bounds]") {
  secret_mask mask;
  auto own = random_text(40, plain, 1'000'000);
  auto used = random_text(40, plain, 1'000'001);
  mask.add(own, secret_mask::stay::always);
  auto name = [](unsigned i) {
    return random_text(3'000, plain, i);
  };
  constexpr unsigned count = 1'000;
  for (unsigned i = 0; i < count; ++i) {
    mask.add(used);
    mask.add(name(i));
    REQUIRE(mask.weight() <= most);
    REQUIRE(mask.apply(name(i)) == "***");
  }
  CHECK(mask.forgotten() > count / 2);
  CHECK(mask.forgotten() < count);
  CHECK(mask.apply(own) == "***");
  CHECK(mask.apply(used) == "***");
  CHECK(mask.apply(name(count - 2)) == "***");
  CHECK(mask.apply(name(0)) == name(0));
}

TEST_CASE("what is found of a large config is small", "[secrets][bounds]") {
  auto large = random_text(3'000'000, plain, 3);
  const std::vector<std::string> configs = {
      R"({"password":")" + large + "\"}",
      R"({"token":"Bearer )" + large + "\"}",
      R"({"url":"https://me:)" + large + "@host/\"}",
      R"({"credentials":["a1b2c3d4","b2c3d4e5",")" + large + "\"]}",
  };
  for (const auto& config : configs) {
    INFO(config.substr(0, 30));
    auto found = find_config_secrets(config);
    REQUIRE_FALSE(found.empty());
    secret_mask mask;
    auto whole = true;
    for (const auto& secret : found) {
      CHECK(secret.size() <= secret_mask::looked_at + 1);
      whole = mask.add(secret) && whole;
    }
    CHECK_FALSE(whole);
    CHECK(mask.apply("x " + large) == "x ***");
  }
}
