#include "schema/secrets/unescaped_text.hpp"

#include "schema/secrets/secret_mask.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;

TEST_CASE("escapes of a text are replaced", "[secrets]") {
  struct row {
    const char* source;
    const char* text;
  };

  const std::vector<row> rows = {
      {"a%3Db%3dc", "a=b=c"},
      {"%C3%A4", "ä"},
      {R"(\u003d\u003D\u00e4)", "==ä"},
      {R"(\ud83e\udd86)", "🦆"},
      {R"(\ud800\u0041)", R"(\ud800A)"},
      {R"(\"\\\/\'\=\n\t)", "\"\\/'=\n\t"},
      {R"(\x3d\xc3\xa4)", "=ä"},
      {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
      {"&#61;&#x3D;&#X3d;&#228;", "===ä"},
      {R"(%3D\u003d&#61;)", "==="},
      // One level of them at a time.
      {R"(%253D\\u003d&amp;lt;)", R"(%3D\u003d&lt;)"},
  };
  for (const auto& [source, text] : rows) {
    INFO(source);
    const unescaped_text read{source};
    CHECK(read.changed());
    CHECK(read.text() == text);
  }
}

TEST_CASE("a text without an escape stays", "[secrets]") {
  for (const std::string source : {"",
                                   "plain",
                                   "100%",
                                   "%",
                                   "%4",
                                   "%g1",
                                   R"(\)",
                                   R"(\u12)",
                                   R"(\u00g0)",
                                   R"(\ud800)",
                                   R"(\udc00\ud800)",
                                   R"(\x4)",
                                   R"(\q)",
                                   "&",
                                   "&amp",
                                   "&nope;",
                                   "&#;",
                                   "&#x;",
                                   "&#0;",
                                   "&#xD800;",
                                   "&#x110000;",
                                   "&#99999999;",
                                   "&#12a;",
                                   "&#123456789012;"}) {
    INFO(source);
    CHECK_FALSE(unescaped_text{source}.changed());
  }
}

TEST_CASE("a part of an unescaped text is found in the original", "[secrets]") {
  const unescaped_text read{R"(a%3Db\u00e4c)"};
  REQUIRE(read.text() == "a=bäc");
  // All bytes of "ä" are made of one escape.
  CHECK(read.places_of({{0, 1}, {1, 2}, {2, 3}, {3, 5}, {5, 6}})
        == std::vector<text_range>{{0, 1}, {1, 4}, {4, 5}, {5, 11}, {11, 12}});
  CHECK(read.places_of({{3, 4}, {4, 6}})
        == std::vector<text_range>{{5, 11}, {5, 12}});
  CHECK(read.places_of({{0, 6}}) == std::vector<text_range>{{0, 12}});
  CHECK(read.places_of({}).empty());
}

TEST_CASE("a secret is hidden whichever of its characters a program escapes",
          "[secrets]") {
  struct row {
    const char* program;
    std::string text;
  };

  const std::string secret = "Ab/9+x'\"<&>q;k==";
  const std::vector<row> rows = {
      {"Go's encoding/json", R"(Ab/9+x'\"\u003c\u0026\u003eq;k==)"},
      {"Gson", R"(Ab/9+x\u0027\"\u003c\u0026\u003eq;k\u003d\u003d)"},
      {"System.Text.Json", R"(Ab/9\u002Bx\u0027\u0022\u003C\u0026\u003Eq;k==)"},
      {"JSON in a text of JSON", R"(Ab/9+x'\\\"<&>q;k==)"},
      {"JSON in JSON in JSON", R"(Ab/9+x'\\\\\\\"<&>q;k==)"},
      {"JSON in Python's repr", R"(Ab/9+x\'\\"<&>q;k==)"},
      {"Python's html.escape", "Ab/9+x&#x27;&quot;&lt;&amp;&gt;q;k=="},
      {"Go's html.EscapeString", "Ab/9+x&#39;&#34;&lt;&amp;&gt;q;k=="},
      {"Go's html/template", "Ab/9&#43;x&#39;&#34;&lt;&amp;&gt;q;k=="},
      {"XML", "Ab/9+x&apos;&quot;&lt;&amp;&gt;q;k=="},
      {"Handlebars", "Ab/9+x&#x27;&quot;&lt;&amp;&gt;q;k&#x3D;&#x3D;"},
      {"Go's url.PathEscape", "Ab%2F9+x%27%22%3C&%3Eq%3Bk=="},
      {"JavaScript's encodeURI", "Ab/9+x'%22%3C&%3Eq;k=="},
      {"the userinfo of a URL", "Ab%2F9+x'%22%3C&%3Eq%3Bk%3D%3D"},
      {"percent-encoded twice",
       "Ab%252F9%252Bx%2527%2522%253C%2526%253Eq%253Bk%253D%253D"},
      {"Java's properties", R"(Ab/9+x'"<&>q;k\=\=)"},
      {"Python's repr of bytes", R"(Ab/9+x\'"<&>q;k\x3d\x3d)"},
      {"a URL in JSON", R"(Ab%2F9%2Bx%27%22%3C\u0026%3Eq%3Bk\u003d\u003d)"},
  };
  secret_mask mask;
  mask.add(secret);
  for (const auto& [program, text] : rows) {
    INFO(program);
    CHECK(mask.apply("a=1&b%20" + text + " \\n end") == "a=1&b%20*** \\n end");
  }
}

TEST_CASE("a short secret is a word between escapes", "[secrets]") {
  secret_mask mask;
  mask.add("k9x=");
  CHECK(mask.apply(R"({"a":"{\"p\":\"k9x\u003d\"}"})")
        == R"({"a":"{\"p\":\"***\"}"})");
  CHECK(mask.apply("p%3Dk9x%3D%26q") == "p%3D***%26q");
}

TEST_CASE("the rest of a long secret is hidden behind an escaped piece",
          "[secrets]") {
  std::string secret;
  for (size_t i = 0; secret.size() < 2 * secret_mask::longest_whole; ++i)
    secret += std::to_string(i * 7919) + "=";
  secret_mask mask;
  mask.add(secret);
  std::string shown;
  for (char c : secret)
    shown += c == '=' ? "\\u003d" : std::string{c};
  CHECK(mask.apply("is " + shown + " here") == "is ***");
}
