#include "runtime/process/delayed_folder.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace motorcade {

namespace {

using texts = std::map<std::string, std::string>;

constexpr std::string_view marks_suffix = ".json";
constexpr std::string_view values_suffix = ".task";

std::string to_json(const texts& values) {
  return write_json(nlohmann::json(values));
}

/// @returns nothing if there is no such file, or its content does not fit.
std::optional<texts> read_texts(const held_folder& folder,
                                const std::string& name) {
  auto text = folder.read(name, most_document_bytes);
  if (!text)
    return std::nullopt;
  auto parsed =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions*/ false);
  if (!parsed.is_object())
    return std::nullopt;
  texts out;
  for (const auto& [key, value] : parsed.items())
    if (value.is_string())
      out[key] = value.get<std::string>();
  return out;
}

std::string marks_of(const std::string& task) {
  return task + std::string{marks_suffix};
}

std::string values_of(const std::string& task) {
  return task + std::string{values_suffix};
}

/// @returns a name without its suffix; empty if it has another one.
std::string stem_of(const std::string& name, std::string_view suffix) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size())
                                : std::string{};
}

} // namespace

delayed_folder::delayed_folder(const std::string& path) {
  auto slash = path.find_last_of('/');
  name_ = path.substr(slash == std::string::npos ? 0 : slash + 1);
  auto base = held_folder::open(slash == std::string::npos ? "."
                                : slash == 0               ? "/"
                                             : path.substr(0, slash));
  if (!base)
    throw std::runtime_error{base.error().what};
  base_ = std::move(*base);
}

result<void> delayed_folder::put(const delayed_task& task) const {
  constexpr mode_t owner_alone = 0700;
  auto folder = base_.make(name_, owner_alone);
  if (!folder)
    return folder.error();
  if (folder->has(marks_of(task.name)))
    return failure{ec::already_exists, "task " + task.name + " waits already"};
  if (auto put =
          folder->write(values_of(task.name), to_json(to_values(task.task)));
      !put)
    return put;
  auto marked = folder->write(marks_of(task.name), to_json(to_marks(task)));
  if (!marked)
    // The file with documents is secret, and nothing would remove it later.
    std::ignore = folder->remove(values_of(task.name));
  return marked;
}

void delayed_folder::clean() const {
  auto folder = base_.enter(name_);
  if (!folder && folder.error().code == ec::not_found)
    return;
  auto names = folder ? folder->names()
                      : result<std::vector<std::string>>{folder.error()};
  if (!names) {
    log::warn("{}", names.error().what);
    return;
  }
  for (const auto& name : *names) {
    auto task = stem_of(name, values_suffix);
    auto whole = stem_of(name, marks_suffix).empty()
                     ? !task.empty() && folder->has(marks_of(task))
                     : true;
    if (whole && !name.starts_with('.'))
      continue;
    if (auto removed = folder->remove(name); !removed)
      log::warn("{}", removed.error().what);
  }
}

result<std::vector<delayed_task>> delayed_folder::list() const {
  std::vector<delayed_task> out;
  auto folder = base_.enter(name_);
  if (!folder && folder.error().code == ec::not_found)
    return out;
  auto names = folder ? folder->names()
                      : result<std::vector<std::string>>{folder.error()};
  if (!names)
    return names.error();
  for (const auto& name : *names) {
    auto stem = stem_of(name, marks_suffix);
    if (stem.empty())
      continue;
    auto marks = read_texts(*folder, name);
    auto task = from_marks(stem, marks.value_or(texts{}));
    if (task)
      out.push_back(std::move(*task));
    else
      log::warn("{}", task.error().what);
  }
  return out;
}

result<task_request> delayed_folder::read(const std::string& name) const {
  auto folder = base_.enter(name_);
  if (!folder && folder.error().code != ec::not_found)
    return folder.error();
  if (!folder || !folder->has(marks_of(name)))
    return failure{ec::not_found, "there is no task " + name + " put aside"};
  return from_values(read_texts(*folder, values_of(name)).value_or(texts{}));
}

result<bool> delayed_folder::drop(const std::string& name) const {
  auto folder = base_.enter(name_);
  if (!folder && folder.error().code == ec::not_found)
    return false;
  if (!folder)
    return folder.error();
  auto was = folder->remove(marks_of(name));
  if (!was)
    return was;
  if (auto gone = folder->remove(values_of(name)); !gone)
    return gone;
  // Otherwise the task could exist again after a power failure, and start.
  if (*was)
    if (auto synced = folder->sync(); !synced)
      return synced.error();
  return was;
}

} // namespace motorcade
