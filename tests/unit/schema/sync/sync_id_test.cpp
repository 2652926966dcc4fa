#include "schema/sync/sync_id.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;

TEST_CASE("a sync's id has letters, digits and a few signs") {
  for (const auto& id : {std::string{"crm"}, std::string{"a"}, std::string{"0"},
                         std::string{"cl9y5kgth0002ccfn3vzcqbvf"},
                         std::string{"8e0c1c2e-7a0f-4b5e-9a55-0d8c8f1d2b3a"},
                         std::string{"team:crm_v1.2-x"}, std::string{"..."},
                         std::string{"_-"}, std::string(200, 'x')}) {
    INFO(id);
    CHECK(fault_of_sync_id(id).empty());
  }

  struct row {
    std::string id;
    const char* fault;
  };

  const row rows[] = {
      {"", "is empty"},
      {".", "must not be . or .."},
      {"..", "must not be . or .."},
      {"a/b", "only letters and digits of ASCII, _, ., : and -"},
      {"../..", "only letters"},
      {"a b", "only letters"},
      {"a\nb", "only letters"},
      {std::string{"a\0b", 3}, "only letters"},
      {"größe", "only letters"},
      {"\xff", "only letters"},
      {"a%2Fb", "only letters"},
      {std::string(201, 'x'), "longer than 200 bytes"},
  };
  for (const auto& one : rows) {
    INFO(one.id);
    CHECK_THAT(fault_of_sync_id(one.id),
               Catch::Matchers::ContainsSubstring(one.fault));
  }
}
