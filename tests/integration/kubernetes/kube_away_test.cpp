// What a runner of Pods tells of a Kubernetes that is away, busy or refuses,
// and that each task has one Pod and one Secret once it is back.
#include "runtime/kubernetes/kube_pod_api.hpp"
#include "runtime/kubernetes/pod_runner.hpp"
#include "support/kube_stand_in.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <mutex>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

/// Pods and Secrets by the API's rules: names are unique, what does not exist
/// is 404.
class small_cluster {
public:
  kube_answer answer(const kube_call& call) {
    std::lock_guard lock{mutex_};
    if (fault_)
      if (auto out = fault_(call))
        return *out;
    return apply(call);
  }

  /// What is answered in place of the rules; nothing: the rules hold.
  void fail(std::function<std::optional<kube_answer>(const kube_call&)> fault) {
    std::lock_guard lock{mutex_};
    fault_ = std::move(fault);
  }

  kube_answer apply(const kube_call& call) {
    const auto base = std::string{"/api/v1/namespaces/ns/"};
    auto path = call.path.substr(base.size());
    if (call.method == "POST") {
      auto object = json::parse(call.body);
      auto name = path + "/" + object["metadata"]["name"].get<std::string>();
      if (objects_.contains(name))
        return status(409, "AlreadyExists");
      object["metadata"]["uid"] = "uid-" + std::to_string(++uids_);
      objects_[name] = object;
      return {201, object.dump()};
    }
    auto found = objects_.find(path);
    if (found == objects_.end())
      return status(404, "NotFound");
    auto out = found->second;
    if (call.method == "DELETE")
      objects_.erase(found);
    else if (call.method == "PATCH")
      found->second.merge_patch(json::parse(call.body));
    return {200, out.dump()};
  }

  static kube_answer status(int code, const std::string& reason) {
    return {code, json{{"kind", "Status"}, {"reason", reason}}.dump()};
  }

  std::set<std::string> names() const {
    std::lock_guard lock{mutex_};
    std::set<std::string> out;
    for (const auto& [name, object] : objects_)
      out.insert(name);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::function<std::optional<kube_answer>(const kube_call&)> fault_;
  std::map<std::string, json> objects_;
  int uids_ = 0;
};

const task_manifest manifest = {"p", R"({"metadata":{"name":"p-config"}})",
                                R"({"metadata":{"name":"p"}})"};

struct fixture {
  small_cluster cluster;
  std::optional<kube_stand_in> stand_in;
  std::shared_ptr<kube_pod_api> api;
  std::shared_ptr<kube_counts> counts = std::make_shared<kube_counts>();

  fixture() {
    stand_in.emplace(
        [this](const kube_call& call) { return cluster.answer(call); });
    kube_access access;
    access.server = stand_in->url();
    api = std::make_shared<kube_pod_api>(access, "ns", counts);
  }

  std::string launch() {
    controller_settings settings;
    settings.kubernetes_namespace = "ns";
    auto pod = pod_runner{api, settings}.launch(manifest);
    return pod ? "ok" : std::string{to_string(pod.error().code)};
  }

  std::string put_aside() {
    controller_settings settings;
    settings.kubernetes_namespace = "ns";
    delayed_task task;
    task.name = "p";
    task.task.command = "read";
    auto kept = pod_runner{api, settings}.put_aside(task);
    return kept ? "ok" : std::string{to_string(kept.error().code)};
  }
};

const std::set<std::string> both = {"pods/p", "secrets/p-config"};

} // namespace

TEST_CASE("a Kubernetes that cannot be reached is timed_out") {
  fixture f;
  f.stand_in.reset();
  CHECK(f.launch() == "timed_out");
  CHECK(f.put_aside() == "timed_out");
}

TEST_CASE("what an API in trouble answers is told apart from a refusal") {
  fixture f;

  struct row {
    int status;
    std::string told;
  };

  for (const auto& [status, told] :
       std::vector<row>{{500, "timed_out"},
                        {403, "service_unavailable"},
                        {422, "invalid_argument"}}) {
    INFO(status);
    f.cluster.fail([status = status](const kube_call&) {
      return std::optional{small_cluster::status(status, "x")};
    });
    CHECK(f.launch() == told);
    CHECK(f.put_aside() == told);
    CHECK(f.cluster.names().empty());
  }
  f.cluster.fail({});
  CHECK(f.launch() == "ok");
  CHECK(f.cluster.names() == both);
}

TEST_CASE("429, and 503 with Retry-After, are waited out within a call") {
  fixture f;
  const auto status = GENERATE(429, 503);
  auto left = std::make_shared<int>(2);
  f.cluster.fail(
      [status, left](const kube_call&) -> std::optional<kube_answer> {
        if ((*left)-- <= 0)
          return std::nullopt;
        auto out = small_cluster::status(status, "TooManyRequests");
        out.headers = {{"Retry-After", "0"}};
        return out;
      });
  CHECK(f.launch() == "ok");
  CHECK(f.cluster.names() == both);
  CHECK(f.counts->throttled == 2);
}

TEST_CASE("a launch that failed anywhere is made again without remains") {
  // The n-th call of the first launch and all that follow it get no answer that
  // says what was done, though it may have been done.
  for (int first = 0; first < 3; ++first)
    for (auto done : {false, true}) {
      INFO(first << done);
      fixture f;
      auto calls = std::make_shared<int>(0);
      f.cluster.fail([&f, calls, first, done](
                         const kube_call& call) -> std::optional<kube_answer> {
        if ((*calls)++ < first)
          return std::nullopt;
        if (done)
          std::ignore = f.cluster.apply(call);
        return small_cluster::status(500, "InternalError");
      });
      auto told = f.launch();
      // The third call gives the Secret to the Pod, which runs without that.
      CHECK(told == (first < 2 ? "timed_out" : "ok"));
      f.cluster.fail({});
      if (told != "ok") {
        told = f.launch();
        CHECK((told == "ok" || told == "already_exists"));
      }
      CHECK(f.cluster.names() == both);
    }
}

TEST_CASE("a start is kept once if the answer to it was lost") {
  fixture f;
  auto calls = std::make_shared<int>(0);
  f.cluster.fail(
      [&f, calls](const kube_call& call) -> std::optional<kube_answer> {
        if ((*calls)++ > 0)
          return std::nullopt;
        std::ignore = f.cluster.apply(call);
        return small_cluster::status(504, "Timeout");
      });
  CHECK(f.put_aside() == "ok");
  CHECK(f.cluster.names() == std::set<std::string>{"secrets/p-delayed"});
  // Another request for the same start is refused.
  CHECK(f.put_aside() == "already_exists");
}
