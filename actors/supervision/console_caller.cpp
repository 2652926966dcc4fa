#include "actors/supervision/console_caller.hpp"

#include "runtime/base/text.hpp"

#include <chrono>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr int most_tries = 3;

} // namespace

std::string console_run_url(const console_access& console,
                            const task_request& task) {
  return console.url + "/api/" + percent_encode(task.workspace_id)
         + "/sources/run?syncId=" + percent_encode(task.sync_id) + "&taskId="
         + percent_encode(task.task_id) + "&skipRefresh=true&nodelay=true";
}

void console_caller_state::ask(attempt about) {
  if (!lead_->allows(about.term)) {
    about.asker.deliver(caf::error{
        to_error({ec::cancelled, "this process is no longer the leader"})});
    return;
  }
  api_request request;
  request.url = console_run_url(console_, *about.task);
  if (!console_.token.empty())
    request.headers = {"Authorization: Bearer " + console_.token};
  request.connect_timeout = 10s;
  request.answer_timeout = 60s;
  auto answer = client_.send(request);
  if (answer && answer->fine()) {
    about.asker.deliver(atom::ok_v);
    return;
  }
  auto passing = !answer || answer->status >= 500 || answer->status == 429;
  if (passing && ++about.tries < most_tries) {
    auto pause = about.tries * 1s;
    attempts_.emplace(++next_attempt_, std::move(about));
    rt::tell_later(self_, pause, self_, atom::retry_v, next_attempt_);
    return;
  }
  auto why = answer ? "answered HTTP " + std::to_string(answer->status)
                    : answer.error().what;
  about.asker.deliver(caf::error{
      to_error({ec::service_unavailable,
                "the console could not be asked to run the sync: " + why})});
}

console_caller_actor::behavior_type
console_caller_state::make_behavior(console_caller_actor::pointer self,
                                    console_access console,
                                    leadership_ptr lead) {
  self_ = self;
  console_ = std::move(console);
  lead_ = std::move(lead);
  return {
      [this](const task_request_ptr& task,
             lead_term term) -> caf::result<atom::ok> {
        if (console_.url.empty())
          return caf::error{to_error(
              {ec::invalid_argument,
               "thenRun needs the console, and CONSOLE_URL is not set"})};
        auto asker = self_->make_response_promise<atom::ok>();
        ask({task, term, asker});
        return asker;
      },
      [this](atom::retry, uint64_t which) {
        auto again = attempts_.extract(which);
        ask(std::move(again.mapped()));
      },
  };
}

console_caller_actor::behavior_type console_caller(
    console_caller_actor::stateful_pointer<console_caller_state> self,
    console_access console, leadership_ptr lead) {
  return rt::state(self).make_behavior(self, std::move(console),
                                       std::move(lead));
}

} // namespace motorcade
