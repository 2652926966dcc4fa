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
  if (!lead->allows(about.term)) {
    about.asker.deliver(caf::error{
        to_error({ec::cancelled, "this process is no longer the leader"})});
    return;
  }
  api_request request;
  request.url = console_run_url(console, *about.task);
  if (!console.token.empty())
    request.headers = {"Authorization: Bearer " + console.token};
  request.connect_timeout = 10s;
  request.answer_timeout = 60s;
  auto answer = client.send(request);
  if (answer && answer->fine()) {
    about.asker.deliver(atom::ok_v);
    return;
  }
  auto passing = !answer || answer->status >= 500 || answer->status == 429;
  if (passing && ++about.tries < most_tries) {
    auto pause = about.tries * 1s;
    attempts.emplace(++next_attempt, std::move(about));
    rt::tell_later(self, pause, self, atom::retry_v, next_attempt);
    return;
  }
  auto why = answer ? "answered HTTP " + std::to_string(answer->status)
                    : answer.error().what;
  about.asker.deliver(caf::error{
      to_error({ec::service_unavailable,
                "the console could not be asked to run the sync: " + why})});
}

console_caller_actor::behavior_type console_caller(
    console_caller_actor::stateful_pointer<console_caller_state> self,
    console_access console, leadership_ptr lead) {
  auto& st = rt::state(self);
  st.self = self;
  st.console = std::move(console);
  st.lead = std::move(lead);
  return {
      [self, &st](const task_request_ptr& task,
                  lead_term term) -> caf::result<atom::ok> {
        if (st.console.url.empty())
          return caf::error{to_error(
              {ec::invalid_argument,
               "thenRun needs the console, and CONSOLE_URL is not set"})};
        auto asker = self->make_response_promise<atom::ok>();
        st.ask({task, term, asker});
        return asker;
      },
      [&st](atom::retry, uint64_t which) {
        auto again = st.attempts.extract(which);
        st.ask(std::move(again.mapped()));
      },
  };
}

} // namespace motorcade
