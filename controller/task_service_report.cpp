#include "controller/task_service.hpp"

#include "controller/api/task_listing.hpp"
#include "runtime/process/connector_folder.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace motorcade {

namespace {

/// The reads that a list of connectors counts.
constexpr auto counted_age = std::chrono::days{30};

/// @returns nothing if the folder is not there.
std::optional<disk_space> space_of(const std::string& folder) {
  struct statvfs found {};

  if (::statvfs(folder.c_str(), &found) != 0)
    return std::nullopt;
  return disk_space{folder, uint64_t{found.f_bavail} * found.f_frsize,
                    uint64_t{found.f_blocks} * found.f_frsize};
}

bool is_of(const task_request& running, const inquiry_key& key) {
  switch (key.command) {
  case inquiry::spec:
    return running.command == "spec" && running.package == key.package
           && running.version == key.version;
  case inquiry::check:
    return running.command == "check" && running.storage_key == key.key;
  default:
    return running.command == "discover" && running.storage_key == key.key
           && (key.package.empty()
               || (running.package == key.package
                   && running.version == key.version));
  }
}

} // namespace

result<inquiry_answer> task_service::answer(const inquiry_key& of,
                                            uint64_t most) {
  // Asked for before the table: a task that ends in between is found there.
  auto running = running_inquiries();
  if (!running)
    return running.error();
  if (std::any_of((*running)->begin(), (*running)->end(),
                  [&of](const auto& one) { return is_of(one, of); }))
    return inquiry_answer{};
  auto found = records_.read(
      [&](task_records& records) { return records.answer(of, most); });
  if (!found)
    return found.error();
  if (!*found)
    return failure{ec::not_found, "there is no answer of that name; ask for "
                                  "one first"};
  return std::move(**found);
}

result<std::map<task_status, uint64_t>>
task_service::count(const task_filter& of_page) {
  auto filter = of_page;
  filter.before.reset();
  auto running = running_inquiries();
  if (!running)
    return running.error();
  // The earlier answers of running tasks do not count.
  std::vector<std::string> ids;
  uint64_t fitting = 0;
  for (const auto& one : **running) {
    auto record = to_running_record(one);
    fitting += fits(record, filter) ? 1 : 0;
    ids.push_back(std::move(record.task_id));
  }
  auto counts = records_.read(
      [&](task_records& records) { return records.count(filter, ids); });
  if (counts && fitting > 0)
    (*counts)[task_status::running] += fitting;
  return counts;
}

result<found_lines> task_service::find_lines(const log_search& search) {
  return records_.read(
      [&](task_records& records) { return records.find_lines(search); });
}

result<std::vector<connector_usage>>
task_service::connectors(std::chrono::seconds age) {
  return records_.read(
      [&](task_records& records) { return records.connectors(age); });
}

result<std::vector<listed_connector>> task_service::list_connectors() {
  auto used = connectors(counted_age);
  if (!used)
    return used.error();
  std::vector<listed_connector> out;
  if (facts_.connectors_folder.empty()) {
    for (auto& one : *used)
      out.push_back({std::move(one), std::nullopt});
    return out;
  }
  std::set<std::string> unused;
  for (auto& package : motorcade::list_connectors(facts_.connectors_folder))
    unused.insert(std::move(package));
  for (auto& one : *used) {
    const auto installed =
        find_connector(facts_.connectors_folder, one.package);
    unused.erase(one.package);
    // The program of `airbyte/source-x` may lie there as `source-x`.
    unused.erase(one.package.substr(one.package.rfind('/') + 1));
    out.push_back({std::move(one), static_cast<bool>(installed)});
  }
  for (const auto& package : unused) {
    auto& one = out.emplace_back();
    one.use.package = package;
    one.installed = true;
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.use.package, a.use.version)
           < std::tie(b.use.package, b.use.version);
  });
  return out;
}

system_report task_service::report() {
  system_report out;
  out.facts = facts_;
  out.leads = leads();
  out.leader = out.leads ? facts_.host : lead_->holder();
  const auto begin = std::chrono::steady_clock::now();
  if (!records_.read([](task_records& records) { return records.ping(); }))
    out.database_trouble = "the database does not answer";
  out.database_time = std::chrono::floor<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  for (const auto& folder : facts_.folders)
    if (auto space = space_of(folder))
      out.disks.push_back(std::move(*space));
  if (auto state = count_tasks()) {
    out.waiting_starts = (*state)->delayed;
    auto& tasks = out.tasks.emplace(0);
    for (const auto& [key, count] : (*state)->tasks)
      tasks += count;
  }
  return out;
}

} // namespace motorcade
