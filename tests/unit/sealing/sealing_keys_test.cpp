#include "runtime/sealing/sealing_keys.hpp"

#include "schema/base/base64.hpp"
#include "schema/base/hex.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <fstream>
#include <set>
#include <string>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;
using motorcade::test::scratch_folder;

namespace {

sealing_keys keys_of(const std::string& text) {
  auto out = sealing_keys::parse(text);
  REQUIRE(out);
  return std::move(*out);
}

} // namespace

TEST_CASE("a sealed text is opened, and is not readable before") {
  const auto keys = keys_of(sealing_keys::make_key());
  for (const auto& text :
       {std::string{}, std::string{"x"}, std::string{"hunter2-hunter2"},
        std::string(1 << 20, 'p'), std::string{"\0\xff\n", 3}}) {
    const auto sealed = keys.seal(text, "sync crm");
    CHECK(sealed.starts_with("v1."));
    if (text.size() > 4)
      CHECK(sealed.find(text) == std::string::npos);
    auto opened = keys.open(sealed, "sync crm");
    REQUIRE(opened);
    CHECK(*opened == text);
    CHECK_FALSE(keys.is_outdated(sealed));
  }
}

TEST_CASE("a text is sealed differently each time") {
  const auto keys = keys_of(sealing_keys::make_key());
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i)
    CHECK(seen.insert(keys.seal("the same", "row")).second);
}

TEST_CASE("a sealed text opens unchanged and in its own place alone") {
  const auto keys = keys_of(sealing_keys::make_key());
  const auto sealed = keys.seal("secret", "sync a");
  CHECK_FALSE(keys.open(sealed, "sync b"));
  CHECK_FALSE(keys.open(sealed, ""));
  // Each bit of each byte behind the name of the key.
  const auto head = sealed.rfind('.') + 1;
  const auto inside = from_base64(sealed.substr(head));
  REQUIRE(inside);
  for (size_t byte = 0; byte < inside->size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = *inside;
      changed[byte] = static_cast<char>(changed[byte] ^ (1 << bit));
      CHECK_FALSE(
          keys.open(sealed.substr(0, head) + to_base64(changed), "sync a"));
    }
  for (const auto& other :
       {std::string{}, std::string{"v1"}, std::string{"v1."},
        std::string{"plain text"}, sealed.substr(1), sealed.substr(0, head),
        sealed.substr(0, head + 8), "v2" + sealed.substr(2), sealed + "="}) {
    INFO(other);
    CHECK_FALSE(keys.open(other, "sync a"));
  }
}

TEST_CASE("keys are replaced one after another") {
  const auto old_key = sealing_keys::make_key();
  const auto new_key = sealing_keys::make_key();
  const auto before = keys_of(old_key).seal("secret", "row");
  const auto both = keys_of(new_key + ", " + old_key);
  CHECK(both.is_outdated(before));
  auto opened = both.open(before, "row");
  REQUIRE(opened);
  const auto after = both.seal(*opened, "row");
  CHECK_FALSE(both.is_outdated(after));
  CHECK(keys_of(new_key).open(after, "row"));
  auto gone = keys_of(new_key).open(before, "row");
  REQUIRE_FALSE(gone);
  CHECK_THAT(gone.error().what, ContainsSubstring("SYNCCTL_ENCRYPTION_KEYS"));
  CHECK_THAT(gone.error().what, !ContainsSubstring(old_key));
}

TEST_CASE("a digest depends on text, purpose and key") {
  const auto one = sealing_keys::make_key();
  const auto other = sealing_keys::make_key();
  const auto keys = keys_of(one + "," + other);
  const auto digests = keys.digests("text", "purpose");
  REQUIRE(digests.size() == 2);
  CHECK(digests[0].size() == 64);
  CHECK(digests[0] != digests[1]);
  CHECK(keys_of(other + "," + one).digests("text", "purpose")[1] == digests[0]);
  CHECK(keys.digests("texts", "purpose")[0] != digests[0]);
  CHECK(keys.digests("text", "purposes")[0] != digests[0]);
}

TEST_CASE("a key is written in base64 or in hexadecimal digits") {
  const auto key = sealing_keys::make_key();
  const auto bytes = from_base64(key);
  REQUIRE(bytes);
  const auto sealed = keys_of(key).seal("secret", "row");
  CHECK(keys_of(to_hex(*bytes)).open(sealed, "row"));
  CHECK(keys_of("  " + key + "\n").open(sealed, "row"));
}

TEST_CASE("wrong keys are refused without being shown") {
  const auto key = sealing_keys::make_key();

  struct row {
    std::string text;
    const char* part;
  };

  const row rows[] = {
      {"", "key 1 is not 32 bytes"},
      {"hunter2", "key 1 is not 32 bytes"},
      {key + ",", "key 2 is not 32 bytes"},
      {key + ",hunter2", "key 2 is not 32 bytes"},
      {key + "," + key, "key 2 is there twice"},
      {key.substr(4), "key 1 is not 32 bytes"},
      {std::string(63, 'a'), "key 1 is not 32 bytes"},
      {std::string(64, 'g'), "key 1 is not 32 bytes"},
  };
  for (const auto& one : rows) {
    auto parsed = sealing_keys::parse(one.text);
    REQUIRE_FALSE(parsed);
    CHECK_THAT(parsed.error().what, ContainsSubstring(one.part));
    CHECK_THAT(parsed.error().what, !ContainsSubstring("hunter2"));
    CHECK_THAT(parsed.error().what, !ContainsSubstring(key.substr(4, 20)));
  }
}

TEST_CASE("a machine makes its key once, for its owner alone") {
  scratch_folder folder;
  const auto path = folder.path("encryption.key");
  auto first = keep_sealing_keys(path);
  REQUIRE(first);

  struct stat found {};

  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  const auto sealed = first->seal("secret", "row");
  auto again = keep_sealing_keys(path);
  REQUIRE(again);
  CHECK(again->open(sealed, "row"));
}

TEST_CASE("a wrong key file is refused, and stays") {
  scratch_folder folder;
  const auto path = folder.path("encryption.key");
  std::ofstream{path} << "not a key\n";
  auto kept = keep_sealing_keys(path);
  REQUIRE_FALSE(kept);
  CHECK_THAT(kept.error().what, ContainsSubstring(path));
  std::ifstream file{path};
  std::string text;
  std::getline(file, text);
  CHECK(text == "not a key");
}
