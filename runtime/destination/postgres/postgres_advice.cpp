#include "runtime/destination/postgres/postgres_advice.hpp"

namespace motorcade {

namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

std::string_view advice_on_error(std::string_view state,
                                 std::string_view message) {
  if (state == "3F000" || (state == "42501" && holds(message, "for database")))
    return "; create the schema, or grant the role CREATE on the database";
  if (state == "42501" && holds(message, "must be owner"))
    return "; make the role the table's owner: privileges do not suffice for "
           "new columns and keys";
  if (state == "42501")
    return "; grant the role CREATE on the schema, and all privileges on its "
           "tables";
  if (state == "23502")
    return "; the column is NOT NULL, which an earlier key of the stream "
           "leaves: "
           "ALTER TABLE … ALTER COLUMN … DROP NOT NULL lets rows without a "
           "value in";
  if (state == "53100")
    return "; the server's disk is full";
  if (state == "55P03")
    return "; another session holds a lock on the table (pg_locks says which)";
  if (state == "57014")
    return "; raise the role's statement_timeout, or end what was blocking";
  if (state == "25006")
    return "; the server is a replica, or default_transaction_read_only is set "
           "for the server, the database or the role";
  if (state == "54000" && holds(message, "row is too big"))
    return "; Postgres keeps 8 kB of a row beside its long texts: read fewer "
           "columns of the stream";
  return {};
}

std::string_view advice_on_refusal(std::string_view message) {
  if (holds(message, "server does not support SSL"))
    return "; sslMode disable connects without TLS, for a network that nobody "
           "listens to";
  if (holds(message, "root certificate"))
    return "; give the authority's certificate as sslServerCA (in a URL "
           "sslrootcert), or choose sslMode require, which does not verify";
  if (holds(message, "does not exist") && holds(message, "database"))
    return "; create the database: a read makes only schemas and tables";
  return {};
}

} // namespace motorcade
