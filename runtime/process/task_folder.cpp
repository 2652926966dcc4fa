#include "runtime/process/task_folder.hpp"

#include "runtime/files/durable_folder.hpp"
#include "runtime/files/private_file.hpp"
#include "runtime/process/pipe_folder.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace motorcade {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr mode_t owner_alone = 0700;
constexpr const char* task_file = "task.json";

failure refusal(const std::string& what, int error) {
  return {ec::system_failed, what + ": " + std::strerror(error)};
}

result<void> make_folder(const std::string& path) {
  if (auto error = make_durable_folder(path, owner_alone); error != 0)
    return refusal("cannot make the folder " + path, error);
  return {};
}

/// Lets us look into every folder below: a connector may have closed some.
void unlock(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(fs::symlink_status(path, failed)))
    return;
  ::chmod(path.c_str(), owner_alone);
  for (const auto& one : fs::directory_iterator{path, failed})
    unlock(one.path());
}

void remove_tree(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (!failed)
    return;
  unlock(path);
  fs::remove_all(path, failed);
  if (failed)
    spdlog::warn("cannot remove {}: {}", path.string(), failed.message());
}

std::string text(const json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string{};
}

std::string to_json(const pod_status& pod) {
  json out = {{"name", pod.name},
              {"uid", pod.uid},
              {"createdAt", pod.created_at},
              {"annotations", pod.annotations}};
  for (const auto& [name, end] : {std::pair{source_container, &pod.source},
                                  std::pair{sidecar_container, &pod.sidecar}})
    if (*end)
      out[std::string{name}] = {{"exitCode", (*end)->exit_code},
                                {"reason", (*end)->reason},
                                {"message", (*end)->message}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<container_end> read_end(const json& pod, std::string_view name) {
  auto found = pod.find(std::string{name});
  if (found == pod.end() || !found->is_object())
    return std::nullopt;
  auto code = found->find("exitCode");
  if (code == found->end() || !code->is_number_integer())
    return std::nullopt;
  return container_end{code->get<int>(), text(*found, "reason"),
                       text(*found, "message")};
}

/// @returns a task without a name where it is none.
pod_status read_task(const std::string& path) {
  std::ifstream file{path};
  auto about = json::parse(file, nullptr, /*allow_exceptions*/ false);
  pod_status out;
  if (!about.is_object())
    return out;
  out.name = text(about, "name");
  out.uid = text(about, "uid");
  out.created_at = text(about, "createdAt");
  out.source = read_end(about, source_container);
  out.sidecar = read_end(about, sidecar_container);
  for (const auto& [name, value] : about["annotations"].items())
    if (value.is_string())
      out.annotations[name] = value.get<std::string>();
  return out;
}

} // namespace

result<data_folder> data_folder::open(const std::string& path) {
  // Those above it, as a person would make them.
  constexpr mode_t as_umask_wants = 0777;
  std::string failed;
  if (auto error = make_durable_folders(fs::path{path}.parent_path(),
                                        as_umask_wants, failed);
      error != 0)
    return refusal("cannot make the folder " + failed + " of " + path, error);
  if (auto made = make_folder(path); !made)
    return made.error();
  // Database and tables in it are as open as they come.
  if (::chmod(path.c_str(), owner_alone) != 0)
    spdlog::warn("other users may read {}: {}", path, std::strerror(errno));
  if (auto made = make_folder(path + "/tasks"); !made)
    return made.error();
  auto name = path + "/lock";
  file_handle lock{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock)
    return refusal("cannot open " + name, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return failure{ec::already_exists,
                     "another syncctl uses the folder " + path};
    return refusal("cannot lock " + name, errno);
  }
  return data_folder{std::move(lock)};
}

result<void> task_folder::make(const task_request& task,
                               const pod_status& pod) const {
  remove();
  const auto [pipes, config, place, destination] = places();
  for (const auto& folder : {path_, pipes, config, destination, home()})
    if (auto made = make_folder(folder); !made)
      return made;
  if (auto made = prepare_pipe_folder(pipes); !made)
    return made;
  for (const auto& one : task_documents(task))
    if (auto put =
            write_private_file(config + "/" + one.key + ".json", one.text);
        !put)
      return put;
  if (!task.destination_config.empty())
    if (auto put = write_private_file(destination + "/destinationConfig.json",
                                      task.destination_config);
        !put)
      return put;
  return note_end(pod);
}

result<void> task_folder::note_end(const pod_status& pod) const {
  return write_private_file(path_ + "/" + task_file, to_json(pod));
}

void task_folder::strip() const {
  std::error_code failed;
  std::vector<fs::path> all;
  for (const auto& one : fs::directory_iterator{path_, failed})
    all.push_back(one.path());
  for (const auto& one : all)
    if (one.filename() != task_file)
      remove_tree(one);
}

void task_folder::remove() const {
  remove_tree(path_);
}

std::vector<pod_status> find_left_tasks(const std::string& base) {
  std::vector<pod_status> out;
  std::vector<std::string> paths;
  std::error_code failed;
  for (const auto& one : fs::directory_iterator{base, failed})
    paths.push_back(one.path().string());
  for (const auto& path : paths) {
    auto pod = read_task(path + "/" + task_file);
    if (pod.name.empty() || pod.name != fs::path{path}.filename()) {
      spdlog::warn("{} describes no task and is removed", path);
      task_folder{path}.remove();
      continue;
    }
    out.push_back(std::move(pod));
  }
  return out;
}

} // namespace motorcade
