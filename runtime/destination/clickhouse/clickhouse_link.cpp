#include "runtime/destination/clickhouse/clickhouse_link.hpp"

#include "runtime/base/text.hpp"
#include "runtime/database/sql_text.hpp"
#include "runtime/destination/clickhouse/clickhouse_types.hpp"
#include "runtime/http/client/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace motorcade {

namespace {

/// The most bytes of an answer that lists columns or tables.
constexpr size_t longest_answer = 8u << 20;

/// @returns whether an error is one of a login: a setting is wrong, and stays
/// so.
bool is_of_login(int code) {
  constexpr std::array<int, 5> codes = {
      192, // UNKNOWN_USER
      193, // WRONG_PASSWORD
      194, // REQUIRED_PASSWORD
      195, // IP_ADDRESS_NOT_ALLOWED
      516, // AUTHENTICATION_FAILED
  };
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Errors that may pass: time limits, overload, lack of memory or space, and
/// what a cluster says while a server of it is away.
bool may_pass(int code) {
  constexpr std::array codes = {159, 160, 164, 202, 203, 209, 210, 225, 236,
                                241, 242, 243, 252, 279, 285, 286, 319, 341,
                                364, 394, 425, 439, 473, 498, 517, 529, 999};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// @returns the code of `Code: 60. DB::Exception: …`.
int code_of(std::string_view text) {
  constexpr std::string_view head = "Code: ";
  const auto at = text.find(head);
  int code = 0;
  if (at != std::string_view::npos) {
    const auto digits = text.substr(at + head.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), code);
  }
  return code;
}

/// @returns the text without control characters, which no header can hold.
std::string header_value(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
      out += c;
  return out;
}

} // namespace

clickhouse_link::clickhouse_link(const clickhouse_config& config,
                                 clickhouse_patience patience)
    : config_{config}, patience_{patience} {}

result<std::string> clickhouse_link::run(
    const std::string& statement,
    const std::vector<std::pair<std::string, std::string>>& settings,
    std::string data) {
  api_request request;
  request.method = "POST";
  // With this, a late error does not follow the beginning of an answer.
  // Statements name their databases: no current one is asked for, which might
  // not be there yet.
  std::string query = "/?wait_end_of_query=1";
  for (const auto* all : {&config_.parameters, &settings})
    for (const auto& [name, value] : *all)
      query += '&' + percent_encode(name) + '=' + percent_encode(value);
  request.headers = {"X-ClickHouse-User: " + header_value(config_.username)};
  if (!config_.password.empty())
    request.headers.push_back("X-ClickHouse-Key: "
                              + header_value(config_.password));
  if (data.empty()) {
    request.body = statement;
  } else {
    query += "&query=" + percent_encode(statement);
    request.headers.emplace_back("Content-Encoding: zstd");
    request.body = std::move(data);
  }
  request.connect_timeout = patience_.connect;
  request.answer_timeout = patience_.answer;
  request.longest_answer = longest_answer;
  request.go_on = [this] {
    return stop_ == nullptr || !stop_->raised();
  };
  // Another server is asked if this one cannot be reached.
  for (size_t tried = 1;; ++tried) {
    request.url = config_.servers[server_] + query;
    const auto answer = client_.send(request);
    const auto away = !answer && answer.error().code == ec::service_unavailable;
    if (!away || tried >= config_.servers.size())
      return explain(answer);
    server_ = (server_ + 1) % config_.servers.size();
  }
}

result<std::string> clickhouse_link::explain(const result<api_answer>& answer) {
  code_ = 0;
  retry_after_.reset();
  if (!answer) {
    const auto stopped = stop_ != nullptr && stop_->raised();
    return failure{stopped ? ec::cancelled : ec::destination_unavailable,
                   "ClickHouse: " + answer.error().what};
  }
  if (answer->fine())
    return answer->body;
  constexpr size_t longest_reason = 1'000;
  code_ = code_of(answer->body);
  retry_after_ = parse_retry_after(answer->retry_after);
  const auto busy = answer->status == 429 || answer->status == 502
                    || answer->status == 503 || answer->status == 504;
  const auto passes = code_ == 0 ? busy : may_pass(code_);
  auto text = one_line(repair_text(answer->body.substr(0, longest_reason)));
  if (text.empty())
    text = "HTTP status " + std::to_string(answer->status);
  return failure{passes               ? ec::destination_unavailable
                 : is_of_login(code_) ? ec::invalid_argument
                                      : ec::destination_rejected,
                 "ClickHouse at " + host_of(config_.servers[server_]) + ": "
                     + text};
}

result<std::vector<std::vector<std::string>>>
clickhouse_link::rows(const std::string& query, size_t columns) {
  auto text = run(query + " FORMAT TabSeparated");
  if (!text)
    return text.error();
  auto out = read_tab_separated(*text, columns);
  if (!out)
    return failure{out.error().code, "ClickHouse at "
                                         + host_of(config_.servers[server_])
                                         + ": " + out.error().what};
  return out;
}

result<std::vector<std::vector<std::string>>>
read_tab_separated(std::string_view text, size_t columns) {
  std::vector<std::vector<std::string>> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(split_tab_separated(text.substr(0, end)));
    if (out.back().size() != columns)
      return failure{ec::destination_rejected,
                     "the answer is not in ClickHouse's format: it has "
                         + std::to_string(out.back().size())
                         + " columns in place of " + std::to_string(columns)
                         + ". Is this the port of its HTTP interface?"};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::vector<std::string> split_tab_separated(std::string_view line) {
  std::vector<std::string> out(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      out.emplace_back();
      continue;
    }
    if (line[i] != '\\' || i + 1 == line.size()) {
      out.back() += line[i];
      continue;
    }
    out.back() += unescaped_clickhouse(line[++i]);
  }
  return out;
}

std::unique_ptr<clickhouse_link>
clickhouse_pool::take(const interruption& stop) {
  auto link = idle_.take();
  if (!link)
    link = std::make_unique<clickhouse_link>(config_, patience_);
  link->use(stop);
  return link;
}

} // namespace motorcade
