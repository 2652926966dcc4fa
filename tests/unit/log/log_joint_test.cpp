// What is carried from slab to slab of one pipe: the same lines are shown
// wherever the slabs are cut.
#include "runtime/log/log_joint.hpp"

#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

const std::string row =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})";

std::string join(const std::vector<std::string>& lines, size_t from,
                 size_t to) {
  std::string out;
  for (; from < to; ++from)
    out += lines[from] + "\n";
  return out;
}

/// Shows what becomes of slabs of one pipe, each parsed by itself.
class joined_slabs {
public:
  explicit joined_slabs(log_level min_level = log_level::trace)
      : parser_{{.streams = mixed_settings().streams,
                 .max_line_bytes = longest_line,
                 .min_level = min_level}} {}

  void take(const std::string& text) {
    auto pool = std::make_shared<slab_pool>(text.size());
    slab_reader reader{pool, longest_line, nullptr};
    std::memcpy(reader.space().data(), text.data(), text.size());
    reader.filled(text.size());
    const auto slab = parser_.parse(*reader.take_rest());
    joint_.join(slab->logs.get(), slab->lead);
    for (size_t i = 0; slab->logs && i < slab->logs->size(); ++i)
      shown.emplace_back((*slab->logs)[i].text);
  }

  std::vector<std::string> shown;

private:
  static constexpr size_t longest_line = 1u << 20;

  slab_parser parser_;
  log_joint joint_;
};

std::vector<std::string> shown_of_one(const std::vector<std::string>& lines) {
  joined_slabs whole;
  whole.take(join(lines, 0, lines.size()));
  return whole.shown;
}

/// Texts in which a config begins, and the word `hush` is of it.
const std::vector<std::string> configs[] = {
    {R"({"type":"CONTROL","control":{"connectorConfig":{"config":{"a":")",
     R"(hush","b":{"c":1},)", R"("d":"hush"}}}})", "behind"},
    {R"(Reading {"type":"CONTROL","control":{"connectorConfig":{"config":{)",
     R"("host":"hush",)", R"("key":"-----BEGIN KEY-----)",
     "hush+/hush=", R"(-----END KEY-----"}}}})", "behind"},
    {"{", R"(  "type": "CONTROL",)", R"(  "control": {)",
     R"(    "connectorConfig": {)", R"(      "config": {)",
     R"(        "a": "hush",)", R"(        "list": [)", R"(          "hush")",
     "        ]", "      }", "    }", "  }", "}", "behind"},
    {"{", R"(  "control": {)", R"(    "connectorConfig": {)",
     R"(      "a": "hush")", "    }", "  },", R"(  "type": "CONTROL")", "}",
     "behind"},
    {"INFO sent {", R"(  "control": {)", R"(    "connectorConfig": {)",
     R"(      "a": "hush",)", "2024-01-01 00:00:00 ERROR no", "plain words",
     R"(      "b": "hush")", "    }}}", "behind"},
    {"{'type': 'CONTROL',",
     "'control': {'connectorConfig': {'config': {'a':", "'hush'}}}}", "behind"},
    {R"(Reading {"type":"CONTROL")", "hush", row, "behind", "more words"},
    {R"(Reading {"type":"CONTROL")", "hush", "text before " + row, "behind"},
    // A second one, while the rest of the first is hidden.
    {R"(Reading {"type":"CONTROL","control":{)",
     R"("old":{"connectorConfig":{"a":"hush",)", R"("b":"hush"}},)",
     R"("c":"hush"}})", "behind"},
    {R"(Reading {"type":"CONTROL","control":{)", R"("a":"hush")",
     R"({"type":"CONTROL","control":{"connectorConfig":{"config":{"a":")",
     R"(hush"}}}})", "behind"},
    {R"(saving {"connectorConfig":{"config":{"a":"hush"}}} failed)", "behind",
     "  indented"},
};

} // namespace

TEST_CASE("the rest of a config is hidden wherever the slabs are cut",
          "[withheld]") {
  for (const auto& lines : configs) {
    const auto expected = shown_of_one(lines);
    // Two slabs, three, and one for each line.
    for (size_t first = 1; first <= lines.size(); ++first)
      for (size_t second = first; second <= lines.size(); ++second) {
        joined_slabs cut;
        cut.take(join(lines, 0, first));
        if (second > first)
          cut.take(join(lines, first, second));
        if (lines.size() > second)
          cut.take(join(lines, second, lines.size()));
        INFO(join(lines, 0, lines.size())
             << "\ncut at " << first << " and " << second);
        CHECK(cut.shown == expected);
      }
    joined_slabs cut;
    for (const auto& line : lines)
      cut.take(line + "\n");
    INFO(join(lines, 0, lines.size()) << "\ncut at each line");
    CHECK(cut.shown == expected);
  }
}

TEST_CASE("no level that lines are kept from changes what is hidden",
          "[withheld]") {
  for (auto level :
       {log_level::trace, log_level::info, log_level::warn, log_level::fatal})
    for (const auto& lines : configs) {
      joined_slabs cut{level};
      for (const auto& line : lines)
        cut.take(line + "\n");
      INFO(join(lines, 0, lines.size()));
      for (const auto& line : cut.shown)
        CHECK(line.find("hush") == std::string::npos);
    }
  // The line that closes the config is not kept itself.
  joined_slabs cut{log_level::error};
  cut.take("Reading {\"type\":\"CONTROL\",\n");
  cut.take("\"a\":\"hush\",\n\"b\":\"hush\"}\nERROR the true cause\n");
  cut.take("ERROR: \"x\": {\n");
  CHECK(cut.shown
        == std::vector<std::string>{"ERROR the true cause", "ERROR: \"x\": {"});
}

TEST_CASE("a rest ends after as many lines in many slabs as in one",
          "[withheld]") {
  std::vector<std::string> lines{R"(Reading {"type":"CONTROL")"};
  lines.insert(lines.end(), 499, "words");
  const auto behind = lines.size();
  lines.insert(lines.end(), {"the last", "behind", "words"});
  const auto expected = shown_of_one(lines);
  CHECK(expected[behind] != "the last");
  CHECK(expected[behind + 1] == "behind");
  for (size_t slab : {1, 7, 250, 499, 500, 501, 502}) {
    INFO(slab << " lines in a slab");
    joined_slabs cut;
    for (size_t at = 0; at < lines.size(); at += slab)
      cut.take(join(lines, at, std::min(at + slab, lines.size())));
    CHECK(cut.shown == expected);
  }
}

TEST_CASE("a slab without text does not end the rest of a config",
          "[withheld]") {
  const std::string cut_config = "Reading {\"type\":\"CONTROL\"\n";
  const std::string long_line(2u << 20, 'x');

  const struct {
    std::string between;
    bool hidden;
  } rows[] = {
      {"\n  \n", true},
      {long_line + "\n", true},
      {row + "\n", false},
      {R"({"type":"LOG","log":{"level":"INFO","message":"x"}})"
       "\n",
       false},
  };

  for (const auto& [between, hidden] : rows) {
    INFO(between.substr(0, 60));
    joined_slabs slabs;
    slabs.take(cut_config);
    slabs.take(between);
    slabs.take("words\n");
    CHECK((slabs.shown.back() != "words") == hidden);
  }
}

TEST_CASE("a line that continues one of an earlier slab has its level") {
  log_joint joint;
  const leading_lines none;
  log_batch first;
  first.add(log_level::error, "ERROR x");
  first.head = log_level::error;
  joint.join(&first, none);
  joint.join(nullptr, none);
  log_batch second;
  second.add(log_level::info, "  at x");
  second.add(log_level::info, "INFO y");
  second.continued = 1;
  joint.join(&second, none);
  CHECK(second[0].level == log_level::error);
  CHECK(second[1].level == log_level::info);
}
