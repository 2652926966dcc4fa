#include "schema/task/result_document.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

/// A JSON object that is put together from finished parts: an answer may take
/// 50 MB and stays as it came.
class object_text {
public:
  void add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_ += name;
    text_ += "\":";
    text_ += value;
  }

  std::string finish(const failure_reason* reason, bool config_changed) {
    add("connectorConfigurationUpdated", config_changed ? "true" : "false");
    if (reason != nullptr)
      add("failureReason", to_json(*reason));
    return std::move(text_) + "}";
  }

private:
  std::string text_;
};

/// The platform spells the status of a check in lower case.
std::string make_check(const std::string& answer,
                       const failure_reason* reason) {
  nlohmann::ordered_json out = {
      {"status", reason == nullptr ? "succeeded" : "failed"}};
  auto status = nlohmann::json::parse(answer, nullptr, false);
  if (status.is_object() && status.contains("message")
      && status["message"].is_string())
    out["message"] = status["message"];
  else if (reason != nullptr)
    out["message"] = to_text(*reason);
  return write_json(out);
}

} // namespace

std::string make_result_document(inquiry command, const std::string& answer,
                                 const failure_reason* reason,
                                 bool config_changed) {
  object_text out;
  switch (command) {
  case inquiry::spec:
    out.add("outputType", encode_json_string("spec"));
    if (!answer.empty())
      out.add("spec", answer);
    break;
  case inquiry::check:
    out.add("outputType", encode_json_string("checkConnection"));
    out.add("checkConnection", make_check(answer, reason));
    break;
  case inquiry::discover:
    out.add("outputType", encode_json_string("discoverCatalog"));
    if (!answer.empty())
      out.add("catalog", answer);
    break;
  }
  return out.finish(reason, config_changed);
}

std::string make_result_document(task_status status,
                                 const std::vector<stream_summary>& streams,
                                 const failure_reason* reason,
                                 bool config_changed) {
  object_text out;
  out.add("outputType", encode_json_string("replicate"));
  out.add("status", encode_json_string(to_string(status)));
  out.add("streams", describe(streams));
  return out.finish(reason, config_changed);
}

} // namespace motorcade
