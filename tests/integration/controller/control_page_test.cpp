// The web page as it is served; ./dev web tries what it does.

#include "controller/page/page.hpp"
#include "runtime/base/digest.hpp"
#include "support/control_api_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// @returns how often the text has that part.
size_t count(std::string_view text, std::string_view part) {
  size_t out = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++out;
  return out;
}

/// @returns a directive of the policy without its name.
std::string directive(const std::string& policy, const std::string& name) {
  auto start = ("; " + policy).find("; " + name + ' ');
  REQUIRE(start != std::string::npos);
  start += name.size() + 1;
  return policy.substr(start, policy.find(';', start) - start);
}

} // namespace

TEST_CASE("the page needs no token, and is HTML that no other page may frame") {
  control_api_world at{"token"};
  auto answer = at.get("/");
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("content-type") == "text/html; charset=utf-8");
  CHECK(answer.headers.at("cache-control") == "no-cache");
  CHECK(answer.headers.at("x-content-type-options") == "nosniff");
  CHECK(answer.headers.at("referrer-policy") == "no-referrer");
  CHECK(answer.body == page_html());
  CHECK(answer.body.starts_with("<!doctype html>"));
  CHECK(at.get("/?whatever=1").status == 200);
  CHECK(at.get("/tasks").status == 401);
  CHECK(at.get("//").status == 404);
}

TEST_CASE("the page's policy lets nothing run but its own script") {
  control_api_world at;
  auto answer = at.get("/");
  const auto& policy = answer.headers.at("content-security-policy");
  CHECK(directive(policy, "default-src") == "'none'");
  CHECK(directive(policy, "connect-src") == "'self'");
  CHECK(directive(policy, "base-uri") == "'none'");
  CHECK(directive(policy, "form-action") == "'none'");
  CHECK(directive(policy, "frame-ancestors") == "'none'");
  CHECK(directive(policy, "trusted-types") == "'none'");
  for (auto name : {"script-src", "style-src"}) {
    auto sources = directive(policy, name);
    CHECK(sources.starts_with("'sha256-"));
    // A SHA-256 in base64, in quotes.
    CHECK(sources.size() == 53);
  }
  CHECK(policy.find("unsafe") == std::string::npos);
  // Only what the hashes are of.
  CHECK(count(answer.body, "<script") == 1);
  CHECK(count(answer.body, "<style") == 1);
  for (auto part : {" onclick", " onload", " onerror", " style=", "innerHTML",
                    "outerHTML", "insertAdjacentHTML", "document.write",
                    "eval(", "http://", "https://", "javascript:"}) {
    INFO(part);
    // The name of SVG's namespace is no address.
    CHECK(count(answer.body, part) == (part == std::string{"http://"} ? 1 : 0));
  }
}

TEST_CASE("a client that has the page is not sent it again") {
  control_api_world at;
  auto tag = at.get("/").headers.at("etag");
  CHECK(tag == '"' + sha256_hex(page_html()).substr(0, 32) + '"');
  auto same = at.ask("GET", "/", {}, "If-None-Match: " + tag + "\r\n");
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.headers.at("etag") == tag);
  auto other = at.ask("GET", "/", {}, "If-None-Match: \"other\"\r\n");
  CHECK(other.status == 200);
  CHECK(other.body == page_html());
}

TEST_CASE("the page has no methods but GET and HEAD") {
  control_api_world at;
  for (auto method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    auto answer = at.ask(method, "/");
    CHECK(answer.status == 405);
    CHECK(answer.headers.at("allow") == "GET, HEAD");
  }
  auto client = at.connect();
  client.send(request_text("HEAD", "/"));
  auto head = client.read_head();
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->headers.at("content-length")
        == std::to_string(page_html().size()));
}
