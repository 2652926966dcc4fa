#include "runtime/kubernetes/kube_pod_api.hpp"

#include "support/kube_stand_in.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

const std::string pods = "/api/v1/namespaces/ns/pods";
const std::string secrets = "/api/v1/namespaces/ns/secrets";
const std::string ours =
    "?labelSelector=jitsu.com%2Fcreator%3Dbulker-sync-controller";

/// The API, and what it answers next; after that 200 and `{}`.
struct fixture {
  std::mutex mutex;
  std::vector<kube_answer> answers;
  kube_stand_in stand_in{[this](const kube_call&) {
    std::lock_guard lock{mutex};
    if (answers.empty())
      return kube_answer{};
    auto out = answers.front();
    answers.erase(answers.begin());
    return out;
  }};
  kube_pod_api api{access(), "ns", std::make_shared<kube_counts>()};

  kube_access access() const {
    kube_access out;
    out.server = stand_in.url();
    return out;
  }

  void answer(int status, const json& body) {
    std::lock_guard lock{mutex};
    answers.push_back({status, body.dump()});
  }

  void answer_text(int status, const std::string& body) {
    std::lock_guard lock{mutex};
    answers.push_back({status, body});
  }

  kube_call last() const { return stand_in.calls().back(); }
};

json pod(const std::string& name, const std::string& uid = "u-1") {
  return {
      {"metadata", {{"name", name}, {"uid", uid}, {"resourceVersion", "5"}}}};
}

json status(const std::string& reason, const std::string& message) {
  return {{"kind", "Status"}, {"reason", reason}, {"message", message}};
}

template <class T>
std::string failure_of(const result<T>& done) {
  return done ? ""
              : std::string{to_string(done.error().code)} + ": "
                    + done.error().what;
}

} // namespace

TEST_CASE("Pods and Secrets are created") {
  fixture f;
  f.answer(201, pod("x"));
  auto created = f.api.create_pod(R"({"kind":"Pod"})");
  REQUIRE(created);
  CHECK(created->name == "x");
  CHECK(created->uid == "u-1");
  CHECK(f.last().line() == "POST " + pods);
  CHECK(f.last().body == R"({"kind":"Pod"})");
  CHECK(f.last().headers.at("content-type") == "application/json");
  CHECK(created->state == pod_state::pending);
  const std::string without_content =
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, "
      "application/json";
  CHECK(f.last().headers.at("accept") == without_content);
  // That of an API which does as it is asked.
  f.answer(201, json::parse(R"({"kind":"PartialObjectMetadata","metadata":
    {"name":"y","uid":"u-2","creationTimestamp":"2026-01-31T23:59:59Z"}})"));
  created = f.api.create_pod(R"({"kind":"Pod"})");
  REQUIRE(created);
  CHECK(created->uid == "u-2");
  CHECK(created->created_at == "2026-01-31T23:59:59Z");
  CHECK(created->state == pod_state::pending);
  CHECK_FALSE(created->failure);
  REQUIRE(f.api.create_secret(R"({"kind":"Secret"})"));
  CHECK(f.last().line() == "POST " + secrets);
  CHECK(f.last().body == R"({"kind":"Secret"})");
  CHECK(f.last().headers.at("accept") == without_content);
}

TEST_CASE("a Secret is given to its Pod") {
  fixture f;
  pod_status owner;
  owner.name = "x";
  owner.uid = "u-1";
  REQUIRE(f.api.give_secret("x-config", owner));
  CHECK(f.last().line() == "PATCH " + secrets + "/x-config");
  CHECK(f.last().headers.at("content-type") == "application/merge-patch+json");
  CHECK(json::parse(f.last().body) == json::parse(R"({"metadata":
    {"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"x",
    "uid":"u-1"}]}})"));
}

TEST_CASE("failures name the request and the API's words") {
  fixture f;
  f.answer(409, status("AlreadyExists", "pods \"x\" already exists"));
  CHECK(failure_of(f.api.create_pod("{}"))
        == "already_exists: Kubernetes: cannot create a Pod in namespace ns: "
           "HTTP 409 "
           "AlreadyExists: pods \"x\" already exists");
  f.answer(404, status("NotFound", "pods \"x\" not found"));
  CHECK(failure_of(f.api.get_pod("x"))
        == "not_found: Kubernetes: cannot get Pod x: HTTP 404 NotFound: pods "
           "\"x\" not found");
  f.answer(403, status("Forbidden", "no"));
  CHECK(failure_of(f.api.delete_pod("x", ""))
        == "system_failed: Kubernetes: cannot delete Pod x: HTTP 403 "
           "Forbidden: no");
  f.answer(500, status("InternalError", "etcd"));
  CHECK(failure_of(f.api.delete_secret("s"))
        == "service_unavailable: Kubernetes: cannot delete Secret s: HTTP 500 "
           "InternalError: etcd");
  f.api.stop();
  CHECK(failure_of(f.api.delete_pod("x", "")).find("cannot delete Pod x")
        != std::string::npos);
}

TEST_CASE("a quota that refuses a Secret is named, a webhook's words are not") {
  fixture f;
  const std::string quota = "exceeded quota: none, requested: secrets=1, used: "
                            "secrets=1, limited: secrets=1";
  const std::string silent =
      "system_failed: Kubernetes: cannot create a Secret "
      "in namespace ns: HTTP 403 Forbidden";
  const auto refused = [&](const std::string& words) {
    f.answer(403, status("Forbidden", words));
    return failure_of(f.api.create_secret("{}"));
  };
  CHECK(refused(R"(secrets "x" is forbidden: )" + quota)
        == silent + ": " + quota);
  for (const auto* before : {R"(admission webhook "w" denied the request: )",
                             R"(admission webhook "secrets" is forbidden: )",
                             R"(secrets "x" is forbidden: hush, )",
                             R"(secrets "x" has "hush" is forbidden: )", ""})
    CHECK(refused(before + quota) == silent);
}

TEST_CASE("no failure shows the content of a Secret") {
  for (auto code : {400, 403, 409, 413, 422, 500, 503}) {
    INFO(code);
    fixture f;
    f.answer(code, status("Invalid", "stringData: Invalid value: hush"));
    auto failed = failure_of(f.api.create_secret(R"({"data":"hush"})"));
    CHECK_THAT(failed,
               Catch::Matchers::EndsWith(
                   ": Kubernetes: cannot create a Secret in namespace ns: "
                   "HTTP "
                   + std::to_string(code) + " Invalid"));
    f.answer_text(code, R"(cannot parse {"data":"hush"})");
    CHECK_THAT(failure_of(f.api.create_secret(R"({"data":"hush"})")),
               !Catch::Matchers::ContainsSubstring("hush"));
    f.answer(code, status("say hush", ""));
    CHECK_THAT(failure_of(f.api.give_secret("x", {})),
               !Catch::Matchers::ContainsSubstring("hush"));
  }
}

TEST_CASE("a Pod is deleted only if it has the given uid") {
  fixture f;
  auto deleted = f.api.delete_pod("x", "u-1");
  REQUIRE(deleted);
  CHECK_FALSE(*deleted);
  CHECK(f.last().line() == "DELETE " + pods + "/x");
  CHECK(json::parse(f.last().body)["preconditions"] == json{{"uid", "u-1"}});
  deleted = f.api.delete_pod("x", "");
  REQUIRE(deleted);
  CHECK_FALSE(json::parse(f.last().body).contains("preconditions"));

  f.answer(404, status("NotFound", "m"));
  CHECK(*f.api.delete_pod("x", "u-1"));
  // Another Pod has its name.
  f.answer(409, status("Conflict", "m"));
  f.answer(200, pod("x", "u-2"));
  CHECK(*f.api.delete_pod("x", "u-1"));
  f.answer(409, status("Conflict", "m"));
  f.answer(404, status("NotFound", "m"));
  CHECK(*f.api.delete_pod("x", "u-1"));
  // It is still there: the conflict was another one.
  f.answer(409, status("Conflict", "m"));
  f.answer(200, pod("x", "u-1"));
  CHECK_FALSE(f.api.delete_pod("x", "u-1"));
  f.answer(409, status("Conflict", "m"));
  f.answer(500, status("InternalError", "m"));
  CHECK_FALSE(f.api.delete_pod("x", "u-1"));
}

TEST_CASE("a Secret that is gone counts as deleted") {
  fixture f;
  f.answer(404, status("NotFound", "m"));
  CHECK(f.api.delete_secret("s"));
  CHECK(f.last().line() == "DELETE " + secrets + "/s");
}

TEST_CASE("Pods are listed by pages") {
  fixture f;
  f.answer(200, {{"metadata", {{"resourceVersion", "9"}, {"continue", "abc"}}},
                 {"items", {pod("x"), pod("y")}}});
  auto page = f.api.list_pods("");
  REQUIRE(page);
  CHECK(f.last().line() == "GET " + pods + ours + "&limit=500");
  CHECK(page->pods.size() == 2);
  CHECK(page->resource_version == "9");
  CHECK(page->next == "abc");
  f.answer(200, {{"metadata", {{"resourceVersion", "9"}}}, {"items", nullptr}});
  page = f.api.list_pods("abc");
  REQUIRE(page);
  CHECK(f.last().line() == "GET " + pods + ours + "&limit=500&continue=abc");
  CHECK(page->pods.empty());
  CHECK(page->next.empty());
  // What is no list.
  for (const auto* body : {"", "{}", "[", "<html>"}) {
    f.answer_text(200, body);
    CHECK_THAT(failure_of(f.api.list_pods("")),
               Catch::Matchers::StartsWith(
                   "service_unavailable: Kubernetes: cannot list "
                   "Pods: "));
  }
  f.answer(410, status("Expired", "too old"));
  CHECK_FALSE(f.api.list_pods("abc"));
}

TEST_CASE("Secrets are listed without their content") {
  fixture f;
  f.answer(
      200,
      {{"metadata", {{"continue", "abc"}}},
       {"items",
        {{{"metadata", {{"name", "a"}, {"creationTimestamp", "then"}}}}}}});
  f.answer(200, {{"items", {7, {{"metadata", {{"name", "b"}}}}}}});
  auto listed = f.api.list_secrets();
  REQUIRE(listed);
  REQUIRE(listed->size() == 3);
  CHECK((*listed)[0].name == "a");
  CHECK((*listed)[0].created_at == "then");
  CHECK((*listed)[2].name == "b");
  CHECK(f.stand_in.lines()
        == words{"GET " + secrets + ours + "&limit=500",
                 "GET " + secrets + ours + "&limit=500&continue=abc"});
  CHECK(f.last().headers.at("accept")
        == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, "
           "application/json");
  for (const auto* body : {"", "{}", "[]", "<html>"}) {
    f.answer_text(200, body);
    CHECK_FALSE(f.api.list_secrets());
  }
}

TEST_CASE("a container's last lines are fetched") {
  fixture f;
  f.answer_text(200, "a\nb\n");
  auto log = f.api.container_log("x", "source", 20);
  REQUIRE(log);
  CHECK(*log == "a\nb\n");
  CHECK(f.last().line()
        == "GET " + pods
               + "/x/log?container=source&tailLines=20&limitBytes=65536");
}

TEST_CASE("the use of connectors is read, if the cluster measures it") {
  fixture f;
  f.answer_text(404, "404 page not found");
  auto used = f.api.usage();
  REQUIRE_FALSE(used);
  CHECK(used.error().code == ec::not_found);
  CHECK(f.last().line()
        == "GET /apis/metrics.k8s.io/v1beta1/namespaces/ns/pods" + ours);
  auto measured = [](const std::string& name, const std::string& container,
                     const json& usage) {
    return json{{"metadata", {{"name", name}}},
                {"containers", {{{"name", container}, {"usage", usage}}}}};
  };
  f.answer(
      200,
      {{"items",
        {measured("x", "source", {{"cpu", "250m"}, {"memory", "2Mi"}}),
         measured("y", "sidecar", {{"cpu", "1"}, {"memory", "1"}}),
         measured("z", "source", {{"cpu", "?"}, {"memory", "1e300"}}), 7}}});
  used = f.api.usage();
  REQUIRE(used);
  REQUIRE(used->size() == 2);
  CHECK(used->at("x").cores == Catch::Approx(0.25));
  CHECK(used->at("x").memory_bytes == 2 << 20);
  CHECK(used->at("z").memory_bytes == 0);
}

TEST_CASE("quantities of Kubernetes are read in all their units") {
  struct row {
    std::string text;
    double value;
  };

  const auto rows = std::vector<row>{
      {"0", 0},        {"1", 1},           {"+3", 3},
      {"-2", -2},      {"0.5", 0.5},       {".5", 0.5},
      {"250m", 0.25},  {"1500u", 0.0015},  {"12345678n", 0.012345678},
      {"2k", 2000},    {"3M", 3e6},        {"4G", 4e9},
      {"1T", 1e12},    {"1P", 1e15},       {"1E", 1e18},
      {"1e3", 1000},   {"1E3", 1000},      {"12e-1", 1.2},
      {"1Ki", 1024},   {"1.5Mi", 1572864}, {"1Gi", 1073741824},
      {"1Ti", 0x1p40}, {"1Pi", 0x1p50},    {"1Ei", 0x1p60},
  };
  for (const auto& [text, value] : rows) {
    INFO(text);
    double read = -1;
    REQUIRE(read_quantity(text, read));
    CHECK(read == Catch::Approx(value));
  }
  for (const auto* text :
       {"", "m", "Ki", "1K", "1ki", "1 Gi", "1Gi ", " 1", "inf", "nan",
        "infinity", "0x10", "1e999", "++1", "+-1", "1mm", "1,5"}) {
    INFO(text);
    double read = -1;
    CHECK_FALSE(read_quantity(text, read));
    CHECK(read == -1);
  }
}

TEST_CASE(
    "stored scheduled starts are listed without their documents, and read") {
  fixture f;
  const std::string marked = "?labelSelector=motorcade%2Fdelayed-start%3Dtrue";
  SECTION("some") {
    f.answer(
        200,
        {{"metadata", {{"continue", "more"}}},
         {"items",
          {{{"metadata",
             {{"name", "a-delayed"}, {"annotations", {{"TaskID", "t"}}}}}}}}});
    f.answer(200, {{"metadata", json::object()},
                   {"items", {{{"metadata", {{"name", "b-delayed"}}}}}}});
    auto listed = f.api.list_delayed();
    REQUIRE(listed);
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[0].name == "a-delayed");
    CHECK((*listed)[0].annotations.at("TaskID") == "t");
    CHECK(f.stand_in.lines()
          == words{"GET " + secrets + marked + "&limit=500",
                   "GET " + secrets + marked + "&limit=500&continue=more"});
  }
  SECTION("none, as 1.20 says it") {
    f.answer(200, {{"items", nullptr}});
    auto listed = f.api.list_delayed();
    REQUIRE(listed);
    CHECK(listed->empty());
    f.answer(200, {{"items", nullptr}});
    CHECK(f.api.read_delayed("a").error().code == ec::not_found);
    f.answer(200, {{"items", json::array()}});
    CHECK(f.api.read_delayed("a").error().code == ec::not_found);
  }
  SECTION("one") {
    // `{}`, `abc` and nothing.
    f.answer(200,
             {{"items",
               {{{"metadata", {{"name", "a"}}},
                 {"data", {{"config", "e30="}, {"x", "YWJj"}, {"y", ""}}}}}}});
    auto read = f.api.read_delayed("a");
    REQUIRE(read);
    CHECK(*read
          == std::map<std::string, std::string>{
              {"config", "{}"}, {"x", "abc"}, {"y", ""}});
    CHECK(f.stand_in.lines()
          == words{"GET " + secrets + marked
                   + "&fieldSelector=metadata.name%3Da"});
  }
  SECTION("no list at all") {
    f.answer(200, {{"kind", "Status"}});
    CHECK(f.api.list_delayed().error().code == ec::service_unavailable);
    f.answer(
        200,
        {{"items",
          {{{"metadata", {{"name", "a"}}}, {"data", {{"config", "?"}}}}}}});
    CHECK(f.api.read_delayed("a").error().code == ec::invalid_argument);
  }
}
