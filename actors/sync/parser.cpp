#include "actors/sync/parser.hpp"

namespace motorcade {

parser_actor::behavior_type
parser(parser_actor::stateful_pointer<parser_state> self,
       slab_parser_settings settings, const coordinator_actor& coordinator,
       const std::shared_ptr<std::atomic<uint64_t>>& waiting) {
  auto& st = rt::state(self);
  tell_exceptions(self, [](const failure&) {});
  st.lines = std::make_unique<slab_parser>(std::move(settings));
  return {
      [self, &st, coordinator, waiting](slab_ptr& input) {
        rt::tell(self, coordinator, st.lines->parse(*input));
        input.reset();
        waiting->fetch_sub(1, std::memory_order_release);
      },
  };
}

} // namespace motorcade
