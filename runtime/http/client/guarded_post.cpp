#include "runtime/http/client/guarded_post.hpp"

#include "runtime/http/client/api_client.hpp"
#include "runtime/http/client/curl_library.hpp"

#include <curl/curl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <new>

namespace motorcade {

namespace {

struct handle_deleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

/// Opens a socket if the caller lets it reach that address.
curl_socket_t open_socket(void* from, curlsocktype, curl_sockaddr* to) {
  const auto& request = *static_cast<const guarded_post*>(from);
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(&to->addr, to->addrlen, text.data(), text.size(), nullptr,
                    0, NI_NUMERICHOST)
          != 0
      || !request.may_connect(text.data()))
    return CURL_SOCKET_BAD;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/// Ignores the answer's body; one of more than 1 MiB ends the call.
size_t pass_over(char*, size_t size, size_t count, void* sum) {
  constexpr size_t most = 1 << 20;
  auto& all = *static_cast<size_t*>(sum);
  all += size * count;
  return all > most ? 0 : size * count;
}

int look_at_go_on(void* from, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& request = *static_cast<const guarded_post*>(from);
  return request.go_on && !request.go_on() ? 1 : 0;
}

} // namespace

result<long> send_guarded(const guarded_post& request) {
  prepare_curl();
  const std::unique_ptr<CURL, handle_deleter> handle{curl_easy_init()};
  if (!handle)
    throw std::bad_alloc{};
  auto* easy = handle.get();
  curl_list headers;
  for (const auto& line : request.headers)
    append(headers, line);
  // Few servers send the `100 Continue` that libcurl would wait for.
  append(headers, "Expect:");
  const auto set = [&](CURLoption option, auto value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      throw std::bad_alloc{};
  };
  auto self = request;
  std::array<char, CURL_ERROR_SIZE> reason{};
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDS, request.body.c_str());
  set(CURLOPT_POSTFIELDSIZE_LARGE,
      static_cast<curl_off_t>(request.body.size()));
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&self));
  size_t passed_over = 0;
  set(CURLOPT_WRITEFUNCTION, &pass_over);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&passed_over));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &look_at_go_on);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&self));
  const auto authorities = certificates_of_environment();
  if (!authorities.file.empty())
    set(CURLOPT_CAINFO, authorities.file.c_str());
  if (!authorities.directory.empty())
    set(CURLOPT_CAPATH, authorities.directory.c_str());
  const auto code = curl_easy_perform(easy);
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return failure{ec::cancelled, "the call was cancelled"};
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  // An answer whose body is too long counts as one all the same.
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status > 0))
    return failure{
        ec::service_unavailable,
        host_of(request.url) + ": "
            + (reason[0] != '\0' ? reason.data() : curl_easy_strerror(code))};
  return status;
}

} // namespace motorcade
