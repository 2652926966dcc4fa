#pragma once

#include "schema/json/bad_value.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Puts the members of a JSON object together.
class json_members {
public:
  /// Adds a member with that JSON.
  json_members& raw(std::string_view name, std::string_view json) {
    out_ += out_.empty() ? '{' : ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
  }

  /// Adds a member with a text.
  json_members& text(std::string_view name, std::string_view value) {
    return raw(name, encode_json_string(value));
  }

  /// Adds a member with a text; null if it is empty.
  json_members& text_or_null(std::string_view name, std::string_view value) {
    return value.empty() ? raw(name, "null") : text(name, value);
  }

  /// Adds a member with a document as it stands; null if it is empty, and a
  /// text if it is no JSON that readers take.
  json_members& json(std::string_view name, std::string_view value) {
    if (value.empty())
      return raw(name, "null");
    // The answer is readable JSON, even if the column is not.
    if (nests_deeper(value, max_document_depth) || check_json(value))
      return text(name, value);
    return raw(name, value);
  }

  /// @returns the object.
  std::string end() { return std::move(out_) + "}"; }

private:
  std::string out_;
};

} // namespace motorcade
