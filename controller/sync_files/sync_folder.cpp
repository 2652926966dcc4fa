#include "controller/sync_files/sync_folder.hpp"

#include "runtime/base/found_file.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/sync/sync_id.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace motorcade {

namespace {

constexpr size_t most_bytes = 1 << 20;
constexpr size_t most_files = 10'000;

/// Variables that are syncctl's own, beside those that begin with SYNCCTL_: its
/// other settings, and the names by which deployments and libpq know the login
/// to its database.
constexpr std::array<std::string_view, 7> own_variables{
    "CONSOLE_TOKEN",
    "CONSOLE_URL",
    "REPOSITORY_AUTH_TOKEN",
    "REPOSITORY_BASE_URL",
    "REPOSITORY_REFRESH_PERIOD_SEC",
    "DATABASE_URL",
    "PGPASSWORD"};

bool is_own_variable(std::string_view name) {
  return name.starts_with("SYNCCTL_")
         || std::find(own_variables.begin(), own_variables.end(), name)
                != own_variables.end();
}

bool is_sync_file(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  const auto ending = path.extension().string();
  return !name.starts_with('.')
         && (ending == ".yaml" || ending == ".yml" || ending == ".json");
}

void read_into(sync_file& out, const std::string& path,
               const document_values& values) {
  if (const auto fault = fault_of_sync_id(out.sync_id); !fault.empty()) {
    out.fault = "its name without the ending, the sync's id, " + fault;
    return;
  }
  const auto text = read_found_file(path, most_bytes, links::followed);
  if (!text) {
    out.fault = text.error().what;
    return;
  }
  auto document = read_sync_document(*text, values);
  if (!document) {
    out.fault = document.error().what;
    return;
  }
  auto sync = parse_sync(*document, out.sync_id);
  if (!sync) {
    out.fault = sync.error().what;
    return;
  }
  out.document = std::move(*document);
  out.sync = std::move(*sync);
}

/// @returns invalid_argument if the file is one of syncctl's own, or tells of
/// processes, whose variables no file may have. A link counts as what it leads
/// to.
result<void> check_given_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  auto real = fs::canonical(path, failed);
  // Reading it says why.
  if (failed)
    return {};
  const auto text = real.string();
  const auto name = real.filename().string();
  if (text.starts_with("/proc/") || text.starts_with("/sys/"))
    return failure{ec::invalid_argument,
                   path
                       + " is in /proc or /sys, whose files are not put "
                         "into definitions"};
  if (name == "encryption.key" || name == "syncctl.env")
    return failure{ec::invalid_argument,
                   path
                       + " has secrets of syncctl itself, so it is not put "
                         "into a definition"};
  return {};
}

} // namespace

result<std::vector<sync_file>> read_sync_folder(const std::string& folder,
                                                const document_values& values) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<fs::path> paths;
  for (fs::directory_iterator at{folder, failed}, end; !failed && at != end;
       at.increment(failed))
    if (is_sync_file(at->path()))
      paths.push_back(at->path());
  if (failed)
    return failure{ec::system_failed,
                   folder + " cannot be read: " + failed.message()};
  if (paths.size() > most_files)
    return failure{ec::invalid_argument, folder + " has more than "
                                             + std::to_string(most_files)
                                             + " files"};
  std::sort(paths.begin(), paths.end());
  std::vector<sync_file> out;
  std::map<std::string, std::string> names;
  for (const auto& path : paths) {
    auto& one = out.emplace_back();
    one.name = path.filename().string();
    one.sync_id = path.stem().string();
    const auto [other, is_first] = names.emplace(one.sync_id, one.name);
    if (is_first)
      read_into(one, path.string(), values);
    else
      one.fault = "it has the same name as " + excerpt(other->second)
                  + " but for the ending";
  }
  return out;
}

document_values values_of_process() {
  document_values out;
  out.variable = [](const std::string& name) -> std::optional<std::string> {
    const auto* value =
        is_own_variable(name) ? nullptr : std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
  out.file = [](const std::string& path) -> result<std::string> {
    if (auto may = check_given_file(path); !may)
      return may.error();
    return read_found_file(path, most_bytes, links::followed);
  };
  return out;
}

} // namespace motorcade
