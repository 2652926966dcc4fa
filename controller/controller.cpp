#include "controller/controller.hpp"

#include "actors/supervision/console_caller.hpp"
#include "actors/supervision/pod_worker.hpp"
#include "actors/supervision/record_keeper.hpp"
#include "actors/supervision/task_registry.hpp"
#include "controller/definition_check.hpp"
#include "controller/pod_watcher.hpp"
#include "controller/started_tasks.hpp"
#include "controller/sync_files/file_keeper.hpp"
#include "controller/sync_files/folder_source.hpp"
#include "controller/sync_files/sync_repository.hpp"
#include "controller/syncs/sync_runner.hpp"
#include "controller/tables/kept_tables.hpp"
#include "controller/tables/place_finder.hpp"
#include "controller/task_service.hpp"
#include "runtime/base/log.hpp"
#include "runtime/kubernetes/lease_keeper.hpp"
#include "runtime/kubernetes/pod_runner.hpp"
#include "runtime/process/process_runtime.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The most calls of the Kubernetes API at a time, besides the watch.
constexpr size_t pod_workers = 16;
/// The time at the end for calls that are under way to the database or to
/// Kubernetes.
constexpr caf::timespan last_words = 5s;
/// Time limits of the one connection that writes: starts and ends of tasks wait
/// for it.
constexpr database_patience keeping{10s, 30s};
/// Time limits of the connections that read rows of a sync's tables, while an
/// HTTP client waits for the answer.
constexpr database_patience looking{3s, 5s};
/// The name of the Lease, which all replicas of a namespace share.
constexpr const char* lease_name = "syncctl";

std::string host_name() {
  // gethostname() need not end a name that it cuts; the last byte stays zero.
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    host = {'s', 'y', 'n', 'c', 'c', 't', 'l'};
  return host.data();
}

system_facts make_facts(const controller_settings& settings,
                        const controller_identity& identity,
                        const std::string& host) {
  system_facts out;
  out.version = identity.version;
  out.started_at = utc_now();
  out.instance_id = identity.instance_id;
  out.host = host;
  out.runtime = settings.runtime == controller_runtime::process ? "process"
                                                                : "kubernetes";
  out.database =
      settings.database_url.starts_with("sqlite:") ? "sqlite" : "postgres";
  out.connectors_folder = settings.connectors_dir;
  if (!settings.data_dir.empty())
    out.folders.push_back(settings.data_dir);
  return out;
}

} // namespace

struct controller::world {
  world(const controller_settings& settings, const kube_access& access,
        const controller_identity& identity, const sync_setup& kept);
  ~world();

  struct configured : caf::actor_system_config {
    configured() {
      constexpr unsigned at_least = 2;
      rt::configure(*this,
                    std::max(at_least, std::thread::hardware_concurrency()));
    }
  };

  /// @returns the runner whose calls a worker makes.
  std::shared_ptr<task_runner> make_runner(const controller_settings& settings,
                                           const kube_access& access) {
    if (processes != nullptr)
      return processes;
    return std::make_shared<pod_runner>(make_api(settings, access), settings);
  }

  std::shared_ptr<kube_pod_api> make_api(const controller_settings& settings,
                                         const kube_access& access) {
    apis.push_back(std::make_shared<kube_pod_api>(
        access, settings.kubernetes_namespace, counts));
    return apis.back();
  }

  kube_counts_ptr counts = std::make_shared<kube_counts>();
  std::vector<std::shared_ptr<kube_pod_api>> apis;
  /// Null: Kubernetes runs the tasks.
  std::shared_ptr<process_runtime> processes;
  std::shared_ptr<leadership> lead;
  configured config;
  caf::actor_system system{config};
  record_keeper_actor records;
  std::vector<pod_worker_actor> workers;
  console_caller_actor console;
  task_registry_actor registry;
  std::unique_ptr<task_service> service;
  std::unique_ptr<started_tasks> tasks_of_syncs;
  /// The connection for looks at tables, so that no other call waits for it.
  std::unique_ptr<sync_store> looked_at;
  /// Null: syncs are not kept.
  std::unique_ptr<kept_tables> tables;
  /// Null: syncs are not kept.
  std::unique_ptr<sync_runner> syncs;
  /// Null: no files define syncs.
  std::unique_ptr<file_keeper> files;
  std::unique_ptr<pod_watcher> watcher;
  /// Null: this process has no rival.
  std::unique_ptr<lease_keeper> keeper;
};

namespace {

/// @returns what defines syncs besides the API; null: nothing.
std::unique_ptr<sync_source> make_source(const sync_settings& settings) {
  if (!settings.syncs_dir.empty())
    return std::make_unique<folder_source>(settings.syncs_dir);
  if (!settings.repository_base_url.empty())
    return std::make_unique<sync_repository>(repository_access{
        settings.repository_base_url, settings.repository_auth_token,
        settings.repository_refresh_period});
  return nullptr;
}

} // namespace

controller::world::world(const controller_settings& settings,
                         const kube_access& access,
                         const controller_identity& identity,
                         const sync_setup& kept) {
  auto records_made = make_task_records(settings.database_url, keeping);
  if (!records_made)
    throw std::invalid_argument{records_made.error().what};
  // A controller with local processes holds their data folder alone, so it has
  // no rival.
  const auto only_replica = settings.runtime == controller_runtime::process;
  lead = only_replica ? leadership::without_rival()
                      : std::make_shared<leadership>();
  const auto longest_answer = std::chrono::ceil<std::chrono::seconds>(
      std::max(settings.limits.answer_timeout,
               settings.limits.answer_timeout_within_sync));
  records = system.spawn<caf::detached>(
      record_keeper, std::shared_ptr<task_records>{std::move(*records_made)},
      lead, std::max(usual_discover_age, longest_answer + inquiry_slack));
  if (only_replica)
    processes = std::make_shared<process_runtime>(settings);
  for (size_t i = 0; i < pod_workers; ++i)
    workers.push_back(system.spawn<caf::detached>(
        pod_worker, make_runner(settings, access), lead));
  console = system.spawn<caf::detached>(
      console_caller,
      console_access{settings.console_url, settings.console_token}, lead);
  task_registry_setup setup;
  setup.settings = settings;
  setup.records = records;
  setup.workers = workers;
  setup.console = console;
  setup.lead = lead;
  setup.only_replica = only_replica;
  registry = system.spawn(task_registry, std::move(setup));
  const auto candidate = lease_candidate::make(host_name(), settings.pod_uid);
  // This process is named as in the election, or after its host where there is
  // none.
  service = std::make_unique<task_service>(
      system, registry, settings.database_url, counts,
      make_facts(settings, identity,
                 only_replica ? host_name() : candidate.identity),
      only_replica ? settings.data_dir + "/rows" : "", lead);
  if (kept.keys) {
    tasks_of_syncs = std::make_unique<started_tasks>(*service);
    const table_world rows_of_tasks{
        only_replica, only_replica ? settings.data_dir + "/rows" : "",
        settings.bulker_url};
    syncs = std::make_unique<sync_runner>(settings.database_url, *kept.keys,
                                          *tasks_of_syncs, lead, kept.webhooks,
                                          make_place_finder(rows_of_tasks));
    const auto check = [settings](const sync_definition& sync) {
      return check_definition(sync, settings);
    };
    syncs->know_check(check);
    looked_at = std::make_unique<sync_store>(settings.database_url, looking);
    tables =
        std::make_unique<kept_tables>(*looked_at, *kept.keys, rows_of_tasks);
    if (!kept.settings.repository_base_url.empty())
      syncs->know_manager("repository");
    if (auto source = make_source(kept.settings))
      files = std::make_unique<file_keeper>(
          std::move(source), settings.database_url, *kept.keys, kept.webhooks,
          lead,
          [this](std::vector<file_fault> faults) {
            syncs->know_files(std::move(faults));
          },
          check);
  }
  if (processes != nullptr) {
    processes->watch(tell_registry(registry));
    return;
  }
  watcher = std::make_unique<pod_watcher>(make_api(settings, access), registry);
  keeper = std::make_unique<lease_keeper>(
      std::make_unique<kube_lease_api>(access, settings.kubernetes_namespace,
                                       lease_name, counts),
      candidate, lead, [this](uint64_t term) {
        rt::tell_from_outside(registry, atom::lead_v, lead_term{term});
      });
}

controller::world::~world() {
  watcher.reset();
  files.reset();
  syncs.reset();
  service.reset();
  caf::scoped_actor self{system};
  // The registry and its supervisors end first, so that they ask for no more
  // writes and deletions.
  auto quiet = rt::end_within(self, registry, last_words);
  for (const auto& api : apis)
    api->stop();
  for (const auto& worker : workers)
    quiet = rt::end_within(self, worker, last_words) && quiet;
  // Local tasks end with this process; their sidecars store the ends.
  if (processes != nullptr)
    processes->stop();
  quiet = rt::end_within(self, console, last_words) && quiet;
  if (!rt::end_within(self, records, last_words)) {
    log::warn("the process ends although the database has not answered a call");
    quiet = false;
  }
  // While a call that only a leader may make may still be under way, the Lease
  // is kept until it expires.
  if (keeper != nullptr && quiet)
    keeper->resign();
}

controller::controller(const controller_settings& settings,
                       const kube_access& access,
                       const controller_identity& identity,
                       const sync_setup& kept)
    : world_{std::make_unique<world>(settings, access, identity, kept)} {}

controller::~controller() = default;

controller_service& controller::service() {
  return *world_->service;
}

sync_service* controller::syncs() {
  return world_->syncs ? &world_->syncs->service() : nullptr;
}

table_service* controller::tables() {
  return world_->tables.get();
}

} // namespace motorcade
