#include "runtime/destination/trial.hpp"

#include "runtime/base/clock.hpp"

#include <chrono>
#include <future>

namespace motorcade {

namespace {

/// @returns the name of a table that no other trial or sync has.
std::string make_trial_name() {
  auto id = make_uuid();
  std::erase(id, '-');
  return "motorcade_check_" + id;
}

upload_request to_request(const trial_request& trial) {
  upload_request out;
  out.connection_id = trial.connection_id;
  out.task_id = trial.task_id;
  out.target_namespace = trial.target_namespace;
  out.table = make_trial_name();
  out.mode = write_mode::replace_table;
  return out;
}

constexpr auto row_of_all_types =
    "{\"integer\":1,\"number\":0.5,\"text\":\"a\",\"flag\":true,"
    "\"time\":\"2024-01-02T03:04:05Z\",\"list\":[1]}\n";

} // namespace

result<void> try_destination(destination& where, const trial_request& trial,
                             const std::function<bool()>& stopped) {
  const auto request = to_request(trial);
  if (auto fit = where.check_table(request); !fit)
    return fit;
  const auto droppable = where.drops_tables();
  auto ended = std::make_shared<std::promise<upload_outcome>>();
  auto outcome = ended->get_future();
  const auto upload = where.open(request, [ended](upload_outcome how) {
    ended->set_value(std::move(how));
  });
  if (droppable)
    upload->write(make_block(row_of_all_types, 1));
  upload->finish();
  while (outcome.wait_for(std::chrono::milliseconds{100})
         != std::future_status::ready)
    if (stopped())
      upload->abort();
  const auto how = outcome.get();
  // The table is dropped after a failure, too: only the answer may have been
  // lost.
  const auto dropped = droppable ? where.drop_table(request) : result<void>{};
  if (how.error)
    return *how.error;
  if (!dropped)
    return failure{dropped.error().code,
                   where.locate(request)
                       + " was made to try the destination, and cannot be "
                         "dropped: "
                       + dropped.error().what};
  return {};
}

} // namespace motorcade
