#include "runtime/destination/postgres/postgres_link.hpp"

#include "runtime/base/text.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/database/postgres/postgres_errors.hpp"
#include "runtime/destination/postgres/postgres_advice.hpp"
#include "schema/base/excerpt.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <cstdlib>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;
using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr size_t most_shown_bytes = 500;

/// The statement that every connection begins with: times in UTC, doubles that
/// become texts with all their digits, no notices, two minutes for a lock
/// unless the role or the URL says otherwise, and, if the server knows the
/// setting, an end for statements whose client is gone.
constexpr auto set_up =
    "SET client_encoding TO 'UTF8'; SET timezone TO 'UTC'; "
    "SET client_min_messages TO error; SET datestyle TO 'ISO, YMD'; "
    "SET standard_conforming_strings TO on; "
    "SET extra_float_digits TO 1; "
    "SET quote_all_identifiers TO off; "
    "SELECT set_config('lock_timeout', '120s', false) "
    "WHERE current_setting('lock_timeout') = '0'; "
    "SELECT set_config('client_connection_check_interval', '5s', false) "
    "WHERE EXISTS (SELECT FROM pg_settings WHERE name = "
    "'client_connection_check_interval')";

class link final : public postgres_link {
public:
  link(PGconn* connection, const postgres_config& config, link_limits limits,
       const interruption& stop)
      : connection_{connection},
        config_{config},
        limits_{limits},
        stop_{&stop} {}

  ~link() override { PQfinish(connection_); }

  link(const link&) = delete;
  link& operator=(const link&) = delete;

  result<void> finish_connecting(const std::string& application) {
    if (PQstatus(connection_) == CONNECTION_BAD)
      return refused();
    // libpq's own limit holds only for calls that block.
    auto limit = limits_.connect;
    if (const auto given = config_.connect.find("connect_timeout");
        limit.count() == 0 && given != config_.connect.end())
      limit = std::chrono::seconds{std::atoi(given->second.c_str())};
    if (limit.count() == 0)
      limit = limits_.answer;
    const auto until = clock::now() + limit;
    for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
         state = PQconnectPoll(connection_)) {
      if (state == PGRES_POLLING_FAILED)
        return refused();
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
      if (auto ok = wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                         left, "no connection within the connect_timeout");
          !ok)
        return ok;
    }
    PQsetnonblocking(connection_, 1);
    if (auto ok = run(set_up, {}); !ok)
      return ok.error();
    auto named =
        run("SELECT set_config('application_name', $1, false)", {application});
    return named ? result<void>{} : named.error();
  }

  bool open() const override {
    return !broken_ && PQstatus(connection_) == CONNECTION_OK;
  }

  void use(const interruption& stop) override { stop_ = &stop; }

  result<std::vector<row>>
  run(const std::string& sql, const std::vector<std::string>& values) override {
    std::vector<const char*> texts;
    texts.reserve(values.size());
    for (const auto& value : values)
      texts.push_back(value.c_str());
    const auto sent =
        values.empty()
            ? PQsendQuery(connection_, sql.c_str())
            : PQsendQueryParams(connection_, sql.c_str(),
                                static_cast<int>(texts.size()), nullptr,
                                texts.data(), nullptr, nullptr, 0);
    if (sent == 0)
      return lost();
    if (auto ok = flush(); !ok)
      return ok.error();
    std::vector<row> rows;
    if (auto ok = read_answers(PGRES_TUPLES_OK, &rows); !ok)
      return ok.error();
    return rows;
  }

  std::string_view sqlstate() const override { return state_; }

  uint64_t affected() const override { return affected_; }

  result<void> begin_copy(const std::string& sql) override {
    if (PQsendQuery(connection_, sql.c_str()) == 0)
      return lost();
    if (auto ok = flush(); !ok)
      return ok;
    if (auto ok = wait_for_answer(); !ok)
      return ok;
    result_ptr got{PQgetResult(connection_), PQclear};
    if (PQresultStatus(got.get()) == PGRES_COPY_IN)
      return {};
    auto reason = explain(got.get());
    drain();
    return reason;
  }

  result<void> copy(std::string_view bytes) override {
    // Pieces are small, so that libpq's buffer stays small.
    constexpr size_t piece = 64u << 10;
    while (!bytes.empty()) {
      const auto now = bytes.substr(0, piece);
      const auto put =
          PQputCopyData(connection_, now.data(), static_cast<int>(now.size()));
      if (put < 0)
        return lost();
      if (put == 0) {
        if (auto ok = flush(); !ok)
          return ok;
        continue;
      }
      bytes.remove_prefix(now.size());
      if (auto ok = flush(); !ok)
        return ok;
    }
    return {};
  }

  result<void> end_copy() override {
    for (;;) {
      const auto put = PQputCopyEnd(connection_, nullptr);
      if (put < 0)
        return lost();
      if (put > 0)
        break;
      if (auto ok = flush(); !ok)
        return ok;
    }
    if (auto ok = flush(); !ok)
      return ok;
    return read_answers(PGRES_COMMAND_OK, nullptr);
  }

private:
  result<void> wait(short events, std::chrono::milliseconds limit,
                    std::string_view late) {
    pollfd fds[2] = {{PQsocket(connection_), events, 0},
                     {stop_->fd(), POLLIN, 0}};
    const auto until = clock::now() + limit;
    for (;;) {
      if (stop_->raised()) {
        broken_ = true;
        return failure{ec::cancelled, where() + "aborted"};
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
      if (left.count() <= 0) {
        broken_ = true;
        return failure{ec::destination_unavailable,
                       where() + std::string{late}};
      }
      const auto ready = ::poll(fds, 2, static_cast<int>(left.count()));
      if (ready > 0 && fds[0].revents != 0)
        return {};
    }
  }

  /// Sends what libpq holds. An error that the server sends meanwhile is read,
  /// so that neither side waits for the other.
  result<void> flush() {
    for (;;) {
      const auto left = PQflush(connection_);
      if (left < 0)
        return lost();
      if (left == 0)
        return {};
      if (auto ok = wait(POLLIN | POLLOUT, limits_.stall,
                         "the server took no byte within the time limit");
          !ok)
        return ok;
      if (PQconsumeInput(connection_) == 0)
        return lost();
    }
  }

  result<void> wait_for_answer() {
    while (PQisBusy(connection_) != 0) {
      if (auto ok = wait(POLLIN, limits_.answer,
                         "the server did not answer within the time limit");
          !ok)
        return ok;
      if (PQconsumeInput(connection_) == 0)
        return lost();
    }
    return {};
  }

  result<void> read_answers(ExecStatusType good, std::vector<row>* rows) {
    std::optional<failure> first;
    for (;;) {
      if (auto ok = wait_for_answer(); !ok)
        return first.value_or(ok.error());
      const result_ptr got{PQgetResult(connection_), PQclear};
      if (!got)
        break;
      const auto status = PQresultStatus(got.get());
      if (status == good || status == PGRES_COMMAND_OK
          || status == PGRES_TUPLES_OK) {
        affected_ = std::strtoull(PQcmdTuples(got.get()), nullptr, 10);
        if (rows != nullptr)
          read_rows(*got, *rows);
      } else if (!first) {
        first = explain(got.get());
      }
    }
    return first ? result<void>{*first} : result<void>{};
  }

  static void read_rows(const PGresult& from, std::vector<row>& rows) {
    for (int i = 0; i < PQntuples(&from); ++i) {
      auto& one = rows.emplace_back();
      for (int column = 0; column < PQnfields(&from); ++column) {
        if (PQgetisnull(&from, i, column) != 0)
          one.emplace_back();
        else
          one.emplace_back(
              std::string{PQgetvalue(&from, i, column),
                          static_cast<size_t>(PQgetlength(&from, i, column))});
      }
    }
  }

  void drain() {
    while (open()) {
      if (!wait_for_answer())
        return;
      const result_ptr got{PQgetResult(connection_), PQclear};
      if (!got)
        return;
    }
  }

  std::string where() const { return "postgres://" + config_.location + ": "; }

  std::string clean(std::string_view text) const {
    return excerpt(mask(std::string{text}, config_.secrets), most_shown_bytes);
  }

  failure refused() {
    broken_ = true;
    const std::string_view text = PQerrorMessage(connection_);
    // A login, a name or a certificate that is wrong stays so.
    const auto wrong = classify_connect(text) == ec::database_rejected;
    return {wrong ? ec::invalid_argument : ec::destination_unavailable,
            where() + clean(text) + std::string{advice_on_refusal(text)}};
  }

  failure lost() {
    broken_ = true;
    state_.clear();
    // The server says why it ends a session before it does.
    while (PQconsumeInput(connection_) != 0 && PQisBusy(connection_) == 0) {
      const result_ptr got{PQgetResult(connection_), PQclear};
      if (!got)
        break;
      if (PQresultErrorField(got.get(), PG_DIAG_SQLSTATE) != nullptr)
        return explain(got.get());
      if (PQresultStatus(got.get()) == PGRES_COPY_IN)
        break;
    }
    return {ec::destination_unavailable,
            where() + "the connection was lost: "
                + clean(PQerrorMessage(connection_))};
  }

  failure explain(const PGresult* answer) {
    auto field = [&](int which) {
      const auto* text = PQresultErrorField(answer, which);
      return std::string_view{text == nullptr ? "" : text};
    };
    state_ = field(PG_DIAG_SQLSTATE);
    if (state_.empty()) {
      broken_ = true;
      return {ec::destination_unavailable,
              where() + "the connection was lost: "
                  + clean(PQresultErrorMessage(answer))};
    }
    auto text = std::string{field(PG_DIAG_MESSAGE_PRIMARY)};
    // `COPY t, line 3, column a: "…"`: the column, not the row's value.
    if (const auto context = field(PG_DIAG_CONTEXT);
        context.starts_with("COPY "))
      if (const auto at = context.find(", column ");
          at != std::string_view::npos)
        text += context.substr(at, context.find(':', at) - at);
    const auto passes = classify_sqlstate(state_) == ec::database_unavailable;
    return {passes ? ec::destination_unavailable : ec::destination_rejected,
            where() + clean(text) + " (SQLSTATE " + state_ + ")"
                + std::string{advice_on_error(state_, text)}};
  }

  PGconn* connection_;
  const postgres_config& config_;
  const link_limits limits_;
  const interruption* stop_;
  std::string state_;
  uint64_t affected_ = 0;
  bool broken_ = false;
};

} // namespace

result<std::unique_ptr<postgres_link>>
postgres_link::connect(const postgres_config& config,
                       const std::string& application, link_limits limits,
                       const interruption& stop) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : config.connect) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  auto* connection = PQconnectStartParams(names.data(), values.data(), 0);
  if (connection == nullptr)
    return failure{ec::destination_unavailable, "out of memory"};
  auto made = std::make_unique<link>(connection, config, limits, stop);
  if (auto ok = made->finish_connecting(application); !ok)
    return ok.error();
  return std::unique_ptr<postgres_link>{std::move(made)};
}

} // namespace motorcade
