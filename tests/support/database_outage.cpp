#include "support/database_outage.hpp"

#include "support/database_world.hpp"
#include "support/sidecar_world.hpp"

#include <stdexcept>

namespace motorcade::test {

namespace {

void control_cluster(const std::vector<std::string>& words) {
  auto variables = bare_environment();
  variables["PG_CLUSTER_CONF_ROOT"] = environment("PG_CLUSTER_CONF_ROOT");
  std::vector<std::string> command = {"/usr/bin/pg_ctlcluster",
                                      environment("PGVERSION"), "regress"};
  command.insert(command.end(), words.begin(), words.end());
  auto ended = watched_program{command, variables}.finish();
  if (ended.exit_code != 0)
    throw std::runtime_error{ended.out + ended.err};
}

} // namespace

database_outage::database_outage() {
  control_cluster({"stop", "-m", "immediate"});
}

database_outage::~database_outage() {
  if (!over_)
    end();
}

void database_outage::end() {
  over_ = true;
  control_cluster({"start"});
}

} // namespace motorcade::test
