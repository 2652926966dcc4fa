#include "schema/task/image_trouble.hpp"

#include <catch2/catch_all.hpp>

#include <string_view>

using namespace motorcade;

TEST_CASE("a registry out of reach is distinguished from a wrong image") {
  using enum image_trouble;

  struct row {
    image_trouble wanted;
    std::string_view reason;
    std::string_view message;
  };

  constexpr row rows[] =
      {
          // containerd.
          {image, "ErrImagePull",
           R"(rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/airbyte/source-x:9": failed to resolve reference "docker.io/airbyte/source-x:9": docker.io/airbyte/source-x:9: not found)"},
          {image, "ErrImagePull",
           R"(failed to pull and unpack image "docker.io/airbyte/nope:1": failed to resolve reference "docker.io/airbyte/nope:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed)"},
          {image, "ErrImagePull",
           R"(failed to resolve reference "ghcr.io/a/b:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aa%2Fb%3Apull: 403 Forbidden)"},
          {image, "ErrImagePull",
           R"(failed to pull and unpack image "r.example.com/a:1": failed to resolve reference "r.example.com/a:1": unexpected status from HEAD request to https://r.example.com/v2/a/manifests/1: 401 Unauthorized)"},
          {image, "ErrImagePull",
           R"(no match for platform in manifest: not found)"},
          {image, "ErrImagePull",
           R"(failed to do request: Head "https://r:5000/v2/a/manifests/1": http: server gave HTTP response to HTTPS client)"},
          {image, "ErrImagePull",
           R"(failed to do request: Head "https://r/v2/a/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority)"},
          {registry, "ErrImagePull",
           R"(failed to pull and unpack image "r.example.com/a:1": failed to resolve reference "r.example.com/a:1": failed to do request: Head "https://r.example.com/v2/a/manifests/1": dial tcp 10.0.0.7:443: connect: connection refused)"},
          {registry, "ErrImagePull",
           R"(failed to do request: Head "https://r.example.com/v2/a/manifests/1": dial tcp: lookup r.example.com on 10.96.0.10:53: no such host)"},
          {registry, "ErrImagePull",
           R"(failed to do request: Head "https://registry-1.docker.io/v2/a": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution)"},
          {registry, "ErrImagePull",
           R"(failed to do request: Head "https://r/v2/a": net/http: TLS handshake timeout)"},
          {registry, "ErrImagePull",
           R"(failed to authorize: failed to fetch oauth token: Post "https://auth.docker.io/token": read tcp 10.0.0.1:4->1.2.3.4:443: read: connection reset by peer)"},
          {registry, "ErrImagePull",
           R"(failed to copy: httpReadSeeker: failed open: unexpected status code https://r/v2/a/blobs/sha256:404: 503 Service Unavailable)"},
          {registry, "ErrImagePull",
           R"(failed to resolve reference "r/a:1": unexpected status from HEAD request to https://r/v2/a/manifests/1: 502 Bad Gateway)"},
          {registry, "ErrImagePull",
           R"(unexpected status code 500 while fetching the manifest)"},
          {registry, "ErrImagePull",
           R"(rpc error: code = DeadlineExceeded desc = context deadline exceeded)"},
          {registry, "ErrImagePull",
           R"(failed to copy: httpReadSeeker: failed open: unexpected EOF)"},
          {registry, "ErrImagePull",
           R"(toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading)"},
          {registry, "ErrImagePull",
           R"(unexpected status from GET request to https://r/v2/a/manifests/1: 429 Too Many Requests)"},
          // One mirror has no such image, the other was out of reach.
          {registry, "ErrImagePull",
           R"(mirror.example.com/a:1: not found; Head "https://r/v2/a": dial tcp 10.0.0.7:443: i/o timeout)"},
          // Docker and CRI-O.
          {image,
           "ErrImagePull", R"(rpc error: code = Unknown desc = Error response from daemon: manifest for airbyte/source-x:9 not found: manifest unknown: manifest unknown)"},
          {image, "ErrImagePull",
           R"(rpc error: code = Unknown desc = reading manifest 9 in docker.io/airbyte/source-x: manifest unknown)"},
          {image, "ErrImagePull",
           R"(rpc error: code = Unknown desc = Error response from daemon: pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied)"},
          {image, "ErrImagePull",
           R"(unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password)"},
          {registry, "ErrImagePull",
           R"(rpc error: code = Unknown desc = Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers))"},
          {registry, "ErrImagePull",
           R"(pinging container registry r.example.com: Get "https://r.example.com/v2/": dial tcp 10.0.0.7:443: connect: no route to host)"},
          {registry, "ErrImagePull",
           R"(received unexpected HTTP status: 503 Service Unavailable)"},
          // The kubelet's own.
          {image, "ImagePullBackOff",
           R"(Back-off pulling image "airbyte/source-x:9")"},
          {image, "ImagePullBackOff",
           R"(Back-off pulling image "a:9": ErrImagePull: failed to resolve reference "docker.io/library/a:9": docker.io/library/a:9: not found)"},
          {registry, "ImagePullBackOff",
           R"(Back-off pulling image "r/a:9": ErrImagePull: failed to do request: Head "https://r/v2/a/manifests/9": dial tcp 10.0.0.7:443: connect: connection refused)"},
          {registry, "RegistryUnavailable", ""},
          {image, "InvalidImageName", R"(couldn't parse image name "A B")"},
          {image, "ErrImageNeverPull",
           R"(Container image "a:1" is not present with pull policy of Never)"},
          {node, "ErrImagePull", "pull QPS exceeded"},
          {node, "ErrImagePull",
           R"(failed to pull and unpack image "a:1": failed to extract layer sha256:5030: write /var/lib/containerd/x: no space left on device)"},
          // Digits that are no status.
          {image, "ErrImagePull",
           R"(docker.io/a@sha256:500503429502: not found)"},
          {image, "ErrImagePull", ""},
      };
  for (const auto& [wanted, reason, message] : rows) {
    INFO(reason << ": " << message);
    CHECK(judge_image_trouble(reason, message) == wanted);
  }
}
