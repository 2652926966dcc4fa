#include "controller/sync_files/sync_document.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// The most nodes of a document: aliases of YAML can multiply without end.
constexpr size_t most_nodes = 200'000;
constexpr std::string_view file_prefix = "file:";

/// @returns whether the scalar is one of YAML's words for infinity and for what
/// is no number.
bool is_no_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
  static constexpr std::array<std::string_view, 6> words{
      ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// @returns a member's name as a step of a place; never empty.
std::string short_name(const std::string& name) {
  constexpr size_t longest = 80;
  return name.empty()             ? "\"\""
         : name.size() <= longest ? name
                                  : excerpt(name, longest);
}

/// Turns YAML into JSON and keeps the first error.
class document_reader {
public:
  explicit document_reader(const document_values& values) : values_{values} {}

  json read(const YAML::Node& node) {
    if (++nodes_ > most_nodes)
      refuse(node, "the document is too large");
    if (place_.size() > max_document_depth)
      refuse(node, "the document nests deeper than "
                       + std::to_string(max_document_depth) + " levels");
    if (fault)
      return {};
    if (node.IsMap())
      return read_mapping(node);
    if (node.IsSequence()) {
      auto out = json::array();
      for (const auto& item : node)
        out.push_back(read_at('[' + std::to_string(out.size()) + ']', item));
      return out;
    }
    return node.IsScalar() ? read_scalar(node) : json{};
  }

  std::optional<failure> fault;

private:
  /// Refuses what stands at the present place.
  void refuse(const YAML::Node& node, const std::string& why) {
    if (fault)
      return;
    constexpr size_t most_steps = 10;
    std::string place;
    for (size_t i = 0; i < place_.size() && i < most_steps; ++i)
      place += (i > 0 && place_[i].front() != '[' ? "." : "") + place_[i];
    fault = failure{ec::invalid_argument,
                    "line " + std::to_string(node.Mark().line + 1) + ": "
                        + (place.empty() ? "" : place + ": ") + why};
  }

  /// Reads what stands a step further down.
  json read_at(std::string step, const YAML::Node& node) {
    place_.push_back(std::move(step));
    auto out = read(node);
    place_.pop_back();
    return out;
  }

  json read_mapping(const YAML::Node& node) {
    auto out = json::object();
    for (const auto& member : node) {
      if (!member.first.IsScalar()) {
        refuse(member.first, "a member's name must be a text");
        return out;
      }
      const auto& name = member.first.Scalar();
      if (out.contains(name))
        refuse(member.first, "the member " + excerpt(name) + " is there twice");
      out[name] = read_at(short_name(name), member.second);
    }
    return out;
  }

  /// @returns a text if the scalar is quoted or had a value put in; otherwise
  /// it may be a number or a boolean.
  json read_scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (text.find("${") != std::string::npos)
      return put_in(node, text);
    if (node.Tag() == "!")
      return text;
    if (is_no_number(text))
      refuse(node,
             "the value is infinite or no number (.inf, .nan), which JSON "
             "does not have; put it in quotes if a text is meant");
    // The library takes one that no program can hold for no JSON.
    const auto is_number =
        !text.empty() && json_number_length(text) == text.size();
    if (is_number)
      if (const auto bad = find_bad_value(text))
        refuse(node, "the value " + bad->what
                         + (bad->what.ends_with("text") ? "" : "; a text is")
                         + " in quotes");
    auto plain = json::parse(text, nullptr, false);
    return plain.is_primitive() && !plain.is_string() ? plain : json(text);
  }

  std::string put_in(const YAML::Node& node, std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const auto mark = text.find("${");
      if (mark == std::string_view::npos) {
        out += text;
        break;
      }
      if (mark > 0 && text[mark - 1] == '$') {
        out += text.substr(0, mark - 1);
        out += "${";
        text.remove_prefix(mark + 2);
        continue;
      }
      out += text.substr(0, mark);
      text.remove_prefix(mark + 2);
      const auto end = text.find('}');
      if (end == std::string_view::npos) {
        refuse(node, "a ${ has no }; $${ stands for ${ itself");
        break;
      }
      out += value_of(node, std::string{text.substr(0, end)});
      text.remove_prefix(end + 1);
    }
    return out;
  }

  std::string value_of(const YAML::Node& node, const std::string& name) {
    if (name.starts_with(file_prefix)) {
      auto held = values_.file(name.substr(file_prefix.size()));
      if (!held) {
        refuse(node, held.error().what);
        return {};
      }
      if (held->ends_with('\n'))
        held->pop_back();
      return std::move(*held);
    }
    auto found = values_.variable(name);
    if (!found)
      refuse(node, "the variable " + excerpt(name) + " is not set");
    return found.value_or("");
  }

  const document_values& values_;
  size_t nodes_ = 0;
  /// The steps from the document to what is read.
  std::vector<std::string> place_;
};

} // namespace

result<std::string> read_sync_document(const std::string& yaml,
                                       const document_values& values) {
  try {
    // A second document would be lost without a word.
    const auto all = YAML::LoadAll(yaml);
    if (all.size() > 1)
      return failure{ec::invalid_argument,
                     "it holds " + std::to_string(all.size())
                         + " documents (---); each sync has a file of its own"};
    const auto node = all.empty() ? YAML::Node{} : all.front();
    document_reader reader{values};
    const auto tree = reader.read(node);
    if (reader.fault)
      return *reader.fault;
    if (!tree.is_object())
      return failure{ec::invalid_argument,
                     "it must hold one mapping: the definition of a sync"};
    return write_json(tree);
  } catch (const YAML::Exception& error) {
    return failure{ec::invalid_argument,
                   "line " + std::to_string(error.mark.line + 1) + ": "
                       + error.msg};
  }
}

} // namespace motorcade
