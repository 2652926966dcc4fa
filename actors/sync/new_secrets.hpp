#pragma once

#include "runtime/log/stderr_log.hpp"
#include "runtime/stream/slab_parser.hpp"

#include <string_view>
#include <variant>

namespace motorcade {

/// Registers the secrets of the configs in a slab (CONTROL), of those that
/// could not be read, too. To be called before anything of the slab is shown or
/// stored.
/// @param spec The connector's; empty: not known.
inline void keep_new_secrets(const parsed_slab& slab, std::string_view spec) {
  for (const auto& item : slab.items)
    if (const auto* content = std::get_if<message>(&item))
      if (const auto* control = std::get_if<control_message>(content))
        keep_changed_config_secrets(control->config, spec);
  for (const auto& config : slab.unread_configs)
    keep_changed_config_secrets(config, spec);
}

} // namespace motorcade
