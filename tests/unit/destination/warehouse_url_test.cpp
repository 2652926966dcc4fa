#include "runtime/destination/warehouse/warehouse_url.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("a URL of a warehouse is taken apart") {
  const auto all =
      parse_warehouse_url("x://a%40b:p%3Aw@h:1/d%2De?one=1&two=%26&three");
  REQUIRE(all);
  CHECK(all->user == "a@b");
  CHECK(all->password == "p:w");
  CHECK(all->server == "h:1");
  CHECK(all->database == "d-e");
  CHECK(all->parameters
        == std::vector<std::pair<std::string, std::string>>{
            {"one", "1"}, {"two", "&"}, {"three", ""}});
  const auto least = parse_warehouse_url("x://h");
  REQUIRE(least);
  CHECK((least->user + least->password + least->database).empty());
  CHECK(least->server == "h");
  CHECK(parse_warehouse_url("x://u:p@w@h/")->password == "p@w");
  for (const auto* url : {"x://h/d/", "x://h/d//", "x://h/d/?a=1"})
    CHECK(parse_warehouse_url(url)->database == "d");
  CHECK(parse_warehouse_url("x://h//")->database.empty());
  for (const auto* wrong : {"", "h/d", "x://h/a/b", "x://h/%zz", "x://%@h",
                            "x://h?=1", "x://h?a=%"})
    CHECK_FALSE(parse_warehouse_url(wrong));
}

TEST_CASE("a server is a host, with or without a port") {
  struct row {
    const char* server;
    const char* host;
    const char* port;
  };

  for (const auto& [server, host, port] :
       std::vector<row>{{"h", "h", ""},
                        {"h:65535", "h", "65535"},
                        {"[::1]", "::1", ""},
                        {"[::1]:3306", "::1", "3306"}}) {
    const auto got = split_server(server);
    REQUIRE(got);
    CHECK(got->host == host);
    CHECK(got->port == port);
  }
  for (const auto* wrong : {"", ":1", "h:", "h:0", "h:65536", "h:1x", "h/x",
                            "u@h", "a b", "h\n", "a,b", "h%41"})
    CHECK_FALSE(split_server(wrong));
}
