#include "actors/console_caller.hpp"

#include "runtime/text.hpp"

#include <chrono>
#include <thread>

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

console_caller_actor::behavior_type console_caller(
    console_caller_actor::stateful_pointer<console_caller_state> self,
    console_access console) {
  auto& st = rt::state(self);
  st.console = std::move(console);
  return {
      [&st](const task_request_ptr& task) -> caf::result<atom::ok> {
        if (st.console.url.empty())
          return caf::error{to_error(
              {ec::invalid_argument,
               "thenRun needs the console, and CONSOLE_URL is not set"})};
        api_request request;
        request.url = console_run_url(st.console, *task);
        if (!st.console.token.empty())
          request.headers = {"Authorization: Bearer " + st.console.token};
        request.connect_timeout = 10s;
        request.answer_timeout = 60s;
        for (int tries = 1;; ++tries) {
          auto answer = st.client.send(request);
          if (answer && answer->fine())
            return atom::ok_v;
          auto passing =
              !answer || answer->status >= 500 || answer->status == 429;
          if (!passing || tries == most_tries) {
            auto why = answer
                           ? "answered HTTP " + std::to_string(answer->status)
                           : answer.error().what;
            return caf::error{to_error(
                {ec::service_unavailable,
                 "the console could not be asked to run the sync: " + why})};
          }
          std::this_thread::sleep_for(tries * 1s);
        }
      },
  };
}

} // namespace motorcade
