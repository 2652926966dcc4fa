#include "runtime/destination/warehouse/config_text.hpp"

#include "schema/json/json_view.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace motorcade {

failure invalid_config(std::string what) {
  return {ec::invalid_argument, "destinationConfig: " + std::move(what)};
}

result<std::string> config_text(const json_view& config,
                                std::string_view name) {
  const auto value = config.find(name);
  if (!value || value->is_null())
    return std::string{};
  auto text = value->is_string() ? value->text() : std::string{value->raw()};
  if (value->is_object() || value->is_array())
    return invalid_config(std::string{name} + " must be a text");
  if (text.find('\0') != std::string::npos)
    return invalid_config(std::string{name} + " holds a NUL");
  return text;
}

result<std::string> kept_certificates::path_of(std::string text,
                                               std::string_view name) {
  if (text.find("-----BEGIN") == std::string::npos)
    return text;
  auto file = std::make_shared<file_handle>(
      ::memfd_create("motorcade-certificate", MFD_CLOEXEC));
  // libpq refuses a key that other users may read.
  if (!*file || ::fchmod(file->get(), 0600) != 0
      || ::write(file->get(), text.data(), text.size())
             != static_cast<ssize_t>(text.size()))
    return failure{ec::system_failed,
                   std::string{name} + " cannot be kept in memory"};
  files.push_back(file);
  if (text.find("PRIVATE KEY-----") != std::string::npos)
    secrets.push_back(std::move(text));
  return "/proc/self/fd/" + std::to_string(file->get());
}

} // namespace motorcade
