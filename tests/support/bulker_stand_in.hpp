#pragma once

#include "support/bulker_rules.hpp"
#include "support/http_wire.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <mutex>
#include <set>
#include <thread>

namespace motorcade::support {

/// The fault of one request.
struct fault {
  enum class kind {
    /// `status`, `headers` and `body` are answered and nothing is committed.
    answer,
    /// The same, but the connection is not closed and nothing more is read.
    answer_early,
    /// The connection is reset.
    reset,
    /// Nothing more is read, and nothing answered.
    stall,
    /// All is well, but the answer comes one byte at a time.
    slow_answer,
    /// The rows are committed, but the connection is reset instead of 200.
    lost_answer,
    /// The rows are taken, and then nothing happens any more.
    mute,
  };

  static constexpr auto whole_body = std::numeric_limits<size_t>::max();

  kind what = kind::answer;
  long status = 500;
  /// Lines without line ends.
  std::vector<std::string> headers = {};
  std::string body = "{}";
  /// Happens after that many bytes of the body.
  size_t after_bytes = 0;
  /// Empty: any table.
  std::string table = {};
  /// So many requests of the table pass before.
  size_t skip = 0;
  size_t times = 1;
  /// The connection goes with the answer, so that the client is reset while
  /// it still sends.
  bool abrupt = false;
};

/// A request that has ended, one way or the other.
struct recorded_request {
  request_head head;
  std::string connection_id;
  std::string table;
  /// As they came, before `bulker_rules`.
  std::vector<std::string> rows;
  /// The answered status; 0: none.
  long status = 0;
  bool committed = false;
  /// Counts connections from 0.
  size_t connection = 0;
};

struct stand_in_settings {
  /// Empty: any is good.
  std::string token = {};
  /// Empty: all exist.
  std::set<std::string> destinations = {};
  /// The IPv4 address to listen on.
  std::string address = "127.0.0.1";
  /// 0: any free port.
  uint16_t port = 0;
  bool tls = false;
  /// False: rows are only counted.
  bool keep_rows = true;
  /// True: requests of nothing but `{}` fail, as with a real Bulker. Most tests
  /// do not care what is in a row.
  bool refuse_empty_rows = false;
  std::chrono::milliseconds request_limit = std::chrono::minutes{30};
};

/// A server with Bulker's rules and tables in memory: a request's rows become
/// visible when its body has ended, whether or not anybody waits for the
/// answer, and not before; a line may take 1 MiB with its newline; a line that
/// begins with `ABORT`, or half a row that ends with it, drops the request; a
/// body without lines is answered 200 and changes nothing. Names become what
/// `bulker_table_name` makes of them; `namespace` and `toSameCase` are not
/// read. Rows that are kept obey `bulker_rules`.
///
/// Thread-safe. Throws std::system_error if it cannot listen.
class bulker_stand_in {
public:
  explicit bulker_stand_in(stand_in_settings settings = {});
  ~bulker_stand_in();
  bulker_stand_in(const bulker_stand_in&) = delete;
  bulker_stand_in& operator=(const bulker_stand_in&) = delete;

  std::string url() const;

  uint16_t port() const noexcept { return port_; }

  /// The certificate as PEM.
  const std::string& certificate() const { return identity_.certificate; }

  /// Makes a later request go wrong; faults are tried in the order given.
  void inject(fault f);

  /// Answers so many requests as a Bulker does whose warehouse is away.
  void take_warehouse_away(size_t times);

  /// Refuses connections until `start_listening` takes the same port again.
  void stop_listening();
  void start_listening();

  /// Ends all connections at once.
  void cut_connections();

  /// Replaces a table, as if it had been there before.
  void set_table(const std::string& name, std::vector<std::string> rows);

  std::vector<std::string> rows(const std::string& name) const;

  bool has_table(const std::string& name) const;

  uint64_t row_count(const std::string& name) const;

  std::vector<recorded_request> requests() const;

  /// @returns `{"tables":{"<name>":{"count":n,"rows":[…]}}}`.
  std::string dump() const;

  /// Blocks until so many bytes of bodies came, or requests began or ended.
  /// @returns false if 30 s were not enough.
  bool wait_for_bytes(uint64_t bytes) const;
  bool wait_for_begun(size_t requests) const;
  bool wait_for_ended(size_t requests) const;

private:
  struct stored_table {
    std::vector<std::string> rows;
    uint64_t count = 0;
    std::set<std::string> columns = {};
  };

  struct verdict;

  void listen();
  void accept_loop();
  void serve(http_wire& wire, size_t number);
  bool handle(http_wire& wire, const request_head& head, size_t number);
  bool handle_bulk(http_wire& wire, const request_head& head, size_t number);
  verdict read_rows(http_wire& wire, const request_head& head,
                    recorded_request& record, uint64_t& count,
                    const std::optional<fault>& f);
  /// @returns why it is refused; empty: it is not.
  std::string commit(recorded_request& record, uint64_t count);
  bool answer(http_wire& wire, recorded_request& record, const fault& f,
              bool close);
  std::optional<fault> next_fault(const std::string& name);
  bool wait(const std::function<bool()>& done) const;

  const stand_in_settings settings_;
  tls_identity identity_;
  uint16_t port_ = 0;
  /// The last one ends the connections that there are.
  std::vector<file_handle> ends_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  file_handle listener_;
  std::thread acceptor_;
  file_handle stop_accepting_;
  std::list<std::thread> connections_;
  size_t connection_count_ = 0;
  std::deque<fault> faults_;
  std::map<std::string, stored_table> tables_;
  std::vector<recorded_request> requests_;
  uint64_t bytes_ = 0;
  size_t begun_ = 0;
};

} // namespace motorcade::support
