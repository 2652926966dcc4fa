#include "runtime/process/delayed_folder.hpp"

#include "runtime/files/durable_folder.hpp"
#include "runtime/files/private_file.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <sys/types.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace motorcade {

namespace {

namespace fs = std::filesystem;
using texts = std::map<std::string, std::string>;

constexpr std::string_view marks_suffix = ".json";
constexpr std::string_view values_suffix = ".task";

std::string to_json(const texts& values) {
  return nlohmann::json(values).dump(-1, ' ', false,
                                     nlohmann::json::error_handler_t::replace);
}

/// @returns nothing where there is no such file, or nothing in it that fits.
std::optional<texts> read_texts(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  auto parsed =
      nlohmann::json::parse(file, nullptr, /*allow_exceptions*/ false);
  if (!parsed.is_object())
    return std::nullopt;
  texts out;
  for (const auto& [name, value] : parsed.items())
    if (value.is_string())
      out[name] = value.get<std::string>();
  return out;
}

failure refusal(const std::string& what, const std::error_code& why) {
  return {ec::system_failed, "cannot " + what + ": " + why.message()};
}

} // namespace

result<void> delayed_folder::put(const delayed_task& task) const {
  constexpr mode_t owner_alone = 0700;
  if (auto error = make_durable_folder(path_, owner_alone); error != 0)
    return failure{ec::system_failed, "cannot make the folder " + path_ + ": "
                                          + std::strerror(error)};
  auto base = path_ + "/" + task.name;
  std::error_code failed;
  if (fs::exists(base + std::string{marks_suffix}, failed))
    return failure{ec::already_exists, "task " + task.name + " waits already"};
  if (auto put = write_private_file(base + std::string{values_suffix},
                                    to_json(to_values(task.task)));
      !put)
    return put;
  auto marked = write_private_file(base + std::string{marks_suffix},
                                   to_json(to_marks(task)));
  if (!marked)
    // It is secret, and nothing would remove it later.
    fs::remove(base + std::string{values_suffix}, failed);
  return marked;
}

void delayed_folder::clean() const {
  std::error_code failed;
  std::vector<fs::path> left;
  for (const auto& one : fs::directory_iterator{path_, failed}) {
    auto marks = one.path();
    marks.replace_extension(marks_suffix);
    std::error_code unknown;
    if (one.path().filename().string().starts_with('.')
        || !fs::exists(marks, unknown))
      left.push_back(one.path());
  }
  for (const auto& path : left) {
    fs::remove(path, failed);
    if (failed)
      spdlog::warn("cannot remove {}: {}", path.string(), failed.message());
  }
}

result<std::vector<delayed_task>> delayed_folder::list() const {
  std::vector<delayed_task> out;
  std::error_code failed;
  fs::directory_iterator all{path_, failed};
  if (failed == std::errc::no_such_file_or_directory)
    return out;
  for (; !failed && all != fs::directory_iterator{}; all.increment(failed)) {
    const auto& path = all->path();
    if (path.extension() != marks_suffix)
      continue;
    auto marks = read_texts(path.string());
    auto task = from_marks(path.stem().string(), marks.value_or(texts{}));
    if (task)
      out.push_back(std::move(*task));
    else
      spdlog::warn("{}", task.error().what);
  }
  if (failed)
    return refusal("look into " + path_, failed);
  return out;
}

result<task_request> delayed_folder::read(const std::string& name) const {
  auto base = path_ + "/" + name;
  std::error_code failed;
  if (!fs::exists(base + std::string{marks_suffix}, failed))
    return failure{ec::not_found, "there is no task " + name + " put aside"};
  return from_values(
      read_texts(base + std::string{values_suffix}).value_or(texts{}));
}

result<bool> delayed_folder::drop(const std::string& name) const {
  auto base = path_ + "/" + name;
  std::error_code failed;
  auto was = fs::remove(base + std::string{marks_suffix}, failed);
  if (!failed)
    fs::remove(base + std::string{values_suffix}, failed);
  // Or the task would be there again after a power failure, and start.
  if (!failed && was)
    failed = {sync_folder(path_), std::generic_category()};
  if (failed)
    return refusal("remove " + base, failed);
  return was;
}

} // namespace motorcade
