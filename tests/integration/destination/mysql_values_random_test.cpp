// Random rows go in, and come back as they were.
#include "schema/json/json_view.hpp"
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

#include <cmath>
#include <cstring>
#include <map>
#include <random>

using namespace motorcade;
using namespace motorcade::support;

namespace {

/// What a cell should say, by its column.
using cells = std::map<std::string, std::string>;

class row_maker {
public:
  explicit row_maker(unsigned seed) : random_{seed} {}

  /// @param then What the row is in the table.
  std::string make(size_t id, cells& then) {
    std::string out = "{\"id\":" + std::to_string(id);
    for (const auto* column : {"text", "text2", "whole", "number", "flag"})
      if (below(4) > 0) {
        const auto [json, text] = value_for(column);
        out += ",\"" + std::string{column} + "\":" + json;
        then[column] = text;
      }
    return out + '}';
  }

private:
  struct value {
    std::string json;
    std::string text;
  };

  size_t below(size_t end) {
    return std::uniform_int_distribution<size_t>{0, end - 1}(random_);
  }

  value value_for(std::string_view column) {
    if (column == "flag")
      return below(2) == 0 ? value{"true", "1"} : value{"false", "0"};
    if (column == "whole") {
      auto number =
          std::to_string(std::uniform_int_distribution<int64_t>{}(random_));
      number = below(2) == 0 ? number : '-' + number;
      return {number, number};
    }
    if (column == "number") {
      double number = 0;
      uint64_t bits = 0;
      do {
        bits = std::uniform_int_distribution<uint64_t>{}(random_);
        std::memcpy(&number, &bits, sizeof number);
      } while (!std::isfinite(number));
      char text[64];
      std::snprintf(text, sizeof text, "%.17e", number);
      return {text, std::to_string(bits)};
    }
    const auto text = any_text();
    return {encode_json_string(text, below(2) == 0), text};
  }

  /// Of all that a format, SQL or a character set could take for its own.
  std::string any_text() {
    static const std::vector<std::string> parts = {
        "\\",           "\\N",      "\\t",    "\t",   "\n",  "\r",   "'",
        "\"",           "`",        ";",      "--",   "/*",  "\x1a", "\x01",
        "NULL",         "%",        "_",      " ",    "é",   "€",    "😀",
        "\xEF\xBF\xBF", "\xC2\x85", "a",      "0x41", "\\0", "\\.",  "",
        "\x7f",         "ß",        "\u202e", ",",    "\\\\"};
    std::string out;
    for (auto left = below(12); left > 0; --left)
      out += parts[below(parts.size())];
    return out;
  }

  std::mt19937_64 random_;
};

} // namespace

TEST_CASE("rows come back from MariaDB as they were") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  row_maker maker{seed};
  for (const auto mode : {write_mode::batch, write_mode::replace_table}) {
    mysql_warehouse world;
    constexpr size_t rows = 500;
    std::vector<cells> then(rows);
    std::vector<std::string> lines;
    // The first row says the types.
    lines.emplace_back(R"({"id":-1,"text":"","text2":"","whole":0,)"
                       R"("number":0.5,"flag":true})");
    for (size_t i = 0; i < rows; ++i)
      lines.push_back(maker.make(i, then[i]));
    const auto sent = world.send(keyed("t", {"id"}, mode), lines);
    INFO((sent.error ? sent.error->what : ""));
    REQUIRE(sent.committed());
    for (const auto* column : {"text", "text2", "whole", "flag"}) {
      const auto got =
          world.rows("SELECT \"" + std::string{column} + "\" FROM "
                     + world.schema + ".t WHERE id >= 0 ORDER BY id");
      for (size_t i = 0; i < rows; ++i) {
        INFO(lines[i + 1]);
        REQUIRE(got[i] == (then[i].contains(column) ? then[i][column] : "-"));
      }
    }
    const auto numbers = world.rows("SELECT number FROM " + world.schema
                                    + ".t WHERE id >= 0 ORDER BY id");
    for (size_t i = 0; i < rows; ++i) {
      INFO(lines[i + 1]);
      if (!then[i].contains("number")) {
        REQUIRE(numbers[i] == "-");
        continue;
      }
      const auto number = std::strtod(numbers[i].c_str(), nullptr);
      uint64_t bits = 0;
      std::memcpy(&bits, &number, sizeof bits);
      REQUIRE(std::to_string(bits) == then[i]["number"]);
    }
    CHECK(world.columns("t").size() == 6);
  }
}
