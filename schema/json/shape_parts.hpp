#pragma once

#include "schema/json/json_outline.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

// Tools for recognising a document by its members.
namespace motorcade {

/// @returns whether there is a value, of that kind.
bool holds(const json_value* value, json_kind kind);

/// @returns the first member that has one of these names, or nullptr; a null
/// one, which `json_value::find` takes for absent, is as telling as another.
const json_value* find_any(const json_value& object,
                           std::span<const std::string_view> wanted);

/// The same of names in braces.
const json_value* find_any(const json_value& object,
                           std::initializer_list<std::string_view> wanted);

/// @returns the member of that name if it is an object, else nullptr.
const json_value* find_object(const json_value& object, std::string_view name);

/// @returns the first element, or nullptr if there is no array or an empty
/// one.
const json_value* first_element(const json_value* array);

/// @returns ` (it has a, b)`; names are cut and cleaned.
std::string list_members(const json_value& object);

/// @returns the first member that looks like a misspelled one of `known`, as
/// `x, did you mean y?`; empty: none.
std::string find_misspelled(const json_value& object,
                            std::span<const std::string> known);

/// @returns the first member that is one of `known` as Airbyte's API spells it,
/// e.g. `generationId` for `generation_id`; nullptr: none.
const json_value* find_api_spelling(const json_value& object,
                                    std::span<const std::string> known);

} // namespace motorcade
