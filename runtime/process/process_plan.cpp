#include "runtime/process/process_plan.hpp"

#include "runtime/task/task_layout.hpp"

#include <cstdlib>

namespace motorcade {

namespace {

std::string inherited(const char* name, const char* otherwise) {
  const auto* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

} // namespace

result<keeper_plan> plan_processes(const task_request& task,
                                   const controller_settings& settings,
                                   const task_folder& folder,
                                   const std::string& program) {
  keeper_plan out;
  auto places = folder.places();
  auto add = [](kept_program& to, const std::string& name,
                const std::string& value) -> result<void> {
    // A Pod's object could not hold such a value either.
    if (value.find('\0') != std::string::npos)
      return failure{ec::invalid_argument, name + " holds a zero byte"};
    to.environment.push_back(name + "=" + value);
    return {};
  };
  // Both programs get these variables, and no others of syncctl's environment.
  for (auto* one : {&out.connector, &out.sidecar}) {
    one->folder = folder.home();
    one->environment = {"PATH="
                            + inherited("PATH", "/usr/local/bin:/usr/bin:/bin"),
                        "LANG=" + inherited("LANG", "C.UTF-8"),
                        "HOME=" + folder.home(), "TMPDIR=" + folder.home()};
  }
  out.connector.path = program;
  if (has_connector(task))
    out.connector.arguments = connector_arguments(task, places);
  for (const auto& one : connector_environment())
    if (auto added = add(out.connector, one.name, one.value); !added)
      return added.error();
  out.sidecar.path = settings.sidecar_program;
  for (const auto& one : sidecar_environment(task, settings, places))
    if (auto added = add(out.sidecar, one.name, one.value); !added)
      return added.error();
  // Airbyte's CDK stages files in these two folders; TMPDIR is the home.
  std::string staging = "/staging/files:/tmp/airbyte-file-transfer";
  if (folder.home().find(':') == std::string::npos)
    staging += ":" + folder.home();
  if (auto added = add(out.sidecar, "STAGING_DIR", staging); !added)
    return added.error();
  out.pipes = places.pipes;
  out.limits = settings.process;
  out.grace = settings.container_grace_shutdown;
  return out;
}

} // namespace motorcade
