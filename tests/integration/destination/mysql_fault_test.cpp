// What a request to MySQL does when server, network or rights fail it.
#include "runtime/destination/trial.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "support/cut_uploads.hpp"
#include "support/joint_uploads.hpp"
#include "support/mysql_proxy.hpp"
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

/// @returns a destination at an address.
destination_ptr open_at(const std::string& url,
                        std::chrono::milliseconds answer = {}) {
  destination_settings settings;
  settings.uploads = 1;
  settings.url = url;
  if (answer.count() > 0)
    settings.response_timeout = answer;
  auto made = open_destination(settings, "", "t1");
  if (!made)
    FAIL(made.error().what);
  return *made;
}

/// @returns the address of the server behind a port of this machine.
std::string through(const std::string& port, const std::string& rest) {
  return "mysql://" + test::environment("MYSQL_USER") + ':'
         + test::environment("MYSQL_PASSWORD") + "@127.0.0.1:" + port + '/'
         + rest;
}

/// A user of the server with some rights alone.
class poor_user {
public:
  poor_user(mysql_client& client, const std::string& grants) : client_{client} {
    client.rows("CREATE USER '" + name + "'@'%' IDENTIFIED BY 'hush-poor'");
    if (!grants.empty())
      client.rows("GRANT " + grants + " TO '" + name + "'@'%'");
  }

  ~poor_user() { client_.rows("DROP USER '" + name + "'@'%'"); }

  std::string url(const std::string& rest,
                  const std::string& password = "hush-poor") const {
    return mysql_address(name, password, rest);
  }

  const std::string name = test::fresh_name("poor");

private:
  mysql_client& client_;
};

size_t open_files() {
  size_t out = 0;
  for ([[maybe_unused]] const auto& one :
       std::filesystem::directory_iterator{"/proc/self/fd"})
    ++out;
  return out;
}

} // namespace

TEST_CASE("rows come once, whichever statement a connection is lost at") {
  cut_at_each_statement<mysql_warehouse>(
      [](mysql_warehouse& world, const upload_request& request,
         const strings& rows, unsigned number, bool after_answer) {
        mysql_proxy proxy{{number, after_answer}};
        auto to =
            open_at(through(proxy.port(), world.schema + "?sslMode=disable"));
        const auto outcome = send_rows(*to, request, rows);
        to.reset();
        return std::pair{outcome, proxy.has_cut()};
      });
}

TEST_CASE("rows of a joint commit come once, with their state, whichever "
          "statement a connection is lost at") {
  cut_joint_uploads_at_each_statement<mysql_warehouse>([](mysql_warehouse&
                                                              world,
                                                          unsigned number,
                                                          bool after_answer) {
    auto proxy = std::make_shared<mysql_proxy>(mysql_cut{number, after_answer});
    return std::pair{
        open_at(through(proxy->port(), world.schema + "?sslMode=disable")),
        [proxy] {
          return proxy->has_cut();
        }};
  });
}

TEST_CASE("a connection that is killed between two blocks is tried again") {
  mysql_warehouse world;
  upload_probe upload{*world.to, request_for("t", replace)};
  upload.write({R"({"id":1})"});
  REQUIRE(upload.wait_until_taken());
  const auto mine = world.rows("SELECT CONNECTION_ID()").at(0);
  for (const auto& id :
       world.rows("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '"
                  + test::environment("MYSQL_USER") + "' AND ID <> " + mine))
    world.rows("KILL " + id);
  upload.write({R"({"id":2})"});
  const auto lost = upload.finish();
  CHECK(code_of(lost) == ec::destination_unavailable);
  commit(world.send(request_for("t", replace), {R"({"id":3})"}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"3"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a server without local_infile is told what to set") {
  mysql_warehouse world;
  world.rows("SET GLOBAL local_infile = OFF");
  const auto refused = world.send(request_for("t"), {R"({"id":1})"});
  const auto tried =
      try_destination(*world.to, {"sync", "t1", ""}, [] { return false; });
  world.rows("SET GLOBAL local_infile = ON");
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("local_infile=ON"));
  REQUIRE_FALSE(tried);
  CHECK_THAT(tried.error().what, ContainsSubstring("local_infile=ON"));
  CHECK(world.tables().empty());
}

TEST_CASE("a commit waits for a lock, and reports it if it stays") {
  mysql_warehouse world;
  commit(world.send(request_for("t", replace), {R"({"id":1})"}));
  mysql_client holder;
  holder.rows("START TRANSACTION");
  holder.rows("SELECT * FROM " + world.schema + ".t FOR UPDATE");
  auto to = mysql_warehouse::open(
      world.schema + "?innodb_lock_wait_timeout=1&lock_wait_timeout=1", "t2");
  for (const auto* rows : {R"({"id":2})", R"({"id":2,"new":1})"}) {
    const auto late = send_rows(*to, request_for("t", replace), {rows});
    CHECK(code_of(late) == ec::destination_unavailable);
    CHECK_THAT(reason(late), ContainsSubstring("holds a lock on the table"));
  }
  holder.rows("ROLLBACK");
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
  CHECK(world.tables() == strings{"t"});
  commit(send_rows(*to, request_for("t", replace), {R"({"id":3})"}));
}

TEST_CASE("a request that loses a deadlock is tried again") {
  mysql_warehouse world;
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":1,"v":"a"})", R"({"id":2,"v":"a"})"}));
  const auto table = world.schema + ".t";
  // The server ends the transaction that has changed less.
  world.rows("CREATE TABLE " + world.schema + ".more (a int) ENGINE=InnoDB");
  mysql_client holder;
  holder.rows("START TRANSACTION");
  holder.rows("INSERT INTO " + world.schema + ".more SELECT seq FROM "
              + world.schema + ".seq_1_to_1000");
  holder.rows("UPDATE " + table + " SET v = 'h' WHERE id = 2");
  const std::vector<std::string> rows = {R"({"id":1,"v":"x"})",
                                         R"({"id":2,"v":"x"})"};
  upload_probe upload{*world.to, keyed("t", {"id"})};
  upload.write(rows);
  upload->finish();
  // It has the first row, and waits for the second. (INNODB_TRX would show the
  // same for as long as it is asked often.)
  while (world.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
         != strings{"Innodb_row_lock_current_waits|1"})
    std::this_thread::yield();
  holder.rows("UPDATE " + table + " SET v = 'h' WHERE id = 1");
  const auto lost = upload.wait();
  CHECK(code_of(lost) == ec::destination_unavailable);
  CHECK_THAT(reason(lost),
             ContainsSubstring("Deadlock found") && ContainsSubstring("1213"));
  holder.rows("COMMIT");
  CHECK(world.rows("SELECT id, v FROM " + table + " ORDER BY id")
        == strings{"1|h", "2|h"});
  CHECK(world.tables() == strings{"more", "t"});
  commit(world.send(keyed("t", {"id"}), rows));
  CHECK(world.rows("SELECT id, v FROM " + table + " ORDER BY id")
        == strings{"1|x", "2|x"});
}

TEST_CASE("two commits to one table take turns") {
  mysql_warehouse world;
  mysql_client other;
  const auto name = '"' + world.schema + R"("."t")";
  CHECK(other.rows("SELECT GET_LOCK(CONCAT('motorcade ', MD5('" + name
                   + "')), 0)")
        == strings{"1"});
  auto to = mysql_warehouse::open(world.schema + "?lock_wait_timeout=1");
  const auto late = send_rows(*to, request_for("t"), {R"({"id":1})"});
  CHECK(code_of(late) == ec::destination_unavailable);
  CHECK_THAT(reason(late), ContainsSubstring("another task is still"));
  other.rows("DO RELEASE_LOCK(CONCAT('motorcade ', MD5('" + name + "')))");
  commit(send_rows(*to, request_for("t"), {R"({"id":1})"}));
}

TEST_CASE("a missing privilege is reported in words, without a password") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  world.rows("CREATE TABLE " + world.schema + ".t (id bigint) ENGINE=InnoDB");
  const poor_user none{world.client, ""};
  const poor_user reader{world.client, "SELECT ON " + world.schema + ".*"};
  const poor_user writer{world.client,
                         "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON "
                             + world.schema + ".*"};

  struct row {
    std::string url;
    std::string told;
  };

  const std::vector<row> rows = {
      {none.url(world.schema), "create the database"},
      {reader.url(world.schema), "grant the user SELECT, INSERT"},
      {writer.url(world.schema), "grant the user SELECT, INSERT"},
      {writer.url(world.schema, "hush-wrong"), "the password is wrong"},
      {"mysql://u:hush@127.0.0.1:" + test::bound_socket{}.port() + "/d",
       "mysql://127.0.0.1"},
  };
  for (const auto& [url, told] : rows) {
    INFO(told);
    auto to = open_at(url);
    // A column is added.
    const auto refused =
        send_rows(*to, request_for("t"), {R"({"id":1,"v":1})"});
    CHECK_FALSE(refused.committed());
    CHECK_THAT(reason(refused),
               ContainsSubstring(told) && !ContainsSubstring("hush"));
  }
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"0"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a silent server is given up, and no descriptor is left") {
  test::bound_socket silent;
  silent.listen(8);
  const auto before = open_files();
  for (int i = 0; i < 3; ++i) {
    auto to =
        open_at("mysql://u:p@127.0.0.1:" + silent.port() + "/d?timeout=1s");
    const auto late = send_rows(*to, request_for("t"), {R"({"id":1})"});
    CHECK(code_of(late) == ec::destination_unavailable);
    CHECK_THAT(reason(late), ContainsSubstring("within the time limit"));
  }
  CHECK(open_files() == before);
}

TEST_CASE("a wait for the server can be interrupted") {
  test::bound_socket silent;
  silent.listen(8);
  auto to =
      open_at("mysql://u:p@127.0.0.1:" + silent.port() + "/d?timeout=600s");
  upload_probe upload{*to, request_for("t")};
  upload.write({R"({"id":1})"});
  // It is being connected to.
  const motorcade::file_handle came{
      ::accept4(silent.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
  REQUIRE(came);
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
}

TEST_CASE("a statement without an answer is given up in time, or interrupted") {
  mysql_warehouse world;
  commit(world.send(request_for("t", replace), {R"({"id":1})"}));
  mysql_client holder;
  holder.rows("START TRANSACTION");
  holder.rows("SELECT * FROM " + world.schema + ".t FOR UPDATE");
  const auto url =
      mysql_address(test::environment("MYSQL_USER"),
                    test::environment("MYSQL_PASSWORD"), world.schema);
  auto hasty = open_at(url, std::chrono::seconds{1});
  const auto late =
      send_rows(*hasty, request_for("t", replace), {R"({"id":2})"});
  CHECK(code_of(late) == ec::destination_unavailable);
  CHECK_THAT(reason(late), ContainsSubstring("did not answer"));
  hasty.reset();
  upload_probe upload{*world.to, request_for("t", replace)};
  upload.write({R"({"id":3})"});
  upload->finish();
  while (world
             .rows("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO "
                   "LIKE 'DELETE FROM \""
                   + world.schema + "%'")
             .empty())
    std::this_thread::yield();
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  holder.rows("ROLLBACK");
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
}

TEST_CASE("TLS is used as the config asks for") {
  mysql_warehouse world;
  const auto ca = test::environment("MYSQL_CA");
  const auto user = test::environment("MYSQL_USER");
  const auto password = test::environment("MYSQL_PASSWORD");
  const poor_user secure{world.client, "ALL PRIVILEGES ON *.*"};
  world.rows("ALTER USER '" + secure.name + "'@'%' REQUIRE SSL");
  const auto config = [&](const std::string& host, const std::string& more) {
    return R"({"destinationType":"mysql","host":")" + host + R"(","port":)"
           + test::environment("MYSQL_PORT") + R"(,"database":")" + world.schema
           + R"(","username":")" + secure.name + R"(","password":"hush-poor",)"
           + more + "}";
  };

  struct row {
    std::string config;
    std::string told;
  };

  const std::vector<row> rows = {
      {config("localhost", R"("sslMode":"require")"), "committed"},
      {config("localhost", R"("unknown":1)"), "committed"},
      {config("localhost", R"("parameters":{"tls":"skip-verify"})"),
       "committed"},
      {config("localhost",
              R"("sslMode":"verify-full","sslServerCA":")" + ca + '"'),
       "committed"},
      {config("localhost", R"("sslMode":"disable")"), "denied"},
      // For another name. 127.1 is this machine, and libmariadb does not know
      // it: that of 3.4 trusts `localhost` and 127.0.0.1 without a look.
      {config("127.1", R"("sslMode":"verify-full","sslServerCA":")" + ca + '"'),
       "sslServerCA"},
      {config("127.1",
              R"("parameters":{"tls":"true"},"sslServerCA":")" + ca + '"'),
       "sslServerCA"},
#ifndef MARIADB_TLS_VERIFY_OK
      // The certificate is of no authority that this machine knows. A
      // libmariadb that has MARIADB_TLS_VERIFY_OK may accept it: a MariaDB can
      // prove that it knows the password, and that the certificate is its own.
      {config("localhost", R"("sslMode":"verify-full")"), "sslServerCA"},
      {config("localhost", R"("parameters":{"tls":"true"})"), "sslServerCA"},
#endif
  };
  for (const auto& [text, told] : rows) {
    INFO(text);
    auto made = open_destination({}, text, "t1");
    REQUIRE(made);
    const auto outcome =
        send_rows(**made, request_for("t", replace), {R"({"id":1})"});
    CHECK_THAT(reason(outcome),
               ContainsSubstring(told) && !ContainsSubstring("hush"));
    if (!outcome.committed())
      CHECK(code_of(outcome) == ec::invalid_argument);
  }
}

TEST_CASE(
    "tables of killed attempts are swept, those of other programs are not") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  const auto make = [&](const std::string& name, const std::string& comment) {
    world.rows("CREATE TABLE " + world.schema + '.' + name
               + " (a int) COMMENT '" + comment + "'");
  };
  make("t_tmp1600000000000123", ""); // Years old.
  const staging_names names{"t", 63};
  make(names.make(), staging_names::comment("sync-1", "dead"));
  const auto others = names.make();
  make(others, staging_names::comment("sync-2", "dead"));
  const auto own = names.make();
  make(own, staging_names::comment("sync-1", "t1"));
  make("t_tmpfoo", "");
  make("u_tmp1600000000000123", "");
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  strings left = {"t", others, own, "t_tmpfoo", "u_tmp1600000000000123"};
  std::sort(left.begin(), left.end());
  CHECK(world.tables() == left);
}
