#include "controller/openapi.hpp"

#include "controller/openapi_schemas.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <map>
#include <string_view>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

json reference(const std::string& kind, const std::string& name) {
  return {{"$ref", "#/components/" + kind + '/' + name}};
}

json schema_of(const std::string& name) {
  return reference("schemas", name);
}

json content(const std::string& type, json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

json text_schema(size_t longest = 200) {
  return {{"type", "string"}, {"maxLength", longest}};
}

json parameter(const std::string& name, const std::string& description,
               json schema, bool required = false) {
  return {{"name", name},
          {"in", "query"},
          {"required", required},
          {"description", description},
          {"schema", std::move(schema)}};
}

json required(const std::string& name, const std::string& description,
              size_t longest = 200) {
  auto schema = text_schema(longest);
  schema["minLength"] = 1;
  return parameter(name, description, std::move(schema), true);
}

json optional(const std::string& name, const std::string& description,
              size_t longest = 200) {
  return parameter(name, description, text_schema(longest));
}

json flag(const std::string& name, const std::string& description,
          bool otherwise = false) {
  return parameter(name, description,
                   {{"type", "string"},
                    {"enum", {"true", "false", "1", "0", ""}},
                    {"default", otherwise ? "true" : "false"}});
}

json image_parameters() {
  return json::array(
      {required("package", "The connector's image.", 500),
       required("version", "The image's tag, or its digest `sha256:…`."),
       parameter("connectorType", "What runs.",
                 {{"type", "string"},
                  {"enum", {"airbyte", ""}},
                  {"default", "airbyte"}})});
}

json storage_key() {
  return required("storageKey", "Under which the result is stored.");
}

json started_by() {
  return optional(
      "startedBy",
      "Who asks, JSON or any text. With `\"trigger\":\"scheduled\"` "
      "in it a read starts up to a minute later.",
      4096);
}

json task_path() {
  return {{"name", "taskId"},
          {"in", "path"},
          {"required", true},
          {"description", "The task, percent-encoded."},
          {"schema", text_schema(1000)}};
}

const std::map<int, std::string>& errors() {
  static const std::map<int, std::string> all{
      {400, "Something is missing or wrong; all parameters that are missing "
            "are named at once."},
      {401, "The token is missing or not known."},
      {403, "A web page of another origin asks, or could have."},
      {404, "There is no such task."},
      {408, "The request came too slowly."},
      {409, "There is such a task already."},
      {413, "The body is larger than 10 MiB, or a whole state than 1 MiB."},
      {414, "The target is too long."},
      {415, "A compressed body is not taken."},
      {417, "The only expectation known is 100-continue."},
      {422, "Package and version name no image, or the destinationType is "
            "none that is written."},
      {429, "More is under way than can be done. Retry-After says when to come "
            "again."},
      {431, "The headers are too large."},
      {500, "Something unforeseen."},
      {501, "The only transfer coding known is chunked."},
      {502, "Kubernetes refused."},
      {503,
       "Too many connections, or the database does not answer. Retry-After "
       "says when to come again."},
      {505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."}};
  return all;
}

/// An operation with what all have: errors of the connection, ids, tokens.
json operation(const std::string& id, const std::string& summary, json answer,
               std::initializer_list<int> codes, json parameters,
               bool open = false) {
  json out{{"operationId", id}, {"summary", summary}};
  parameters.push_back(reference("parameters", "requestId"));
  out["parameters"] = std::move(parameters);
  if (open)
    out["security"] = json::array();
  auto& responses = out["responses"];
  responses["200"] = std::move(answer);
  responses["200"]["headers"]["X-Request-Id"] =
      reference("headers", "requestId");
  auto document = [&responses](int code) {
    responses[std::to_string(code)] =
        reference("responses", "error" + std::to_string(code));
  };
  for (auto code : {400, 403, 408, 413, 414, 415, 417, 431, 500, 501, 503, 505})
    document(code);
  for (auto code : codes)
    document(code);
  if (!open)
    document(401);
  return out;
}

json json_answer(const std::string& description, json schema) {
  return {{"description", description},
          {"content", content("application/json", std::move(schema))}};
}

json with_body(json operation, const std::string& schema) {
  operation["requestBody"] = {
      {"required", true},
      {"content", content("application/json", schema_of(schema))}};
  return operation;
}

json append(json list, std::initializer_list<json> more) {
  for (const auto& one : more)
    list.push_back(one);
  return list;
}

json start_paths() {
  auto started = json_answer("The Pod was accepted, or the task is noted to "
                             "start later.",
                             schema_of("Accepted"));
  json out;
  out["/spec"]["get"] = operation(
      "spec", "Asks a connector for its specification, into `source_spec`.",
      json_answer("The Pod was accepted.", schema_of("SpecAccepted")),
      {409, 422, 429, 502}, image_parameters());
  out["/check"]["post"] =
      with_body(operation("check",
                          "Has a connector check its config, into "
                          "`source_check`.",
                          started, {409, 422, 429, 502},
                          append(image_parameters(), {storage_key()})),
                "ConfigBody");
  out["/discover"]["post"] = with_body(
      operation(
          "discover",
          "Asks a connector for its catalog, into `source_catalog`. With "
          "`thenRun` the console is told at the end; `workspaceId`, `syncId` "
          "and `taskId` are required then.",
          started, {409, 422, 429, 502},
          append(image_parameters(),
                 {storage_key(), optional("workspaceId", "For the console."),
                  optional("syncId", "For the console."),
                  optional("taskId", "For the console."),
                  flag("thenRun", "Has the console run the sync at the end."),
                  flag("fullSync", "For the console."),
                  flag("nodelay", "A scheduled task starts at once."),
                  started_by()})),
      "ConfigBody");
  out["/read"]["post"] = with_body(
      operation(
          "read",
          "Runs a sync: from the `state` in the body, from the saved states "
          "with `continue`, or anew with `fullSync`. With none of them it is "
          "refused (409) where a stream of the catalog has a saved state to go "
          "on from.",
          started, {409, 422, 429, 502},
          append(
              image_parameters(),
              {required("syncId", "The sync: the destination of its rows."),
               required("taskId", "The task: another for each run."),
               optional("namespace", "The namespace of the tables.", 500),
               optional("tableNamePrefix", "What all tables' names begin with.",
                        500),
               flag("toSameCase", "Makes all names lower case."),
               flag("addMeta", "Adds columns of our own."),
               flag("deduplicate", "Rows replace those of the same key.", true),
               flag("continue", "Goes on from the states that the sync has "
                                "saved, of any size; in place of a `state` in "
                                "the body."),
               flag("fullSync", "Begins anew, without any state."),
               flag("debug", "Starts the connector with `--debug`."),
               flag("nodelay", "A scheduled task starts at once."),
               started_by()})),
      "ReadBody");
  auto cancel = [](const std::string& id) {
    return operation(
        id, "Ends a task. One that runs no more is a success, too.",
        json_answer("It ends.", schema_of("Accepted")), {404, 409, 429, 502},
        json::array({required("syncId", "The sync."),
                     required("taskId", "The task."),
                     optional("package", "The connector's image.", 500)}));
  };
  out["/cancel"]["get"] = cancel("cancel");
  out["/cancel"]["post"] = cancel("cancelByPost");
  return out;
}

json probe(const std::string& id, const std::string& summary) {
  const json leader = {
      {"type", "boolean"},
      {"description", "Whether it is the one of several that supervises."}};
  auto out =
      operation(id, summary,
                json_answer("It is.", {{"type", "object"},
                                       {"required", {"status", "leader"}},
                                       {"properties",
                                        {{"status", {{"const", "pass"}}},
                                         {"leader", leader},
                                         {"warning", {{"type", "string"}}}}}}),
                {}, json::array(), true);
  json failed{{"type", "object"},
              {"required", {"status", "reason", "leader"}},
              {"properties",
               {{"status", {{"const", "fail"}}},
                {"reason", {{"type", "string"}}},
                {"leader", leader}}}};
  out["responses"]["503"] = json_answer(
      "It is not, or there are too many connections.",
      {{"anyOf", json::array({std::move(failed), schema_of("Error")})}});
  out["responses"]["503"]["headers"]["X-Request-Id"] =
      reference("headers", "requestId");
  out["responses"]["503"]["headers"]["Retry-After"] =
      reference("headers", "retryAfter");
  return out;
}

json limit_parameter() {
  return parameter("limit", "How many at most; a page ends at 1 MiB, too.",
                   {{"type", "integer"},
                    {"minimum", 1},
                    {"maximum", 1000},
                    {"default", 100}});
}

json task_paths() {
  json out;
  out["/tasks"]["get"] = operation(
      "tasks",
      "Lists reads, specs, checks and discovers, the newest first. Of several "
      "checks of one storageKey, specs of one image and discovers of both the "
      "last one is kept.",
      json_answer("A page of them.", schema_of("TaskPage")), {429, 502},
      json::array({optional("syncId", "Only those of this sync: reads, and "
                                      "discovers for it while they run."),
                   optional("sync_id", "The same as syncId; one of the two."),
                   optional("package", "Only those of this image.", 500),
                   optional("status", "Only those with one of these statuses, "
                                      "separated by commas."),
                   parameter("before", "`next` of the page before.",
                             {{"type", "string"}}),
                   limit_parameter()}));
  out["/tasks/{taskId}"]["get"] = operation(
      "task",
      "A task as it stands; a spec, check or discover also by its storageKey "
      "or the name of its log, the newest of that name.",
      json_answer("The task.",
                  {{"type", "object"},
                   {"required", {"ok", "task"}},
                   {"properties",
                    {{"ok", {{"const", true}}}, {"task", schema_of("Task")}}}}),
      {404, 429, 502}, json::array({task_path()}));
  json lines = json_answer("A page of lines, or with `follow` one object a "
                           "line.",
                           schema_of("LogPage"));
  lines["content"]["application/x-ndjson"]["schema"] = schema_of("LogLine");
  out["/tasks/{taskId}/logs"]["get"] = operation(
      "logs", "A task's log, the oldest line first.", std::move(lines),
      {404, 429, 502},
      json::array({task_path(),
                   parameter("after",
                             "`next` of the page before, or `cursor` of a "
                             "line.",
                             {{"type", "string"}}),
                   parameter("since",
                             "Only lines from this time on, in place of "
                             "`after`.",
                             {{"type", "string"}, {"format", "date-time"}}),
                   limit_parameter(),
                   flag("follow", "Sends lines as they come, until the task "
                                  "has ended or the server stops.")}));
  return out;
}

json paths() {
  auto out = start_paths();
  out.update(task_paths());
  out["/states"]["get"] = operation(
      "states", "The states that a sync goes on from, by stream.",
      json_answer(
          "A page of them; with `format=state` all of them as one state.",
          {{"anyOf",
            json::array({schema_of("StatePage"), schema_of("AirbyteState")})}}),
      {429, 502},
      json::array(
          {required("syncId", "The sync."),
           parameter("format",
                     "`rows`: a page, a state being the text of its "
                     "JSON. `state`: one whole document in the shape "
                     "that the `state` of a read and `sidecar run "
                     "--state` take; 413 where it is larger than 1 MiB.",
                     {{"type", "string"},
                      {"enum", {"rows", "state", ""}},
                      {"default", "rows"}}),
           parameter("after", "`next` of the page before; of rows.",
                     {{"type", "string"}}),
           limit_parameter()}));
  out["/health"]["get"] = probe("health", "Whether the controller works.");
  out["/ready"]["get"] =
      probe("ready", "Whether the controller should be given requests.");
  out["/metrics"]["get"] =
      operation("metrics", "All metrics, for Prometheus.",
                {{"description", "Text format 0.0.4."},
                 {"content", content("text/plain", {{"type", "string"}})}},
                {}, json::array());
  out["/openapi.json"]["get"] =
      operation("openapi", "This document.",
                json_answer("OpenAPI 3.1.", {{"type", "object"}}), {},
                json::array(), true);
  out["/"]["get"] = operation(
      "page", "A page for people, which uses the rest of this.",
      {{"description", "The page, with its style and its script in it."},
       {"content", content("text/html", {{"type", "string"}})}},
      {}, json::array(), true);
  auto& page = out["/"]["get"];
  page["parameters"].push_back(
      {{"name", "If-None-Match"},
       {"in", "header"},
       {"required", false},
       {"description", "The ETag of the page that the client has."},
       {"schema", {{"type", "string"}}}});
  auto& responses = page["responses"];
  responses["200"]["headers"]["ETag"] = {{"schema", {{"type", "string"}}}};
  responses["304"] = {{"description", "The client has this page already."},
                      {"headers", responses["200"]["headers"]}};
  return out;
}

json components() {
  json out;
  out["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  out["headers"]["requestId"] = {
      {"description", "The request's own id, or one that was made."},
      {"schema", {{"type", "string"}}}};
  out["headers"]["retryAfter"] = {{"description", "Seconds."},
                                  {"schema", {{"type", "integer"}}}};
  out["headers"]["authenticate"] = {{"schema", {{"const", "Bearer"}}}};
  out["parameters"]["requestId"] = {
      {"name", "X-Request-Id"},
      {"in", "header"},
      {"required", false},
      {"description", "Stands in the log and in the answer; another text is "
                      "replaced."},
      {"schema", {{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]{1,64}$"}}}};
  for (const auto& [code, description] : errors()) {
    auto answer = json_answer(description, schema_of("Error"));
    auto& headers = answer["headers"];
    headers["X-Request-Id"] = reference("headers", "requestId");
    if (code == 429 || code == 503)
      headers["Retry-After"] = reference("headers", "retryAfter");
    if (code == 401)
      headers["WWW-Authenticate"] = reference("headers", "authenticate");
    out["responses"]["error" + std::to_string(code)] = std::move(answer);
  }
  out["schemas"] = json::parse(openapi_schemas());
  return out;
}

} // namespace

const std::string& openapi_document() {
  static const auto text = [] {
    json out;
    out["openapi"] = "3.1.0";
    out["info"] = {
        {"title", "motorcade syncctl"},
        {"version", "1"},
        {"description",
         "Starts, ends and shows syncs of Airbyte connectors. All work is "
         "asynchronous. A parameter that is given but empty counts as not "
         "given; one given twice is an error. Where no tokens are configured "
         "none are needed."}};
    out["security"] = json::array({{{"token", json::array()}}});
    out["paths"] = paths();
    out["components"] = components();
    return out.dump(1);
  }();
  return text;
}

} // namespace motorcade
