#pragma once

namespace motorcade::test {

/// No database as long as this lives: the cluster that was made for this
/// program is stopped at once, as by a crash, and started again. Throws
/// std::runtime_error with what its tool said if that fails.
class database_outage {
public:
  database_outage();
  ~database_outage();
  database_outage(const database_outage&) = delete;
  database_outage& operator=(const database_outage&) = delete;

  void end();

private:
  bool over_ = false;
};

} // namespace motorcade::test
