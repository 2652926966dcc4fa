// What a bulker keeps of a request, so that it can send it again: in memory up
// to its budget, and beyond in a file.
#include "support/bulker_fixture.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(bulker_fixture,
                 "a request that outgrew the budget is not repeated") {
  open(1);
  write(std::string(59, 'x') + "\n");
  CHECK(budget->used() == 60);
  auto big = make_block(std::string(59, 'y') + "\n", 1);
  std::weak_ptr<const block> watched = big;
  tell(subject, std::move(big));
  // Once it cannot be repeated, nothing of it is worth keeping.
  CHECK(watched.expired());
  CHECK(budget->used() == 0);
  write("z\n");
  CHECK(where->last().body.size() == 122);
  SECTION("and may pass all the same") {
    commit();
    answer();
    CHECK(*heard == strings{"commit 7.1"});
  }
  SECTION("and says so when it fails") {
    refuse();
    CHECK(*heard
          == strings{"failure 7 destination_unavailable 503 busy (the request "
                     "of 122 bytes could not be repeated: its bytes are more "
                     "than RETRY_BUFFER_BYTES lets us keep)"});
  }
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(
    bulker_fixture,
    "rows that outgrow the budget while a request is repeated are sent") {
  open(1);
  write(std::string(59, 'x') + "\n");
  refuse();
  write(std::string(59, 'y') + "\n");
  write("z\n");
  commit();
  pass(501ms);
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().body
        == std::string(59, 'x') + "\n" + std::string(59, 'y') + "\nz\n");
  CHECK(where->last().finished);
  CHECK(budget->used() == 0);
  answer();
  CHECK(*heard == strings{"commit 7.1"});
}

TEST_CASE_METHOD(bulker_fixture,
                 "a request that outgrew the budget goes to the disk") {
  scratch_folder folder;
  spool_dir = folder.path("");
  subject = make();
  open(1);
  std::string sent;
  for (char c = 'a'; c < 'k'; ++c) {
    std::string row(40, c);
    row.back() = '\n';
    sent += row;
    write(row);
  }
  // In memory nothing is kept any more, and in the folder nothing has a name.
  CHECK(budget->used() == 0);
  CHECK(std::filesystem::is_empty(folder.path("")));
  for (int failures = 0; failures < 2; ++failures) {
    refuse();
    write("more\n");
    sent += "more\n";
    pass(1min);
    CHECK(where->last().body == sent);
  }
  commit();
  CHECK(where->last().finished);
  answer();
  CHECK(*heard == strings{"commit 7.1"});
}

TEST_CASE_METHOD(bulker_fixture,
                 "reading from the disk waits for a slow destination") {
  scratch_folder folder;
  spool_dir = folder.path("");
  subject = make();
  open(1);
  std::string sent;
  for (char c = 'a'; c < 'j'; ++c) {
    std::string row(1 << 20, c);
    row.back() = '\n';
    sent += row;
    write(row);
  }
  commit();
  where->slow = true;
  refuse();
  pass(1min);
  while (where->last().body.size() < sent.size()) {
    auto before = where->last().body.size();
    INFO(before);
    // No more than a few blocks are in memory, with any outcome.
    REQUIRE(where->last().unsent.size() <= 3);
    REQUIRE_FALSE(where->last().finished);
    pass(1s);
    REQUIRE(where->last().body.size() == before);
    where->last().unsent.clear();
    pass(1s);
    REQUIRE(where->last().body.size() > before);
  }
  CHECK(where->last().body == sent);
  CHECK(where->last().finished);
  answer();
  CHECK(*heard == strings{"commit 7.1"});
}

TEST_CASE_METHOD(
    bulker_fixture,
    "a request cannot be repeated if its spool cannot be written") {
  spool_dir = "/nonexistent";
  subject = make();
  open(1);
  write(std::string(101, 'x') + "\n");
  CHECK(where->last().body.size() == 102);
  SECTION("and nothing else") {
    commit();
    answer();
    CHECK(*heard == strings{"commit 7.1"});
  }
  SECTION("and is told when the request fails") {
    refuse();
    REQUIRE(heard->size() == 1);
    CHECK_THAT(heard->front(), Catch::Matchers::ContainsSubstring(
                                   "SPOOL_DIR /nonexistent: No such"));
  }
}
