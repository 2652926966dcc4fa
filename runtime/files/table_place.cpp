#include "runtime/files/table_place.hpp"

#include "runtime/base/digest.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

constexpr size_t longest_name = 200;
constexpr size_t hash_digits = 16;
constexpr std::string_view rows_suffix = ".ndjson.zst";
constexpr std::string_view files_suffix = ".files";

std::string hash_of(std::string_view text) {
  return sha256_hex(text).substr(0, hash_digits);
}

/// Makes the name of a namespace's folder. A table's files must not lie where
/// another namespace has its tables.
std::string namespace_folder(const std::string& target_namespace) {
  auto out = file_name_of(target_namespace);
  // `%2E` stands for a leading dot alone, so this name is unique.
  if (out.ends_with(files_suffix))
    out.replace(out.size() - files_suffix.size(), 1, "%2E");
  return out;
}

} // namespace

std::string file_name_of(std::string_view name) {
  std::string out;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/' || c == '%'
        || (c == '.' && out.empty())) {
      append_percent(out, c);
    } else {
      out += c;
    }
  }
  if (out.empty())
    return "%";
  if (out.size() <= longest_name)
    return out;
  // No encoded name holds `%~`, so a cut name is unique.
  auto end = longest_name - hash_digits - 2;
  if (auto escape = out.rfind('%', end - 1); escape + 3 > end)
    end = escape;
  out.resize(character_start(out, end));
  return out + "%~" + hash_of(name);
}

table_place::table_place(const std::string& root,
                         const std::string& target_namespace,
                         const std::string& table)
    : folder{root}, name_{file_name_of(table)} {
  if (!target_namespace.empty())
    folder += "/" + namespace_folder(target_namespace);
  rows = folder + "/" + name_ + std::string{rows_suffix};
  owner = folder + "/." + name_ + ".owner";
  files = folder + "/" + name_ + std::string{files_suffix};
}

std::string table_place::hidden(std::string_view task_id) const {
  return folder + "/." + name_ + "." + hash_of(task_id) + ".";
}

std::string file_place_of(std::string_view relative_path) {
  std::string out;
  for (;;) {
    auto slash = relative_path.find('/');
    out += file_name_of(relative_path.substr(0, slash));
    if (slash == std::string_view::npos)
      return out;
    out += '/';
    relative_path.remove_prefix(slash + 1);
  }
}

} // namespace motorcade
