// Rows as CSV and as flat JSON.
#include "runtime/base/gzip_stream.hpp"
#include "runtime/destination/object_storage/csv_rows.hpp"
#include "runtime/destination/object_storage/flat_json.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <zlib.h>

using namespace motorcade;

namespace {

using strings = std::vector<std::string>;

table_builder make_builder(wire_format& wire) {
  table_rules rules;
  rules.dialect.keeps_values = true;
  return {std::move(rules), wire};
}

std::string as_csv(const strings& rows) {
  struct sink : table_sink {
    test::scratch_folder folder;
    csv_rows out{folder.path("")};

    result<void> on_layout(const table_layout&) override { return {}; }

    result<void> on_rows(std::string_view wire) override {
      return out.append(wire);
    }
  } to;

  csv_cells cells;
  auto builder = make_builder(cells);
  for (const auto& row : rows)
    REQUIRE(builder.add(row + "\n", to));
  std::string text;
  REQUIRE(to.out.write(builder.layout(), [&](std::string_view more) {
    text += more;
    return result<void>{};
  }));
  return text;
}

std::string as_flat(const strings& rows) {
  struct sink : table_sink {
    flat_json wire;
    std::string out;

    result<void> on_layout(const table_layout& layout) override {
      wire.set_columns(layout);
      return {};
    }

    result<void> on_rows(std::string_view text) override {
      out += text;
      return {};
    }
  } to;

  auto builder = make_builder(to.wire);
  for (const auto& row : rows)
    REQUIRE(builder.add(row + "\n", to));
  return to.out;
}

} // namespace

TEST_CASE("rows of CSV have the sorted union of columns, and null is empty") {
  struct table {
    std::string what;
    strings rows;
    std::string csv;
  };

  const std::vector<table> all = {
      {"columns that come later",
       {R"({"b":1})", R"({"c":"x","a":true})", R"({"b":2,"a":null})"},
       "a,b,c\n,1,\ntrue,,x\n,2,\n"},
      {"nested objects, arrays",
       {R"({"o":{"x":{"y":1.50},"z":[1, {"k" : "v"}]}})"},
       "o_x_y,o_z\n1.50,\"[1,{\"\"k\"\":\"\"v\"\"}]\"\n"},
      {"what must be quoted",
       {R"({"a":"x,y"})", R"({"a":"say \"hi\""})", R"({"a":"two\nlines"})",
        R"({"a":" blank"})", R"({"a":"\r"})", R"({"a":"plain ü"})"},
       "a\n\"x,y\"\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n\" blank\"\n\"\r\"\n"
       "plain ü\n"},
      {"an empty text is not null, and no row is a blank line",
       {R"({"a":"","b":1})", R"({"b":2})"},
       "a,b\n\"\",1\n,2\n"},
      {"one column that is null", {R"({"a":1})", R"({})"}, "a\n1\n\"\"\n"},
      {"a row before the first column", {"{}", R"({"a":1})"}, "a\n\"\"\n1\n"},
      {"values of several types stay as they came",
       {R"({"a":1})", R"({"a":"x"})", R"({"a":1e3})", R"({"a":false})",
        R"({"a":[]})", R"({"a":"2026-01-02T03:04:05+02:00"})",
        R"({"a":123456789012345678901234567890})"},
       "a\n1\nx\n1e3\nfalse\n[]\n2026-01-02T03:04:05+02:00\n"
       "123456789012345678901234567890\n"},
      {"names", {R"({"a,b":1,"":2,"x y":3})"}, "_unnamed,a_b,x y\n2,1,3\n"},
  };
  for (const auto& one : all) {
    INFO(one.what);
    CHECK(as_csv(one.rows) == one.csv);
  }
}

TEST_CASE("many rows of CSV are read from the disk as they were written") {
  strings rows;
  std::string csv = "a,b\n";
  for (int i = 0; i < 60'000; ++i) {
    const auto number = std::to_string(i);
    rows.push_back(i % 2 == 0 ? R"({"b":)" + number + "}"
                              : R"({"a":")" + number + R"(,"})");
    csv += i % 2 == 0 ? "," + number + "\n" : "\"" + number + ",\",\n";
  }
  CHECK((as_csv(rows) == csv));
}

TEST_CASE("rows as flat JSON keep values, and leave nulls out") {
  CHECK(as_flat({R"({"a":{"b":1.0,"c":null},"t":"x\n","l":[1, {"k":"v"}]})",
                 R"({"a":{"c":true},"t":"2026-01-02T03:04:05Z","n":-5})",
                 R"({"t":5})", "{}"})
        == R"({"a_b":1.0,"t":"x\n","l":"[1,{\"k\":\"v\"}]"})"
           "\n"
           R"({"t":"2026-01-02T03:04:05Z","a_c":true,"n":-5})"
           "\n"
           R"({"t":5})"
           "\n{}\n");
}

TEST_CASE("flat JSON keeps numbers as they came, and texts of digits") {
  CHECK(as_flat({R"({"a":12345678901234567890,"b":"12345678901234567890",)"
                 R"("c":-1e400,"d":1e-400,"e":{"f":18446744073709551616}})"})
        == R"({"a":12345678901234567890,"b":"12345678901234567890",)"
           R"("c":-1e400,"d":1e-400,"e_f":18446744073709551616})"
           "\n");
}

TEST_CASE("a stream of gzip is one member of all bytes") {
  for (const auto small : {false, true}) {
    std::string content;
    std::string packed;
    const auto sink = [&](std::string_view more) {
      packed += more;
      return result<void>{};
    };
    gzip_stream stream{small};
    for (int i = 0; i < 50'000; ++i) {
      const auto row = "{\"n\":" + std::to_string(i * 7919 % 10'007) + "}\n";
      content += row;
      REQUIRE(stream.append(row, sink));
    }
    REQUIRE(stream.finish(sink));
    CHECK(packed.size() < content.size() / 3);
    z_stream z = {};
    REQUIRE(inflateInit2(&z, MAX_WBITS + 16) == Z_OK);
    std::string got(content.size() + 1, '\0');
    z.next_in = reinterpret_cast<Bytef*>(packed.data());
    z.avail_in = static_cast<uInt>(packed.size());
    z.next_out = reinterpret_cast<Bytef*>(got.data());
    z.avail_out = static_cast<uInt>(got.size());
    CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
    got.resize(got.size() - z.avail_out);
    CHECK(z.avail_in == 0);
    inflateEnd(&z);
    CHECK((got == content));
    gzip_stream failing{small};
    const auto broken = [](std::string_view) {
      return result<void>{failure{ec::system_failed, "disk full"}};
    };
    auto ok = failing.append("x", broken);
    if (ok)
      ok = failing.finish(broken);
    CHECK_FALSE(ok);
  }
}
