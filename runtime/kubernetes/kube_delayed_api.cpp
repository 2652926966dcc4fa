#include "runtime/base/base64.hpp"
#include "runtime/kubernetes/kube_pod_api.hpp"
#include "runtime/task/delayed_task.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using nlohmann::json;

constexpr std::string_view page_size = "500";

std::string selector() {
  auto label = std::string{delayed_label};
  label.replace(label.find('/'), 1, "%2F");
  return label.insert(0, "labelSelector=").append("%3D").append(delayed_value);
}

/// @returns the member; an empty object where there is none.
const json& at(const json& object, const char* name) {
  static const json none = json::object();
  auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() ? *found : none;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> out;
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      out[name] = text_of(value);
  return out;
}

/// A list of nothing may be null.
bool is_list(const json& object) {
  auto found = object.is_object() ? object.find("items") : object.end();
  return found != object.end() && (found->is_array() || found->is_null());
}

} // namespace

result<std::vector<delayed_entry>> kube_pod_api::list_delayed() {
  std::vector<delayed_entry> out;
  std::string next;
  do {
    kube_request request{"GET", base_ + "secrets?" + selector()
                                    + "&limit=" + std::string{page_size}};
    if (!next.empty())
      request.path += "&continue=" + next;
    request.accept =
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, "
        "application/json";
    auto listed = call("list tasks put aside", request, api_words::withheld);
    if (!listed)
      return listed.error();
    auto parsed = json::parse(*listed, nullptr, /*allow_exceptions*/ false);
    if (!is_list(parsed))
      return failure{ec::service_unavailable,
                     "Kubernetes: cannot list tasks put aside: no list"};
    for (const auto& item : at(parsed, "items")) {
      const auto& metadata = at(item, "metadata");
      out.push_back({text_of(at(metadata, "name")),
                     texts_of(at(metadata, "annotations"))});
    }
    next = text_of(at(at(parsed, "metadata"), "continue"));
  } while (!next.empty());
  return out;
}

result<std::map<std::string, std::string>>
kube_pod_api::read_delayed(const std::string& name) {
  // A list of one: the right to list is enough for it.
  auto listed = call("read the task put aside as " + name,
                     {"GET", base_ + "secrets?" + selector()
                                 + "&fieldSelector=metadata.name%3D" + name},
                     api_words::withheld);
  if (!listed)
    return listed.error();
  auto parsed = json::parse(*listed, nullptr, /*allow_exceptions*/ false);
  const auto& items = at(parsed, "items");
  if (!is_list(parsed))
    return failure{ec::service_unavailable,
                   "Kubernetes: cannot read a task put aside: no list"};
  for (const auto& item : items) {
    if (text_of(at(at(item, "metadata"), "name")) != name)
      continue;
    std::map<std::string, std::string> out;
    for (const auto& [key, text] : texts_of(at(item, "data"))) {
      auto value = from_base64(text);
      if (!value)
        return failure{ec::invalid_argument,
                       "Kubernetes: " + name + " holds what is not base64"};
      out[key] = std::move(*value);
    }
    return out;
  }
  return failure{ec::not_found,
                 "Kubernetes: there is no task " + name + " put aside"};
}

} // namespace motorcade
