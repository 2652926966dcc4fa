#include "schema/catalog/table_naming.hpp"

#include "schema/catalog/bulker_name.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

catalog_stream stream(std::string space, std::string name,
                      std::string table_name = {}) {
  catalog_stream out;
  out.id = {std::move(space), std::move(name)};
  out.source_defined_primary_key = {"Id", "address_zip"};
  out.primary_key = {"chosen"};
  out.table_name = std::move(table_name);
  return out;
}

naming_rules rules(std::string prefix, std::string space, bool same_case,
                   table_home home = table_home::files) {
  naming_rules out;
  out.home = home;
  out.table_name_prefix = std::move(prefix);
  out.target_namespace = std::move(space);
  out.to_same_case = same_case;
  return out;
}

naming_rules bulker(std::string space = {}, bool same_case = false) {
  return rules("", std::move(space), same_case, table_home::bulker);
}

} // namespace

TEST_CASE("tables follow the rules of naming") {
  struct row {
    std::string prefix;
    std::string space;
    bool same_case;
    catalog_stream given;
    std::string table;
    std::string target_namespace;
  };

  const auto own = stream("Shop", "Users");
  const auto none = stream("", "Users");
  const auto named = stream("Shop", "Users", "My_Table");
  const std::vector<row> table = {
      // Without NAMESPACE the stream's namespace is part of the name.
      {"", "", false, own, "Shop.Users", ""},
      {"", "", false, none, "Users", ""},
      {"raw_", "", false, own, "raw_Shop.Users", ""},
      {"raw_", "", false, none, "raw_Users", ""},
      {"raw_", "${LEGACY}", false, own, "raw_Shop.Users", ""},
      // The prefix says where the stream's namespace stands.
      {"${SOURCE_NAMESPACE}_", "", false, own, "Shop_Users", ""},
      {"${SOURCE_NAMESPACE}_", "", false, none, "_Users", ""},
      {"a${SOURCE_NAMESPACE}b${SOURCE_NAMESPACE}", "${LEGACY}", false, own,
       "aShopbShopUsers", ""},
      // NAMESPACE is the folder, and the table has its plain name.
      {"", "landing", false, own, "Users", "landing"},
      {"raw_", "x_${SOURCE_NAMESPACE}", false, own, "raw_Users", "x_Shop"},
      {"raw_", "${SOURCE_NAMESPACE}", false, own, "raw_Users", "Shop"},
      {"raw_", "${SOURCE_NAMESPACE}", false, none, "raw_Users", ""},
      {"${SOURCE_NAMESPACE}_", "landing", false, own, "Shop_Users", "landing"},
      // A table of its own goes before the prefix.
      {"raw_", "", false, named, "My_Table", ""},
      {"raw_", "landing", false, named, "My_Table", "landing"},
      // One case, of ASCII only, and not of the namespace.
      {"RAW_", "", true, own, "raw_shop.users", ""},
      {"", "Landing", true, named, "my_table", "Landing"},
      {"", "", true, stream("", "ÄPFEL"), "Äpfel", ""},
      // What a namespace holds is not substituted again.
      {"${SOURCE_NAMESPACE}_", "", false, stream("${SOURCE_NAMESPACE}", "t"),
       "${SOURCE_NAMESPACE}_t", ""},
  };
  for (const auto& one : table) {
    INFO("prefix " << one.prefix << ", NAMESPACE " << one.space << ", stream "
                   << one.given.id.key());
    const auto got = assign_tables({{one.given}},
                                   rules(one.prefix, one.space, one.same_case));
    REQUIRE(got);
    REQUIRE(got->size() == 1);
    const auto& target = got->front();
    CHECK(target.stream == one.given.id);
    CHECK(target.table == one.table);
    CHECK(target.target_namespace == one.target_namespace);
  }
}

TEST_CASE("towards Bulker the namespace is part of the table's name") {
  struct row {
    std::string prefix;
    std::string space;
    bool same_case;
    catalog_stream given;
    std::string table;
  };

  const auto own = stream("Shop", "Users");
  const auto none = stream("", "Users");
  const auto named = stream("Shop", "Users", "My_Table");
  const std::vector<row> table = {
      {"", "", false, own, "Shop.Users"},
      {"raw_", "${LEGACY}", false, own, "raw_Shop.Users"},
      {"", "landing", false, own, "landing_Users"},
      {"raw_", "x_${SOURCE_NAMESPACE}", false, own, "x_Shop_raw_Users"},
      {"", "${SOURCE_NAMESPACE}", false, own, "Shop_Users"},
      {"", "${SOURCE_NAMESPACE}", false, none, "Users"},
      {"raw_", "landing", false, named, "landing_My_Table"},
      {"", "Landing", true, own, "landing_users"},
  };
  for (const auto& one : table) {
    INFO("prefix " << one.prefix << ", NAMESPACE " << one.space << ", stream "
                   << one.given.id.key());
    const auto got =
        assign_tables({{one.given}}, rules(one.prefix, one.space, one.same_case,
                                           table_home::bulker));
    REQUIRE(got);
    CHECK(got->front().table == one.table);
    CHECK(got->front().target_namespace.empty());
  }
}

TEST_CASE("BULKER_URL decides whose rules hold") {
  CHECK(table_home_of("http://bulker:3042") == table_home::bulker);
  CHECK(table_home_of("https://file:1") == table_home::bulker);
  CHECK(table_home_of("postgres://h/d") == table_home::schemas);
  CHECK(table_home_of("sqlite:///data/rows.db") == table_home::sqlite);
  CHECK(table_home_of("file:///data") == table_home::files);
  CHECK(table_home_of("FILE:///data") == table_home::files);
}

TEST_CASE("a table gets the name that Bulker makes of it") {
  const std::string ascii(70, 'a');

  struct row {
    std::string given;
    std::string made;
  };

  const std::vector<row> table = {
      {"a", "a"},
      {"a.b", "a_b"},
      {"a_b", "a_b"},
      {"a./b", "a_b"},
      {"a._b", "a__b"},
      {".a.", "_a_"},
      {"a $-B9", "a $-B9"},
      {"Größe.数据", "Größe_数据"},
      {"a\xcc\x81"
       "b",
       "a_b"},
      {"😀😎a", "_a"},
      {"n·1", "n_1"},
      {"١", "table_ of ١"},
      {"_", "_"},
      {"...", "table_ of ..."},
      {"😀", "table_ of 😀"},
      {ascii, ascii.substr(0, 63)},
      {ascii.substr(0, 62) + "ü", ascii.substr(0, 62)},
      {ascii.substr(0, 61) + "ü", ascii.substr(0, 61) + "ü"},
  };
  for (const auto& one : table) {
    CAPTURE(one.given);
    CHECK(bulker_table_name(one.given) == one.made);
  }
}

TEST_CASE("the connector's own key is used, unless rows must not be merged") {
  naming_rules given;
  const auto merged = assign_tables({{stream("", "a")}}, given);
  REQUIRE(merged);
  const std::vector<key_path> key = {"Id", "address_zip"};
  CHECK(merged->front().primary_key == key);
  given.deduplicate = false;
  const auto kept = assign_tables({{stream("", "a")}}, given);
  REQUIRE(kept);
  CHECK(kept->front().primary_key.empty());
}

TEST_CASE("tables come in the order of the catalog") {
  const auto got =
      assign_tables({{stream("", "z"), stream("", "a"), stream("b", "z")}}, {});
  REQUIRE(got);
  REQUIRE(got->size() == 3);
  CHECK(got->at(0).table == "z");
  CHECK(got->at(1).table == "a");
  CHECK(got->at(2).table == "b.z");
}

TEST_CASE("two streams never share a table") {
  struct row {
    catalog_stream first;
    catalog_stream second;
    naming_rules given;
    /// Empty: they do not meet.
    std::string table;
  };

  const std::string long_name(63, 'x');

  const std::vector<row> table = {
      {stream("a", "t"), stream("b", "t"), {}, ""},
      {stream("a", "t"), stream("b", "t"), rules("", "x", false), "t"},
      {stream("a", "t"), stream("b", "t"),
       rules("", "${SOURCE_NAMESPACE}", false), ""},
      {stream("a", "t"), stream("b", "t"),
       rules("${SOURCE_NAMESPACE}_", "x", false), ""},
      {stream("a", "t"), stream("a_a", "t"),
       rules("${SOURCE_NAMESPACE}_", "", false), ""},
      {stream("a_", "t"), stream("a", "_t"),
       rules("${SOURCE_NAMESPACE}", "", false), "a_t"},
      {stream("a", "t"), stream("b", "t", "a.t"), {}, "a.t"},
      {stream("a", "t", "one"), stream("b", "t", "one"), {}, "one"},
      {stream("a", "t", "one"), stream("b", "t", "one"),
       rules("", "${SOURCE_NAMESPACE}", false), ""},
      {stream("", "t"), stream("", "T"), {}, ""},
      {stream("", "t"), stream("", "T"), rules("", "", true), "t"},
      // Folders of their own.
      {stream("n", "t"), stream("N", "t"),
       rules("", "${SOURCE_NAMESPACE}", true), ""},
      {stream("n", "t"), stream("N", "t"),
       rules("", "${SOURCE_NAMESPACE}", false, table_home::caseless_files),
       "t"},
      {stream("", "t"), stream("", "T"),
       rules("", "", false, table_home::caseless_files), "T"},
      {stream("a", "t"), stream("", "a_t"), rules("", "", false), ""},
      // SQLite knows neither namespaces nor case.
      {stream("a", "t"), stream("", "A_T"),
       rules("", "", false, table_home::sqlite), "A_T"},
      {stream("a", "t"), stream("b", "t"),
       rules("", "n", false, table_home::sqlite), "n_t"},
      {stream("a", "t"), stream("b", "t"),
       rules("", "${SOURCE_NAMESPACE}", false, table_home::sqlite), ""},
      // What Bulker makes one name of.
      {stream("a", "t"), stream("", "a_t"), bulker(), "a_t"},
      {stream("a", "t"), stream("", "a/t"), bulker(), "a/t"},
      {stream("a.b", "t"), stream("a", "b.t"), bulker(), "a.b.t"},
      {stream("", "t"), stream("", "T"), bulker(), ""},
      {stream("n", "t"), stream("N", "t"), bulker("${SOURCE_NAMESPACE}", true),
       "n_t"},
      {stream("n", "t"), stream("N", "t"), bulker("${SOURCE_NAMESPACE}"), ""},
      {stream("a", "b_t"), stream("a_b", "t"), bulker("${SOURCE_NAMESPACE}"),
       "a_b_t"},
      {stream("", long_name + "1"), stream("", long_name + "2"), bulker(),
       long_name + "2"},
      {stream("", long_name + "1"), stream("", long_name + "2"),
       rules("", "", false), ""},
  };
  for (const auto& one : table) {
    INFO(one.first.id.key() << " and " << one.second.id.key() << ", prefix "
                            << one.given.table_name_prefix << ", NAMESPACE "
                            << one.given.target_namespace);
    const auto got = assign_tables({{one.first, one.second}}, one.given);
    REQUIRE(static_cast<bool>(got) == one.table.empty());
    if (got)
      continue;
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what,
               Catch::Matchers::StartsWith("the streams \"" + one.first.id.key()
                                           + "\" and \"" + one.second.id.key()
                                           + "\" would share the table \""
                                           + one.table + '"'));
    CHECK_THAT(got.error().what,
               Catch::Matchers::ContainsSubstring("table_name"));
  }
}

TEST_CASE("an unknown placeholder is refused") {
  struct row {
    std::string prefix;
    std::string space;
    std::string message;
  };

  const std::vector<row> table = {
      {"${SOURCE_NAME}_", "",
       "TABLE_NAME_PREFIX (options.tableNamePrefix of a sync): unknown "
       "placeholder "
       "\"${SOURCE_NAME}\""},
      {"${LEGACY}", "",
       "TABLE_NAME_PREFIX (options.tableNamePrefix of a sync): unknown "
       "placeholder \"${LEGACY}\""},
      {"", "x${LEGACY}",
       "NAMESPACE (options.namespace of a sync): unknown placeholder "
       "\"${LEGACY}\""},
      {"${SOURCE_NAMESPACE}${", "",
       "TABLE_NAME_PREFIX (options.tableNamePrefix of a sync): unknown "
       "placeholder "
       "\"${\""},
  };
  for (const auto& one : table) {
    const auto got =
        assign_tables({{stream("", "a")}}, rules(one.prefix, one.space, false));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, Catch::Matchers::StartsWith(one.message));
  }
}
