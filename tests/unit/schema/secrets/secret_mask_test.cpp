#include "schema/secrets/secret_mask.hpp"

#include "schema/secrets/config_secrets.hpp"
#include "schema/secrets/secret_words.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;

namespace {

secret_mask mask_of(std::initializer_list<std::string_view> secrets) {
  secret_mask out;
  for (auto secret : secrets)
    out.add(secret);
  return out;
}

std::string base64(std::string_view text, std::string_view last_two = "+/") {
  std::string letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  letters += last_two;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    unsigned group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8
              | (i + k < text.size() ? static_cast<unsigned char>(text[i + k])
                                     : 0u);
    for (size_t k = 0; k < 4; ++k)
      out += i + k > text.size() ? '=' : letters[group >> (18 - 6 * k) & 63];
  }
  return out;
}

} // namespace

TEST_CASE("a secret is hidden however it is written", "[secrets]") {
  const std::string secret = "p@ss w\"ö/rd+\\1&2";
  auto mask = mask_of({secret});

  struct row {
    const char* name;
    std::string text;
  };

  const std::vector<row> rows = {
      {"as it stands", secret},
      {"RFC 3986", "p%40ss%20w%22%C3%B6%2Frd%2B%5C1%262"},
      {"RFC 3986, lower case", "p%40ss%20w%22%c3%b6%2frd%2b%5c1%262"},
      {"a form", "p%40ss+w%22%C3%B6%2Frd%2B%5C1%262"},
      {"Python's quote, which keeps slashes",
       "p%40ss%20w%22%C3%B6/rd%2B%5C1%262"},
      {"JSON", R"(p@ss w\"ö/rd+\\1&2)"},
      {"Python's json", R"(p@ss w\"\u00f6/rd+\\1&2)"},
      {"PHP's json", R"(p@ss w\"\u00f6\/rd+\\1&2)"},
      {"Python's repr", R"(p@ss w"ö/rd+\\1&2)"},
      {"HTML", "p@ss w&quot;ö/rd+\\1&amp;2"},
      {"base64", base64(secret)},
      {"base64 for URLs", base64(secret, "-_")},
      {"Basic auth", base64("me:" + secret)},
  };
  for (const auto& [name, text] : rows) {
    INFO(name);
    auto masked = mask.apply("GET https://h/x?k=" + text + " failed");
    CHECK(masked.find("***") != std::string::npos);
    CHECK(mask.apply(text) != text);
    for (const auto* part : {"w%22", "rd+", "rd%2", "w\\\""})
      CHECK(masked.find(part) == std::string::npos);
    CHECK(masked.starts_with("GET https://h/x?k="));
    CHECK(masked.ends_with(" failed"));
  }
}

TEST_CASE("a secret that is not UTF-8 is hidden once it is cleaned",
          "[secrets]") {
  // As `clean_log_text` and libraries of JSON show such bytes.
  const auto mask = mask_of({"pass\xff\"word"});
  CHECK(mask.apply("is pass\xff\"word here") == "is *** here");
  CHECK(mask.apply(R"(is pass�\"word here)") == "is *** here");
  CHECK(mask.apply("is pass\uFFFD\\\"word here") == "is *** here");
}

TEST_CASE("a secret is hidden at any place of a base64", "[secrets]") {
  const std::string secret = "S3CR3T-apikey?>";
  auto mask = mask_of({secret});
  for (const std::string before : {"", "u", "us", "use", "user:", R"({"k":")"})
    for (const std::string behind : {"", "\"", "\"}", " tail of some length"})
      for (std::string_view last_two : {"+/", "-_"}) {
        auto whole = base64(before + secret + behind, last_two);
        INFO(before << secret << behind << " is " << whole);
        auto masked = mask.apply("x " + whole + " y");
        CHECK(masked.find("***") != std::string::npos);
        // No more than the neighbours are left.
        CHECK(masked.size()
              <= 4 + 3 + 4 * ((before.size() + behind.size()) / 3 + 2));
      }
  CHECK(mask_of({"hunter2hunter2"}).apply(base64("admin:hunter2hunter2"))
        == base64("admin:hunter2hunter2").substr(0, 8) + "***=");
}

TEST_CASE("a key of several lines is hidden line by line", "[secrets]") {
  const std::string first =
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
  const std::string second = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==";
  auto pem = "-----BEGIN PRIVATE KEY-----\n" + first + "\n" + second
             + "\n-----END PRIVATE KEY-----\n";
  for (const auto& given :
       {pem, "-----BEGIN PRIVATE KEY-----\\n" + first + "\\n" + second
                 + "\\n-----END PRIVATE KEY-----\\n"}) {
    auto mask = mask_of({given});
    CHECK(mask.apply("could not parse " + first) == "could not parse ***");
    CHECK(mask.apply("  " + second + "\n") == "  ***\n");
    CHECK(mask.apply(pem).find(first) == std::string::npos);
    CHECK(mask.apply("-----BEGIN PRIVATE KEY-----")
          == "-----BEGIN PRIVATE KEY-----");
  }
}

TEST_CASE("short secrets are hidden as words alone", "[secrets]") {
  auto mask = mask_of({"abc", "user1", "longer-one"});
  CHECK(mask.apply("abc user1 user12 xuser1 (user1) user1")
        == "abc *** user12 xuser1 (***) ***");
  CHECK(mask.apply("xlonger-onex") == "x***x");
}

TEST_CASE("secrets that overlap are hidden together", "[secrets]") {
  auto mask = mask_of({"abcdefgh", "efghijkl", "abcdefghijklmnop"});
  CHECK(mask.apply("-abcdefghijkl-") == "-***-");
  CHECK(mask.apply("-abcdefghijklmnop-") == "-***-");
  CHECK(mask.apply("abcdefghabcdefgh") == "***");
  CHECK(mask.apply("abcdefgh abcdefgh") == "*** ***");
  CHECK(mask.apply("abcdefg") == "abcdefg");
  CHECK(mask.apply("") == "");
  CHECK(secret_mask{}.apply("abcdefgh") == "abcdefgh");
}

TEST_CASE("a secret is masked in any context", "[secrets]") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  auto text = [&random](size_t size, std::string_view letters) {
    std::string out;
    for (size_t i = 0; i < size; ++i)
      out += letters[random() % letters.size()];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> secrets;
    secret_mask mask;
    for (size_t i = 0; i < 1 + random() % 20; ++i) {
      secrets.push_back(text(8 + random() % 20, "ab%+/ \n\"9"));
      while (secrets.back().back() == '\n')
        secrets.back().back() = 'x';
      mask.add(secrets.back());
    }
    std::string whole;
    for (int i = 0; i < 10; ++i)
      whole += text(random() % 12, "ab%+/ \n\"9")
               + secrets[random() % secrets.size()];
    auto masked = mask.apply(whole);
    for (const auto& secret : secrets)
      CHECK(masked.find(secret) == std::string::npos);
    CHECK(mask.apply(masked) == masked);
  }
}

TEST_CASE("keys that name a secret are recognised", "[secrets]") {
  for (const auto* key : {"password",
                          "Password",
                          "db_password",
                          "dbPassword",
                          "PASSWD",
                          "pwd",
                          "secret",
                          "client_secret",
                          "clientSecret",
                          "ClientSecret",
                          "client-secret",
                          "token",
                          "access_token",
                          "refreshToken",
                          "apiToken",
                          "api_key",
                          "apiKey",
                          "apikey",
                          "API_KEY",
                          "X-Api-Key",
                          "key",
                          "secret_key",
                          "aws_secret_access_key",
                          "credentials",
                          "credentials_json",
                          "Authorization",
                          "auth",
                          "private_key",
                          "sshKey",
                          "ssh_key_val",
                          "passphrase",
                          "accesstoken",
                          "service_account_key",
                          "bearer",
                          "cookie",
                          "sas_token",
                          "connection_string",
                          "connectionString",
                          "password2",
                          "api_key_1",
                          "token0"}) {
    INFO(key);
    CHECK(names_a_secret(key));
  }
  for (const auto* key :
       {"",           "host",         "user",           "username",
        "monkey",     "keyboard",     "primary_key",    "primaryKey",
        "cursor_key", "token_uri",    "token_url",      "tokenType",
        "auth_type",  "authMethod",   "password_type",  "start_date",
        "secretary",  "keyspace",     "keys",           "author",
        "passenger",  "tokenize",     "api_key_header", "public_key",
        "expires_in", "auth0_domain", "oauth2"}) {
    INFO(key);
    CHECK_FALSE(names_a_secret(key));
  }
}

TEST_CASE("the secrets of a config are found by the names of its keys",
          "[secrets]") {
  using strings = std::vector<std::string>;

  struct row {
    const char* config;
    strings wanted;
  };

  const std::vector<row> rows = {
      {R"({"api_key":"S3CR3T-apikey","host":"h.example.com"})",
       {"S3CR3T-apikey"}},
      {R"({"a":{"b":[{"password":"hunter2x"}]}})", {"hunter2x"}},
      {R"({"tokens":["tok-1-abcdef12","tok-2-abcdef12"]})",
       {"tok-1-abcdef12", "tok-2-abcdef12"}},
      {R"({"credentials":{"auth_type":"oauth2.0","client_id":"AB12CD34EF56",)"
       R"("refresh_token":"r3fr3sh-t0ken"}})",
       {"r3fr3sh-t0ken"}},
      // Below a key that names a secret all that looks like one.
      {R"({"secrets":{"prod":"Zx81Qq47LmNb","env":"production"}})",
       {"Zx81Qq47LmNb"}},
      {R"({"headers":[{"name":"Authorization","value":"Bearer abc123def456"},)"
       R"({"name":"Accept","value":"application/json"}]})",
       {"Bearer abc123def456", "abc123def456"}},
      {R"({"params":[{"key":"X-Limit","value":"10000000"}]})", {}},
      {R"({"url":"postgres://me:s%40cret1@h/db?sslmode=require"})",
       {"s%40cret1", "s@cret1"}},
      {R"({"endpoint":"https://h/x?page=1&api_key=k-12345678"})",
       {"k-12345678"}},
      {R"({"dsn_text":"Server=h;Database=d;Pwd=hunter2x;"})",
       {"Server=h;Database=d;Pwd=hunter2x;", "hunter2x"}},
      {R"({"service_account":"{\"type\":\"service_account\",)"
       R"(\"private_key\":\"-----BEGIN\\nAAAA\",\"client_email\":\"a@b.c\"}"})",
       {"-----BEGIN\nAAAA"}},
      // Too short, or too common a word.
      {R"({"password":"abc","token":"true","secret":"password","key":"12345",)"
       R"("api_key":"","auth":"oauth"})",
       {}},
      // Numbers, as they are written; booleans are none.
      {R"({"password":12345678,"token":null,"secret":true})", {"12345678"}},
      {R"({"access_token":9876543210,"page_size":1000000})", {"9876543210"}},
      {R"({"token":98765432109876543210987,"api_key":-1234567.25e3})",
       {"98765432109876543210987", "-1234567.25e3"}},
      {R"({"tokens":[123456,7,{"secret":654321}],"pin":12345})",
       {"123456", "654321"}},
      {R"({"service":"{\"private_key\":1234567,\"n\":1234568}"})", {"1234567"}},
      {R"({"token\"1234567":1,"a":"\"12345678","password":"x\\","n":1234567})",
       {}},
      // Configs that no run could use.
      {R"({"password":"first-one","password":"second-one"})",
       {"first-one", "second-one"}},
      {R"({"name":"Authorization","name":"x","value":"val-12345"})",
       {"val-12345"}},
      {R"({"n":1e400,"password":"hunter2x","m":123456789e999})", {"hunter2x"}},
      {R"({"x":"\ud800","api_key":"k-\udc00-12345"})", {"k-\uFFFD-12345"}},
      {R"({"host":"h.example.com","password":"hunter2x","list":["a)",
       {"hunter2x"}},
      {R"({'x', "token" : ["tok-1-abcdef12" 7654321, {"user": "anna", "\u0070in)",
       {"7654321", "tok-1-abcdef12"}},
      {"no JSON", {}},
      {R"(["password", {"token":"in-a-list"}])", {"in-a-list"}},
      {"\"text\"", {}},
      {"", {}},
  };
  for (const auto& [config, wanted] : rows) {
    INFO(config);
    auto sorted = wanted;
    std::sort(sorted.begin(), sorted.end());
    CHECK(find_config_secrets(config) == sorted);
  }
}

TEST_CASE("the secrets of a config are found however deep it is", "[secrets]") {
  // Behind the depth at which JSON is refused they are found, too.
  for (const size_t depth : {3, 63, 64, 65, 500, 999, 1200, 20'000}) {
    INFO(depth);
    std::string config;
    for (size_t i = 0; i < depth; ++i)
      config += R"({"a":)";
    config += R"({"host":"example.com","password" : ["hunter2x",12345678],)"
              R"("b":"Zx81Qq47LmNb5Yt","url":"https://me:p4ssw0rd@h/"})";
    config += std::string(depth, '}');
    const auto found = find_config_secrets(config);
    for (const auto* one : {"hunter2x", "12345678", "p4ssw0rd"})
      CHECK(std::find(found.begin(), found.end(), one) != found.end());
    CHECK(std::find(found.begin(), found.end(), "example.com") == found.end());
  }
}

TEST_CASE("the secrets of a config are found by its spec", "[secrets]") {
  constexpr auto spec = R"({"connectionSpecification":{"type":"object",
    "definitions":{"hidden":{"type":"string","airbyte_secret":true}},
    "properties":{
      "host":{"type":"string"},
      "account":{"type":"string","airbyte_secret":true},
      "by_reference":{"$ref":"#/definitions/hidden"},
      "tunnel":{"type":"object","oneOf":[
        {"properties":{"method":{"const":"none"}}},
        {"properties":{"method":{"const":"ssh"},
                       "phrase":{"type":"string","airbyte_secret":true}}}]},
      "list":{"type":"array","items":{"type":"string","airbyte_secret":true}},
      "map":{"type":"object",
             "additionalProperties":{"type":"string","airbyte_secret":true}},
      "whole":{"type":"object","airbyte_secret":true},
      "json":{"type":"string","airbyte_secret":true},
      "loop":{"$ref":"#/properties/loop"}}}})";
  auto found = find_config_secrets(
      R"({"host":"db.example.com","account":"acme corp","loop":{"x":"yyyyyy"},
          "tunnel":{"method":"ssh","phrase":"correct horse"},
          "list":["first one","second one"],"map":{"a":"in a map"},
          "whole":{"x":["deep inside"]},"json":"{\"a\":\"plain\"}",
          "by_reference":"found by reference"})",
      spec);
  CHECK(found
        == std::vector<std::string>{"acme corp", "correct horse", "deep inside",
                                    "first one", "found by reference",
                                    "in a map", "second one",
                                    R"({"a":"plain"})"});
  // Whatever else a spec holds.
  for (const auto* odd : {R"("description":"\ud800")", R"("maximum":1e400)"})
    CHECK(find_config_secrets(
              R"({"account":"acme corp"})",
              R"({"connectionSpecification":{"properties":{"account":{)"
                  + std::string{odd} + R"(,"airbyte_secret":true}}}})")
          == std::vector<std::string>{"acme corp"});
  CHECK(find_config_secrets(R"({"account":"acme corp"})", "[]").empty());
  CHECK(find_config_secrets(R"({"account":"acme corp"})",
                            R"({"connectionSpecification":7})")
            .empty());
}
