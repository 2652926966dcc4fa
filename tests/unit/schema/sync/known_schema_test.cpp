#include "schema/sync/known_schema.hpp"

#include "schema/json/json_tree.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace motorcade;
using nlohmann::json;

namespace {

using strings = std::vector<std::string>;

sync_definition make_sync(const std::string& policy,
                          const std::string& streams = R"("all")",
                          const std::string& package = "p") {
  auto read =
      parse_sync(R"({"source":{"package":")" + package
                     + R"(","version":"1","config":{}},"streams":)" + streams
                     + R"(,"schemaChanges":{"policy":")" + policy + "\"}}",
                 "s");
  REQUIRE(read);
  return *read;
}

/// @param streams Of the form `name` or `name:column`.
std::string catalog(const strings& streams) {
  auto list = json::array();
  for (const auto& one : streams) {
    const auto colon = one.find(':');
    json stream{{"name", one.substr(0, colon)}};
    if (colon != std::string::npos)
      stream["json_schema"]["properties"][one.substr(colon + 1)]["type"] =
          "string";
    list.push_back(stream);
  }
  return json{{"streams", list}}.dump();
}

/// @returns what a step reads, in the spelling of `catalog`.
strings read_by(const schema_step& step) {
  strings out;
  const auto tree = json::parse(step.catalog);
  for (const auto& one : tree["streams"]) {
    const auto name = one["name"].get<std::string>();
    if (step.sync.streams
        && std::none_of(
            step.sync.streams->begin(), step.sync.streams->end(),
            [&](const auto& chosen) { return chosen.name == name; }))
      continue;
    auto text = name;
    if (one.contains("json_schema"))
      for (const auto& [column, type] :
           one["json_schema"]["properties"].items())
        text += ':' + column;
    out.push_back(text);
  }
  return out;
}

/// A source that announces something else each time.
schema_step after(const sync_definition& sync,
                  const std::vector<strings>& announced) {
  std::optional<known_schema> known;
  schema_step step;
  for (const auto& one : announced) {
    step = follow_schema(known, catalog(one), sync);
    known = step.next;
  }
  return step;
}

} // namespace

TEST_CASE("the first look knows nothing that could have changed") {
  for (const auto* policy :
       {"ignore", "follow_columns", "follow_all", "pause"}) {
    const auto step = after(make_sync(policy), {{"a:x", "b"}});
    CHECK(step.diff.empty());
    CHECK_FALSE(step.matters);
    CHECK(step.catalog == catalog({"a:x", "b"}));
  }
}

TEST_CASE("the policy decides what is read after a change") {
  struct row {
    const char* policy;
    std::string streams;
    strings then;
    strings now;
    strings read;
    bool matters;
  };

  const std::string some = R"([{"name":"a"}])";
  const row rows[] = {
      {"follow_columns", R"("all")", {"a:x"}, {"a:y"}, {"a:y"}, true},
      {"follow_columns", R"("all")", {"a"}, {"a", "b"}, {"a"}, true},
      {"follow_columns", R"("all")", {"a", "b"}, {"a"}, {"a"}, true},
      {"follow_columns", some, {"a:x"}, {"a:y", "b"}, {"a:y"}, true},
      {"follow_columns", some, {"a"}, {"a", "b"}, {"a"}, false},
      {"follow_columns", some, {"a", "b:x"}, {"a", "b:y"}, {"a"}, false},
      {"follow_all", R"("all")", {"a"}, {"a:y", "b"}, {"a:y", "b"}, true},
      {"follow_all", some, {"a", "b"}, {"a", "b", "c"}, {"a", "c"}, false},
      {"ignore", R"("all")", {"a:x"}, {"a:y", "b"}, {"a:x"}, true},
      {"ignore", some, {"a:x"}, {"a:y", "b"}, {"a:x"}, true},
      {"ignore", R"("all")", {"a:x", "b"}, {"a:y"}, {"a:x"}, true},
      {"pause", R"("all")", {"a"}, {"a", "b"}, {"a", "b"}, true},
      {"pause", some, {"a"}, {"a", "b"}, {"a"}, false},
      {"pause", some, {"a"}, {"b"}, {}, true},
  };
  for (const auto& one : rows) {
    INFO(one.policy << ' ' << one.streams << ' ' << catalog(one.then) << ' '
                    << catalog(one.now));
    const auto step =
        after(make_sync(one.policy, one.streams), {one.then, one.now});
    CHECK(step.unaccepted
          == (one.matters && std::string_view{one.policy} == "pause"));
    // A run that sees a change for which the sync is paused does not read.
    if (!step.unaccepted)
      CHECK(read_by(step) == one.read);
    CHECK(step.matters == one.matters);
    // The same once more is no news, and reads the same.
    const auto again =
        after(make_sync(one.policy, one.streams), {one.then, one.now, one.now});
    CHECK(again.diff.empty());
    CHECK(read_by(again) == one.read);
  }
}

TEST_CASE("a stream that was gone for a while is read again") {
  for (const auto* policy : {"follow_columns", "ignore"})
    CHECK(read_by(after(make_sync(policy), {{"a", "b"}, {"a"}, {"a", "b"}}))
          == strings{"a", "b"});
}

TEST_CASE("streams that were followed before stay when the policy changes") {
  auto sync = make_sync("follow_all");
  auto step = after(sync, {{"a"}, {"a", "b"}});
  sync.schema_changes.policy = schema_policy::follow_columns;
  step = follow_schema(step.next, catalog({"a", "b", "c"}), sync);
  CHECK(read_by(step) == strings{"a", "b"});
  sync.schema_changes.policy = schema_policy::follow_all;
  step = follow_schema(step.next, catalog({"a", "b", "c"}), sync);
  CHECK(read_by(step) == strings{"a", "b", "c"});
}

TEST_CASE("columns that are ignored are followed once the policy says so") {
  auto sync = make_sync("ignore");
  auto step = after(sync, {{"a:x"}, {"a:y"}, {"a:z"}});
  CHECK(read_by(step) == strings{"a:x"});
  sync.schema_changes.policy = schema_policy::follow_columns;
  step = follow_schema(step.next, catalog({"a:z"}), sync);
  CHECK(read_by(step) == strings{"a:z"});
}

TEST_CASE("streams that are chosen anew begin anew") {
  auto step = after(make_sync("ignore"), {{"a:x"}, {"a:y", "b"}});
  CHECK(read_by(step) == strings{"a:x"});
  step = follow_schema(step.next, catalog({"a:y", "b"}),
                       make_sync("ignore", R"([{"name":"b"},{"name":"a"}])"));
  CHECK(read_by(step) == strings{"a:y", "b"});
  step = follow_schema(step.next, catalog({"a:y", "b"}), make_sync("ignore"));
  CHECK(read_by(step) == strings{"a:y", "b"});
}

TEST_CASE("a change is accepted by a look at a sync that is not paused") {
  const auto sync = make_sync("pause");
  auto step = after(sync, {{"a:x"}});
  step = follow_schema(step.next, catalog({"a:y", "b"}), sync);
  CHECK(step.matters);
  for (int i = 0; i < 2; ++i) {
    step = follow_schema(step.next, catalog({"a:y", "b"}), sync, true);
    CHECK(step.unaccepted);
    CHECK(read_by(step) == strings{"a:x"});
  }
  // Other streams are chosen: that is an answer, too.
  const auto chosen =
      follow_schema(step.next, catalog({"a:y", "b"}),
                    make_sync("pause", R"([{"name":"b"},{"name":"a"}])"), true);
  CHECK_FALSE(chosen.unaccepted);
  CHECK(read_by(chosen) == strings{"a:y", "b"});
  step = follow_schema(step.next, catalog({"a:y", "b"}), sync);
  CHECK_FALSE(step.unaccepted);
  CHECK(read_by(step) == strings{"a:y", "b"});
  // What was ignored before the policy said so is no change to accept.
  auto ignoring = after(make_sync("ignore"), {{"a:x"}, {"a:y"}});
  ignoring = follow_schema(ignoring.next, catalog({"a:y"}), sync);
  CHECK(read_by(ignoring) == strings{"a:y"});
}

TEST_CASE("streams that are all gone are named") {
  struct row {
    const char* policy;
    strings then;
    strings now;
    bool none_left;
    strings gone;
  };

  const row rows[] = {
      {"follow_columns", {"a", "b"}, {}, true, {"a", "b"}},
      {"follow_columns", {"a", "b"}, {"c"}, true, {"a", "b"}},
      {"follow_columns", {"a", "b"}, {"b", "c"}, false, {}},
      {"follow_all", {"a"}, {"c"}, false, {}},
      {"follow_all", {"a"}, {}, true, {"a"}},
      {"ignore", {"a"}, {"c"}, true, {"a"}},
      {"follow_columns", {}, {}, true, {}},
  };
  for (const auto& one : rows) {
    INFO(one.policy << ' ' << catalog(one.then) << ' ' << catalog(one.now));
    const auto step = after(make_sync(one.policy), {one.then, one.now});
    CHECK(step.none_left == one.none_left);
    CHECK(step.gone == one.gone);
  }
}

TEST_CASE("a chosen column that the source drops is left out of the choice") {
  const auto catalog_with = [](const strings& columns) {
    json stream{{"name", "a"}};
    stream["json_schema"]["properties"] = json::object();
    for (const auto& column : columns)
      stream["json_schema"]["properties"][column]["type"] = "string";
    return json{{"streams", json::array({stream})}}.dump();
  };
  const auto of = [&](const std::string& policy, const strings& columns) {
    const json stream{{"name", "a"}, {"columns", columns}};
    return make_sync(policy, json::array({stream}).dump());
  };
  const auto chosen = [](const schema_step& step) {
    return step.sync.streams->at(0).columns;
  };
  const auto sync = of("follow_columns", {"x", "y", "misspelt"});
  const auto first = follow_schema({}, catalog_with({"x", "y", "z"}), sync);
  CHECK(first.gone_columns.empty());
  CHECK(chosen(first) == strings{"x", "y", "misspelt"});
  // One that was never there stays, so that the run says so.
  const auto gone = follow_schema(first.next, catalog_with({"x", "z"}), sync);
  REQUIRE(gone.gone_columns.size() == 1);
  CHECK(gone.gone_columns[0].stream == "a");
  CHECK(gone.gone_columns[0].column == "y");
  CHECK(chosen(gone) == strings{"x", "misspelt"});
  // The next look knows it still, and takes it once it is back.
  const auto again = follow_schema(gone.next, catalog_with({"x", "z"}), sync);
  CHECK(again.gone_columns.size() == 1);
  const auto back = follow_schema(again.next, catalog_with({"x", "y"}), sync);
  CHECK(back.gone_columns.empty());
  CHECK(chosen(back) == strings{"x", "y", "misspelt"});
  // If all are gone nothing of the stream is left to be read.
  const auto two = of("follow_columns", {"x", "y"});
  const auto known = follow_schema({}, catalog_with({"x", "y"}), two).next;
  CHECK(chosen(follow_schema(known, catalog_with({"z"}), two))
        == strings{"x", "y"});
  // Columns that are chosen anew are held to what there is.
  CHECK(follow_schema(known, catalog_with({"y"}), of("follow_columns", {"x"}))
            .gone_columns.empty());
  // A policy that reads on as before leaves nothing out.
  const auto ignoring = of("ignore", {"x", "y"});
  const auto ignored =
      follow_schema(follow_schema({}, catalog_with({"x", "y"}), ignoring).next,
                    catalog_with({"x"}), ignoring);
  CHECK(ignored.gone_columns.empty());
  CHECK(chosen(ignored) == strings{"x", "y"});
}

TEST_CASE("streams of different connectors are not compared") {
  auto step = after(make_sync("pause"), {{"a:x"}});
  step = follow_schema(step.next, catalog({"b"}),
                       make_sync("pause", R"("all")", "q"));
  CHECK(step.diff.empty());
  CHECK_FALSE(step.matters);
  CHECK(read_by(step) == strings{"b"});
}
