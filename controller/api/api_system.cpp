#include "controller/api/api.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_sync_answers.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

json to_tree(const listed_connector& one) {
  return {{"package", one.use.package},
          {"version", text_or_null(one.use.version)},
          {"installed", one.installed ? json(*one.installed) : json{}},
          {"specKnown", one.use.spec_known},
          {"title", text_or_null(one.use.title)},
          {"runs", one.use.runs},
          {"failures", one.use.failures},
          {"lastUsedAt", time_or_null(one.use.last_used_at)}};
}

/// The replicas that this one knows: itself, and the one that leads.
json replicas_of(const system_report& report) {
  auto out = json::array({report.facts.host});
  if (!report.leader.empty() && report.leader != report.facts.host)
    out.push_back(report.leader);
  return out;
}

} // namespace

http_reply controller_api::connectors(http_request& request) const {
  if (auto no = api_parameters{request.query}.refusal())
    return *no;
  auto found = service_.list_connectors();
  if (!found)
    return failure_reply(found.error());
  auto out = fine();
  auto& list = out["connectors"] = json::array();
  for (const auto& one : *found)
    list.push_back(to_tree(one));
  return tree_reply(out);
}

http_reply controller_api::system(http_request& request) const {
  if (auto no = api_parameters{request.query}.refusal())
    return *no;
  const auto report = service_.report();
  auto out = fine();
  out["version"] = report.facts.version;
  out["instance"] = report.facts.instance_id;
  out["host"] = report.facts.host;
  out["startedAt"] = to_iso8601_micros(report.facts.started_at);
  out["runtime"] = report.facts.runtime;
  out["leader"] = text_or_null(report.leader);
  out["isLeader"] = report.leads;
  out["replicas"] = replicas_of(report);
  out["database"] = {
      {"kind", report.facts.database},
      {"ok", report.database_trouble.empty()},
      {"reason", text_or_null(report.database_trouble)},
      {"milliseconds",
       static_cast<double>(report.database_time.count()) / 1000}};
  auto& disks = out["disk"] = json::array();
  for (const auto& disk : report.disks)
    disks.push_back({{"folder", disk.folder},
                     {"freeBytes", disk.free_bytes},
                     {"totalBytes", disk.total_bytes}});
  out["tasks"] = {{"running", number_or_null(report.tasks)},
                  {"waitingStarts", number_or_null(report.waiting_starts)}};
  out["syncs"] = {{"kept", syncs_ != nullptr},
                  {"reason", syncs_ != nullptr
                                 ? json{}
                                 : json("SYNCCTL_ENCRYPTION_KEYS is not set")}};
  return tree_reply(out);
}

} // namespace motorcade
