#include "runtime/kubernetes/kube_pod_api.hpp"

#include "runtime/kubernetes/pod_manifest.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace motorcade {

namespace {

using nlohmann::json;

constexpr std::string_view page_size = "500";
/// A line of a watch is a Pod, which etcd keeps under 1.5 MB.
constexpr size_t longest_event = 8 << 20;

std::string pod_selector() {
  return label_selector(creator_label, creator_value);
}

/// Asks for an answer that leaves spec, content and status of an object out.
/// They were just sent: to write them again would cost the API as much time as
/// to store them. An API that knows no such answer gives the whole object.
constexpr auto only_metadata =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, "
    "application/json";

/// Cuts a stream into lines.
class line_splitter {
public:
  /// @param on_line Given each line; an empty one in place of one that is too
  /// long.
  template <class F>
  void feed(std::string_view bytes, F on_line) {
    while (!bytes.empty()) {
      auto end = bytes.find('\n');
      auto part = bytes.substr(0, end);
      if (kept_.size() + part.size() > longest_event) {
        kept_.clear();
        overlong_ = true;
      }
      if (!overlong_)
        kept_ += part;
      if (end == std::string_view::npos)
        break;
      bytes.remove_prefix(end + 1);
      if (!kept_.empty() || overlong_)
        on_line(kept_);
      kept_.clear();
      overlong_ = false;
    }
  }

private:
  std::string kept_;
  bool overlong_ = false;
};

} // namespace

bool read_quantity(std::string_view text, double& value) {
  double number = 0;
  if (text.starts_with('+') && !text.starts_with("+-"))
    text.remove_prefix(1);
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  // from_chars reads `inf` and `nan`, too.
  if (error != std::errc{} || !std::isfinite(number))
    return false;
  std::string_view suffix{end, static_cast<size_t>(text.end() - end)};
  constexpr std::array<std::pair<std::string_view, double>, 16> suffixes = {{
      {"", 1},
      {"n", 1e-9},
      {"u", 1e-6},
      {"m", 1e-3},
      {"k", 1e3},
      {"M", 1e6},
      {"G", 1e9},
      {"T", 1e12},
      {"P", 1e15},
      {"E", 1e18},
      {"Ki", 0x1p10},
      {"Mi", 0x1p20},
      {"Gi", 0x1p30},
      {"Ti", 0x1p40},
      {"Pi", 0x1p50},
      {"Ei", 0x1p60},
  }};
  for (const auto& [name, factor] : suffixes)
    if (name == suffix) {
      value = number * factor;
      return true;
    }
  return false;
}

kube_pod_api::kube_pod_api(const kube_access& access,
                           const std::string& name_space,
                           kube_counts_ptr counts, kube_watch_limits limits)
    : client_{access, std::move(counts)},
      base_{"/api/v1/namespaces/" + name_space + "/"},
      name_space_{name_space},
      usage_path_{"/apis/metrics.k8s.io/v1beta1/namespaces/" + name_space
                  + "/pods?" + pod_selector()},
      limits_{limits} {}

result<std::string> kube_pod_api::call(const std::string& what,
                                       const kube_request& request,
                                       api_words words) {
  auto answer = client_.call(request);
  if (!answer)
    return failure{answer.error().code,
                   "Kubernetes: cannot " + what + ": " + answer.error().what};
  if (!answer->fine())
    return words == api_words::shown ? to_kube_failure(what, *answer)
                                     : to_silent_failure(what, *answer);
  return std::move(answer->body);
}

result<std::string> kube_pod_api::create_secret(const std::string& secret) {
  kube_request request{"POST", base_ + "secrets", secret};
  request.accept = only_metadata;
  auto created = call("create a Secret in namespace " + name_space_, request,
                      api_words::withheld);
  if (!created)
    return created.error();
  auto parsed = json::parse(*created, nullptr, /*allow_exceptions*/ false);
  return text_at(object_at(parsed, "metadata"), "uid");
}

result<pod_status> kube_pod_api::create_pod(const std::string& pod) {
  kube_request request{"POST", base_ + "pods", pod};
  request.accept = only_metadata;
  auto created = call("create a Pod in namespace " + name_space_, request);
  if (!created)
    return created.error();
  return read_pod(*created);
}

result<pod_status> kube_pod_api::get_pod(const std::string& name) {
  auto got = call("get Pod " + name, {"GET", base_ + "pods/" + name});
  if (!got)
    return got.error();
  return read_pod(*got);
}

result<void> kube_pod_api::give_secret(const std::string& secret,
                                       const pod_status& owner) {
  json patch = {{"metadata",
                 {{"ownerReferences",
                   {{{"apiVersion", "v1"},
                     {"kind", "Pod"},
                     {"name", owner.name},
                     {"uid", owner.uid}}}}}}};
  kube_request request{"PATCH", base_ + "secrets/" + secret, patch.dump()};
  request.content_type = "application/merge-patch+json";
  request.accept = only_metadata;
  auto given = call("give Secret " + secret + " to its Pod", request,
                    api_words::withheld);
  return given ? result<void>{} : given.error();
}

result<bool> kube_pod_api::delete_pod(const std::string& name,
                                      const std::string& uid) {
  json options = {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  if (!uid.empty())
    options["preconditions"] = {{"uid", uid}};
  auto answer =
      client_.call({"DELETE", base_ + "pods/" + name, options.dump()});
  auto what = "delete Pod " + name;
  if (!answer)
    return failure{answer.error().code,
                   "Kubernetes: cannot " + what + ": " + answer.error().what};
  constexpr long missing = 404;
  constexpr long conflict = 409;
  if (answer->fine())
    return false;
  if (answer->status == missing)
    return true;
  if (answer->status == conflict && !uid.empty()) {
    // The Pod of that name has another uid, or another program has deleted it.
    auto now = get_pod(name);
    if (now ? now->uid != uid : now.error().code == ec::not_found)
      return true;
  }
  return to_kube_failure(what, *answer);
}

result<bool> kube_pod_api::delete_secret(const std::string& name,
                                         const std::string& uid) {
  constexpr long missing = 404;
  constexpr long conflict = 409;
  kube_request request{"DELETE", base_ + "secrets/" + name};
  if (!uid.empty())
    request.body = json{{"apiVersion", "v1"},
                        {"kind", "DeleteOptions"},
                        {"preconditions", {{"uid", uid}}}}
                       .dump();
  auto answer = client_.call(request);
  auto what = "delete Secret " + name;
  if (!answer)
    return failure{answer.error().code,
                   "Kubernetes: cannot " + what + ": " + answer.error().what};
  if (answer->fine())
    return true;
  if (answer->status == missing || (answer->status == conflict && !uid.empty()))
    return false;
  return to_kube_failure(what, *answer);
}

bool kube_pod_api::is_list(const json& answer) {
  const auto found = answer.is_object() ? answer.find("items") : answer.end();
  return found != answer.end() && (found->is_array() || found->is_null());
}

kube_request kube_pod_api::page_of(std::string_view kind,
                                   const std::string& selector,
                                   const std::string& next) const {
  kube_request out{"GET", base_ + std::string{kind} + '?' + selector
                              + "&limit=" + std::string{page_size}};
  // The token is base64url.
  if (!next.empty())
    out.path += "&continue=" + next;
  return out;
}

result<void>
kube_pod_api::for_each_secret(const std::string& what,
                              const std::string& selector, api_words words,
                              const std::function<void(const json&)>& take) {
  std::string next;
  do {
    auto request = page_of("secrets", selector, next);
    // Only the metadata of Secrets is asked for: their content is not needed
    // and may be long.
    request.accept =
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, "
        "application/json";
    auto listed = call(what, request, words);
    if (!listed)
      return listed.error();
    auto parsed = json::parse(*listed, nullptr, /*allow_exceptions*/ false);
    if (!is_list(parsed))
      return failure{ec::service_unavailable,
                     "Kubernetes: cannot " + what + ": the answer is no list"};
    for (const auto& item : array_at(parsed, "items"))
      take(object_at(item, "metadata"));
    next = text_at(object_at(parsed, "metadata"), "continue");
  } while (!next.empty());
  return {};
}

result<pod_list> kube_pod_api::list_pods(const std::string& next) {
  auto listed = call("list Pods", page_of("pods", pod_selector(), next));
  if (!listed)
    return listed.error();
  auto list = read_pod_list(*listed);
  if (!list)
    return failure{ec::service_unavailable,
                   "Kubernetes: cannot list Pods: " + list.error().what};
  return list;
}

result<std::vector<secret_entry>> kube_pod_api::list_secrets() {
  std::vector<secret_entry> out;
  auto listed = for_each_secret(
      "list Secrets", pod_selector(), api_words::shown,
      [&out](const json& metadata) {
        out.push_back({text_at(metadata, "name"), text_at(metadata, "uid"),
                       text_at(metadata, "creationTimestamp")});
      });
  if (!listed)
    return listed.error();
  return out;
}

result<watch_end>
kube_pod_api::watch_pods(std::string& from,
                         const std::function<void(pod_event&&)>& on_event) {
  constexpr long expired = 410;
  auto end = watch_end::over;
  failure trouble;
  line_splitter lines;
  kube_request request{
      "GET", base_ + "pods?" + pod_selector()
                 + "&watch=true&allowWatchBookmarks=true&timeoutSeconds="
                 + std::to_string(limits_.length.count())
                 + "&resourceVersion=" + from};
  // The API ends the watch; this limit is for an API that does not.
  request.answer_timeout = limits_.length + limits_.silence;
  request.silence_timeout = limits_.silence;
  request.go_on = [&end] {
    return end == watch_end::over;
  };
  request.on_body = [&](std::string_view bytes) {
    lines.feed(bytes, [&](const std::string& line) {
      if (end == watch_end::expired)
        return;
      auto event = read_pod_event(line);
      // An event that cannot be read may have been a change: all Pods are
      // listed anew.
      if (!event || event->kind == pod_event_kind::expired) {
        end = watch_end::expired;
        return;
      }
      if (event->kind == pod_event_kind::error) {
        trouble = {ec::service_unavailable,
                   "Kubernetes: the watch of Pods ended: " + event->message};
        return;
      }
      if (!event->resource_version.empty())
        from = event->resource_version;
      if (event->kind != pod_event_kind::bookmark)
        on_event(std::move(*event));
    });
  };
  auto answer = client_.call(request);
  if (end == watch_end::expired)
    return end;
  if (!answer) {
    if (answer.error().code == ec::cancelled)
      return answer.error();
    return failure{answer.error().code, "Kubernetes: the watch of Pods broke: "
                                            + answer.error().what};
  }
  if (answer->status == expired)
    return watch_end::expired;
  if (!answer->fine())
    return to_kube_failure("watch Pods", *answer);
  if (trouble.code != ec::none)
    return trouble;
  return end;
}

result<std::string> kube_pod_api::container_log(const std::string& pod,
                                                std::string_view container,
                                                int lines) {
  constexpr std::string_view most_bytes = "65536";
  return call("get the log of Pod " + pod,
              {"GET", base_ + "pods/" + pod
                          + "/log?container=" + std::string{container}
                          + "&tailLines=" + std::to_string(lines)
                          + "&limitBytes=" + std::string{most_bytes}});
}

result<std::map<std::string, pod_usage>> kube_pod_api::usage() {
  auto got = call("get the metrics of Pods", {"GET", usage_path_});
  if (!got)
    return got.error();
  std::map<std::string, pod_usage> out;
  auto parsed = json::parse(*got, nullptr, /*allow_exceptions*/ false);
  for (const auto& item : array_at(parsed, "items")) {
    auto name = text_at(object_at(item, "metadata"), "name");
    for (const auto& container : array_at(item, "containers")) {
      if (text_at(container, "name") != source_container)
        continue;
      const auto& used = object_at(container, "usage");
      double memory = 0;
      auto& entry = out[name];
      std::ignore = read_quantity(text_at(used, "cpu"), entry.cores);
      if (read_quantity(text_at(used, "memory"), memory) && memory >= 0
          && memory < 0x1p64)
        entry.memory_bytes = static_cast<uint64_t>(memory);
    }
  }
  return out;
}

} // namespace motorcade
