#include "runtime/destination/mysql/mysql_link.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/destination/mysql/connect_guard.hpp"
#include "runtime/destination/mysql/mysql_advice.hpp"
#include "runtime/destination/mysql/row_source.hpp"
#include "schema/base/excerpt.hpp"

#include <fcntl.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t most_shown_bytes = 500;

/// The library's own stack for calls that do not block: names are looked up and
/// TLS is begun on it.
constexpr size_t stack_bytes = 512u << 10;

/// Ways to log in that give no server the password itself.
constexpr auto ways_to_log_in =
    "mysql_native_password,caching_sha2_password,sha256_password,"
    "client_ed25519,parsec";

/// The first statement of a session. It also gives a lock two minutes, and an
/// unused connection eight hours.
constexpr auto set_up =
    "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,"
    "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_AUTO_VALUE_ON_ZERO,"
    "NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, "
    "sql_safe_updates = 0, foreign_key_checks = 1, unique_checks = 1, "
    "sql_quote_show_create = 1, sql_select_limit = 18446744073709551615, "
    "lock_wait_timeout = 120, innodb_lock_wait_timeout = 120, wait_timeout = "
    "28800";

constexpr auto look_at_server =
    "SELECT VERSION(), @@lower_case_table_names, COALESCE((SELECT "
    "MIN(COLLATION_NAME) FROM information_schema.COLLATIONS WHERE "
    "COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')), "
    "'utf8mb4_bin')";

class link final : public mysql_link {
public:
  link(const mysql_config& config, link_limits limits, const interruption& stop)
      : config_{config}, limits_{limits}, stop_{&stop} {
    static std::once_flag once;
    // The first call makes what all threads share.
    std::call_once(once, [] { ::mysql_server_init(0, nullptr, nullptr); });
    ::mysql_init(&mysql_);
  }

  ~link() override {
    if (broken_)
      ::shutdown(::mysql_get_socket(&mysql_), SHUT_RDWR);
    ::mysql_close(&mysql_);
  }

  link(const link&) = delete;
  link& operator=(const link&) = delete;

  result<void> open_session(const std::string& application) {
    set_options(application);
    if (auto ok = connect(); !ok)
      return ok;
    keep_alive();
    if (config_.tls == mysql_tls::required
        && ::mysql_get_ssl_cipher(&mysql_) == nullptr) {
      broken_ = true;
      return failure{ec::destination_rejected,
                     where()
                         + "the server does not support TLS, which sslMode "
                           "requires; sslMode disable connects without, for a "
                           "network that nobody listens to"};
    }
    if (auto ok = run(set_up); !ok)
      return ok.error();
    auto found = run(look_at_server);
    if (!found)
      return found.error();
    const auto& about = found->front();
    server_.is_mariadb =
        about[0].value_or("").find("MariaDB") != std::string::npos;
    server_.folds_table_names = about[1].value_or("0") != "0";
    server_.collation = about[2].value_or("");
    if (auto ok = run("SET NAMES utf8mb4 COLLATE " + server_.collation); !ok)
      return ok.error();
    // Without the strict mode tables of many texts can be made, though not
    // every row fits. Users who may not set it get fewer columns.
    if (auto ok = run("SET SESSION innodb_strict_mode = OFF"); !ok && broken_)
      return ok.error();
    for (const auto& [name, value] : config_.variables)
      if (auto ok = run("SET SESSION " + name + " = " + value); !ok)
        return failure{ok.error().code,
                       "parameters: " + name + ": " + ok.error().what};
    return {};
  }

  bool open() const override { return !broken_; }

  void use(const interruption& stop) override { stop_ = &stop; }

  const mysql_server& server() const override { return server_; }

  result<std::vector<row>> run(const std::string& sql) override {
    if (auto ok = query(sql); !ok)
      return ok.error();
    MYSQL_RES* got = nullptr;
    auto ok = drive(
        ::mysql_store_result_start(&got, &mysql_),
        [&](int ready) {
          return ::mysql_store_result_cont(&got, &mysql_, ready);
        },
        limits_.answer);
    if (!ok)
      return ok.error();
    affected_ = ::mysql_affected_rows(&mysql_);
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows{
        got, &mysql_free_result};
    if (!rows)
      return ::mysql_errno(&mysql_) == 0
                 ? result<std::vector<row>>{std::vector<row>{}}
                 : explain();
    return read(*rows);
  }

  result<void> load(const std::string& sql, std::string_view rows) override {
    source_ = {rows, true};
    auto ok = query(sql);
    source_ = {};
    if (!ok || ::mysql_warning_count(&mysql_) == 0)
      return ok;
    auto warnings = run("SHOW WARNINGS LIMIT 20");
    if (!warnings)
      return warnings.error();
    for (const auto& one : *warnings)
      if (one[0] != "Note")
        return failure{ec::destination_rejected,
                       where() + "a value would be changed on its way: "
                           + clean(one[2].value_or(""))};
    return {};
  }

  unsigned error() const override { return error_; }

  uint64_t affected() const override { return affected_; }

private:
  void set_options(const std::string& application) {
    const auto set = [&](mysql_option option, const void* value) {
      ::mysql_optionsv(&mysql_, option, value);
    };
    const my_bool yes = 1;
    const my_bool no = 0;
    const unsigned local_files = 1;
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    const auto size = stack_bytes;
    ::mysql_optionsv(&mysql_, MYSQL_OPT_NONBLOCK, &size);
    // TCP is used, not a socket of this machine, which would log this user in.
    set(MYSQL_OPT_PROTOCOL, &tcp);
    set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set(MYSQL_OPT_LOCAL_INFILE, &local_files);
    set(MARIADB_OPT_RESTRICTED_AUTH, ways_to_log_in);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                     application.c_str());
    set(MYSQL_OPT_SSL_ENFORCE, config_.tls == mysql_tls::disabled ? &no : &yes);
    set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
        config_.tls == mysql_tls::verified ? &yes : &no);
    const std::pair<mysql_option, const std::string*> files[] = {
        {MYSQL_OPT_SSL_CA, &config_.authority},
        {MYSQL_OPT_SSL_CERT, &config_.certificate},
        {MYSQL_OPT_SSL_KEY, &config_.key}};
    for (const auto& [option, path] : files)
      if (!path->empty() && config_.tls != mysql_tls::disabled)
        set(option, path->c_str());
    give_rows_alone(mysql_, source_);
  }

  result<void> connect() {
    const auto limit = limits_.connect.count() > 0
                           ? limits_.connect
                           : std::chrono::milliseconds{config_.connect_limit};
    connected_by_ = clock::now() + limit;
    MYSQL* got = nullptr;
    result<void> ok;
    {
      connect_guard guard{*stop_, *connected_by_};
      const auto status = ::mysql_real_connect_start(
          &got, &mysql_, config_.host.c_str(), config_.user.c_str(),
          config_.password.c_str(), nullptr, config_.port, nullptr, 0);
      ok = drive(
          status,
          [&](int ready) {
            guard.watch(::mysql_get_socket(&mysql_));
            return ::mysql_real_connect_cont(&got, &mysql_, ready);
          },
          limit);
    }
    if (ok && got == nullptr) {
      broken_ = true;
      ok = explain();
      if (stop_->raised())
        ok = failure{ec::cancelled, where() + "aborted"};
      else if (clock::now() >= *connected_by_)
        ok = late(false);
    }
    connected_by_.reset();
    // TLS has made the socket blocking.
    const auto socket = ::mysql_get_socket(&mysql_);
    if (ok)
      ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
    return ok;
  }

  /// Has a server that vanished noticed within about 20 s.
  void keep_alive() {
    constexpr std::array<std::pair<int, int>, 4> options = {
        {{TCP_KEEPIDLE, 10},
         {TCP_KEEPINTVL, 3},
         {TCP_KEEPCNT, 3},
         {TCP_USER_TIMEOUT, 20'000}}};
    const auto socket = ::mysql_get_socket(&mysql_);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    for (const auto& [name, value] : options)
      ::setsockopt(socket, IPPROTO_TCP, name, &value, sizeof value);
  }

  result<void> query(const std::string& sql) {
    error_ = 0;
    int failed = 0;
    auto ok = drive(
        ::mysql_real_query_start(&failed, &mysql_, sql.data(), sql.size()),
        [&](int ready) {
          return ::mysql_real_query_cont(&failed, &mysql_, ready);
        },
        limits_.answer);
    if (ok && failed != 0)
      return explain();
    return ok;
  }

  /// Goes on with a call of the library until it has its outcome.
  /// @param waits What the call waits for; 0: the call is over.
  /// @param go_on Takes what is ready; returns the same.
  template <class GoOn>
  result<void> drive(int waits, GoOn go_on, std::chrono::milliseconds answer) {
    result<void> ok;
    while (waits != 0) {
      int ready = waits;
      if (ok)
        ok = wait(waits, answer, ready);
      if (!ok && !broken_) {
        // The call then comes to its end by itself, and nothing is sent or
        // read.
        broken_ = true;
        ::shutdown(::mysql_get_socket(&mysql_), SHUT_RDWR);
      }
      waits = go_on(ready);
    }
    return ok;
  }

  result<void> wait(int waits, std::chrono::milliseconds answer, int& ready) {
    const auto writes = (waits & MYSQL_WAIT_WRITE) != 0;
    const auto events = static_cast<short>(
        ((waits & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) | (writes ? POLLOUT : 0)
        | ((waits & MYSQL_WAIT_EXCEPT) != 0 ? POLLPRI : 0));
    pollfd fds[2] = {{::mysql_get_socket(&mysql_), events, 0},
                     {stop_->fd(), POLLIN, 0}};
    const auto until = connected_by_.value_or(
        clock::now() + (writes ? limits_.stall : answer));
    for (;;) {
      if (stop_->raised())
        return failure{ec::cancelled, where() + "aborted"};
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
      if (left.count() <= 0)
        return late(writes);
      if (::poll(fds, 2, static_cast<int>(left.count())) <= 0
          || fds[0].revents == 0)
        continue;
      const auto came = fds[0].revents;
      ready = 0;
      if ((came & (POLLIN | POLLHUP | POLLERR)) != 0)
        ready |= waits & MYSQL_WAIT_READ;
      if ((came & (POLLOUT | POLLHUP | POLLERR)) != 0)
        ready |= waits & MYSQL_WAIT_WRITE;
      if ((came & (POLLPRI | POLLHUP | POLLERR)) != 0)
        ready |= waits & MYSQL_WAIT_EXCEPT;
      return {};
    }
  }

  failure late(bool writes) const {
    const auto* what = connected_by_ ? "no connection within the time limit"
                       : writes
                           ? "the server took no byte within the time limit"
                           : "the server did not answer within the time limit";
    return {ec::destination_unavailable, where() + what};
  }

  static std::vector<row> read(MYSQL_RES& from) {
    std::vector<row> out;
    const auto columns = ::mysql_num_fields(&from);
    while (auto* cells = ::mysql_fetch_row(&from)) {
      const auto* sizes = ::mysql_fetch_lengths(&from);
      auto& one = out.emplace_back();
      for (unsigned i = 0; i < columns; ++i)
        one.push_back(cells[i] == nullptr
                          ? std::nullopt
                          : std::optional{std::string{cells[i], sizes[i]}});
    }
    return out;
  }

  std::string where() const { return "mysql://" + config_.location + ": "; }

  std::string clean(std::string_view text) const {
    return excerpt(mask(std::string{text}, config_.secrets), most_shown_bytes);
  }

  /// @returns what the library's last error means.
  failure explain() {
    error_ = ::mysql_errno(&mysql_);
    const std::string_view text = ::mysql_error(&mysql_);
    // The server's own numbers are below 2000 and above 3000. Of these some
    // end the connection.
    constexpr std::array<unsigned, 5> last_words = {1053, 1077, 1080, 1927,
                                                    4031};
    broken_ = broken_ || (error_ >= CR_MIN_ERROR && error_ <= 2'999)
              || std::find(last_words.begin(), last_words.end(), error_)
                     != last_words.end();
    return {classify_mysql_error(error_, text),
            where() + clean(without_row_values(error_, text)) + " (error "
                + std::to_string(error_) + ')'
                + std::string{advice_on_mysql_error(error_, text)}};
  }

  const mysql_config& config_;
  const link_limits limits_;
  const interruption* stop_;
  MYSQL mysql_ = {};
  row_source source_;
  mysql_server server_;
  std::optional<clock::time_point> connected_by_;
  unsigned error_ = 0;
  uint64_t affected_ = 0;
  bool broken_ = false;
};

} // namespace

result<std::unique_ptr<mysql_link>>
mysql_link::connect(const mysql_config& config, const std::string& application,
                    link_limits limits, const interruption& stop) {
  auto made = std::make_unique<link>(config, limits, stop);
  if (auto ok = made->open_session(application); !ok)
    return ok.error();
  return std::unique_ptr<mysql_link>{std::move(made)};
}

} // namespace motorcade
