#include "schema/state/connector_state.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

const stream_id users{"public", "users"};
const stream_id orders{"", "orders"};
const stream_id other{"", "other"};

catalog two_streams() {
  catalog out;
  out.streams.resize(2);
  out.streams[0].id = users;
  out.streams[1].id = orders;
  for (auto& stream : out.streams)
    stream.mode = sync_mode::incremental;
  return out;
}

} // namespace

TEST_CASE("a state says which streams go on") {
  struct row {
    std::string json;
    bool for_users;
    bool for_orders;
  };

  const std::string of_users =
      R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"users",
        "namespace":"public"},"stream_state":{"cursor":1e400}}})";
  const std::string of_orders =
      R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"orders",
        "namespace":null},"stream_state":{"c":"\ud83d"}},"sourceStats":{}})";
  const std::vector<row> table = {
      {"", false, false},
      {" \n", false, false},
      {"null", false, false},
      {"{}", false, false},
      {"[]", false, false},
      {"[" + of_users + "]", true, false},
      {"[" + of_orders + "]", false, true},
      {"[" + of_users + "," + of_orders + "]", true, true},
      {of_users, true, false},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},
        "stream_state":null}}])",
       false, false},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"}}}])",
       false, false},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"orders",
        "namespace":""},"stream_state":{}}}])",
       false, true},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},
        "stream_state":{}}}])",
       false, false},
      {R"([{"type":"GLOBAL","global":{"shared_state":{"lsn":1},
        "stream_states":[]}}])",
       true, true},
      {R"({"type":"GLOBAL","global":{"stream_states":[{"stream_descriptor":
        {"name":"users"},"stream_state":{}}]}})",
       true, true},
      {R"([{"type":"GLOBAL","global":{"shared_state":null,"stream_states":[
        {"stream_descriptor":{"name":"users"},"stream_state":null}]}}])",
       false, false},
      {R"([{"type":"LEGACY","data":{"users":1}}])", true, true},
      {R"([{"data":{"users":1}}])", true, true},
      {R"([{"type":null,"data":{"users":1}}])", true, true},
      {R"([{"type":"LEGACY","data":{}}])", false, false},
      {R"({"users":{"cursor":1}})", true, true},
      {R"({"type":"something of its own"})", true, true},
  };
  for (const auto& one : table) {
    INFO(one.json);
    const auto got = parse_state(one.json);
    REQUIRE(got);
    CHECK(got->given_for(users) == one.for_users);
    CHECK(got->given_for(orders) == one.for_orders);
  }
}

TEST_CASE("faults of a given state are reported with their places") {
  struct row {
    std::string json;
    std::string message;
  };

  const std::vector<row> table = {
      {"x", "state: not valid JSON at byte 0: "},
      {"[{}", "state: not valid JSON at byte 3: "},
      {std::string(5000, '{'), "state: not valid JSON at byte 1: "},
      {std::string(5000, '['),
       "state: not valid JSON at byte 1000: nested more than 1000 deep"},
      {"{\"secret-token\xFF\":1}", "state: not valid JSON at byte "},
      {"7", "state: expected an array or an object, found a number"},
      {R"("s")", "state: expected an array or an object, found a string"},
      {"[1]", "state[0]: expected an object, found a number"},
      {R"([{"data":{}},null])", "state[1]: expected an object, found null"},
      {R"([{"type":3}])", "state[0].type: expected a string, found a number"},
      {R"([{"type":"PER_STREAM"}])",
       "state[0].type: unknown type \"PER_STREAM\", expected STREAM, GLOBAL or "
       "LEGACY"},
      {R"([{"type":"STREAM"}])", "state[0].stream: missing"},
      {R"([{"type":"STREAM","stream":[]}])",
       "state[0].stream: expected an object, found an array"},
      {R"([{"type":"STREAM","stream":{}}])",
       "state[0].stream.stream_descriptor: missing"},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{}}}])",
       "state[0].stream.stream_descriptor.name: missing"},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"a",
        "namespace":1}}}])",
       "state[0].stream.stream_descriptor.namespace: expected a string"},
      {R"([{"type":"GLOBAL"}])", "state[0].global: missing"},
      {R"([{"type":"GLOBAL","global":{"stream_states":{}}}])",
       "state[0].global.stream_states: expected an array, found an object"},
      {R"([{"type":"GLOBAL","global":{"stream_states":[1]}}])",
       "state[0].global.stream_states[0]: expected an object, found a number"},
      {R"([{"type":"GLOBAL","global":{"stream_states":[{"stream_state":{}}]}}])",
       "state[0].global.stream_states[0].stream_descriptor: missing"},
  };
  for (const auto& one : table) {
    INFO(one.json);
    const auto got = parse_state(one.json);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, Catch::Matchers::StartsWith(one.message));
    CHECK(got.error().what.find("secret") == std::string::npos);
  }
}

TEST_CASE("saved states become the file that the connector reads") {
  struct row {
    std::vector<saved_state> saved;
    std::string file;
  };

  const std::string raw = R"({ "b":1.0,"a" : 1e400,"s":"\ud83d" })";
  const std::string of_users =
      R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"users",)"
      R"("namespace":"public"},"stream_state":)"
      + raw + "}}";
  const std::string of_orders =
      R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},)"
      R"("stream_state":{}}})";
  const std::string global = R"({"shared_state":{"x":1},"stream_states":[]})";
  const std::string of_all = R"([{"type":"GLOBAL","global":)" + global + "}]";
  const std::vector<row> table = {
      {{}, "{}"},
      {{{"public.users", raw}}, "[" + of_users + "]"},
      // In the catalog's order, whatever the order of the rows.
      {{{"orders", "{}"}, {"public.users", raw}},
       "[" + of_users + "," + of_orders + "]"},
      // Not in the catalog any more.
      {{{"gone", "{}"}}, "{}"},
      {{{"gone", "{}"}, {"orders", "{}"}}, "[" + of_orders + "]"},
      // A reset.
      {{{"public.users", " null\n"}, {"orders", "{}"}}, "[" + of_orders + "]"},
      {{{"public.users", ""}}, "{}"},
      {{{"_GLOBAL_STATE", global}}, of_all},
      {{{"_LEGACY_STATE", raw}}, raw},
      // Of several kinds.
      {{{"_GLOBAL_STATE", global},
        {"public.users", raw},
        {"_LEGACY_STATE", raw}},
       of_all},
      {{{"_LEGACY_STATE", "{\"a\":1}"}, {"public.users", raw}},
       "[" + of_users + "]"},
      {{{"_LEGACY_STATE", "{\"a\":1}"}, {"gone", raw}}, "{\"a\":1}"},
      {{{"_GLOBAL_STATE", "null"}, {"public.users", raw}},
       "[" + of_users + "]"},
  };
  for (const auto& one : table) {
    INFO(one.file);
    CHECK(make_state_file(one.saved, two_streams()) == one.file);
  }
}

TEST_CASE("a full refresh is given no state, or its table would lose rows") {
  auto mixed = two_streams();
  mixed.streams[1].mode = sync_mode::full_refresh;
  const std::vector<saved_state> saved = {{"public.users", "1"},
                                          {"orders", "2"}};
  auto file = make_state_file(saved, mixed);
  CHECK(parse_state(file)->given_for(users));
  CHECK_FALSE(parse_state(file)->given_for(orders));

  const std::string users_state =
      R"({"stream_descriptor":{"name":"users", "namespace":"public"},)"
      R"( "stream_state":{"a":1.0}})";
  const std::string orders_state =
      R"({"stream_descriptor":{"name":"orders"},"stream_state":{"b":2}})";
  const std::string gone_state =
      R"({"stream_descriptor":{"name":"gone"},"stream_state":{"c":3}})";
  auto global = [&](const std::string& list) {
    return R"({"shared_state": {"lsn":1e2},"stream_states": )" + list
           + R"(, "x":1})";
  };
  auto whole = global("[ " + users_state + " , " + orders_state + ","
                      + gone_state + "]");
  auto message = [](const std::string& state) {
    return R"([{"type":"GLOBAL","global":)" + state + "}]";
  };
  CHECK(
      make_state_file(std::vector<saved_state>{{"_GLOBAL_STATE", whole}}, mixed)
      == message(global("[" + users_state + "," + gone_state + "]")));
  // Nothing to take out: not a byte is touched.
  CHECK(make_state_file(std::vector<saved_state>{{"_GLOBAL_STATE", whole}},
                        two_streams())
        == message(whole));
  CHECK(make_state_file(
            std::vector<saved_state>{{"_LEGACY_STATE", "{\"a\":1}"}}, mixed)
        == "{\"a\":1}");

  mixed.streams[0].mode = sync_mode::full_refresh;
  for (const auto* key : {"public.users", "_GLOBAL_STATE", "_LEGACY_STATE"}) {
    INFO(key);
    CHECK(make_state_file(std::vector<saved_state>{{key, whole}}, mixed)
          == "{}");
  }
}

TEST_CASE("a state made of saved states can be read back") {
  const std::vector<saved_state> saved = {{"public.users", R"({"c":"é"})"},
                                          {"gone", "{}"}};
  auto got = parse_state(make_state_file(saved, two_streams()));
  REQUIRE(got);
  CHECK(got->given_for(users));
  CHECK_FALSE(got->given_for(orders));
  CHECK_FALSE(got->given_for(other));
  got = parse_state(make_state_file({}, two_streams()));
  REQUIRE(got);
  CHECK(got->empty());
}

TEST_CASE("names of streams are escaped, their states are not touched") {
  catalog odd;
  odd.streams.resize(1);
  odd.streams[0].mode = sync_mode::incremental;
  odd.streams[0].id = {"", "a\"\\\nö"};
  const std::vector<saved_state> saved = {{"a\"\\\nö", "{\"ö\" :1}"}};
  const auto file = make_state_file(saved, odd);
  CHECK(file
        == R"([{"type":"STREAM","stream":{"stream_descriptor":)"
           R"({"name":"a\"\\\nö"},"stream_state":{"ö" :1}}}])");
  const auto got = parse_state(file);
  REQUIRE(got);
  CHECK(got->given_for(odd.streams[0].id));
}
