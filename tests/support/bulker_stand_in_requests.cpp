// How a stand-in of Bulker reads and answers requests; bulker_stand_in.cpp has
// its connections, and what tests ask it.
#include "runtime/base/text.hpp"
#include "schema/catalog/bulker_name.hpp"
#include "support/bulker_rules.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/json_rule.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <utility>

namespace motorcade::support {

namespace {

constexpr size_t longest_line = 1 << 20;

std::string error_body(const std::string& what) {
  return nlohmann::json{{"error", what}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

/// The answer; status 0: none.
struct bulker_stand_in::verdict {
  long status = 0;
  std::string body;
  bool body_ended = false;
};

bool bulker_stand_in::handle(http_wire& wire, const request_head& head,
                             size_t number) {
  if (head.method == "POST" && head.path.find("/bulk/") != std::string::npos)
    return handle_bulk(wire, head, number);
  bool found = head.method == "GET" && head.path == "/tables";
  auto body = found ? dump() : error_body("not found");
  return wire.send(std::string{"HTTP/1.1 "}
                   + (found ? "200 OK" : "404 Not Found")
                   + "\r\nContent-Type: application/json\r\nContent-Length: "
                   + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool bulker_stand_in::handle_bulk(http_wire& wire, const request_head& head,
                                  size_t number) {
  recorded_request record;
  record.head = head;
  record.connection = number;
  record.table = head.query_value("tableName");
  auto id = head.path.substr(head.path.rfind("/bulk/") + 6);
  record.connection_id = percent_decode(id).value_or(id);
  auto f = next_fault(record.table);
  {
    std::lock_guard lock{mutex_};
    ++begun_;
    changed_.notify_all();
  }
  using kind = fault::kind;
  fault reply;
  reply.status = 0;
  if (!settings_.token.empty()
      && head.header("authorization") != "Bearer " + settings_.token) {
    reply.status = 401;
    reply.body = error_body("wrong token");
    return answer(wire, record, reply, true);
  }
  if (!settings_.destinations.empty()
      && settings_.destinations.count(record.connection_id) == 0) {
    reply.status = 404;
    reply.body = error_body("destination not found: " + record.connection_id);
    return answer(wire, record, reply, true);
  }
  uint64_t count = 0;
  auto heard = read_rows(wire, head, record, count, f);
  if (f && f->what == kind::answer)
    return answer(wire, record, *f, !heard.body_ended);
  if (f && f->what == kind::answer_early) {
    answer(wire, record, *f, false);
    wire.wait_for_end();
    return false;
  }
  if (f && (f->what == kind::stall || f->what == kind::mute)) {
    wire.wait_for_end();
    return answer(wire, record, reply, true);
  }
  if (f && f->what == kind::reset) {
    wire.reset();
    return answer(wire, record, reply, true);
  }
  if (heard.status == 200 && count > 0)
    if (auto why = commit(record, count); !why.empty()) {
      heard.status = 400;
      heard.body = error_body(why);
    }
  if (f && f->what == kind::lost_answer) {
    wire.reset();
    return answer(wire, record, reply, true);
  }
  reply.status = heard.status;
  reply.body = heard.body;
  if (f)
    reply.what = f->what;
  return answer(wire, record, reply, !heard.body_ended);
}

bulker_stand_in::verdict
bulker_stand_in::read_rows(http_wire& wire, const request_head& head,
                           recorded_request& record, uint64_t& count,
                           const std::optional<fault>& f) {
  verdict out;
  std::string line;
  size_t seen = 0;
  auto limit = f && f->what != fault::kind::slow_answer
                       && f->what != fault::kind::lost_answer
                       && f->what != fault::kind::mute
                   ? f->after_bytes
                   : fault::whole_body;
  auto refuse = [&](const std::string& what) {
    out.status = 400;
    out.body = error_body(what);
    return false;
  };
  auto end_line = [&] {
    if (line.starts_with("ABORT"))
      return refuse("aborted: " + line);
    // Glued to the half of a row.
    if (line.ends_with("ABORT"))
      return refuse("unmarhsal error: not JSON");
    if (settings_.keep_rows && !is_json(line))
      return refuse("unmarhsal error: not JSON");
    if (settings_.keep_rows)
      record.rows.push_back(line);
    line.clear();
    ++count;
    return true;
  };
  auto take = [&](std::string_view bytes) {
    {
      std::lock_guard lock{mutex_};
      bytes_ += bytes.size();
      changed_.notify_all();
    }
    seen += bytes.size();
    if (seen >= limit)
      return false;
    for (;;) {
      auto end = bytes.find('\n');
      line += bytes.substr(0, end);
      if (line.size() >= longest_line)
        return refuse("scanner error: bufio.Scanner: token too long");
      if (end == std::string_view::npos)
        return true;
      if (!end_line())
        return false;
      bytes.remove_prefix(end + 1);
    }
  };
  if (limit == 0)
    return out;
  auto deadline = http_wire::clock::now() + settings_.request_limit;
  out.body_ended = wire.read_body(head, deadline, take);
  if (out.status != 0 || (!out.body_ended && seen >= limit))
    return out;
  if (!out.body_ended) {
    // If the client is gone, the answer is lost.
    refuse(http_wire::clock::now() >= deadline
               ? "scanner error: the request took too long"
               : "scanner error: unexpected EOF");
    return out;
  }
  if (!line.empty() && !end_line())
    return out;
  out.status = 200;
  out.body = count > 0 ? nlohmann::json{{"message", "ok"},
                                        {"state", {{"successfulRows", count}}}}
                             .dump()
                       : R"({"message":"ok"})";
  return out;
}

std::string bulker_stand_in::commit(recorded_request& record, uint64_t count) {
  std::vector<std::string> key;
  for (const auto& [name, value] : record.head.query)
    if (name == "pk")
      key.push_back(value);
  std::lock_guard lock{mutex_};
  auto name = bulker_table_name(record.table);
  auto replaces = record.head.query_value("mode") != "batch";
  auto present = tables_.find(name);
  bulker_rules rules{std::move(key), replaces || present == tables_.end()
                                         ? std::set<std::string>{}
                                         : present->second.columns};
  for (const auto& row : record.rows)
    rules.take(row);
  if (settings_.refuse_empty_rows && rules.only_empty())
    return "stream complete error: the table would have no columns";
  if (auto why = rules.refusal(); !why.empty())
    return why;
  auto& to = tables_[name];
  if (replaces)
    to = {};
  auto kept = rules.rows();
  to.rows.insert(to.rows.end(), kept.begin(), kept.end());
  to.count += settings_.keep_rows ? kept.size() : count;
  to.columns = rules.columns();
  record.committed = true;
  return {};
}

bool bulker_stand_in::answer(http_wire& wire, recorded_request& record,
                             const fault& f, bool close) {
  record.status = f.status;
  auto slowly = f.what == fault::kind::slow_answer;
  std::string text;
  if (f.status != 0) {
    text = "HTTP/1.1 " + std::to_string(f.status) + " Status\r\n";
    for (const auto& line : f.headers)
      text += line + "\r\n";
    text += "Content-Type: application/json\r\nContent-Length: "
            + std::to_string(f.body.size()) + "\r\n"
            + (close ? "Connection: close\r\n\r\n" : "\r\n") + f.body;
  }
  {
    std::lock_guard lock{mutex_};
    requests_.push_back(std::move(record));
    changed_.notify_all();
  }
  bool sent = f.status != 0;
  for (size_t i = 0; sent && i < text.size(); i += slowly ? 1 : text.size())
    sent = wire.send(slowly ? text.substr(i, 1) : text);
  if (sent && close && !f.abrupt)
    wire.linger();
  return sent && !close;
}

} // namespace motorcade::support
