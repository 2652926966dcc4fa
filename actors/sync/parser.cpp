#include "actors/sync/parser.hpp"

namespace motorcade {

parser_actor::behavior_type
parser(parser_actor::stateful_pointer<parser_state> self,
       slab_parser_settings settings, const coordinator_actor& coordinator,
       const byte_window_ptr& waiting) {
  auto& st = rt::state(self);
  tell_exceptions(self, [](const failure&) {});
  st.lines = std::make_unique<slab_parser>(std::move(settings));
  return {
      [self, &st, coordinator, waiting](slab_ptr& input) {
        const auto bytes = input->text().size();
        rt::tell(self, coordinator, st.lines->parse(*input));
        input.reset();
        waiting->give(bytes);
      },
  };
}

} // namespace motorcade
