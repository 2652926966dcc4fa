#include "controller/task_service.hpp"

#include "controller/api/task_listing.hpp"
#include "runtime/base/log.hpp"
#include "schema/catalog/destination_reach.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The time that a client waits until its Pod is accepted. A start that takes
/// longer goes on all the same.
constexpr caf::timespan start_patience = 60s;
constexpr caf::timespan look_patience = 5s;
constexpr caf::timespan cancel_patience = 10s;
/// The longest wait for a ping: less than the time limit of a readiness probe.
constexpr auto ping_patience = 2s;
constexpr size_t connections = 4;

/// @returns a function that tells whether the database answers, over a
/// connection of its own.
std::function<result<void>()> make_ping(const std::string& url) {
  return [records = std::shared_ptr<task_records>{
              make_reading_records(url)}]() -> result<void> {
    auto answer = records->ping();
    // An idle connection may have broken; the second ping makes a new one.
    if (!answer && answer.error().code == ec::database_unavailable)
      answer = records->ping();
    if (!answer)
      log::warn("not ready: {}", answer.error().what);
    return answer;
  };
}

/// Asks an actor from a thread that is none of CAF's.
template <class Result, class Handle, class... Ts>
result<Result> ask_for(caf::actor_system& system, caf::timespan patience,
                       const Handle& actor, Ts&&... xs) {
  result<Result> out = failure{ec::timed_out, "no answer came in time"};
  caf::scoped_actor self{system};
  rt::ask(self.ptr(), patience, actor, std::forward<Ts>(xs)...)
      .receive([&](const Result& answer) { out = answer; },
               [&](const caf::error& why) {
                 if (why != caf::sec::request_timeout)
                   out = to_failure(why);
               });
  return out;
}

result<void> without_value(const result<atom::ok>& from) {
  return from ? result<void>{} : from.error();
}

using label_values = std::vector<std::pair<const char*, std::string>>;

/// One family of metrics.
class family {
public:
  family(std::string name, std::string help, prometheus::MetricType type) {
    out_.name = std::move(name);
    out_.help = std::move(help);
    out_.type = type;
  }

  family& add(double value, const label_values& labels = {}) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels)
      metric.label.push_back({name, text});
    if (out_.type == prometheus::MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    out_.metric.push_back(std::move(metric));
    return *this;
  }

  prometheus::MetricFamily take() { return std::move(out_); }

private:
  prometheus::MetricFamily out_;
};

} // namespace

task_service::task_service(caf::actor_system& system,
                           task_registry_actor registry,
                           const std::string& database_url,
                           kube_counts_ptr counts, system_facts facts,
                           std::string rows_folder, leadership_ptr lead)
    : system_{system},
      registry_{std::move(registry)},
      counts_{std::move(counts)},
      facts_{std::move(facts)},
      rows_folder_{std::move(rows_folder)},
      lead_{std::move(lead)},
      records_{database_url, connections},
      probe_{make_ping(database_url)} {}

result<void> task_service::start(const task_request& task) {
  auto placed = std::make_shared<task_request>(task);
  placed->destination_config =
      place_destination(task.destination_config, rows_folder_);
  return without_value(ask_for<atom::ok>(system_, start_patience, registry_,
                                         task_request_ptr{std::move(placed)}));
}

result<void> task_service::cancel(const task_key& which) {
  auto done =
      ask_for<atom::ok>(system_, cancel_patience, registry_, atom::cancel_v,
                        std::make_shared<const task_key>(which));
  if (!done && done.error().code == ec::timed_out)
    return failure{ec::timed_out,
                   "the database does not answer; the task is cancelled as "
                   "soon as it does, unless syncctl ends before"};
  return without_value(done);
}

result<std::string> task_service::find_saving(const std::string& sync_id) {
  return ask_for<std::string>(system_, look_patience, registry_, atom::saving_v,
                              sync_id);
}

result<void> task_service::health() {
  return ready();
}

result<void> task_service::ready() {
  auto state = count_tasks();
  if (!state)
    return state.error();
  if (!(*state)->listed)
    return failure{ec::timed_out, "syncctl is still listing the running tasks; "
                                  "try again in a few seconds"};
  // Readiness needs no token, so the answer does not name the
  // database.
  if (!probe_.ask(ping_patience))
    return failure{ec::database_unavailable, "the database does not answer"};
  return {};
}

bool task_service::leads() const {
  return lead_->term() != 0;
}

result<std::vector<task_record>> task_service::list(const task_filter& filter) {
  // Running inquiries are asked for before the tables: one that ends in between
  // is then found in its table.
  auto running = running_inquiries();
  if (!running)
    return running.error();
  auto of_tables = filter;
  of_tables.limit += (*running)->size();
  return records_.read(
      [&](task_records& records) -> result<std::vector<task_record>> {
        auto tasks = records.list(filter);
        if (!tasks)
          return tasks.error();
        auto stored = records.list_inquiries(of_tables);
        if (!stored)
          return stored.error();
        return merge_tasks(std::move(*tasks), std::move(*stored), **running,
                           filter);
      });
}

result<std::optional<task_record>>
task_service::find(const std::string& task_id) {
  auto task = records_.read(
      [&](task_records& records) { return records.find(task_id); });
  if (!task || *task)
    return task;
  auto running = running_inquiries();
  if (!running)
    return running.error();
  for (const auto& one : **running)
    if (is_called(one, task_id))
      return std::optional{to_running_record(one)};
  return records_.read(
      [&](task_records& records) { return records.find_inquiry(task_id); });
}

result<std::vector<log_row>> task_service::logs(const std::string& task_id,
                                                const log_position& after,
                                                size_t limit) {
  return records_.read([&](task_records& records) {
    return records.logs(task_id, after, limit);
  });
}

result<std::vector<state_record>>
task_service::states(const state_filter& filter) {
  return records_.read(
      [&](task_records& records) { return records.states(filter); });
}

result<saved_whole> task_service::saved_states(const std::string& sync_id,
                                               uint64_t most) {
  return records_.read([&](task_records& records) {
    return records.saved_states(sync_id, most);
  });
}

std::string task_service::metrics() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> out;
  out.push_back(family{"motorcade_controller_info",
                       "This controller; always 1.", MetricType::Gauge}
                    .add(1, {{"instance_id", facts_.instance_id}})
                    .take());
  auto count = [&out](const char* name, const char* help, uint64_t value) {
    out.push_back(family{name, help, MetricType::Counter}
                      .add(static_cast<double>(value))
                      .take());
  };
  count("motorcade_kubernetes_requests_total",
        "Requests to the Kubernetes API.", counts_->requests);
  count("motorcade_kubernetes_throttled_total",
        "Answers of the Kubernetes API that ask to come again.",
        counts_->throttled);
  count("motorcade_kubernetes_failed_total",
        "Requests to the Kubernetes API without an answer, or with 5xx.",
        counts_->failed);
  out.push_back(family{"motorcade_leader",
                       "Whether this controller is the one that supervises.",
                       MetricType::Gauge}
                    .add(leads() ? 1 : 0)
                    .take());
  count("motorcade_lease_terms_total",
        "Times that this controller has begun to lead.", lead_->terms());
  if (auto state = count_tasks()) {
    family tasks{"motorcade_supervised_tasks",
                 "Tasks that are not cleaned away yet.", MetricType::Gauge};
    for (const auto& [key, n] : (*state)->tasks)
      tasks.add(static_cast<double>(n),
                {{"command", key.first}, {"phase", key.second}});
    out.push_back(tasks.take());
    out.push_back(family{"motorcade_delayed_tasks",
                         "Scheduled tasks that wait for their start.",
                         MetricType::Gauge}
                      .add(static_cast<double>((*state)->delayed))
                      .take());
    family ended{"motorcade_ended_tasks_total", "Tasks that ended.",
                 MetricType::Counter};
    for (const auto& [key, n] : (*state)->ended)
      ended.add(static_cast<double>(n),
                {{"command", key.first}, {"status", key.second}});
    out.push_back(ended.take());
    family refused{"motorcade_refused_tasks_total",
                   "Tasks that were not started.", MetricType::Counter};
    for (const auto& [reason, n] : (*state)->refused)
      refused.add(static_cast<double>(n), {{"reason", reason}});
    out.push_back(refused.take());
    out.push_back(family{"motorcade_pods_listed",
                         "Whether all tasks that run are known.",
                         MetricType::Gauge}
                      .add((*state)->listed ? 1 : 0)
                      .take());
  }
  return prometheus::TextSerializer{}.Serialize(out);
}

result<task_requests_ptr> task_service::running_inquiries() {
  return ask_for<task_requests_ptr>(system_, look_patience, registry_,
                                    atom::inquiries_v);
}

result<registry_state_ptr> task_service::count_tasks() {
  return ask_for<registry_state_ptr>(system_, look_patience, registry_,
                                     atom::count_v);
}

} // namespace motorcade
