#include "runtime/kubernetes/kube_pod_api.hpp"
#include "runtime/task/delayed_task.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using nlohmann::json;

std::string delayed_selector() {
  return label_selector(delayed_label, delayed_value);
}

} // namespace

result<std::vector<delayed_entry>> kube_pod_api::list_delayed() {
  std::vector<delayed_entry> out;
  auto listed = for_each_secret(
      "list tasks put aside", delayed_selector(), api_words::withheld,
      [&out](const json& metadata) {
        out.push_back({text_at(metadata, "name"),
                       texts_of(member_at(metadata, "annotations"))});
      });
  if (!listed)
    return listed.error();
  return out;
}

result<std::map<std::string, std::string>>
kube_pod_api::read_delayed(const std::string& name) {
  // The Secret is read as a list of one: the right to list is enough for that.
  auto listed = call("read the task put aside as " + name,
                     {"GET", base_ + "secrets?" + delayed_selector()
                                 + "&fieldSelector=metadata.name%3D" + name},
                     api_words::withheld);
  if (!listed)
    return listed.error();
  auto parsed = json::parse(*listed, nullptr, /*allow_exceptions*/ false);
  if (!is_list(parsed))
    return failure{
        ec::service_unavailable,
        "Kubernetes: cannot read a scheduled start: the answer is no list"};
  for (const auto& item : array_at(parsed, "items")) {
    if (text_at(object_at(item, "metadata"), "name") != name)
      continue;
    std::map<std::string, std::string> out;
    for (const auto& [key, text] : texts_of(member_at(item, "data"))) {
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
