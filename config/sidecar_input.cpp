#include "config/sidecar_input.hpp"

#include "schema/base/ascii.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using nlohmann::json;

/// Takes texts out of an object, and remembers a member of a wrong type.
class text_reader {
public:
  /// @returns the object, or an empty one if there is none.
  const json& object(const json& parent, const char* name) {
    const auto& found = member_at(parent, name);
    if (!found.is_null() && !found.is_object())
      wrong_ = std::string{name} + " is not an object";
    return object_at(parent, name);
  }

  /// @returns the text, or an empty one if there is none.
  std::string text(const json& parent, const char* name) {
    const auto& found = member_at(parent, name);
    if (!found.is_null() && !found.is_string())
      wrong_ = std::string{name} + " is not a text";
    return text_at(parent, name);
  }

  const std::string& wrong() const { return wrong_; }

private:
  std::string wrong_;
};

/// Splits `registry:5000/airbyte/source-faker:6.2.0`.
void add_package(variables& out, const std::string& image) {
  auto colon = image.rfind(':');
  auto slash = image.rfind('/');
  auto has_tag = colon != std::string::npos
                 && (slash == std::string::npos || colon > slash);
  if (image.empty())
    return;
  out["PACKAGE"] = has_tag ? image.substr(0, colon) : image;
  out["PACKAGE_VERSION"] = has_tag ? image.substr(colon + 1) : "latest";
}

} // namespace

std::string sidecar_input_path(const environment& from) {
  auto folder = from("AIRBYTE_CONFIG_DIR").value_or("");
  return (folder.empty() ? "/config" : folder) + "/sidecarInput.json";
}

result<variables> read_sidecar_input(std::string_view text) {
  auto input = json::parse(text, nullptr, /*allow_exceptions*/ false);
  if (!input.is_object())
    return failure{ec::invalid_argument, "it is not a JSON object"};
  text_reader in;
  variables out;
  auto set = [&out](const char* name, const std::string& value) {
    if (!value.empty())
      out[name] = value;
  };
  set("COMMAND", ascii_lower(in.text(input, "operationType")));
  auto workload = in.text(input, "workloadId");
  set("WORKLOAD_ID", workload);
  const auto& launcher = in.object(input, "integrationLauncherConfig");
  add_package(out, in.text(launcher, "dockerImage"));
  const auto& discover = in.object(input, "discoverCatalogInput");
  const auto& check = in.object(input, "checkConnectionInput");
  auto source = in.text(discover, "sourceId");
  auto hash = in.text(discover, "configHash");
  auto actor = in.text(check, "actorId");
  // The platform must be able to find the row again.
  if (!source.empty() && !hash.empty())
    set("STORAGE_KEY", source + "_" + hash);
  else
    set("STORAGE_KEY", actor.empty() ? workload : actor);
  if (!in.wrong().empty())
    return failure{ec::invalid_argument, in.wrong()};
  return out;
}

} // namespace motorcade
