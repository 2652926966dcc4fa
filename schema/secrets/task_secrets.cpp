#include "schema/secrets/task_secrets.hpp"

#include "schema/secrets/secret_mask.hpp"

#include <utility>

namespace motorcade {

namespace {

size_t bytes_of(const std::vector<std::string>& secrets) {
  size_t out = 0;
  for (const auto& secret : secrets)
    out += sizeof(std::string) + secret.size();
  return out;
}

} // namespace

task_secrets::task_secrets(std::vector<std::string> secrets)
    : complete_{bytes_of(secrets) <= most_bytes} {
  if (complete_)
    secrets_ = std::move(secrets);
}

size_t task_secrets::bytes() const noexcept {
  return bytes_of(secrets_);
}

std::string task_secrets::hide_in(std::string text) const {
  if (!complete_)
    return text.empty() ? text : std::string{withheld};
  // The mask is made when it is needed: few of thousands of tasks have such a
  // text.
  secret_mask mask;
  for (const auto& secret : secrets_)
    mask.add(secret, secret_mask::stay::always);
  return mask.apply(std::move(text));
}

} // namespace motorcade
