// Random rows in, the table read back, compared with what a JSON library makes
// of the rows. The seed is printed if something differs.
#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;
using nlohmann::json;

namespace {

class row_maker {
public:
  explicit row_maker(uint32_t seed) : random_{seed} {}

  json row() {
    auto out = json::object();
    for (auto n = below(8); n > 0; --n)
      out[key()] = value(0);
    return out;
  }

private:
  size_t below(size_t n) { return random_() % n; }

  std::string key() {
    constexpr std::array<const char*, 7> keys = {"a",    "b", "c",       "a_b",
                                                 "d\"e", "ü", "long key"};
    return keys[below(keys.size())];
  }

  json value(size_t depth) {
    switch (below(depth < 3 ? 9 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<int64_t>(below(100)) - 50;
    case 3:
      return static_cast<int64_t>(random_() * uint64_t{4294967296});
    case 4:
      return static_cast<double>(below(1000)) / 8;
    case 5:
      return std::string{"text \t\\ \n\"'é😀"}.substr(0, below(11));
    case 6:
      return "2024-01-02T03:04:05Z";
    case 7:
      return json::array({value(depth + 1), value(depth + 1)});
    default: {
      auto out = json::object();
      for (auto n = below(4); n > 0; --n)
        out[key()] = value(depth + 1);
      return out;
    }
    }
  }

  std::mt19937 random_;
};

/// What a row becomes: by column, its path and value. `lost` gets what another
/// value of the row took the column of.
using flat_row = std::map<std::string, std::pair<std::string, json>>;

void flatten(const json& object, const std::string& prefix, flat_row& out,
             json& lost) {
  for (const auto& [key, value] : object.items()) {
    const auto path = prefix.empty() ? key : prefix + '_' + key;
    if (value.is_object()) {
      flatten(value, path, out, lost);
    } else if (!value.is_null()) {
      const auto column = make_column_name(path, 63, false);
      if (const auto found = out.find(column); found != out.end())
        lost[found->second.first] = found->second.second;
      out[column] = {path, value};
    }
  }
}

/// Whether a column's text is the value.
bool same(const std::string& text, const json& value, column_type type) {
  switch (type) {
  case column_type::boolean:
    return text == value.dump();
  case column_type::integer:
    return text
           == (value.is_boolean() ? value.get<bool>() ? "1" : "0"
                                  : value.dump());
  case column_type::floating:
    return std::stod(text)
           == (value.is_boolean() ? value.get<bool>() ? 1 : 0
                                  : value.get<double>());
  case column_type::string:
    return value.is_string() ? text == value.get<std::string>()
                             : json::parse(text) == value;
  case column_type::timestamp:
    return text == value.get<std::string>();
  case column_type::json:
    return json::parse(text) == value;
  }
  return false;
}

} // namespace

TEST_CASE("random rows read back equal") {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    row_maker maker{seed};
    copy_text wire;
    table_rules rules;
    rules.dialect = test_dialect();
    table_builder builder{std::move(rules), wire};
    table_rows sink;
    std::vector<json> given;
    for (size_t block = 0; block < 5; ++block) {
      std::string text;
      for (size_t i = 0; i < 4; ++i) {
        given.push_back(maker.row());
        text += given.back().dump() + '\n';
      }
      REQUIRE(builder.add(text, sink));
    }
    const auto bare = builder.bare_rows();
    REQUIRE(sink.rows.size() + bare == given.size());
    for (size_t i = 0; i < sink.rows.size(); ++i) {
      flat_row want;
      json lost;
      flatten(given[i], "", want, lost);
      auto& got = sink.rows[i];
      const auto unmapped = got["_unmapped_data"];
      got.erase("_unmapped_data");
      INFO("row " << i << ": " << given[i].dump());
      CHECK((unmapped.empty() ? json{} : json::parse(unmapped)) == lost);
      REQUIRE(got.size() == want.size());
      for (const auto& given_value : want) {
        const auto& column = given_value.first;
        const auto& value = given_value.second.second;
        INFO("row " << i << ", " << column << " = " << value.dump());
        REQUIRE(got.count(column) == 1);
        // Earlier rows were written when the column was narrower.
        const auto& parts =
            builder.layout()[*builder.layout().find(column)].parts;
        CHECK(std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
          try {
            return same(got[column], value, part.shape.type);
          } catch (const std::exception&) {
            return false;
          }
        }));
      }
    }
  }
}
