// Rows into a store that is not ours: `./dev conformance` runs it beside one,
// whose address is S3_ENDPOINT, with an empty bucket `rows`.
#include "runtime/base/text.hpp"
#include "runtime/destination/object_storage/object_link.hpp"
#include "runtime/destination/object_storage/part_file.hpp"
#include "runtime/destination/trial.hpp"
#include "support/object_world.hpp"

#include <catch2/catch_all.hpp>

#include <cstdlib>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

namespace {

using strings = std::vector<std::string>;

constexpr size_t mebibyte = 1u << 20;

/// A folder of the store's bucket that no other test uses.
struct real_store {
  explicit real_store(const std::string& folder) {
    const auto* endpoint = std::getenv("S3_ENDPOINT");
    REQUIRE(endpoint != nullptr);
    config.bucket = "rows";
    config.url = bucket_url(endpoint, "us-east-1", config.bucket);
    config.folder = folder;
    config.keys = {"testing", "testing", {}, "us-east-1"};
    settings.uploads = 2;
    open();
  }

  void open() {
    auto made = make_object_storage_destination(config, settings);
    REQUIRE(made);
    to = *made;
  }

  upload_outcome send(const upload_request& request, const strings& rows) {
    upload_probe upload{*to, request};
    if (!rows.empty())
      upload.write(rows);
    return upload.finish();
  }

  /// @returns the bytes of an object, or the status in place of them.
  std::string object(const std::string& name) const {
    api_request request;
    request.url = config.url + "/" + percent_encode_path(name);
    request.sign = &config.keys;
    request.longest_answer = 64 * mebibyte;
    api_client client;
    auto answer = client.send(request);
    REQUIRE(answer);
    return answer->fine() ? answer->body
                          : "status " + std::to_string(answer->status);
  }

  strings names(const std::string& beginning) {
    auto found = link().names(beginning);
    INFO((found ? "" : found.error().what));
    REQUIRE(found);
    return *found;
  }

  object_link& link() {
    link_.use(never_, {});
    return link_;
  }

  object_storage_config config;
  destination_settings settings;
  destination_ptr to;

private:
  const interruption never_;
  object_link link_{config, {}};
};

strings large_rows(size_t mebibytes) {
  strings out;
  for (size_t i = 0; i < mebibytes; ++i)
    out.push_back("\"" + std::string(mebibyte - 3, static_cast<char>('a' + i))
                  + "\"");
  return out;
}

std::string joined(const strings& rows) {
  std::string out;
  for (const auto& row : rows)
    out += row + "\n";
  return out;
}

upload_request request_of(const std::string& table, write_mode mode,
                          uint64_t unit = 1) {
  auto out = request_for(table, mode);
  out.stream = table;
  out.unit = unit;
  return out;
}

constexpr auto replace = write_mode::replace_table;

} // namespace

TEST_CASE("objects are whole, by one PUT and by parts") {
  real_store store{"sizes"};
  for (const size_t size : {1, 8, 9, 17}) {
    INFO(size);
    const auto rows = large_rows(size);
    const auto sent = store.send(request_of("t", replace), rows);
    INFO((sent.error ? sent.error->what : ""));
    REQUIRE(sent.committed());
    CHECK((store.object("sizes/t.ndjson") == joined(rows)));
  }
  REQUIRE(store.send(request_of("t", replace), {}).committed());
  CHECK(store.object("sizes/t.ndjson").empty());
}

TEST_CASE("names that must be encoded are read back") {
  real_store store{"odd +&=ü'()*~/[DATE]"};
  auto request = request_of("a/b %;,@:$", replace);
  request.target_namespace = "n?#<>\"";
  const auto sent = store.send(request, {"1"});
  INFO((sent.error ? sent.error->what : ""));
  REQUIRE(sent.committed());
  const auto found = store.names("odd +&=ü'()*~/");
  REQUIRE(found.size() == 1);
  CHECK(store.object(found.front()) == "1\n");
  CHECK(store.to->drop_table(request));
  CHECK(store.names("odd").empty());
}

TEST_CASE("each request that appends makes an object of its own") {
  real_store store{"appended"};
  for (uint64_t unit = 1; unit <= 3; ++unit)
    REQUIRE(store
                .send(request_of("t", write_mode::batch, unit),
                      {std::to_string(unit)})
                .committed());
  store.open();
  REQUIRE(store.send(request_of("t", write_mode::batch), {"4"}).committed());
  CHECK(store.names("appended/t_").size() == 4);
}

TEST_CASE("CSV is compressed by gzip") {
  real_store store{"csv"};
  store.config.format = object_format::csv;
  store.config.gzip = true;
  store.open();
  REQUIRE(store
              .send(request_of("t", replace),
                    {R"({"b":1,"a":{"x":"y"}})", R"({"c":null})"})
              .committed());
  CHECK(gunzip(store.object("csv/t.csv.gz")) == "a_x,b\ny,1\n,\n");
}

TEST_CASE("an upload that is aborted leaves neither object nor parts") {
  real_store store{"aborted"};
  upload_probe upload{*store.to, request_of("t", replace)};
  upload.write(large_rows(9));
  REQUIRE(upload.wait_until_taken());
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(store.object("aborted/t.ndjson") == "status 404");
  const auto open = store.link().open_uploads("aborted/");
  REQUIRE(open);
  CHECK(open->empty());
}

TEST_CASE("parts that an upload left are swept") {
  real_store store{"left"};
  for (const auto* name : {"left/t.ndjson", "left/u.ndjson"})
    REQUIRE(store.link().begin_parts(name));
  REQUIRE(store.send(request_of("t", replace), {"1"}).committed());
  const auto open = store.link().open_uploads("left/");
  REQUIRE(open);
  REQUIRE(open->size() == 1);
  CHECK(open->front().name == "left/u.ndjson");
  CHECK(store.link().abort(open->front()));
  CHECK(store.link().abort(open->front()));
}

TEST_CASE("the store refuses parts that are too small, and unknown uploads") {
  real_store store{"small"};
  const auto id = store.link().begin_parts("small/t");
  REQUIRE(id);
  const open_upload upload{"small/t", *id};
  part_file part{"/tmp"};
  REQUIRE(part.append("too small"));
  strings tags;
  for (size_t i = 1; i <= 2; ++i) {
    auto tag = store.link().put_part(upload, i, part.body());
    REQUIRE(tag);
    tags.push_back(*tag);
  }
  const auto refused = store.link().complete(upload, tags);
  REQUIRE_FALSE(refused);
  CHECK(store.link().code() == "EntityTooSmall");
  CHECK(store.link().abort(upload));
  const auto unknown = store.link().complete(upload, tags);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ec::destination_unavailable);
}

TEST_CASE("a check leaves no object, and names a missing bucket") {
  real_store store{"check"};
  const auto never = [] {
    return false;
  };
  const auto tried = try_destination(*store.to, {"sync", "t1", ""}, never);
  INFO((tried ? "" : tried.error().what));
  CHECK(tried);
  CHECK(store.names("check/").empty());
  store.config.url += "-missing";
  store.open();
  const auto missing = try_destination(*store.to, {"sync", "t1", ""}, never);
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().what, ContainsSubstring("NoSuchBucket"));
}
