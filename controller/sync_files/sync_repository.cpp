#include "controller/sync_files/sync_repository.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/sync/sync_id.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

using json = nlohmann::ordered_json;

constexpr size_t longest_answer_bytes = 64 << 20;
constexpr size_t most_syncs = 10'000;

/// @returns a name for messages of one that may have no id.
std::string name_of(const std::string& id, size_t number) {
  return id.empty() ? "sync number " + std::to_string(number) : "sync " + id;
}

void read_into(sync_file& out, json item) {
  if (!item.contains("id") || !item["id"].is_string()) {
    out.fault = "its id is missing, or no text";
    return;
  }
  if (const auto fault = fault_of_sync_id(out.sync_id); !fault.empty()) {
    out.fault = "its id " + fault;
    return;
  }
  item.erase("id");
  out.document = write_json(item);
  auto sync = parse_sync(out.document, out.sync_id);
  if (sync)
    out.sync = std::move(*sync);
  else
    out.fault = sync.error().what;
}

failure not_understood(const std::string& why) {
  return {ec::invalid_argument, "the answer to GET /syncs " + why};
}

} // namespace

result<std::vector<sync_file>> read_sync_list(const std::string& body) {
  auto tree = json::parse(body, nullptr, /*allow_exceptions*/ false);
  if (tree.is_discarded())
    return not_understood("is no JSON");
  if (const auto bad = find_bad_value(body))
    return not_understood("cannot be kept exactly: " + to_text(*bad));
  if (tree.is_object() && tree.contains("syncs"))
    tree = std::move(tree["syncs"]);
  if (!tree.is_array())
    return not_understood("is neither an array of syncs nor an object whose "
                          "member \"syncs\" is one");
  if (tree.size() > most_syncs)
    return not_understood("has more than " + std::to_string(most_syncs)
                          + " syncs");
  std::vector<sync_file> out;
  std::map<std::string, size_t> numbers;
  for (auto& item : tree) {
    const auto number = out.size() + 1;
    auto& one = out.emplace_back();
    if (item.is_object() && item.contains("id") && item["id"].is_string())
      one.sync_id = item["id"].get<std::string>();
    one.name = name_of(excerpt(one.sync_id), number);
    if (one.sync_id.empty())
      one.name = name_of({}, number);
    const auto [other, is_first] = numbers.emplace(one.sync_id, number);
    if (!item.is_object())
      one.fault = "it must be an object";
    else if (!is_first && !one.sync_id.empty())
      one.fault =
          "it has the id of sync number " + std::to_string(other->second);
    else
      read_into(one, std::move(item));
  }
  return out;
}

sync_repository::sync_repository(repository_access access)
    : access_{std::move(access)} {}

result<std::vector<sync_file>>
sync_repository::read(const std::function<bool()>& go_on) {
  constexpr long not_modified = 304;
  api_request request;
  request.url = access_.base_url + "/syncs";
  request.headers = {"Accept: application/json"};
  if (!access_.token.empty())
    request.headers.push_back("Authorization: Bearer " + access_.token);
  if (!modified_.empty())
    request.headers.push_back("If-Modified-Since: " + modified_);
  request.connect_timeout = 10s;
  request.answer_timeout = 60s;
  request.longest_answer = longest_answer_bytes;
  request.go_on = go_on;
  const auto answer = client_.send(request);
  if (!answer)
    return answer.error();
  if (answer->status == not_modified && !modified_.empty())
    return known_;
  if (!answer->fine())
    return failure{ec::service_unavailable,
                   "GET /syncs is answered " + std::to_string(answer->status)};
  if (answer->cut)
    return not_understood("is longer than "
                          + std::to_string(longest_answer_bytes >> 20)
                          + " MiB");
  auto read = read_sync_list(answer->body);
  if (!read)
    return read.error();
  known_ = std::move(*read);
  modified_ = answer->last_modified;
  return known_;
}

std::string sync_repository::place() const {
  return host_of(access_.base_url);
}

} // namespace motorcade
