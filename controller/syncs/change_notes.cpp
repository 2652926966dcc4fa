#include "controller/syncs/change_notes.hpp"

#include "controller/syncs/place_watch.hpp"
#include "schema/sync/config_merge.hpp"
#include "schema/sync/hidden_values.hpp"

namespace motorcade {

namespace {

std::string how_to_reset(const std::string& id) {
  return "POST /syncs/" + id + "/reset forgets them";
}

} // namespace

config_change compare_configs(const sync_definition* before,
                              const sync_definition& now,
                              std::string_view spec) {
  if (before == nullptr)
    return config_change::of_unknown;
  return are_same_config(hide_secrets(before->config, spec),
                         hide_secrets(now.config, spec))
             ? config_change::none
             : config_change::open_members;
}

result<std::vector<std::string>> notes_on_states(sync_tables& rows,
                                                 const place_finder& places,
                                                 const std::string& id,
                                                 const sync_definition& now,
                                                 config_change change) {
  std::vector<std::string> out;
  auto saved = rows.inputs.has_states(id);
  if (!saved)
    return saved.error();
  if (!*saved)
    return out;
  auto noted = rows.places.find(id);
  if (!noted)
    return noted.error();
  if (*noted && places)
    if (const auto place = places(now, "")) {
      const auto here = place_of(*place, now.package);
      if (here.place != (*noted)->place) {
        out.push_back(((*noted)->place.empty()
                           ? (*noted)->shown
                           : "the saved states are of " + (*noted)->shown
                                 + ", and the sync is " + here.shown + " now")
                      + ": the next run forgets these states and reads every "
                        "stream from its start");
        return out;
      }
    }
  if (change == config_change::of_unknown) {
    out.push_back("there are saved states of this id from earlier runs, from "
                  "which the first run goes on; "
                  + how_to_reset(id));
    return out;
  }
  if (change == config_change::open_members)
    out.push_back("source.config has changed, and the saved states stay: the "
                  "next run goes on from them. If it names other rows now, "
                  "e.g. those of another account or host, "
                  + how_to_reset(id));
  return out;
}

} // namespace motorcade
