#pragma once

#include "runtime/destination/tables/column_names.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

enum class kind { boolean, integer, floating, huge, text, time, list };

/// A value that a row has.
struct value {
  kind is = kind::text;
  /// As it stands in the row.
  std::string given;
  /// Of texts and times: what it says.
  std::string text;
  /// The keys that lead to it, joined.
  std::string path = {};
};

/// By its column, a row's values; of some that share a column any may be there.
using row_values = std::map<std::string, std::vector<value>>;

class row_maker {
public:
  /// @param named The keys that the stream's schema names.
  row_maker(unsigned seed, table_dialect dialect, std::set<std::string> named)
      : random_{seed}, dialect_{dialect}, named_{std::move(named)} {}

  /// @param then Gets what the table must say of the row.
  std::string make(size_t id, row_values& then) {
    auto out = "{\"id\":" + std::to_string(id);
    for (auto left = below(9); left > 0; --left)
      out += "," + member("", then, 0);
    return out + "}";
  }

  /// @returns the column of a path of keys.
  std::string column(const std::string& path) const {
    return dialect_.fold(make_column_name(path, dialect_, false));
  }

  /// @returns the same for all names of a column.
  std::string fold(const std::string& name) const {
    return dialect_.fold(name);
  }

private:
  size_t below(size_t end) {
    return std::uniform_int_distribution<size_t>{0, end - 1}(random_);
  }

  const std::string& one_of(const std::vector<std::string>& all) {
    return all[below(all.size())];
  }

  std::string member(const std::string& prefix, row_values& then,
                     size_t depth) {
    static const std::vector<std::string> keys = {"a",
                                                  "b",
                                                  "c",
                                                  "A",
                                                  "long",
                                                  "x y",
                                                  "q\"uote",
                                                  "a'; DROP TABLE t; --",
                                                  std::string("n\0ul", 4),
                                                  std::string(300, 'n'),
                                                  "",
                                                  "_",
                                                  "`",
                                                  "%s $1 ?",
                                                  "\\",
                                                  "ünï",
                                                  "東京",
                                                  "😀",
                                                  "select",
                                                  "ctid",
                                                  "rowid",
                                                  "tab\tline\n",
                                                  "a.b",
                                                  " "};
    const auto& key = one_of(keys);
    const auto name = key.empty() ? "_unnamed" : key;
    const auto path = prefix.empty() ? name : prefix + "_" + name;
    auto out = encode_json_string(key, below(2) == 0) + ":";
    if (depth < 2 && below(6) == 0) {
      std::string inside;
      for (auto left = below(4); left > 0; --left)
        inside += (inside.empty() ? "" : ",") + member(path, then, depth + 1);
      inside = "{" + inside + "}";
      // An object that the schema names stays one value.
      if (!prefix.empty() || named_.count(name) == 0)
        return out + inside;
      for (auto& one : then)
        std::erase_if(one.second, [&](const value& v) {
          return v.path.starts_with(path + "_");
        });
      std::erase_if(then, [](const auto& one) { return one.second.empty(); });
      then[column(path)].push_back({kind::list, inside, inside, path});
      return out + inside;
    }
    if (below(10) == 0)
      return out + "null";
    auto made = any_value();
    made.path = path;
    then[column(path)].push_back(made);
    return out + made.given;
  }

  value any_value() {
    switch (below(8)) {
    case 0:
      return plain(kind::boolean, below(2) == 0 ? "true" : "false");
    case 1:
      return plain(kind::integer,
                   one_of({"0", "1", "-7", "42", "9223372036854775807",
                           "-9223372036854775808", "9007199254740993"}));
    case 2:
      return plain(kind::floating,
                   one_of({"0.5", "-1.25e3", "1.7976931348623157e308", "2.0",
                           "3.141592653589793", "1E-7", "123456789.125"}));
    case 3:
      return plain(kind::huge,
                   one_of({"9223372036854775808", "123456789012345678901234567"
                                                  "890"}));
    case 4: {
      auto time = one_of({"2024-01-02T03:04:05Z", "1999-12-31T23:59:59.5Z",
                          "2024-02-29T00:00:00.123456Z"});
      return {kind::time, encode_json_string(time, false), time};
    }
    case 5:
      return plain(kind::list, one_of({"[]", "[1,\"a\",null]", "[{\"b\":[2]}]",
                                       R"(["\u00e9\"\\",true])"}));
    default: {
      const auto text = any_text();
      return {kind::text, encode_json_string(text, below(2) == 0), text};
    }
    }
  }

  static value plain(kind is, const std::string& given) {
    return {is, given, given};
  }

  /// Of all that a format, SQL or a character set could take for its own.
  std::string any_text() {
    static const std::vector<std::string> parts = {"\\",
                                                   "\\N",
                                                   "\\.",
                                                   "\t",
                                                   "\n",
                                                   "\r",
                                                   "'",
                                                   "\"",
                                                   "`",
                                                   ";",
                                                   "--",
                                                   "/*",
                                                   "\x1a",
                                                   "\x01",
                                                   "NULL",
                                                   "null",
                                                   "%",
                                                   " ",
                                                   "é",
                                                   "😀",
                                                   "\u202e",
                                                   ",",
                                                   "{",
                                                   "}",
                                                   "[1]",
                                                   "$$",
                                                   "$1",
                                                   "a",
                                                   "\xC2\x85",
                                                   "\x7f",
                                                   "ß",
                                                   "\\\\",
                                                   "true",
                                                   "1",
                                                   "-0.5",
                                                   "0x41",
                                                   "E'",
                                                   "x'",
                                                   "?",
                                                   "2024-01-02",
                                                   std::string(1, '\0')};
    if (below(40) == 0)
      return std::string(70'000, 'x');
    std::string out;
    for (auto left = below(10); left > 0; --left)
      out += one_of(parts);
    return out;
  }

  std::mt19937_64 random_;
  const table_dialect dialect_;
  const std::set<std::string> named_;
};

} // namespace motorcade::test
