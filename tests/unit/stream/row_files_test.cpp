// Rows that come with a file: what the parser lets pass.

#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/slab_reader.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstring>

using namespace motorcade;
using motorcade::test::scratch_folder;

namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts)
    out += part;
  return out;
}

std::string record(const std::string& more, const std::string& data = "{}") {
  return join({R"({"type":"RECORD","record":{"stream":"a","data":)", data,
               R"(,"emitted_at":1)", more, "}}\n"});
}

std::string reference(const std::string& path, int bytes,
                      const std::string& relative = "a.pdf") {
  return join({R"(,"file_reference":{"staging_file_url":")", path,
               R"(","source_file_relative_path":")", relative,
               R"(","file_size_bytes":)", std::to_string(bytes), "}"});
}

const std::string state =
    R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":)"
    R"({"name":"a"},"stream_state":{}}}})"
    "\n";

struct parsing {
  explicit parsing(bool takes_files = true) {
    settings.streams = {{"", "a"}};
    if (takes_files)
      settings.staging = std::make_shared<const staging_area>(
          std::vector{folder.path().string()});
  }

  parsed_slab_ptr operator()(const std::string& text) {
    auto pool = std::make_shared<slab_pool>(1 << 20);
    slab_reader reader{pool, 1 << 20, nullptr};
    std::memcpy(reader.space().data(), text.data(), text.size());
    reader.filled(text.size());
    slab_parser parser{settings};
    return parser.parse(*reader.take());
  }

  scratch_folder folder;
  slab_parser_settings settings;
};

template <class T>
std::vector<const T*> all(const parsed_slab& slab) {
  std::vector<const T*> out;
  for (const auto& item : slab.items)
    if (const auto* one = std::get_if<T>(&item))
      out.push_back(one);
  return out;
}

} // namespace

TEST_CASE("rows carry their files in their order") {
  parsing parse;
  auto one = parse.folder.write("1", "hello");
  auto two = parse.folder.write("2", "");
  auto out = parse(record(reference(one, 5)) + record("")
                   + record(R"(,"file_reference":null)")
                   + record(reference(two, 0, "x/b"), R"({"n":1})"));
  auto rows = all<row_batch>(*out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]->rows->rows() == 4);
  const auto& files = rows[0]->rows->files();
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == one);
  CHECK(files[0].relative_path == "a.pdf");
  CHECK(files[1].relative_path == "x/b");
  CHECK(all<withheld_row>(*out).empty());
  // The next rows do not have them.
  out = parse(record(reference(one, 5)) + state + record(""));
  rows = all<row_batch>(*out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]->rows->files().size() == 1);
  CHECK(rows[1]->rows->files().empty());
}

TEST_CASE("a row whose file cannot be delivered is rejected before states") {
  struct row {
    std::string more;
    std::string reason;
  };

  parsing parse;
  auto path = parse.folder.write("1", "hello");
  // Each part is cut to what a file system can keep.
  auto long_parts = join({std::string(3000, 'x'), "/", std::string(3000, 'y')});
  const std::vector<row> table = {
      {reference(path, 6), "has 5 bytes, file_size_bytes says 6"},
      {reference(parse.folder.path("none"), 5), "No such file"},
      {reference(parse.folder.path().string(), 5), "STAGING_DIR"},
      {reference("/etc/passwd", 5), "STAGING_DIR"},
      {reference("relative", 5), "no absolute path"},
      {reference(path, 5, long_parts), ""},
      {R"(,"file_reference":{})", "staging_file_url is missing"},
      {R"(,"file_reference":1)", "no object"},
      {R"(,"file_reference":"/x")", "no object"},
      {R"(,"file_reference":[])", "no object"},
  };
  for (const auto& one : table) {
    CAPTURE(one.more);
    auto out = parse(record("") + record(one.more) + state + record(""));
    if (one.reason.empty()) {
      CHECK(out->rejected.empty());
      continue;
    }
    CHECK(out->faults[static_cast<size_t>(line_fault::file_not_delivered)]
          == 1);
    REQUIRE(out->rejected.size() == 1);
    CHECK(out->rejected[0].stream == "a");
    auto reports = all<line_report>(*out);
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0]->what,
               Catch::Matchers::ContainsSubstring(one.reason));
    CHECK(all<withheld_row>(*out).size() == 1);
    auto first_state = std::find_if(
        out->items.begin(), out->items.end(),
        [](const auto& item) { return std::holds_alternative<message>(item); });
    auto withheld =
        std::find_if(out->items.begin(), out->items.end(), [](const auto& i) {
          return std::holds_alternative<withheld_row>(i);
        });
    CHECK(withheld < first_state);
    // The others are delivered.
    CHECK(all<row_batch>(*out).size() == 2);
  }
}

TEST_CASE("a path that no file system can keep is refused") {
  parsing parse;
  auto path = parse.folder.write("1", "hello");
  std::string relative;
  for (int i = 0; i < 30; ++i)
    relative.append(100, 'x').append("/");
  auto out = parse(record(reference(path, 5, relative + "a")));
  REQUIRE(all<line_report>(*out).size() == 1);
  CHECK_THAT(all<line_report>(*out)[0]->what,
             Catch::Matchers::ContainsSubstring("too long"));
}

TEST_CASE("a destination that takes no files gets no row that has one") {
  parsing parse{false};
  auto path = parse.folder.write("1", "hello");
  auto out = parse(record(reference(path, 5)) + record(""));
  REQUIRE(all<row_batch>(*out).size() == 1);
  CHECK(all<row_batch>(*out)[0]->rows->rows() == 1);
  REQUIRE(all<line_report>(*out).size() == 1);
  CHECK_THAT(all<line_report>(*out)[0]->what,
             Catch::Matchers::ContainsSubstring("the destination takes none"));
  CHECK(all<withheld_row>(*out).size() == 1);
}
