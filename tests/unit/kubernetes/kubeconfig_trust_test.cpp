#include "runtime/kubernetes/kubeconfig.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("only the cluster's own setting makes it insecure") {
  struct cluster {
    std::string says;
    std::string authorities;
    bool insecure;
  };

  auto one = GENERATE(values<cluster>({
      // The system's authorities count.
      {"", "", false},
      {"insecure-skip-tls-verify: false", "", false},
      {"insecure-skip-tls-verify: true", "", true},
      {"certificate-authority-data: Y2EtcGVt", "ca-pem", false},
      {"certificate-authority-data: ''", "", false},
      {"certificate-authority: ''", "", false},
      {"insecure-skip-tls-verify: 'yes'", "", false},
      {"insecure-skip-tls-verify: 1", "", false},
  }));
  CAPTURE(one.says);
  auto read = read_kubeconfig(R"({apiVersion: v1, kind: Config,
    clusters: [{name: c, cluster: {server: "https://k", )"
                                  + one.says + R"(}}],
    users: [{name: u, user: {token: t}}],
    contexts: [{name: x, context: {cluster: c, user: u}}]})",
                              ".", {});
  REQUIRE(read);
  CHECK(read->insecure == one.insecure);
  CHECK(read->authorities == one.authorities);
}
