#include "runtime/destination/tables/row_paths.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/json/json_view.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view type_prefix = "__sql_type_";

/// The most keys of an object that are looked for at their usual place.
constexpr size_t most_usual = 4'096;

} // namespace

row_paths::row_paths(std::unordered_set<std::string> declared,
                     const table_dialect& dialect, bool same_case)
    : declared_{std::move(declared)}, dialect_{dialect}, same_case_{same_case} {
  nodes_.emplace_back();
}

row_path row_paths::make(size_t node, std::string_view key) const {
  row_path out;
  out.within = node;
  out.key = key;
  const auto path = text_of(out);
  if (path.starts_with(type_prefix))
    out.typed_column =
        make_column_name(std::string_view{path}.substr(type_prefix.size()),
                         dialect_, same_case_);
  else
    out.name = make_column_name(path, dialect_, same_case_);
  out.declared = declared_.contains(path);
  // A row's own column of that name is not written: the name is taken.
  out.excess = dialect_.fold(out.name) == dialect_.fold(unmapped_column);
  return out;
}

row_path& row_paths::find(size_t node, size_t nth, std::string_view key) {
  auto& in = nodes_[node];
  row_path* path = nullptr;
  if (const auto known = in.by_key.find(key); known != in.by_key.end()) {
    path = known->second;
  } else if (paths_.size() >= most_kept || kept_bytes_ >= most_kept_bytes) {
    auto& passing = passing_.emplace_back(make(node, key));
    passing.passing = true;
    return passing;
  } else {
    path = &paths_.emplace_back(make(node, key));
    kept_bytes_ += path->key.size() + path->name.size();
    in.by_key.emplace(path->key, path);
  }
  if (nth < in.usual.size())
    in.usual[nth] = path;
  else if (nth == in.usual.size() && nth < most_usual)
    in.usual.push_back(path);
  return *path;
}

std::string row_paths::text_of(const row_path& path) const {
  auto text = decode_json_string(path.key);
  if (text.empty())
    text = "_unnamed";
  const auto& before = nodes_[path.within].path;
  return before.empty() ? text : before + '_' + text;
}

bool row_paths::leads_to(std::span<const std::string> names,
                         const row_path& path) const {
  const auto* at = &path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (at == nullptr || decode_json_string(at->key) != *name)
      return false;
    at = nodes_[at->within].of;
  }
  return at == nullptr;
}

size_t row_paths::inside(row_path& path) {
  // A path that is not kept has no node for its keys.
  if (path.node != row_path::none || path.passing || nodes_.size() >= most_kept)
    return path.node;
  auto text = text_of(path);
  if (text.size() > longest_path)
    return row_path::none;
  path.node = nodes_.size();
  auto& node = nodes_.emplace_back();
  node.path = std::move(text);
  node.of = &path;
  return path.node;
}

} // namespace motorcade
