#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>

namespace motorcade {

/// Learns a JSON schema from the values that it is shown: the types met,
/// members of objects, items of arrays. It knows nothing of formats.
class schema_inference {
public:
  /// Takes another value of the same place into account.
  void add(const nlohmann::json& value);

  /// @returns a JSON schema (draft 7) that all values shown satisfy. If both
  /// integers and fractions were met, it says number.
  nlohmann::json schema() const;

private:
  bool null_ = false;
  bool boolean_ = false;
  bool integer_ = false;
  bool fraction_ = false;
  bool string_ = false;
  bool array_ = false;
  bool object_ = false;
  std::map<std::string, schema_inference> members_;
  std::unique_ptr<schema_inference> items_;
};

} // namespace motorcade
