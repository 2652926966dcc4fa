#include "runtime/log/log_joint.hpp"

#include "runtime/log/shown_text.hpp"

#include <string>
#include <vector>

namespace motorcade {

void log_joint::join(log_batch* logs, const leading_lines& lead) {
  if (logs != nullptr) {
    for (size_t i = 0; head_ && i < logs->continued; ++i)
      logs->set_level(i, *head_);
    if (logs->head)
      head_ = logs->head;
  }
  const auto continued = withheld_.expects_rest();
  if (continued)
    hide_rest(logs, lead);
  if (!continued || !lead.are_all())
    withheld_ = lead.at_end;
}

void log_joint::hide_rest(log_batch* logs, const leading_lines& lead) {
  std::vector<log_batch::replacement> hidden;
  for (size_t i = 0; i < lead.size(); ++i) {
    const auto line = lead[i];
    auto shown =
        shown_text({std::string{line.clean}, line.more}, withheld_, line.mixed);
    if (logs != nullptr && line.entry != leading_lines::not_kept
        && (*logs)[line.entry].text != shown)
      hidden.push_back({line.entry, std::move(shown)});
  }
  if (logs != nullptr)
    logs->replace(hidden);
}

} // namespace motorcade
