#include "runtime/destination/warehouse/staging_names.hpp"

#include "support/child_program.hpp"

#include <catch2/catch_all.hpp>

#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

using namespace motorcade;

TEST_CASE("names of tables of requests are unique and within the limit") {
  const staging_names names{std::string(300, 'n'), 63};
  std::set<std::string> all;
  for (int i = 0; i < 900; ++i)
    all.insert(names.make());
  CHECK(all.size() == 900);
  for (const auto& name : all) {
    REQUIRE(name.size() == 63);
    REQUIRE(names.made_at(name) > 0);
    REQUIRE_FALSE(names.is_old(name));
  }
}

// Is started by the test below.
TEST_CASE("a name that was made at a time is printed", "[.staging-name]") {
  std::puts(staging_names{"t", 63}.make(1'700'000'000'000).c_str());
}

TEST_CASE("processes that make a name in one millisecond make different ones") {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::set<std::string> all;
  for (int i = 0; i < 10; ++i) {
    test::child_program other{{self, "[.staging-name]"}};
    auto done = other.finish();
    REQUIRE(done.exit_code == 0);
    auto at = done.out.find("t_tmp1700000000000");
    REQUIRE(at != std::string::npos);
    all.insert(done.out.substr(at, std::string{"t_tmp"}.size() + 16));
  }
  // Two of ten may meet, by 1 to 22; not many.
  CHECK(all.size() > 6);
}

TEST_CASE("only a table with the name of a request's table is taken for one") {
  const staging_names names{"t", 63};
  CHECK(names.made_at("t_tmp1700000000000001") == 1'700'000'000'000);
  CHECK(names.is_old("t_tmp1700000000000001"));
  for (const auto* name :
       {"t", "t_tmp", "t_tmp170000000000001", "t_tmp17000000000000012",
        "t_tmp17000000000000x1", "t_tmp1700000000000 01",
        "u_tmp1700000000000001", "xt_tmp1700000000000001"}) {
    INFO(name);
    CHECK(names.made_at(name) == -1);
    CHECK_FALSE(names.is_old(name));
  }
}

TEST_CASE("a target named like the table of a request is recognised") {
  CHECK(staging_names::is_like_one("t_tmp1700000000000001"));
  CHECK(staging_names::is_like_one("_tmp1700000000000001"));
  CHECK(staging_names::is_like_one(std::string(43, 'n')
                                   + "_tmp1700000000000001"));
  for (const auto* name : {"", "t", "t_tmp", "tmp1700000000000001",
                           "t_tmp170000000000000", "t_tmp17000000000000011"}) {
    INFO(name);
    CHECK_FALSE(staging_names::is_like_one(name));
  }
}

TEST_CASE("the comment of a request's table names its task") {
  const auto text = staging_names::comment("sync-1", "task-1");
  CHECK(staging_names::maker_of(text, "sync-1") == "task-1");
  CHECK_FALSE(staging_names::maker_of(text, "sync-2"));
  CHECK_FALSE(staging_names::maker_of("a table of mine", "sync-1"));
  CHECK(staging_names::is_foreign("a table of mine"));
  CHECK_FALSE(staging_names::is_foreign(""));
  CHECK_FALSE(staging_names::is_foreign(text));
}
