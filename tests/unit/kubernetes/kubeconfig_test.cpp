#include "runtime/kubernetes/kubeconfig.hpp"

#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

// "ca-pem", "cert-pem", "key-hush" in base64.
const std::string config = R"(
apiVersion: v1
kind: Config
current-context: here
clusters:
- name: one
  cluster:
    server: https://10.0.0.1:6443/
    certificate-authority-data: Y2EtcGVt
- name: two
  cluster:
    server: https://two
    certificate-authority: ca.crt
    tls-server-name: inner
- name: three
  cluster: {server: http://three, insecure-skip-tls-verify: true}
contexts:
- name: here
  context: {cluster: one, user: admin, namespace: syncs}
- name: there
  context: {cluster: two, user: robot}
- name: nobody
  context: {cluster: three}
- name: program
  context: {cluster: one, user: program}
- name: lost
  context: {cluster: none, user: admin}
users:
- name: admin
  user:
    client-certificate-data: Y2VydC1wZW0=
    client-key-data: |
      a2V5
      LWh1c2g=
- name: robot
  user: {token: old-hush, tokenFile: token}
- name: program
  user: {exec: {command: hush}}
)";

std::string refusal(const std::string& text, const std::string& context = {}) {
  auto read = read_kubeconfig(text, ".", context);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ec::invalid_argument);
  CHECK(read.error().what.find("hush") == std::string::npos);
  return read.error().what;
}

} // namespace

TEST_CASE(
    "the current context of a kubeconfig is used, or the one that is named") {
  auto here = read_kubeconfig(config, ".", {});
  REQUIRE(here);
  CHECK(here->server == "https://10.0.0.1:6443");
  CHECK(here->authorities == "ca-pem");
  CHECK(here->certificate == "cert-pem");
  CHECK(here->key == "key-hush");
  CHECK(here->name_space == "syncs");
  CHECK_FALSE(here->insecure);
  scratch_folder folder;
  folder.write("ca.crt", "other-pem");
  auto there = read_kubeconfig(config, folder.path().string(), "there");
  REQUIRE(there);
  CHECK(there->authorities == "other-pem");
  CHECK(there->tls_server_name == "inner");
  CHECK(there->token.empty());
  CHECK(there->token_file == folder.path("token"));
  auto nobody = read_kubeconfig(config, ".", "nobody");
  REQUIRE(nobody);
  CHECK(nobody->insecure);
  CHECK(nobody->token.empty());
  CHECK(nobody->certificate.empty());
}

TEST_CASE("unsupported parts of a kubeconfig are named") {
  CHECK(refusal("").find("kind Config") != std::string::npos);
  CHECK(refusal("a: [hush").find("no YAML, line") != std::string::npos);
  CHECK(refusal("kind: Secret").find("kind Config") != std::string::npos);
  CHECK(refusal("kind: Config").find("current-context") != std::string::npos);
  CHECK(refusal(config, "elsewhere").find("\"elsewhere\"")
        != std::string::npos);
  CHECK(refusal(config, "lost").find("\"none\"") != std::string::npos);
  CHECK(refusal(config, "program").find("exec is not supported")
        != std::string::npos);
  CHECK(refusal(config, "there").find("ca.crt") != std::string::npos);
  auto with = [](const std::string& from, const std::string& to) {
    auto text = config;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  CHECK(refusal(with("Y2EtcGVt", "hush!")).find("not base64")
        != std::string::npos);
  CHECK(refusal(with("client-certificate-data: Y2VydC1wZW0=", "x: y"))
            .find("go together")
        != std::string::npos);
  CHECK(
      refusal(with("https://10.0.0.1:6443/", "hush://x")).find("no http(s) URL")
      != std::string::npos);
}

TEST_CASE("a Pod knows its API by its service account") {
  scratch_folder folder;
  folder.write("ca.crt", "ca-pem");
  folder.write("token", "t0ken");
  folder.write("namespace", "syncs");
  auto in = [&](const std::string& host) {
    return read_in_cluster_access(
        make_environment({{"KUBERNETES_SERVICE_HOST", host},
                          {"KUBERNETES_SERVICE_PORT", "443"}}),
        folder.path().string());
  };
  auto access = in("10.0.0.1");
  REQUIRE(access);
  CHECK(access->server == "https://10.0.0.1:443");
  CHECK(access->authorities == "ca-pem");
  CHECK(access->token_file == folder.path("token"));
  CHECK(access->name_space == "syncs");
  CHECK(in("fd00::1")->server == "https://[fd00::1]:443");
  CHECK_FALSE(in(""));
  std::filesystem::remove(folder.path("token"));
  auto lost = in("10.0.0.1");
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what.find("token") != std::string::npos);
}

TEST_CASE("the setting may be a word, a path or the config itself") {
  scratch_folder folder;
  auto path = folder.write("config", config);
  auto nothing = make_environment({});
  CHECK(find_kube_access(path, {}, nothing)->server == "https://10.0.0.1:6443");
  CHECK(find_kube_access(config, {}, nothing)->server
        == "https://10.0.0.1:6443");
  auto local = find_kube_access("local", {}, nothing);
  REQUIRE_FALSE(local);
  CHECK(local.error().what.find("no Pod") != std::string::npos);
  auto lost = find_kube_access("/nowhere/config", {}, nothing);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what.find("/nowhere/config") != std::string::npos);
}
