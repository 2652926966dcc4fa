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

TEST_CASE("a long secret of many alphabets is hidden in all spellings",
          "[secrets][bounds]") {
  // Characters of one to four bytes, so that they lie across all boundaries.
  const std::vector<std::string> letters = {"a", "ö", "日", "😀", "\"", "/"};
  for (const auto* start : {"", "x", "xy", "xyz"}) {
    std::string secret = start;
    for (const char c : random_text(8'000, "012345", 3))
      secret += letters[static_cast<size_t>(c - '0')];
    INFO("behind \"" << start << '"');
    secret_mask mask;
    mask.add(secret);
    for (const auto& text : written_forms(secret))
      CHECK(mask.apply("it is " + text) == "it is ***");
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

TEST_CASE("secrets of former configs go first, the oldest before others",
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
    mask.begin_config();
    mask.add(used);
    mask.add(name(i));
    REQUIRE(mask.weight() <= most);
    REQUIRE(mask.apply(name(i)) == "***");
  }
  CHECK(mask.forgotten() > count / 3);
  CHECK(mask.forgotten() < count);
  CHECK(mask.apply(own) == "***");
  CHECK(mask.apply(used) == "***");
  CHECK(mask.apply(name(count - 2)) == "***");
  CHECK(mask.apply(name(0)) == name(0));
}

TEST_CASE("every text is withheld if not all secrets of a config fit",
          "[secrets][bounds]") {
  struct row {
    const char* name;
    size_t count;
    size_t size;
    secret_mask::stay how;
    bool complete;
  };

  constexpr auto always = secret_mask::stay::always;
  constexpr auto room = secret_mask::stay::while_there_is_room;
  const std::vector<row> rows = {
      {"10,000 secrets of 100 bytes, to begin with", 10'000, 100, always, true},
      {"10,000 secrets of 100 bytes, by a change", 10'000, 100, room, true},
      {"100,000 secrets of 100 bytes, to begin with", 100'000, 100, always,
       false},
      {"100,000 secrets of 100 bytes, by a change", 100'000, 100, room, false},
      {"one secret of 1 MiB", 1, 1 << 20, always, true},
      {"1,000 secrets of 1 MiB", 1'000, 1 << 20, always, false},
  };
  for (const auto& [name, count, size, how, complete] : rows) {
    INFO(name);
    auto nth = [size = size](size_t i) {
      return "n" + std::to_string(i) + "-" + std::string(size, 'x');
    };
    secret_mask mask;
    mask.add("the-token-of-bulker", always);
    mask.begin_config();
    for (size_t i = 0; i < count; ++i) {
      mask.add(nth(i), how);
      REQUIRE(mask.weight() <= most);
    }
    CHECK(mask.complete() == complete);
    CHECK(mask.forgotten() == 0);
    CHECK_FALSE(mask.empty());
    for (auto i : {size_t{0}, count / 2, count - 1}) {
      auto text = "it is " + nth(i);
      CHECK(mask.apply(text) == (complete ? "it is ***" : mask.withheld));
    }
    CHECK(mask.apply("the-token-of-bulker")
          == (complete ? "***" : mask.withheld));
    CHECK(mask.apply("12") == "12");
  }
}

TEST_CASE("no number of changed configs displaces a secret in force",
          "[secrets][bounds]") {
  secret_mask mask;
  auto first = random_text(100, plain, 4);
  mask.add(first, secret_mask::stay::always);
  for (unsigned turn = 0; turn < 200; ++turn) {
    mask.begin_config();
    for (unsigned i = 0; i < 100; ++i)
      mask.add(random_text(100, plain, turn * 100 + i + 10));
    REQUIRE(mask.complete());
    REQUIRE(mask.weight() <= most);
    for (unsigned i = 0; i < 100; ++i)
      REQUIRE(mask.apply(random_text(100, plain, turn * 100 + i + 10))
              == "***");
    REQUIRE(mask.apply(first) == "***");
  }
  CHECK(mask.forgotten() > 0);
}

TEST_CASE("the secrets found in a large config are small",
          "[secrets][bounds]") {
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
