#include "schema/task/pod_status.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace motorcade;
using nlohmann::json;

namespace {

json recorded(const std::filesystem::path& file) {
  std::ifstream in{file};
  return json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::vector<std::filesystem::path> recordings() {
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator{
           std::filesystem::path{RECORDINGS} / "pods"})
    out.push_back(file.path());
  REQUIRE(out.size() > 10);
  return out;
}

/// @returns kind, Pod, place and message of an event.
std::string describe(const std::string& line) {
  auto event = read_pod_event(line);
  if (!event)
    return "none: " + std::string{to_string(event.error().code)};
  constexpr const char* kinds[] = {"seen", "gone", "bookmark", "expired",
                                   "error"};
  return std::string{kinds[static_cast<size_t>(event->kind)]} + "|"
         + event->pod.name + "|" + event->resource_version + "|"
         + event->message;
}

/// Breaks a text at some bytes.
void spoil(std::string& text, std::mt19937& random) {
  for (auto times = 1 + random() % 4; times > 0 && !text.empty(); --times) {
    auto at = random() % text.size();
    switch (random() % 3) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:
      text.erase(at, random() % 20);
      break;
    default:
      text.resize(at);
    }
  }
}

} // namespace

TEST_CASE("a list of Pods of a real cluster is read") {
  json list = {{"kind", "PodList"},
               {"metadata", {{"resourceVersion", "77"}, {"continue", "abc"}}}};
  for (const auto& file : recordings())
    list["items"].push_back(recorded(file));
  auto read = read_pod_list(list.dump());
  REQUIRE(read);
  CHECK(read->resource_version == "77");
  CHECK(read->next == "abc");
  REQUIRE(read->pods.size() == list["items"].size());
  for (size_t i = 0; i < read->pods.size(); ++i)
    CHECK(list["items"][i]["metadata"]["name"] == read->pods[i].name);
}

TEST_CASE("incomplete lists are read, malformed ones are refused") {
  struct row {
    std::string text;
    /// The Pods' names; -: it is no list.
    std::string pods;
  };

  const auto rows = std::vector<row>{
      {R"({"metadata":{"resourceVersion":"1"},"items":[]})", ""},
      {R"({"metadata":{"resourceVersion":"1"},"items":null})", ""},
      {R"({"metadata":{"resourceVersion":"1"}})", ""},
      {R"({"metadata":{"resourceVersion":"1"},"items":[
        {"metadata":{"name":"a"}},7,null,{},[],{"metadata":{"name":""}},
        {"metadata":{"name":"b"}}]})",
       "a b "},
      {R"({"metadata":{"resourceVersion":"1","continue":7},"items":[]})", ""},
      {R"({"metadata":{"resourceVersion":"1"},"items":{}})", "-"},
      {R"({"metadata":{"resourceVersion":"1"},"items":"x"})", "-"},
      {R"({"metadata":{"resourceVersion":""},"items":[]})", "-"},
      {R"({"metadata":{"resourceVersion":1},"items":[]})", "-"},
      {R"({"metadata":{},"items":[]})", "-"},
      {R"({"metadata":7,"items":[]})", "-"},
      {R"({"items":[]})", "-"},
      {R"({"metadata":{"resourceVersion":"1"},"items":[]}x)", "-"},
      {R"({"metadata":{"resourceVersion":"1"},"items":[)", "-"},
      {"[]", "-"},
      {"null", "-"},
      {"", "-"},
      {"<html>", "-"},
      {"\xff\xfe", "-"},
      {std::string(100'000, '['), "-"},
  };
  for (const auto& [text, pods] : rows) {
    INFO(text.substr(0, 100));
    auto read = read_pod_list(text);
    if (pods == "-") {
      REQUIRE_FALSE(read);
      CHECK(read.error().code == ec::invalid_argument);
      continue;
    }
    REQUIRE(read);
    std::string names;
    for (const auto& pod : read->pods)
      names += pod.name + " ";
    CHECK(names == pods);
    CHECK(read->resource_version == "1");
    CHECK(read->next.empty());
  }
}

TEST_CASE("events of a watch are read") {
  const auto object = std::string{
      R"("object":{"metadata":{"name":"a","resourceVersion":"5"}}})"};

  struct row {
    std::string line;
    std::string read;
  };

  const auto rows = std::vector<row>{
      {R"({"type":"ADDED",)" + object, "seen|a|5|"},
      {R"({"type":"MODIFIED",)" + object, "seen|a|5|"},
      {R"({"type":"DELETED",)" + object, "gone|a|5|"},
      {R"({"type":"BOOKMARK",)" + object, "bookmark||5|"},
      {R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{
        "resourceVersion":"6","creationTimestamp":null},"spec":{
        "containers":null},"status":{}}})",
       "bookmark||6|"},
      {R"({"type":"ERROR","object":{"kind":"Status","code":410,
        "reason":"Expired","message":"too old resource version: 1"}})",
       "expired|||too old resource version: 1"}

      ,
      {R"({"type":"ERROR","object":{"code":500,"message":"etcd"}})",
       "error|||etcd"},
      {R"({"type":"ERROR","object":{"code":"410"}})", "error|||"},
      {R"({"type":"ERROR","object":7})", "error|||"},
      {R"({"type":"ERROR"})", "error|||"},
      {R"({"type":"BOOKMARK","object":{"metadata":{}}})",
       "none: invalid_argument"},
      {R"({"type":"added",)" + object, "none: invalid_argument"},
      {R"({"type":7,)" + object, "none: invalid_argument"},
      {R"({)" + object, "none: invalid_argument"},
      {R"({"type":"ADDED"})", "none: invalid_argument"},
      {R"({"type":"ADDED","object":{"metadata":{}}})",
       "none: invalid_argument"},
      {R"({"type":"DELETED","object":null})", "none: invalid_argument"},
      {"", "none: invalid_argument"},
      {"[]", "none: invalid_argument"},
      {"7", "none: invalid_argument"},
      {"{", "none: invalid_argument"},
      {"\xff", "none: invalid_argument"},
      {std::string(100'000, '['), "none: invalid_argument"},
  };
  for (const auto& [line, read] : rows) {
    INFO(line.substr(0, 100));
    CHECK(describe(line) == read);
  }
}

TEST_CASE("mutated Pods do not break the reader") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (const auto& file : recordings()) {
    const auto pod = recorded(file);
    const auto event = json{{"type", "MODIFIED"}, {"object", pod}}.dump();
    const auto list =
        json{{"metadata", {{"resourceVersion", "1"}}}, {"items", {pod}}}.dump();
    for (int i = 0; i < 200; ++i) {
      auto broken = event;
      spoil(broken, random);
      if (auto read = read_pod_event(broken);
          read && read->kind == pod_event_kind::seen) {
        CHECK_FALSE(read->pod.name.empty());
        std::ignore = why_pod_failed(read->pod);
      }
      broken = list;
      spoil(broken, random);
      if (auto read = read_pod_list(broken))
        CHECK_FALSE(read->resource_version.empty());
    }
  }
}
