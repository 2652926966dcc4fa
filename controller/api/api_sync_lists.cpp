#include "controller/api/api.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_sync_answers.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t most_shown = 1000;
constexpr size_t usual_shown = 100;
/// The most runs of each sync in a list of syncs.
constexpr size_t most_runs = 60;
/// The most bytes of definitions on a page of syncs.
constexpr size_t most_definitions = 4 << 20;
/// The longest words to look for, in bytes.
constexpr size_t longest_search = 500;

/// Reads `status`.
sync_standing read_standing(api_parameters& from) {
  const auto name = from.text("status");
  if (name == "failing")
    return sync_standing::failing;
  if (name == "running")
    return sync_standing::running;
  if (name == "paused")
    return sync_standing::paused;
  if (!name.empty())
    from.refuse("status", "is none of failing, running and paused");
  return sync_standing::any;
}

/// Reads `label`, a label and its value.
void read_label(api_parameters& from, sync_filter& filter) {
  const auto label = from.text("label", longest_search);
  if (label.empty())
    return;
  const auto colon = label.find(':');
  if (colon == 0 || colon == std::string::npos)
    return from.refuse("label", "is no name and value, as in team:data");
  filter.label = label.substr(0, colon);
  filter.label_value = label.substr(colon + 1);
}

json to_tree(const sync_counts& counts) {
  return {{"all", counts.all},
          {"failing", counts.failing},
          {"running", counts.running},
          {"paused", counts.paused}};
}

} // namespace

http_reply controller_api::syncs(http_request& request) const {
  api_parameters from{request.query};
  sync_filter filter;
  filter.after = from.text("after");
  filter.words = from.text("q", longest_search);
  filter.standing = read_standing(from);
  read_label(from, filter);
  const auto runs = from.count("runs", 0, most_runs);
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  // One more than is shown tells whether there is a next page.
  filter.limit = limit + 1;
  auto found = syncs_->list(filter, runs, filter.after.empty());
  if (!found)
    return failure_reply(found.error());
  const auto& rows = found->syncs;
  auto out = fine();
  auto& list = out["syncs"] = json::array();
  size_t bytes = 0;
  for (size_t i = 0; i < rows.size() && i < limit; ++i) {
    // A page that outgrows this ends early; the next one goes on.
    bytes += rows[i].definition.size();
    if (i > 0 && bytes > most_definitions)
      break;
    list.push_back(to_tree(rows[i]));
    if (runs > 0)
      list.back()["runs"] = runs_of(rows[i], runs);
  }
  const auto shown = list.size();
  if (found->counts)
    out["counts"] = to_tree(*found->counts);
  if (rows.size() > shown)
    out["next"] = rows[shown - 1].row.id;
  if (auto faults = syncs_->file_faults();
      !faults.empty() && filter.after.empty()) {
    auto& files = out["fileFaults"] = json::array();
    for (const auto& one : faults)
      files.push_back({{"file", one.file}, {"error", one.error}});
  }
  return tree_reply(out);
}

http_reply controller_api::sync_runs(http_request& request) const {
  api_parameters from{request.query};
  run_filter filter;
  filter.sync_id = request.segments[1];
  filter.from = from.time("from");
  filter.to = from.time("to");
  if (auto after = from.cursor("after", 'r')) {
    filter.before = after->time;
    filter.before_id = after->id;
  }
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  filter.limit = limit + 1;
  auto runs = syncs_->runs(filter);
  if (!runs)
    return failure_reply(runs.error());
  auto out = fine();
  auto& list = out["runs"] = json::array();
  for (size_t i = 0; i < runs->size() && i < limit; ++i)
    list.push_back(to_tree((*runs)[i]));
  if (runs->size() > limit) {
    const auto& last = (*runs)[limit - 1];
    out["next"] = write_cursor('r', {last.created_at, last.id});
  }
  return tree_reply(out);
}

http_reply controller_api::sync_changes(http_request& request) const {
  api_parameters from{request.query};
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  auto changes = syncs_->changes(request.segments[1], limit);
  if (!changes)
    return failure_reply(changes.error());
  auto out = fine();
  auto& list = out["changes"] = json::array();
  for (const auto& change : *changes) {
    json one{{"at", to_iso8601_micros(change.created_at)}};
    one.update(json::parse(change.changes));
    one["action"] = change.action;
    one["summary"] = change.summary;
    list.push_back(std::move(one));
  }
  return tree_reply(out);
}

} // namespace motorcade
