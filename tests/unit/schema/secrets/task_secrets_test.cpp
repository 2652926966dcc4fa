// What syncctl keeps of the secrets of a task that it supervises.
#include "schema/secrets/task_secrets.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("secrets of a task are hidden, or the whole text if they do not fit",
          "[secrets][bounds]") {
  struct row {
    const char* name;
    size_t count;
    size_t size;
    bool fits;
  };

  const std::vector<row> rows = {
      {"none", 0, 0, true},
      {"a password", 1, 20, true},
      {"a private key", 1, 3'200, true},
      {"a hundred keys", 100, 100, true},
      {"many keys", 1'000, 100, false},
      {"one that is long", 1, 1 << 20, false},
  };
  for (const auto& [name, count, size, fits] : rows) {
    INFO(name);
    std::vector<std::string> secrets;
    for (size_t i = 0; i < count; ++i)
      secrets.push_back(std::to_string(i) + "-" + std::string(size, 'x'));
    task_secrets kept{secrets};
    CHECK(kept.bytes() <= task_secrets::most_bytes);
    CHECK((kept.bytes() > 0) == (fits && count > 0));
    CHECK(kept.hide_in("").empty());
    auto text = "it failed with " + (count > 0 ? secrets.back() : "code 1");
    auto hidden = count > 0 ? "it failed with ***" : text;
    CHECK(kept.hide_in(text) == (fits ? hidden : task_secrets::withheld));
  }
}
