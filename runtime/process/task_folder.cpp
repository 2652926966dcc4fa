#include "runtime/process/task_folder.hpp"

#include "runtime/base/log.hpp"
#include "runtime/files/durable_folder.hpp"
#include "runtime/files/folder_removal.hpp"
#include "runtime/process/pipe_folder.hpp"
#include "runtime/process/task_keeper.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <tuple>
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
  return write_json(out);
}

std::optional<container_end> read_end(const json& pod, std::string_view name) {
  auto found = pod.find(std::string{name});
  if (found == pod.end() || !found->is_object())
    return std::nullopt;
  auto code = found->find("exitCode");
  if (code == found->end() || !code->is_number_integer())
    return std::nullopt;
  return container_end{code->get<int>(), text_at(*found, "reason"),
                       text_at(*found, "message")};
}

/// @returns a task without a name if `about` describes none.
pod_status to_task(const std::string& description) {
  auto about = json::parse(description, nullptr, /*allow_exceptions*/ false);
  pod_status out;
  if (!about.is_object())
    return out;
  out.name = text_at(about, "name");
  out.uid = text_at(about, "uid");
  out.created_at = text_at(about, "createdAt");
  out.source = read_end(about, source_container);
  out.sidecar = read_end(about, sidecar_container);
  auto annotations = about.find("annotations");
  if (annotations == about.end() || !annotations->is_object())
    return out;
  for (const auto& [name, value] : annotations->items())
    if (value.is_string())
      out.annotations[name] = value.get<std::string>();
  return out;
}

/// @returns the folder, or throws std::runtime_error.
held_folder or_throw(result<held_folder> folder) {
  if (!folder)
    throw std::runtime_error{folder.error().what};
  return std::move(*folder);
}

/// The folder in which folders wait to be emptied if `tasks/` is a file system
/// of its own.
constexpr std::string_view bin_among_tasks = ".removed";

/// @returns the place of the bin, the folder of folders that are removed: on
/// the file system of the tasks, so that a folder can be renamed into it.
std::pair<held_folder, std::string> bin_place(const std::string& data,
                                              const held_folder& tasks) {
  auto folder = or_throw(held_folder::open(data));
  struct stat ours = {};
  struct stat theirs = {};
  if (::fstat(folder.get(), &ours) != 0 || ::fstat(tasks.get(), &theirs) != 0)
    throw std::runtime_error{"cannot look at the folder " + data + ": "
                             + std::strerror(errno)};
  if (ours.st_dev == theirs.st_dev)
    return {std::move(folder), "removed"};
  return {or_throw(folder.enter("tasks")), std::string{bin_among_tasks}};
}

/// The name of the folder that takes a task folder's place.
std::string draft_of(const std::string& name) {
  return name + ".new";
}

} // namespace

result<data_folder> data_folder::open(const std::string& path) {
  // The folders above it get the mode that the umask allows.
  constexpr mode_t as_umask_wants = 0777;
  std::string failed;
  if (auto error = make_durable_folders(fs::path{path}.parent_path(),
                                        as_umask_wants, failed);
      error != 0)
    return refusal("cannot make the folder " + failed + " of " + path, error);
  if (auto made = make_folder(path); !made)
    return made.error();
  // Database and tables in the folder have open modes, so the folder itself is
  // closed.
  if (::chmod(path.c_str(), owner_alone) != 0)
    log::warn("other users may read {}: {}", path, std::strerror(errno));
  // `rows` is for the files of clients' destinationConfigs.
  for (const auto* inner : {"/tasks", "/rows"})
    if (auto made = make_folder(path + inner); !made)
      return made.error();
  auto name = path + "/lock";
  constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  file_handle lock{::open(name.c_str(), flags, 0600)};
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

task_folder::task_folder(task_folders& all, std::string name)
    : all_{&all},
      name_{std::move(name)},
      path_{all.tasks_.path() + "/" + name_} {}

task_places task_folder::places() const {
  return {path_ + "/pipes", path_ + "/config", task_place::local,
          path_ + "/destination", std::string{kept_exit_code}};
}

result<void> task_folder::make(const task_request& task,
                               const pod_status& pod) {
  all_->keep(name_);
  if (auto taken = all_->bin_.take(all_->tasks_, name_); !taken)
    return taken;
  // The task's programs alone look for what is in its folder, and do not
  // outlive a crash of the machine. After that only `find_left` looks, for
  // `task_file`.
  constexpr auto passing = durability::in_memory;
  auto folder = all_->tasks_.make(name_, owner_alone, passing);
  if (!folder)
    return folder.error();
  own_ = std::make_shared<const held_folder>(std::move(*folder));
  for (const auto* name : {"pipes", "home"})
    if (auto made = own_->make(name, owner_alone, passing); !made)
      return made.error();
  if (auto made = prepare_pipe_folder(path_ + "/pipes"); !made)
    return made;
  auto config = own_->make("config", owner_alone, passing);
  if (!config)
    return config.error();
  for (const auto& one : task_documents(task))
    if (auto put = config->write(one.key + ".json", one.text, passing); !put)
      return put;
  auto destination = own_->make("destination", owner_alone, passing);
  if (!destination)
    return destination.error();
  if (!task.destination_config.empty())
    if (auto put = destination->write("destinationConfig.json",
                                      task.destination_config, passing);
        !put)
      return put;
  if (auto put = own_->write(task_file, to_json(pod)); !put)
    return put;
  return all_->tasks_.sync();
}

result<void> task_folder::strip(const pod_status& pod) {
  const auto& tasks = all_->tasks_;
  auto draft = draft_of(name_);
  throw_away(draft);
  auto folder = tasks.make(draft, owner_alone, durability::in_memory);
  if (!folder)
    return folder.error();
  if (auto put = folder->write(task_file, to_json(pod)); !put)
    return put;
  empty_if_moved();
  // An exchange leaves no moment without a folder, if the file system can do
  // that.
  if (::renameat2(tasks.get(), draft.c_str(), tasks.get(), name_.c_str(),
                  RENAME_EXCHANGE)
      != 0) {
    throw_away(name_);
    if (::renameat(tasks.get(), draft.c_str(), tasks.get(), name_.c_str()) != 0)
      return refusal("cannot make the folder " + path_, errno);
  }
  throw_away(draft);
  own_ = std::make_shared<const held_folder>(std::move(*folder));
  return tasks.sync();
}

void task_folder::remove() {
  empty_if_moved();
  throw_away(name_);
  throw_away(draft_of(name_));
  all_->forget(name_);
  all_->bin_.later([all = all_](const auto&) { all->sweep(); });
}

void task_folder::throw_away(const std::string& name) const {
  if (auto taken = all_->bin_.take(all_->tasks_, name); !taken)
    log::warn("{}", taken.error().what);
}

void task_folder::empty_if_moved() const {
  if (!own_ || all_->tasks_.holds(name_, *own_))
    return;
  log::warn("the folder {} was moved, perhaps by its connector; it is "
            "emptied where it is now, and what took its place is removed",
            path_);
  all_->bin_.later([own = own_](const std::function<bool()>& stopped) {
    auto emptied = empty_folder(own->get(), stopped);
    if (!emptied && !stopped())
      log::warn("{}: {}", own->path(), emptied.error().what);
  });
}

task_folders::task_folders(const std::string& data)
    : tasks_{or_throw(or_throw(held_folder::open(data)).enter("tasks"))},
      bin_{std::make_from_tuple<folder_bin>(bin_place(data, tasks_))} {}

task_folder task_folders::at(const std::string& name) {
  return task_folder{*this, name};
}

std::vector<pod_status> task_folders::find_left() {
  std::vector<pod_status> out;
  auto names = tasks_.names();
  if (!names)
    throw std::runtime_error{names.error().what};
  for (const auto& name : *names) {
    if (name == bin_among_tasks)
      continue;
    constexpr size_t most_bytes = 16 << 20;
    auto folder = tasks_.enter(name);
    auto description = folder ? folder->read(task_file, most_bytes)
                              : result<std::string>{folder.error()};
    auto pod = description ? to_task(*description) : pod_status{};
    if (!pod.name.empty() && pod.name == name) {
      keep(name);
      out.push_back(std::move(pod));
      continue;
    }
    log::warn("{}/{} describes no task and is removed{}", tasks_.path(), name,
              description ? std::string{} : ": " + description.error().what);
    if (auto taken = bin_.take(tasks_, name); !taken)
      log::warn("{}", taken.error().what);
  }
  return out;
}

void task_folders::keep(const std::string& name) {
  std::lock_guard lock{mutex_};
  names_.insert(name);
}

void task_folders::forget(const std::string& name) {
  std::lock_guard lock{mutex_};
  names_.erase(name);
}

void task_folders::sweep() {
  auto names = tasks_.names();
  if (!names) {
    log::warn("{}", names.error().what);
    return;
  }
  for (const auto& name : *names) {
    // The lock is held, so that the folder of a task that begins now is not
    // swept.
    std::lock_guard lock{mutex_};
    auto is_draft =
        name.ends_with(draft_of({}))
        && names_.contains(name.substr(0, name.size() - draft_of({}).size()));
    if (is_draft || names_.contains(name) || name == bin_among_tasks)
      continue;
    log::warn("{}/{} belongs to no task, it is removed", tasks_.path(), name);
    if (auto taken = bin_.take(tasks_, name); !taken)
      log::warn("{}", taken.error().what);
  }
}

} // namespace motorcade
