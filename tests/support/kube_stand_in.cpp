#include "support/kube_stand_in.hpp"

#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <condition_variable>
#include <stdexcept>
#include <thread>

namespace motorcade::test {

namespace {

struct free_key {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct free_certificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct free_bio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

using key_ptr = std::unique_ptr<EVP_PKEY, free_key>;
using certificate_ptr = std::unique_ptr<X509, free_certificate>;
using bio_ptr = std::unique_ptr<BIO, free_bio>;

void must(bool fine) {
  if (!fine)
    throw std::runtime_error{"OpenSSL failed"};
}

void extend(X509* certificate, int what, const std::string& value) {
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
  must(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// @param issuer Null: itself.
certificate_ptr make_certificate(const std::string& name, EVP_PKEY* key,
                                 X509* issuer, EVP_PKEY* issuer_key) {
  certificate_ptr out{X509_new()};
  must(out != nullptr);
  X509_set_version(out.get(), 2);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 3600);
  X509_set_pubkey(out.get(), key);
  auto* subject = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(
      out.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
  if (issuer == nullptr)
    extend(out.get(), NID_basic_constraints, "critical,CA:TRUE");
  else if (name.find_first_not_of("0123456789.") == std::string::npos)
    extend(out.get(), NID_subject_alt_name, "IP:" + name);
  else
    extend(out.get(), NID_subject_alt_name, "DNS:" + name);
  must(X509_sign(out.get(), issuer_key, EVP_sha256()) > 0);
  return out;
}

template <class F>
std::string to_pem(F write) {
  bio_ptr bio{BIO_new(BIO_s_mem())};
  must(bio && write(bio.get()) == 1);
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string to_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr,
                                    nullptr);
  });
}

bio_ptr open(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

certificate_ptr read_certificate(const std::string& pem) {
  return certificate_ptr{
      PEM_read_bio_X509(open(pem).get(), nullptr, nullptr, nullptr)};
}

key_ptr read_key(const std::string& pem) {
  return key_ptr{
      PEM_read_bio_PrivateKey(open(pem).get(), nullptr, nullptr, nullptr)};
}

} // namespace

test_authority make_authority(const std::string& name) {
  key_ptr key{EVP_EC_gen("P-256")};
  key_ptr server_key{EVP_EC_gen("P-256")};
  key_ptr client_key{EVP_EC_gen("P-256")};
  auto own = make_certificate("authority", key.get(), nullptr, key.get());
  auto server = make_certificate(name, server_key.get(), own.get(), key.get());
  auto client =
      make_certificate("client", client_key.get(), own.get(), key.get());
  return {to_pem(own.get()), to_pem(server.get()), to_pem(server_key.get()),
          to_pem(client.get()), to_pem(client_key.get())};
}

struct kube_stand_in::server {
  std::unique_ptr<httplib::Server> http;
  /// As long as the server, which does not copy them.
  certificate_ptr certificate;
  key_ptr key;
  std::string url;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
};

kube_stand_in::kube_stand_in(answer_function answer)
    : server_{std::make_unique<server>()}, answer_{std::move(answer)} {
  server_->http = std::make_unique<httplib::Server>();
  start(false);
}

kube_stand_in::kube_stand_in(answer_function answer,
                             const test_authority& authority)
    : server_{std::make_unique<server>()}, answer_{std::move(answer)} {
  server_->certificate = read_certificate(authority.server_certificate);
  server_->key = read_key(authority.server_key);
  auto* store = X509_STORE_new();
  X509_STORE_add_cert(store, read_certificate(authority.certificate).get());
  server_->http = std::make_unique<httplib::SSLServer>(
      server_->certificate.get(), server_->key.get(), store);
  if (!server_->http->is_valid())
    throw std::runtime_error{"no TLS for a stand-in"};
  start(true);
}

void kube_stand_in::start(bool secure) {
  auto& http = *server_->http;
  http.set_tcp_nodelay(true);
  auto take = [this](const httplib::Request& request,
                     httplib::Response& response) {
    kube_call call;
    call.method = request.method;
    call.path = request.target;
    call.body = request.body;
    call.client_port = request.remote_port;
    for (const auto& [name, value] : request.headers) {
      std::string lower;
      for (unsigned char c : name)
        lower += static_cast<char>(std::tolower(c));
      call.headers[lower] = value;
    }
    {
      std::lock_guard lock{mutex_};
      calls_.push_back(call);
    }
    auto answer = answer_(call);
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers)
      response.set_header(name, value);
    if (!answer.stream) {
      response.set_content(answer.body, "application/json");
      return;
    }
    response.set_chunked_content_provider(
        "application/json",
        [stream = std::move(answer.stream)](size_t, httplib::DataSink& sink) {
          if (!stream([&sink](const std::string& bytes) {
                return sink.write(bytes.data(), bytes.size());
              }))
            return false;
          sink.done();
          return true;
        });
  };
  http.Get(".*", take).Post(".*", take).Put(".*", take);
  http.Patch(".*", take).Delete(".*", take);
  auto port = http.bind_to_any_port("127.0.0.1");
  if (port <= 0)
    throw std::runtime_error{"no port for a stand-in"};
  server_->url = (secure ? "https://127.0.0.1:" : "http://127.0.0.1:")
                 + std::to_string(port);
  server_->thread = std::thread{[&http] {
    http.listen_after_bind();
  }};
  // Before that `stop` would do nothing.
  while (!http.is_running())
    std::this_thread::yield();
}

kube_stand_in::~kube_stand_in() {
  {
    std::lock_guard lock{server_->mutex};
    server_->over = true;
  }
  server_->changed.notify_all();
  server_->http->stop();
  server_->thread.join();
}

std::string kube_stand_in::url() const {
  return server_->url;
}

std::vector<kube_call> kube_stand_in::calls() const {
  std::lock_guard lock{mutex_};
  return calls_;
}

std::vector<std::string> kube_stand_in::lines() const {
  std::vector<std::string> out;
  for (const auto& call : calls())
    out.push_back(call.line());
  return out;
}

void kube_stand_in::hang() {
  std::unique_lock lock{server_->mutex};
  server_->changed.wait(lock, [this] { return server_->over; });
}

} // namespace motorcade::test
