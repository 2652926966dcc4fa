#include "runtime/destination/mysql/mysql_advice.hpp"

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Errors after which the same call may pass: the connection was lost or
/// killed, the server stops, is full, busy or a replica for the moment, or a
/// lock was not granted. Those from 2000 on are the client library's.
constexpr std::array<unsigned, 48> passing = {
    1020, // The row has changed since it was read.
    1021, // Disk full.
    1028, // Sort aborted.
    1037, // Out of memory.
    1038, // Out of sort memory.
    1040, // Too many connections.
    1041, // Out of resources.
    1047, // The node of a cluster is not ready.
    1053, // The server shuts down.
    1077, // It has shut down.
    1079, // Aborting.
    1105, // Of Galera and proxies: not now.
    1114, // The table, or the disk, is full.
    1135, // No new thread.
    1152, // Aborted connection.
    1158, // The network, to 1161.
    1159, 1160, 1161,
    1180, // An error during the commit.
    1184, // Aborted connection.
    1203, // Too many connections of the user.
    1205, // A lock was waited for in vain.
    1206, // Too many locks.
    1213, // Deadlock.
    1226, // The user has used up a limit of the hour.
    1290, // Read only, as a replica is.
    1317, // KILL QUERY.
    1412, // The table's definition has changed.
    1613, // Transaction rolled back: took too long.
    1614, // Transaction rolled back: deadlock.
    1637, // Too many transactions.
    1836, // Read only.
    1927, // KILL.
    1969, // max_statement_time.
    2002, // Cannot connect, to 2006.
    2003, 2005, 2006,
    2008, // Out of memory.
    2012, // An error in the handshake.
    2013, // Lost during a query.
    2027, // A packet that makes no sense.
    2055, // Lost, with the system's error.
    3024, // max_execution_time.
    3101, // Rolled back by a group of replicas.
    3572, // NOWAIT.
    4031, // The server has given the connection up for being idle.
};

/// Errors of a login: a setting is wrong, and stays so.
constexpr std::array<unsigned, 6> of_login = {
    1044, // No right to the database.
    1045, // User or password.
    1049, // There is no such database.
    1130, // Not from this host.
    1698, // User or password, of a way to log in without one.
    2059, // The way to log in is not supported.
};

/// Errors whose message shows a value of a row, between the first `'` and the
/// last.
constexpr std::array<unsigned, 8> showing = {1062, 1265, 1292, 1366,
                                             1367, 1411, 1525, 1586};

} // namespace

ec classify_mysql_error(unsigned error, std::string_view message) {
  // An error of TLS: the server broke off, or its certificate was refused.
  if (error == 2026)
    return holds(message, "certificate") || holds(message, "verif")
                   || holds(message, "required") || holds(message, "validation")
               ? ec::invalid_argument
               : ec::destination_unavailable;
  if (std::find(of_login.begin(), of_login.end(), error) != of_login.end())
    return ec::invalid_argument;
  // These are errors of the storage engine, e.g. that no space is left.
  if (error == 1030 || error == 1026 || error == 3)
    return holds(message, "28") ? ec::destination_unavailable
                                : ec::destination_rejected;
  return std::find(passing.begin(), passing.end(), error) != passing.end()
             ? ec::destination_unavailable
             : ec::destination_rejected;
}

std::string_view advice_on_mysql_error(unsigned error,
                                       std::string_view message) {
  switch (error) {
  case 1148:
  case 3948:
  case 4166:
    return "; rows are brought by LOAD DATA LOCAL INFILE: set local_infile=ON "
           "in the server's settings (SET GLOBAL local_infile = ON)";
  case 1044:
    return "; create the database, and grant the user SELECT, INSERT, UPDATE, "
           "DELETE, CREATE, ALTER, INDEX and DROP on it";
  case 1142:
  case 1143:
  case 1227:
    return "; grant the user SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, "
           "INDEX and DROP on the database";
  case 1045:
    return "; the user or the password is wrong, or the user may not come from "
           "this host";
  case 1130:
    return "; create the user for the host that connects, e.g. 'user'@'%'";
  case 1021:
  case 1114:
    return "; the server's disk is full, or a limit of the table's size is "
           "reached";
  case 1030:
    return holds(message, "28") ? "; the server's disk is full" : "";
  case 1205:
    return "; another session holds a lock on the table (SHOW PROCESSLIST, "
           "information_schema.innodb_trx)";
  case 1290:
  case 1836:
    return "; the server is a replica, or was set to read only";
  case 1969:
  case 3024:
    return "; raise the user's limit of time for a statement";
  case 1118:
    return "; a row of InnoDB has some 8,000 bytes beside its long texts: let "
           "the connector select fewer columns";
  case 1117:
    return "; InnoDB takes 1,017 columns: let the connector select fewer";
  case 3750:
    return "; the server demands a primary key of each table "
           "(sql_require_primary_key): switch that off for the user";
  case 2059:
    return "; the user's way to log in is not supported; "
           "mysql_native_password, caching_sha2_password and ed25519 are";
  case 2026:
    if (holds(message, "required"))
      return "; sslMode disable connects without TLS, for a network that "
             "nobody "
             "listens to";
    return classify_mysql_error(error, message) == ec::invalid_argument
               ? "; give the authority's certificate as sslServerCA, or choose "
                 "sslMode require, which does not verify"
               : "";
  default:
    return {};
  }
}

std::string without_row_values(unsigned error, std::string_view message) {
  const auto shows =
      std::find(showing.begin(), showing.end(), error) != showing.end();
  const auto begin = message.find('\'');
  if (!shows || begin == std::string_view::npos)
    return std::string{message};
  // A value may hold quotes; what follows it names a column or a key.
  auto end = message.rfind("' for ");
  if (end == std::string_view::npos || end <= begin)
    end = message.rfind('\'');
  return std::string{message.substr(0, begin)} + "…"
         + std::string{message.substr(end + 1)};
}

} // namespace motorcade
