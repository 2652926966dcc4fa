#include "runtime/destination/object_storage/object_names.hpp"

#include "runtime/files/table_place.hpp"
#include "schema/base/ascii.hpp"

#include <algorithm>
#include <chrono>

namespace motorcade {

namespace {

constexpr std::string_view date_macro = "[DATE]";
constexpr std::string_view time_macro = "[TIMESTAMP]";

/// The form of digits, `9` standing for each.
constexpr std::string_view date_form = "9999-99-99";
constexpr std::string_view appended_form = "_9999_99_99T99_99_99";

void replace_all(std::string& in, std::string_view what,
                 std::string_view with) {
  for (size_t at = 0; (at = in.find(what, at)) != std::string::npos;
       at += with.size())
    in.replace(at, what.size(), with);
}

std::string fill_in(std::string folder, wall_time now) {
  replace_all(folder, date_macro, to_iso8601_millis(now).substr(0, 10));
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  replace_all(folder, time_macro, std::to_string(seconds));
  return folder;
}

/// @returns e.g. `_2006_01_02T15_04_05`.
std::string appended_mark(wall_time began) {
  auto out = '_' + to_iso8601_millis(began).substr(0, 19);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '-' || c == ':'; }, '_');
  return out;
}

/// @returns `namespace/table`, without a folder.
std::string path_of(const upload_request& request) {
  return (request.target_namespace.empty()
              ? std::string{}
              : file_name_of(request.target_namespace) + '/')
         + file_name_of(request.table);
}

std::string join(const std::string& folder, const std::string& rest) {
  return folder.empty() ? rest : folder + '/' + rest;
}

/// Takes the form off the text's beginning.
bool take_form(std::string_view& text, std::string_view form) {
  const auto fits =
      text.size() >= form.size()
      && std::equal(form.begin(), form.end(), text.begin(), [](char f, char c) {
           return f == '9' ? is_ascii_digit(c) : f == c;
         });
  text.remove_prefix(fits ? form.size() : 0);
  return fits;
}

/// Takes one digit and all that follow it.
bool take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_digit);
  const auto size = static_cast<size_t>(end - text.begin());
  text.remove_prefix(size);
  return size > 0;
}

/// Takes the folder off the beginning of a name, whatever time it was filled in
/// with.
bool take_folder(std::string_view& name, std::string_view folder) {
  while (!folder.empty()) {
    if (folder.starts_with(date_macro)) {
      if (!take_form(name, date_form))
        return false;
      folder.remove_prefix(date_macro.size());
    } else if (folder.starts_with(time_macro)) {
      if (!take_digits(name))
        return false;
      folder.remove_prefix(time_macro.size());
    } else {
      if (!name.starts_with(folder.front()))
        return false;
      name.remove_prefix(1);
      folder.remove_prefix(1);
    }
  }
  return true;
}

} // namespace

object_names::object_names(std::string folder, std::string suffix,
                           std::function<wall_time()> now)
    : folder_{std::move(folder)},
      suffix_{std::move(suffix)},
      now_{std::move(now)} {}

object_names::known_table&
object_names::table_of(const upload_request& request) {
  auto& out = tables_[{request.target_namespace, request.table}];
  if (out.began == wall_time{}) {
    out.began = now_();
    out.folder = fill_in(folder_, out.began);
  }
  return out;
}

std::string object_names::name_of(const upload_request& request) {
  std::lock_guard lock{mutex_};
  auto& table = table_of(request);
  auto out = join(table.folder, path_of(request));
  if (request.mode == write_mode::batch) {
    const auto number = request.unit > 0 ? request.unit : ++table.unnumbered;
    out += appended_mark(table.began);
    out += number > 1 ? '_' + std::to_string(number) : std::string{};
  }
  return out + suffix_;
}

std::string object_names::appended(const upload_request& request) {
  std::lock_guard lock{mutex_};
  const auto& table = table_of(request);
  return join(table.folder, path_of(request)) + appended_mark(table.began);
}

void object_names::move_on(const upload_request& request) {
  std::lock_guard lock{mutex_};
  table_of(request).began += std::chrono::seconds{1};
}

std::string object_names::shown(const upload_request& request) const {
  return join(folder_, path_of(request)) + suffix_;
}

std::string
object_names::common_beginning(const upload_request& request) const {
  const auto macro =
      std::min(folder_.find(date_macro), folder_.find(time_macro));
  return macro == std::string::npos ? join(folder_, path_of(request))
                                    : folder_.substr(0, macro);
}

bool object_names::is_of_table(std::string_view name,
                               const upload_request& request) const {
  const auto path = path_of(request);
  if (!take_folder(name, folder_)
      || !take_form(name, folder_.empty() ? "" : "/")
      || !name.starts_with(path))
    return false;
  name.remove_prefix(path.size());
  if (take_form(name, appended_form) && name.starts_with('_')) {
    name.remove_prefix(1);
    if (!take_digits(name))
      return false;
  }
  return name == ".ndjson" || name == ".csv" || name == ".ndjson.gz"
         || name == ".csv.gz";
}

} // namespace motorcade
