// Requests that two programs could read in two ways. The kinds are those of
// public collections (llhttp's tests, h1spec, smuggler), in words of our own.

#include "support/http_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
/// Bytes that would be a request of their own if the one before ended early.
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends a request in two ways, at once and byte by byte.
/// @returns the statuses of the answers, and checks that the connection ended
/// after a refusal and that nothing behind it was taken for a request.
std::vector<int> statuses_of(http_world& at, const std::string& text) {
  std::vector<int> out;
  auto answered = at.answered.load();
  for (auto whole : {true, false}) {
    auto client = at.connect();
    if (whole)
      client.send(text);
    else
      for (auto c : text)
        client.send({&c, 1});
    auto answer = client.read_answer();
    if (!answer) {
      out.push_back(0);
      continue;
    }
    out.push_back(answer->status);
    if (answer->status < 400)
      continue;
    error_of(answer);
    CHECK(answer->headers.at("connection") == "close");
    CHECK(client.read_to_end() == "");
    CHECK(at.answered == answered);
  }
  return out;
}

void check_refused(http_world& at, const std::string& text, int status = 400) {
  INFO(text.substr(0, 200));
  CHECK(statuses_of(at, text) == std::vector<int>{status, status});
}

std::string with(const std::string& lines, const std::string& body = {}) {
  return head + lines + "\r\n\r\n" + body;
}

} // namespace

TEST_CASE("a request whose body length can be read in two ways is refused") {
  http_world at;
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n" + smuggled;
  for (const std::string& lines : {
           std::string{"Content-Length:"},
           std::string{"Content-Length: "},
           std::string{"Content-Length: \t"},
           std::string{"Content-Length: 5 5"},
           std::string{"Content-Length: 5, 5"},
           std::string{"Content-Length: 5,"},
           std::string{"Content-Length: 5\r\nContent-Length: 5"},
           std::string{"Content-Length: 5\r\nContent-Length: 6"},
           std::string{"Content-Length: 5\r\ncontent-length:"},
           std::string{"Content-Length: +5"},
           std::string{"Content-Length: -5"},
           std::string{"Content-Length: 0x5"},
           std::string{"Content-Length: 5.0"},
           std::string{"Content-Length: 5e0"},
           std::string{"Content-Length: \"5\""},
           std::string{"Content-Length: 5;"},
           std::string{"Content-Length: 5\xc2\xa0"},
           std::string{"Content-Length : 5"},
           std::string{"Content-Length\t: 5"},
           std::string{" Content-Length: 5"},
           std::string{"Content-Length: 5\r\n 6"},
           std::string{"Content-Length:\r\n 5"},
           std::string{"A: b\r\n Content-Length: 5"},
           std::string{"A: b\nContent-Length: 5"},
           std::string{"A: b\rContent-Length: 5"},
           std::string{"Content Length: 5"},
           std::string{"Content-Length"},
           std::string{"Transfer-Encoding:"},
           std::string{"Transfer-Encoding: \t"},
           std::string{"Transfer-Encoding:\r\nContent-Length: 5"},
           std::string{"Content-Length: 5\r\nTransfer-Encoding:"},
           std::string{"Content-Length: 5\r\nTransfer-Encoding: chunked"},
           std::string{"Transfer-Encoding: chunked\r\nContent-Length: 5"},
           std::string{"Transfer-Encoding: chunked\r\nContent-Length:"},
           std::string{"Transfer-Encoding: identity\r\nContent-Length: 5"},
           std::string{"Transfer-Encoding: chunked\r\nTransfer-Encoding: "
                       "chunked"},
           std::string{"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow"},
           std::string{"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked"},
           std::string{"Transfer-Encoding:\r\nTransfer-Encoding: chunked"},
           std::string{"Transfer-Encoding:\r\n chunked"},
           std::string{"Transfer-Encoding: chunked\r\n , cow"},
           std::string{"Transfer Encoding: chunked"},
           std::string{"Transf\x82r-Encoding: chunked"},
           std::string{"Transfer\r-Encoding: chunked"},
           std::string{"X: X\rTransfer-Encoding: chunked"},
           std::string{"X: X\nTransfer-Encoding: chunked"},
           std::string{"X:\rTransfer-Encoding: chunked"},
           std::string{"X:\nTransfer-Encoding: chunked"},
       })
    check_refused(at, with(lines, chunks));
  // A coding that is not known leaves the length open.
  for (const auto* coding :
       {"cow", "cow, chunked", "chunked, cow", "chunked, chunked", "identity",
        "chunk", "\"chunked\"", "'chunked'", "cow chunked bar", "xchunked",
        "chunked;q=1", ",chunked", "chunked,", "ch\x96nked", "\377chunked",
        "gzip"})
    check_refused(at, with(std::string{"Transfer-Encoding: "} + coding, chunks),
                  501);
  check_refused(at, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + chunks);
  CHECK(at.answered == 0);
}

TEST_CASE("only blanks may stand around a header's name and value") {
  http_world at;
  for (int code = 0; code < 0x100; ++code) {
    auto c = static_cast<char>(code);
    const std::string at_byte(1, c);
    if (code > 0x20 && code < 0x7F)
      continue;
    INFO(code);
    const std::string coding = "chunked";
    const std::string name = "Transfer-Encoding";
    auto blank = c == ' ' || c == '\t';
    // As part of a name.
    check_refused(at, with(name + at_byte + ": " + coding));
    check_refused(at, with(at_byte + name + ": " + coding));
    // As part of a value.
    if (blank)
      continue;
    auto odd = code >= 0x80 ? 501 : 400;
    check_refused(at, with(name + ":" + at_byte + coding), odd);
    check_refused(at, with(name + ": " + coding + at_byte), odd);
  }
  CHECK(at.answered == 0);
}

TEST_CASE("a request must have one valid host") {
  http_world at;
  for (const auto* lines : {"",
                            "Host: a\r\nHost: a\r\n",
                            "Host: a\r\nHost: b\r\n",
                            "Host: a\r\nhost:\r\n",
                            "Host:\r\n",
                            "Host: \r\n",
                            "Host : a\r\n",
                            " Host: a\r\n",
                            "Host: a b\r\n",
                            "Host: a,b\r\n",
                            "Host: a/b\r\n",
                            "Host: u@a\r\n",
                            "Host: a:b\r\n",
                            "Host: a:99999\r\n",
                            "Host: [::1\r\n",
                            "Host: [x]\r\n",
                            "Host: http://a\r\n",
                            "Host: a\r\n b\r\n",
                            "Host: a#\r\n",
                            "Host: a?\r\n"})
    check_refused(at, std::string{"GET / HTTP/1.1\r\n"} + lines + "\r\n"
                          + smuggled);
  for (const auto* lines : {"Host: a\r\n", "hOSt:\ta\t\r\nempty:\r\n",
                            "Host: a.b-c_d:80\r\n", "Host: [::1]:80\r\n"})
    CHECK(at.ask(std::string{"GET / HTTP/1.1\r\n"} + lines + "\r\n")->status
          == 200);
  CHECK(at.ask("GET / HTTP/1.0\r\n\r\n")->status == 200);
  CHECK(at.ask("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")->status == 400);
}

TEST_CASE("lines and words of a head are accepted in one form only") {
  http_world at;
  for (const std::string& text : {
           std::string{"GET / \r\n\r\n"},
           std::string{"GET /\r\n\r\n"},
           std::string{"GET / HTTP/1.1\nHost: a\n\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\n\n"},
           std::string{"GET / HTTP/1.1\nHost: a\r\n\r\n"},
           std::string{"GET / HTTP/1.1\rHost: a\r\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\n\rZ: b\r\n\r\n"},
           std::string{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
           std::string{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{" GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET\v/\vHTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\n\r\nHost: a\r\n\r\n"},
           std::string{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\nname\r\n : b\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\nX-Bad[]: b\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\nFo@: b\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\nX: b\x07\r\n\r\n"},
           std::string{"GET / HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n"},
           std::string{"GET / ICE/1.0\r\nHost: a\r\n\r\n"},
           std::string{"GET / IHTTP/1.0\r\nHost: a\r\n\r\n"},
           std::string{"GET / http/1.1\r\nHost: a\r\n\r\n"},
           std::string{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
           std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
       })
    if (text.starts_with("PRI"))
      check_refused(at, text, 505);
    else
      check_refused(at, text + smuggled);
  for (const auto* version : {"1.2", "1.10", "01.1", "1.01", "1", "9.9", "2.0",
                              "1.1x", "+1.1", "1.-1"})
    check_refused(
        at, std::string{"GET / HTTP/"} + version + "\r\nHost: a\r\n\r\n", 505);
}

TEST_CASE("chunks are accepted in one form only") {
  http_world at;
  for (const std::string& body : {
           // Sizes.
           std::string{"\r\nhello\r\n0\r\n\r\n"},
           std::string{" 5\r\nhello\r\n0\r\n\r\n"},
           std::string{"5 \r\nhello\r\n0\r\n\r\n"},
           std::string{"5\t\r\nhello\r\n0\r\n\r\n"},
           std::string{"+5\r\nhello\r\n0\r\n\r\n"},
           std::string{"-5\r\nhello\r\n0\r\n\r\n"},
           std::string{"0x5\r\nhello\r\n0\r\n\r\n"},
           std::string{"5h\r\nhello\r\n0\r\n\r\n"},
           std::string{"5,5\r\nhello\r\n0\r\n\r\n"},
           std::string{"\"5\"\r\nhello\r\n0\r\n\r\n"},
           std::string{"5_0\r\nhello\r\n0\r\n\r\n"},
           std::string{"\xef\xbc\x95\r\nhello\r\n0\r\n\r\n"},
           std::string{"5\0\r\nhello\r\n0\r\n\r\n", 16},
           // Ends of lines.
           std::string{"5\nhello\r\n0\r\n\r\n"},
           std::string{"5\rhello\r\n0\r\n\r\n"},
           std::string{"5\r\r\nhello\r\n0\r\n\r\n"},
           std::string{"5\r\nhello\n0\r\n\r\n"},
           std::string{"5\r\nhello0\r\n\r\n"},
           std::string{"5\r\nhello\r0\r\n\r\n"},
           std::string{"5\r\nhelloXX0\r\n\r\n"},
           std::string{"4\r\nhello\r\n0\r\n\r\n"},
           std::string{"6\r\nhello\r\n0\r\n\r\n"},
           std::string{"5\r\nhello\r\n0\n\r\n"},
           std::string{"5\r\nhello\r\n0\r\n\n"},
           std::string{"5\r\nhello\r\n0\r\r\n\r\n"},
           // Extensions.
           std::string{"5;\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;;a\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;=b\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=b;\r\nhello\r\n0\r\n\r\n"},
           std::string{"5 ;a\r\nhello\r\n0\r\n\r\n"},
           std::string{"5; a\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a b\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a\rb\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a\nb\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;\ra\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\r\n\"\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\rc\"\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a=\x80\r\nhello\r\n0\r\n\r\n"},
           std::string{"5;a\nhello\r\n0\r\n\r\n"},
           "5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n",
           // Trailers.
           std::string{"0\r\nA: b\n\r\n"},
           std::string{"0\r\nA: b\r\n\n"},
           std::string{"0\r\n\nA: b\r\n\r\n"},
           std::string{"0\r\nA: b\rC: d\r\n\r\n"},
           std::string{"0\r\nA : b\r\n\r\n"},
           std::string{"0\r\n A: b\r\n\r\n"},
           std::string{"0\r\nA: b\r\n c\r\n\r\n"},
           std::string{"0\r\nno colon\r\n\r\n"},
           std::string{"0\r\n: b\r\n\r\n"},
           std::string{"0\r\nA: \x01\r\n\r\n"},
           std::string{"0\r\nA: \0\r\n\r\n", 11},
           "0\r\nA: " + std::string(5000, 'b') + "\r\n\r\n",
           [] {
             std::string out = "0\r\n";
             for (int i = 0; i < 100; ++i)
               out += "A: b\r\n";
             return out + "\r\n";
           }(),
       })
    check_refused(at, chunked + body + smuggled);
  for (const auto* size :
       {"ffffffffffffffff", "7fffffffffffffff", "10000000000000005",
        "00000000000000005", "ffffffffffffffffffffffffffffffff", "a00001"})
    check_refused(at, chunked + size + "\r\nhello\r\n0\r\n\r\n" + smuggled,
                  413);
  CHECK(at.answered == 0);
  for (const auto* body :
       {"5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n000\r\n\r\n",
        "0005\r\nhello\r\n0\r\n\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "5;a\r\nhello\r\n0;b=c\r\n\r\n",
        "5;a=\"b;c\\\" d\";e=f;g\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n"}) {
    INFO(body);
    auto client = at.connect();
    client.send(chunked + body + smuggled);
    CHECK(client.read_answer()->body == "hello");
    // The bytes behind the body are the next request.
    CHECK(client.read_answer()->status == 200);
  }
}
