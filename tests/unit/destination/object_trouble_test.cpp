// What a refusal of a store means, and what its XML says.
#include "runtime/destination/object_storage/object_trouble.hpp"
#include "runtime/destination/object_storage/object_writer.hpp"
#include "schema/base/xml_text.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string error_of(const std::string& code, const std::string& more = {}) {
  return "<?xml version=\"1.0\"?>\n<Error><Code>" + code
         + "</Code><Message>words &lt;&amp;</Message>" + more
         + "<AWSAccessKeyId>AKID</AWSAccessKeyId></Error>";
}

} // namespace

TEST_CASE("a refusal is reported with the store's code and a remedy") {
  struct refusal {
    long status;
    std::string body;
    ec code;
    std::string words;
  };

  const auto passes = ec::destination_unavailable;
  const auto stays = ec::destination_rejected;
  const std::vector<refusal> table = {
      {404, error_of("NoSuchBucket"), stays, "make the bucket"},
      {403, error_of("AccessDenied"), stays, "s3:PutObject"},
      {403, error_of("InvalidAccessKeyId"), stays, "AWS_ACCESS_KEY_ID"},
      {403, error_of("SignatureDoesNotMatch"), stays, "AWS_SECRET_ACCESS_KEY"},
      {403, error_of("RequestTimeTooSkewed"), stays, "clock"},
      {400, error_of("ExpiredToken"), stays, "AWS_SESSION_TOKEN"},
      {301, error_of("PermanentRedirect", "<Endpoint>b.s3.eu</Endpoint>"),
       stays, "reached at b.s3.eu"},
      {400,
       error_of("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
       stays, "set region to eu-west-1"},
      {301, "", stays, "mend region and endpoint"},
      {403, "", stays, "mend the key"},
      {404, "<html>no</html>", stays, "speaks S3's protocol"},
      {501, error_of("NotImplemented"), stays, "does not speak all"},
      {400, error_of("EntityTooLarge"), stays, "larger than the store allows"},
      {503, error_of("SlowDown"), passes, "SlowDown, HTTP 503"},
      {500, error_of("InternalError"), passes, "HTTP 500"},
      {200, error_of("InternalError"), passes, "InternalError"},
      {400, error_of("RequestTimeout"), passes, "RequestTimeout"},
      {400, error_of("BadDigest"), passes, "BadDigest"},
      {400, error_of("XAmzContentSHA256Mismatch"), passes, "Mismatch"},
      {404, error_of("NoSuchUpload"), passes, "NoSuchUpload"},
      {429, "", passes, "HTTP 429"},
      {502, "<html>", passes, "HTTP 502"},
      {507, error_of("XMinioStorageFull"), passes, "XMinioStorageFull"},
  };
  for (const auto& one : table) {
    INFO(one.status << ' ' << one.body);
    const auto got =
        to_failure({"s3://rows", "host:9000", one.status, one.body});
    CHECK(got.code == one.code);
    CHECK_THAT(got.what, ContainsSubstring("s3://rows at host:9000: "));
    CHECK_THAT(got.what, ContainsSubstring(one.words));
    CHECK_THAT(got.what, !ContainsSubstring("AKID"));
  }
  CHECK_THAT(to_failure({"s3://b", "h", 400, error_of("Odd")}).what,
             ContainsSubstring("words <& (Odd, HTTP 400)"));
}

TEST_CASE("elements of a store's XML are read") {
  CHECK(xml_value("<a><Key>x&amp;y&#39;&#x26;&quot;&bad;&</Key></a>", "Key")
        == "x&y'&\"&bad;&");
  CHECK(xml_value("<a/>", "Key").empty());
  CHECK(xml_value("<Key><![CDATA[a & <b>]]></Key>", "Key") == "a & <b>");
  CHECK(xml_value("<Key><![CDATA[]]></Key>", "Key").empty());
  CHECK(xml_value("<Key>cut", "Key").empty());
  CHECK(xml_elements("<U>1</U><U></U><V>2</V><U>3</U>", "U")
        == std::vector<std::string_view>{"1", "", "3"});
  CHECK(xml_escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&apos;");
  CHECK(xml_value("<E>" + xml_escape("<&'\">ü") + "</E>", "E") == "<&'\">ü");
}

TEST_CASE("the parts of an object reach the most that S3 allows") {
  uint64_t sum = 0;
  uint64_t least = object_writer::part_bytes(1);
  for (size_t i = 1; i <= object_writer::most_parts; ++i) {
    least = std::min(least, object_writer::part_bytes(i));
    sum += object_writer::part_bytes(i);
  }
  CHECK(least >= (5u << 20));
  CHECK(sum >= uint64_t{5} * 1000 * 1000 * 1000 * 1000);
}
